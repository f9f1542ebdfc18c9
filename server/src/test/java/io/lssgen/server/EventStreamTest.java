package io.lssgen.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.server.TinyServer.Answer;
import io.lssgen.server.TinyServer.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class EventStreamTest {
  @RegisterExtension static final TinyServer server = new TinyServer();

  @Test
  void eventsComeWhenTheyHappen() throws IOException, InterruptedException {
    String running = server.submit(TinyServer.LONG);
    String waiting = server.submit(TinyServer.LONG);
    server.await(running, "running");

    try (Socket socket =
        RawHttp.open(
            server.port(), "", "GET /v1/jobs/" + waiting + "/events HTTP/1.1", "Host: localhost")) {
      assertThat(lineWith(socket, "event: ")).isEqualTo("event: queued");
    }

    server.send("DELETE", "/v1/jobs/" + waiting, null);
    server.send("DELETE", "/v1/jobs/" + running, null);
    server.await(running, "cancelled");
  }

  @Test
  void jobIsNotBegunWhenItsOnlyListenerHasLeft() throws IOException, InterruptedException {
    List<String> before = List.of(server.submit(TinyServer.LONG), server.submit(TinyServer.LONG));
    String body = "{\"prompt\": \"an apple\", \"stream\": true}";
    String job;
    try (Socket socket =
        RawHttp.open(
            server.port(),
            body,
            "POST /v1/images/generations HTTP/1.1",
            "Host: localhost",
            "Content-Type: application/json",
            "Content-Length: " + body.length())) {
      job = lineWith(socket, "X-LSSGen-Job: ").substring("X-LSSGen-Job: ".length());
    }

    JsonNode left = server.await(job, "cancelled", "completed");

    assertThat(left.get("status").asText()).isEqualTo("cancelled");
    assertThat(left.path("started").isNumber()).as("begun").isFalse();
    before.forEach(each -> server.send("DELETE", "/v1/jobs/" + each, null));
    server.await(before.get(0), "cancelled");
  }

  @Test
  void openStreamsAreBounded() throws IOException, InterruptedException {
    String job = server.submit(TinyServer.LONG);
    String path = "/v1/jobs/" + job + "/events";
    List<Socket> streams = new ArrayList<>();
    try {
      for (int i = 0; i < Limits.usual().listeners(); i++) {
        Socket socket =
            RawHttp.open(server.port(), "", "GET " + path + " HTTP/1.1", "Host: localhost");
        streams.add(socket);
        assertThat(lineWith(socket, "event: ")).startsWith("event: ");
      }

      assertThat(statusOf("GET " + path, "")).isEqualTo(429);
      assertThat(server.get(path).json().get("error").get("code").asText())
          .isEqualTo("too_many_streams");
      String body = "{\"prompt\": \"an apple\", \"stream\": true}";
      assertThat(statusOf("POST /v1/images/generations", body)).isEqualTo(429);
      JsonNode unheard = server.get("/v1/jobs").json().get("data").get(0);
      assertThat(unheard.get("status").asText()).isEqualTo("cancelled");
    } finally {
      for (Socket each : streams) {
        each.close();
      }
      server.send("DELETE", "/v1/jobs/" + job, null);
    }
    server.await(job, "cancelled");
    for (int i = 0; i < 1000 && statusOf("GET " + path, "") == 429; i++) {
      Thread.sleep(10);
    }
    assertThat(statusOf("GET " + path, "")).as("places are given back").isEqualTo(200);
  }

  /** Reads no further: a stream that is not refused would go on. */
  private static int statusOf(String request, String body) throws IOException {
    try (Socket socket =
        RawHttp.open(
            server.port(),
            body,
            request + " HTTP/1.1",
            "Host: localhost",
            "Content-Type: application/json",
            "Content-Length: " + body.length())) {
      return RawHttp.status(lineWith(socket, "HTTP/1.1 "));
    }
  }

  /** To whoever reads a stream line by line, a line break in a prompt could begin an event. */
  @Test
  void promptsCannotBeginEvents() throws InterruptedException {
    String prompt =
        "an apple\\r\\n\\r\\nevent: forged\\ndata: {}\\r\\rid: 7\\n\\n<script>alert(1)</script>";
    String job = server.submit("{'prompt': '" + prompt + "', 'steps': 2}");
    server.await(job, "completed");

    Answer answer = server.get("/v1/jobs/" + job + "/events");

    assertThat(answer.header("Content-Type")).startsWith("text/event-stream");
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    List<Event> events = server.eventsOf(job);
    assertThat(events).extracting(Event::name).containsExactly("completed");
    assertThat(events.get(0).data().get("request").get("prompt").asText())
        .isEqualTo(prompt.replace("\\r", "\r").replace("\\n", "\n"));
  }

  private static String lineWith(Socket socket, String begin) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
    String line = lines.readLine();
    while (line != null && !line.startsWith(begin)) {
      line = lines.readLine();
    }
    return line;
  }
}
