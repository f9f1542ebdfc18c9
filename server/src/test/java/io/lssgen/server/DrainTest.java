package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.server.TinyServer.Answer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
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
