package io.lssgen.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.server.ServerOptions.AfterCrash;
import io.lssgen.server.store.BatchStore;
import io.lssgen.server.store.Database;
import io.lssgen.server.store.FileStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server's process that dies at the worst moment, and one that is asked to end. */
class CrashTest {
  private static final String LONG =
      "{'prompt': 'a red apple', 'seed': 100, 'n': 4, 'steps': 200, 'lssgen': {'plain': true}}";

  @TempDir Path data;

  private static String submit(ServerProcess server, String job) {
    return server.json("POST", "/v1/jobs", job).get("id").asText();
  }

  /** Waits until a picture is done and another is under way. */
  private static JsonNode afterFirstPicture(ServerProcess server, String job)
      throws InterruptedException {
    JsonNode now = server.job(job);
    for (int i = 0; i < 3000 && now.get("images").isEmpty(); i++) {
      Thread.sleep(5);
      now = server.job(job);
    }
    assertThat(now.get("status").asText()).isEqualTo("running");
    return now;
  }

  @Test
  void finishedPicturesSurviveAndTheRestIsMadeAgain() throws Exception {
    ServerProcess first = ServerProcess.start(data, AfterCrash.REQUEUE);
    String job = submit(first, LONG);
    String waiting = submit(first, "{'prompt': 'an apple'}");
    JsonNode picture = afterFirstPicture(first, job).get("images").get(0);
    byte[] file = first.bytes(picture.get("url").asText());
    first.kill();

    ServerProcess second = ServerProcess.start(data, AfterCrash.REQUEUE);
    try {
      assertThat(second.bytes(picture.get("url").asText())).isEqualTo(file);
      JsonNode done = second.await(job, "completed");
      assertThat(done.get("images")).hasSize(4);
      assertThat(done.get("attempts").asInt()).isEqualTo(2);
      assertThat(done.get("images").get(0).get("id")).isEqualTo(picture.get("id"));
      assertThat(done.get("images").findValuesAsText("seed"))
          .containsExactly("100", "101", "102", "103");
      assertThat(second.await(waiting, "completed").get("images")).hasSize(1);
      assertThat(files()).isEqualTo(5);
    } finally {
      second.kill();
    }
  }

  @Test
  void runningJobFailsWhereThatIsWanted() throws Exception {
    ServerProcess first = ServerProcess.start(data, AfterCrash.FAIL);
    String job = submit(first, LONG);
    afterFirstPicture(first, job);
    first.kill();

    ServerProcess second = ServerProcess.start(data, AfterCrash.FAIL);
    try {
      JsonNode failed = second.job(job);
      assertThat(failed.get("status").asText()).isEqualTo("failed");
      assertThat(failed.get("error").get("code").asText()).isEqualTo("interrupted");
      assertThat(failed.get("images")).isNotEmpty();
    } finally {
      second.kill();
    }
  }

  @Test
  void askedToEndItFinishesWhatRunsAndKeepsWhatWaits() throws Exception {
    ServerProcess first = ServerProcess.start(data, AfterCrash.FAIL);
    String job = submit(first, LONG);
    String waiting = submit(first, "{'prompt': 'an apple'}");
    afterFirstPicture(first, job);
    first.process().destroy();
    int refused = 0;
    for (int i = 0; i < 200 && refused == 0 && first.process().isAlive(); i++) {
      try {
        refused = first.send("GET", "/readyz", "").statusCode() == 503 ? 503 : 0;
      } catch (UncheckedIOException e) {
        break; // already gone
      }
      Thread.sleep(5);
    }
    first.stop();

    ServerProcess second = ServerProcess.start(data, AfterCrash.FAIL);
    try {
      assertThat(refused).isEqualTo(503);
      assertThat(second.job(job).get("status").asText()).isEqualTo("completed");
      assertThat(second.job(job).get("images")).hasSize(4);
      assertThat(second.await(waiting, "completed").get("images")).hasSize(1);
    } finally {
      second.kill();
    }
  }

  /** What Java leaves to the end of a process cannot be begun any more while it ends. */
  @Test
  void askedToEndItStillAnswersInEveryFormat() throws Exception {
    for (String format : List.of("jpeg", "webp")) {
      ServerProcess server = ServerProcess.start(data, AfterCrash.FAIL);
      String body =
          "{'prompt': 'an apple', 'n': 2, 'steps': 100, 'output_format': '%s'}".formatted(format);
      CompletableFuture<HttpResponse<byte[]>> answer =
          CompletableFuture.supplyAsync(() -> server.send("POST", "/v1/images/generations", body));
      JsonNode jobs = server.json("GET", "/v1/jobs", "").get("data");
      while (!jobs.path(0).path("status").asText().equals("running")) {
        Thread.sleep(5);
        jobs = server.json("GET", "/v1/jobs", "").get("data");
      }
      server.stop();

      assertThat(answer.join().statusCode()).as(format).isEqualTo(200);
      JsonNode made = TinyServer.JSON.readTree(answer.join().body());
      assertThat(made.get("output_format").asText()).isEqualTo(format);
      assertThat(made.get("data")).hasSize(2);
    }
  }

  /** Killed while a request runs, then asked to end while one does: each answer is there once. */
  @Test
  void aBatchGoesOnWhereItWas() throws Exception {
    String line =
        "{'custom_id': '%d', 'method': 'POST', 'url': '/v1/images/generations', 'body': %s}";
    List<String> lines =
        IntStream.range(0, 4).mapToObj(i -> line.formatted(i, LONG).replace('\'', '"')).toList();
    ServerProcess first = ServerProcess.start(data, AfterCrash.REQUEUE);
    String file = first.upload(String.join("\n", lines));
    String batch =
        "/v1/batches/"
            + first
                .json(
                    "POST",
                    "/v1/batches",
                    "{'input_file_id': '%s', 'endpoint': '/v1/images/generations', 'completion_window': '24h'}"
                        .formatted(file))
                .get("id")
                .asText();
    awaitDone(first, batch, 1);
    first.kill();

    ServerProcess second = ServerProcess.start(data, AfterCrash.REQUEUE);
    awaitDone(second, batch, 2);
    second.stop();

    ServerProcess third = ServerProcess.start(data, AfterCrash.REQUEUE);
    try {
      awaitDone(third, batch, 4);
      List<JsonNode> answers = answers(third, batch);
      assertThat(answers.stream().map(each -> each.get("custom_id").asText()))
          .containsExactly("0", "1", "2", "3");
      assertThat(answers).allMatch(each -> each.at("/response/body/data").size() == 4);
      assertThat(files()).as("nothing is made twice").isEqualTo(16);
    } finally {
      third.kill();
    }
  }

  private static List<JsonNode> answers(ServerProcess server, String batch)
      throws InterruptedException {
    JsonNode done = server.json("GET", batch, "");
    for (int i = 0; i < 500 && !done.get("status").asText().equals("completed"); i++) {
      Thread.sleep(10);
      done = server.json("GET", batch, "");
    }
    String output = done.get("output_file_id").asText();
    return new String(server.bytes("/v1/files/" + output + "/content"), UTF_8)
        .lines()
        .map(TinyServer::parse)
        .toList();
  }

  /** Ended between the job's end and its answer's: the pictures are there. */
  @Test
  void aRequestWhosePicturesAreThereIsNotMadeAgain() throws Exception {
    String line =
        "{'custom_id': 'a', 'method': 'POST', 'url': '/v1/images/generations', 'body': {'prompt': 'an apple'}}";
    String job;
    ServerProcess first = ServerProcess.start(data, AfterCrash.REQUEUE);
    String file = first.upload(line.replace('\'', '"'));
    job = submit(first, "{'prompt': 'an apple'}");
    first.await(job, "completed");
    first.stop();
    String batch;
    try (Database database = Database.open(data)) {
      BatchStore batches = new BatchStore(database, new FileStore(database, data));
      batch =
          batches
              .add(
                  new BatchStore.Asked(
                      file.substring("file-".length()), "http://localhost", "24h", null, 1, null))
              .orElseThrow()
              .id();
      batches.job(batch, job);
    }

    ServerProcess second = ServerProcess.start(data, AfterCrash.REQUEUE);
    try {
      awaitDone(second, "/v1/batches/batch_" + batch, 1);
      assertThat(second.json("GET", "/v1/jobs", "").get("data")).hasSize(1);
      assertThat(files()).isEqualTo(1);
    } finally {
      second.kill();
    }
  }

  private static void awaitDone(ServerProcess server, String batch, int requests)
      throws InterruptedException {
    for (int i = 0; i < 3000; i++) {
      if (server.json("GET", batch, "").at("/request_counts/completed").asInt() >= requests) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("still " + server.json("GET", batch, ""));
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(data.resolve("images"))) {
      return files.count();
    }
  }
}
