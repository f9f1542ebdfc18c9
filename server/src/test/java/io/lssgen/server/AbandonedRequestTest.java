package io.lssgen.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients that hang up while their pictures are made, and one that only seems to. */
class AbandonedRequestTest {
  private static final String GENERATIONS = "/v1/images/generations";
  private static final String TXT2IMG = "/sdapi/v1/txt2img";

  /** So long that every request is found waiting at least twice. */
  private static final long LONG_ENOUGH = 1500;

  @RegisterExtension static final TinyServer server = new TinyServer();

  private String before;

  /** Whoever comes then has to wait. */
  @BeforeEach
  void occupy() throws InterruptedException {
    before = server.submit(TinyServer.LONG);
    server.await(before, "running");
  }

  @AfterEach
  void release() throws InterruptedException {
    server.send("DELETE", "/v1/jobs/" + before, null);
    server.await(before, "cancelled", "completed");
  }

  @Test
  void waitingJobIsNotBegun() throws IOException, InterruptedException {
    for (String path : new String[] {GENERATIONS, TXT2IMG}) {
      String job = abandoned(path, "{\"prompt\": \"an apple\"}");

      JsonNode left = server.await(job, "cancelled", "completed");

      assertThat(left.get("status").asText()).as(path).isEqualTo("cancelled");
      assertThat(left.path("started").isNumber()).as("begun").isFalse();
    }
  }

  @Test
  void runningJobIsEnded() throws IOException, InterruptedException {
    String body = TinyServer.LONG.replace('\'', '"');
    try (Socket socket = post(GENERATIONS, body)) {
      String job = latest();
      release();
      server.await(job, "running");
      socket.close();
      assertThat(server.await(job, "cancelled", "completed").get("status").asText())
          .isEqualTo("cancelled");
    }
  }

  @Test
  void picturesThatTheServerShallSaveAreMade() throws IOException, InterruptedException {
    String job = abandoned(TXT2IMG, "{\"prompt\": \"an apple\", \"save_images\": true}");
    Thread.sleep(LONG_ENOUGH);
    release();

    assertThat(server.await(job, "cancelled", "completed").get("images")).hasSize(1);
  }

  @Test
  void clientThatSendsItsNextRequestEarlyIsThere() throws IOException, InterruptedException {
    String body = "{\"prompt\": \"an apple\"}";
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      + "Content-Length: %d\r\n\r\n%s")
                  .formatted(GENERATIONS, body.length(), body)
                  .getBytes(ISO_8859_1));
      Thread.sleep(LONG_ENOUGH);
      socket
          .getOutputStream()
          .write(
              "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(ISO_8859_1));
      Thread.sleep(LONG_ENOUGH);
      release();

      String answers = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);

      assertThat(RawHttp.status(answers)).isEqualTo(200);
      assertThat(answers).contains("b64_json").endsWith("\r\n\r\nok\n");
    }
  }

  /** Asks for pictures, waits until their job is there, and hangs up; gives the job's name. */
  private static String abandoned(String path, String body)
      throws IOException, InterruptedException {
    try (Socket ignored = post(path, body)) {
      return latest();
    }
  }

  private static Socket post(String path, String body) throws IOException {
    return RawHttp.open(
        server.port(),
        body,
        "POST " + path + " HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        "Content-Length: " + body.length());
  }

  /** The job that came last and waits; it was asked for a moment ago. */
  private static String latest() throws InterruptedException {
    for (int i = 0; i < 3000; i++) {
      JsonNode job = server.get("/v1/jobs").json().get("data").get(0);
      if (job.get("status").asText().equals("queued")) {
        return job.get("id").asText();
      }
      Thread.sleep(5);
    }
    throw new AssertionError("no job came");
  }
}
