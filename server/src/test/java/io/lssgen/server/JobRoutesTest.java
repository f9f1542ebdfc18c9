package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.server.TinyServer.Answer;
import io.lssgen.server.TinyServer.Event;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class JobRoutesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  @RegisterExtension
  static final TinyServer server =
      new TinyServer(
          options -> options.withPatience(PATIENCE).withLimits(Limits.usual().withQueue(3, 4)));

  @Test
  void eventsTellTheWholeWay() throws InterruptedException {
    String id = server.submit("{'prompt': 'a red apple', 'seed': 5, 'steps': 6}");

    List<Event> events = server.eventsOf(id);

    assertThat(events)
        .extracting(Event::name)
        .containsSubsequence("started", "text", "step", "stage", "scaled", "step", "decoded")
        .endsWith("completed");
    JsonNode started = first(events, "started");
    assertThat(started.get("plan").get("stages")).hasSize(2);
    JsonNode stage = first(events, "stage");
    assertThat(stage.get("preview").asText()).startsWith("data:image/jpeg;base64,");
    assertThat(stage.get("width").asInt()).isEqualTo(32);
    JsonNode step = first(events, "step");
    assertThat(step.get("of").asInt()).isPositive();
    JsonNode completed = first(events, "completed");
    assertThat(completed.get("status").asText()).isEqualTo("completed");
    assertThat(completed.get("images").get(0).get("seed").asLong()).isEqualTo(5);
    assertThat(completed.get("times").get("denoise")).hasSize(2);
    assertThat(server.eventsOf(id)).extracting(Event::name).containsExactly("completed");
    assertThat(server.get("/v1/jobs").json().get("data").findValuesAsText("id")).contains(id);
    assertThat(server.await(id, "completed").get("plan").get("stages")).hasSize(2);
  }

  private static JsonNode first(List<Event> events, String name) {
    return events.stream().filter(each -> each.name().equals(name)).findFirst().get().data();
  }

  @Test
  void eventsComeWhenTheyHappen() throws InterruptedException {
    String running = server.submit(TinyServer.LONG);
    server.await(running, "running");
    String waiting = server.submit(TinyServer.LONG);

    try (Stream<String> lines = server.lines("/v1/jobs/" + waiting + "/events")) {
      assertThat(lines.anyMatch("event: queued"::equals)).isTrue();
      assertThat(server.job(waiting).get("status").asText()).isEqualTo("queued");
    }
    server.send("DELETE", "/v1/jobs/" + waiting, null);
    server.send("DELETE", "/v1/jobs/" + running, null);
    server.await(running, "cancelled");
  }

  @Test
  void jobEndsWithinOneStep() throws InterruptedException {
    String id = server.submit(TinyServer.LONG);
    server.await(id, "running");
    while (server.job(id).path("progress").path("step").asInt() == 0) {
      Thread.sleep(5);
    }

    assertThat(server.send("DELETE", "/v1/jobs/" + id, null).status()).isEqualTo(202);

    int step = server.job(id).path("progress").path("done").asInt();
    JsonNode job = server.await(id, "cancelled");
    assertThat(job.path("progress").path("done").asInt(step)).isLessThanOrEqualTo(step + 2);
    Answer again = server.send("DELETE", "/v1/jobs/" + id, null);
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.json().get("error").get("code").asText()).isEqualTo("job_is_over");
  }

  @Test
  void waitingJobsAreBoundedAndCanBeEnded() throws InterruptedException {
    String running = server.submit(TinyServer.LONG);
    server.await(running, "running");
    List<String> waiting =
        List.of(
            server.submit(TinyServer.LONG),
            server.submit(TinyServer.LONG),
            server.submit(TinyServer.LONG));

    Answer refused = server.post("/v1/jobs", TinyServer.LONG);

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.json().get("error").get("code").asText()).isEqualTo("queue_full");
    assertThat(Integer.parseInt(refused.header("Retry-After"))).isPositive();
    assertThat(server.job(waiting.get(2)).get("queue_position").asInt()).isEqualTo(3);
    server.send("DELETE", "/v1/jobs/" + waiting.get(0), null);
    assertThat(server.job(waiting.get(0)).get("status").asText()).isEqualTo("cancelled");
    assertThat(server.job(waiting.get(2)).get("queue_position").asInt()).isEqualTo(2);
    assertThat(server.get("/metrics").raw().body()).asString().contains("lssgen_rejected_total");
    waiting.subList(1, 3).forEach(id -> server.send("DELETE", "/v1/jobs/" + id, null));
    server.send("DELETE", "/v1/jobs/" + running, null);
    server.await(running, "cancelled");
  }

  @Test
  void answerThatTakesLongerThanIdleConnectionsMayIsGiven() {
    long begin = System.nanoTime();
    Answer answer =
        server.post(
            "/v1/images/generations",
            "{'prompt': 'an apple', 'n': 10, 'steps': 200, 'lssgen': {'plain': true}}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.json().get("data")).hasSize(10);
    assumeThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(PATIENCE);
  }

  @Test
  void galleryListsStarsAndDeletes() throws InterruptedException {
    String id = server.submit("{'prompt': 'a <b>bold</b> apple', 'n': 3}");
    JsonNode images = server.await(id, "completed").get("images");
    String image = images.get(1).get("id").asText();

    JsonNode page = server.get("/v1/images?count=2").json();
    assertThat(page.get("data")).hasSize(2);
    assertThat(page.get("has_more").asBoolean()).isTrue();
    assertThat(page.get("data").get(1).get("id").asText()).isEqualTo(image);
    JsonNode next =
        server.get("/v1/images?count=1&before=" + page.get("data").get(1).get("number")).json();
    assertThat(next.get("data").get(0).get("id")).isEqualTo(images.get(0).get("id"));

    assertThat(server.send("PATCH", "/v1/images/" + image, "{\"starred\": true}").status())
        .isEqualTo(200);
    assertThat(server.get("/v1/images?starred=true").json().get("data")).hasSize(1);
    assertThat(server.get("/v1/images/" + image + "/info").json().get("prompt").asText())
        .isEqualTo("a <b>bold</b> apple");
    JsonNode settings = server.get("/v1/images/" + image + "/info").json().get("settings");
    assertThat(settings.get("Prompt").asText()).isEqualTo("a <b>bold</b> apple");
    assertThat(settings.get("Seed").asLong()).isEqualTo(images.get(1).get("seed").asLong());
    assertThat(settings.get("LSSGen").asText()).contains("sizes=32x32,64x64");
    assertThat(server.send("DELETE", "/v1/images/" + image, null).status()).isEqualTo(204);
    assertThat(server.get("/v1/images/" + image).status()).isEqualTo(410);
    assertThat(server.job(id).get("images")).hasSize(2);
  }

  @Test
  void sameSeedScaledAndPlainCanBeCompared() throws InterruptedException {
    String scaled = server.submit("{'prompt': 'an apple', 'seed': 9}");
    String plain = server.submit("{'prompt': 'an apple', 'seed': 9, 'lssgen': {'plain': true}}");

    JsonNode first = server.await(scaled, "completed");
    JsonNode second = server.await(plain, "completed");

    assertThat(first.get("plan").get("stages")).hasSize(2);
    assertThat(second.get("plan").get("stages")).hasSize(1);
    assertThat(second.get("times").get("total").asDouble()).isPositive();
  }

  @Test
  void estimateComesFromMeasuredRuns() throws InterruptedException {
    server.await(server.submit("{'prompt': 'an apple', 'steps': 4}"), "completed");

    JsonNode same = server.post("/v1/estimate", "{'prompt': 'b', 'steps': 4, 'n': 2}").json();
    JsonNode larger = server.post("/v1/estimate", "{'prompt': 'b', 'size': '128x128'}").json();

    assertThat(same.get("basis").asText()).isEqualTo("measured");
    assertThat(same.get("seconds").asDouble()).isPositive();
    assertThat(same.get("plan").get("stages")).hasSize(2);
    assertThat(larger.get("basis").asText()).isEqualTo("scaled");
  }

  @Test
  void tokensAreCounted() {
    JsonNode none = server.post("/v1/tokens", "{'prompt': ''}").json();
    JsonNode some = server.post("/v1/tokens", "{'prompt': 'a red apple'}").json();

    assertThat(none.get("tokens").asInt()).isZero();
    assertThat(some.get("tokens").asInt()).isPositive();
    assertThat(some.get("limit").asInt()).isGreaterThan(some.get("tokens").asInt());
  }

  @Test
  void unknownNamesAreNotFound() {
    String none = "0".repeat(32);
    assertThat(server.get("/v1/jobs/" + none).status()).isEqualTo(404);
    assertThat(server.get("/v1/jobs/" + none + "/events").status()).isEqualTo(404);
    assertThat(server.send("DELETE", "/v1/jobs/" + none, null).status()).isEqualTo(404);
    assertThat(server.get("/v1/images/" + none).status()).isEqualTo(404);
  }

  @Test
  void healthAndIndexAnswer() {
    assertThat(server.get("/livez").status()).isEqualTo(200);
    assertThat(server.get("/readyz").status()).isEqualTo(200);
    assertThat(server.get("/").status()).isEqualTo(200);
    assertThat(server.get("/").header("Content-Security-Policy")).contains("default-src 'self'");
    assertThat(server.get("/metrics").raw().body())
        .asString()
        .contains("lssgen_queue_depth", "lssgen_seconds_total", "lssgen_native_handles");
  }
}
