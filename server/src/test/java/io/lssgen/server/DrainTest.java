package io.lssgen.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.server.TinyServer.Answer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A server that is asked to end while someone waits for a picture. */
class DrainTest {
  private static final String REQUEST =
      "{'prompt': 'an apple', 'n': 10, 'steps': 100, 'lssgen': {'plain': true}}";

  @TempDir Path data;

  @Test
  void answersUnderWayAreGivenFirst() throws InterruptedException {
    CompletableFuture<Answer> running;
    CompletableFuture<Answer> waiting;
    try (TinyServer server = new TinyServer().start(data)) {
      running = ask(server);
      awaitJobs(server, "running");
      waiting = ask(server);
      awaitJobs(server, "queued", "running");
    }

    assertThat(running.join().status()).isEqualTo(200);
    assertThat(running.join().json().get("data")).hasSize(10);
    assertThat(waiting.join().status()).isEqualTo(503);
    assertThat(waiting.join().header("Retry-After")).isNotBlank();
  }

  @Test
  @Timeout(60)
  void connectionsOnWhichNothingIsAskedAreNotWaitedFor() throws IOException {
    TinyServer server =
        new TinyServer(options -> options.withPatience(Duration.ofHours(1))).start(data);
    URI address = URI.create(server.address());
    try (Socket silent = new Socket(address.getHost(), address.getPort());
        Socket slow = new Socket(address.getHost(), address.getPort())) {
      silent.setSoTimeout(30_000); // a read that waits is not ended by a test's time
      slow.getOutputStream().write("GET /v1/jobs HTTP/1.1\r\nHost".getBytes(US_ASCII));
      // Who came later is answered, so that the server has taken these, too, before it ends.
      assertThat(server.get("/v1/jobs").status()).isEqualTo(200);

      assertThatCode(server::close).doesNotThrowAnyException();

      assertThat(silent.getInputStream().read()).isEqualTo(-1);
    }
  }

  private static CompletableFuture<Answer> ask(TinyServer server) {
    return CompletableFuture.supplyAsync(() -> server.post("/v1/images/generations", REQUEST));
  }

  /** Newest first. */
  private static void awaitJobs(TinyServer server, String... statuses) throws InterruptedException {
    JsonNode jobs = server.get("/v1/jobs").json().get("data");
    while (!jobs.findValuesAsText("status").equals(List.of(statuses))) {
      Thread.sleep(5);
      jobs = server.get("/v1/jobs").json().get("data");
    }
  }
}
