package io.lssgen.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventStreamTest {
  @TempDir static Path data;
  private static TinyServer server;

  @BeforeAll
  static void start() {
    server = TinyServer.start(data);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

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
