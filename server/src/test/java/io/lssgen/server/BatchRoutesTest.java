package io.lssgen.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.server.TinyServer.Answer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** OpenAI's files and batches. */
class BatchRoutesTest {
  private static final String LINE =
      "{'custom_id': '%s', 'method': 'POST', 'url': '/v1/images/generations', 'body': {%s}}";

  private static final String QUICK = "'prompt': 'a cat', 'steps': 2, 'seed': 5";

  /** Takes long enough to be looked at and ended. */
  private static final String LONG =
      "'prompt': 'a red apple', 'n': 10, 'steps': 200, 'lssgen': {'plain': true}";

  @RegisterExtension static final TinyServer server = new TinyServer();

  private static String line(String id, String body) {
    return LINE.formatted(id, body).replace('\'', '"');
  }

  private static Answer upload(String content, String purpose) throws IOException {
    return server.send(
        FileForm.of(
            server.address() + "/v1/files",
            Map.of("file", content.getBytes(UTF_8)),
            Map.of("purpose", purpose)));
  }

  private static String file(String... lines) throws IOException {
    Answer answer = upload(String.join("\n", lines), "batch");
    assertThat(answer.status()).isEqualTo(200);
    return answer.json().get("id").asText();
  }

  private static Answer create(String file) {
    return server.post(
        "/v1/batches",
        "{'input_file_id': '%s', 'endpoint': '/v1/images/generations', 'completion_window': '24h', 'metadata': {'shelf': 'red'}}"
            .formatted(file));
  }

  private static JsonNode batch(String id) {
    return server.get("/v1/batches/" + id).json();
  }

  private static JsonNode await(String id, String... statuses) throws InterruptedException {
    for (int i = 0; i < 3000; i++) {
      JsonNode batch = batch(id);
      if (List.of(statuses).contains(batch.get("status").asText())) {
        return batch;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("still " + batch(id));
  }

  private static List<JsonNode> lines(JsonNode file) {
    Answer answer = server.get("/v1/files/" + file.asText() + "/content");
    assertThat(answer.status()).isEqualTo(200);
    return new String(answer.raw().body(), UTF_8).lines().map(TinyServer::parse).toList();
  }

  @Test
  void aBatchGivesWhatItsRequestsAloneWouldGive() throws Exception {
    String file =
        file(
            line("first", QUICK + ", 'colour': 'red'"),
            "",
            line("wrong", "'prompt': 'a cat', 'steps': 0"),
            line("second", QUICK + ", 'n': 2, 'response_format': 'url'"));
    Answer created = create(file);
    assertThat(created.status()).isEqualTo(200);

    JsonNode batch = await(created.json().get("id").asText(), "completed");

    assertThat(batch.get("request_counts"))
        .isEqualTo(TinyServer.parse("{\"total\": 3, \"completed\": 2, \"failed\": 1}"));
    assertThat(batch.get("metadata").get("shelf").asText()).isEqualTo("red");
    assertThat(batch.get("completed_at").asLong())
        .isGreaterThanOrEqualTo(batch.get("created_at").asLong());
    assertThat(batch.get("failed_at").isNull()).isTrue();
    List<JsonNode> made = lines(batch.get("output_file_id"));
    assertThat(made.stream().map(each -> each.get("custom_id").asText()))
        .containsExactly("first", "second");
    JsonNode alone = server.post("/v1/images/generations", "{" + QUICK + "}").json();
    JsonNode first = made.get(0).get("response");
    assertThat(first.get("status_code").asInt()).isEqualTo(200);
    assertThat(first.get("body").get("data")).isEqualTo(alone.get("data"));
    assertThat(first.get("body").get("lssgen").get("warnings").toString()).contains("colour");
    JsonNode second = made.get(1).get("response").get("body").get("data");
    assertThat(second).hasSize(2);
    String address = second.get(1).get("url").asText();
    assertThat(address).startsWith(server.address());
    assertThat(server.get(address.substring(server.address().length())).status()).isEqualTo(200);
    List<JsonNode> failed = lines(batch.get("error_file_id"));
    assertThat(failed).hasSize(1);
    assertThat(failed.get(0).get("custom_id").asText()).isEqualTo("wrong");
    assertThat(failed.get(0).get("response").get("status_code").asInt()).isEqualTo(422);
    assertThat(failed.get(0).at("/response/body/error/param").asText()).isEqualTo("steps");
  }

  @Test
  void linesThatAreNoRequestsAreNamedBeforeAnythingIsMade() throws Exception {
    String file =
        file(
            line("a", QUICK),
            "{",
            line("a", QUICK),
            line("b", QUICK).replace("generations", "edits"),
            line("c", QUICK).replace("POST", "GET"),
            "{\"custom_id\": \"d\"}");

    JsonNode batch = create(file).json();

    assertThat(batch.get("status").asText()).isEqualTo("failed");
    assertThat(batch.at("/errors/data").findValuesAsText("code"))
        .containsExactly(
            "invalid_json_line",
            "duplicate_custom_id",
            "invalid_url",
            "invalid_method",
            "missing_required_parameter");
    assertThat(batch.at("/errors/data").findValuesAsText("line"))
        .containsExactly("2", "3", "4", "5", "6");
    assertThat(create(file(" ")).json().at("/errors/data/0/code").asText()).isEqualTo("empty_file");
  }

  @Test
  void aCancelledBatchKeepsWhatItMadeAndOthersGoOn() throws Exception {
    String running =
        create(file(line("quick", QUICK), line("long", LONG))).json().get("id").asText();
    String waiting = create(file(line("a", QUICK))).json().get("id").asText();
    String last = create(file(line("a", QUICK))).json().get("id").asText();
    while (batch(running).at("/request_counts/completed").asInt() < 1) {
      Thread.sleep(5);
    }

    assertThat(
            server
                .send("POST", "/v1/batches/" + waiting + "/cancel", null)
                .json()
                .get("status")
                .asText())
        .as("nothing was begun")
        .isEqualTo("cancelled");
    assertThat(server.send("POST", "/v1/batches/" + running + "/cancel", null).status())
        .isEqualTo(200);

    JsonNode batch = await(running, "cancelled");
    assertThat(batch.at("/request_counts/completed").asInt()).isEqualTo(1);
    assertThat(lines(batch.get("output_file_id"))).hasSize(1);
    assertThat(batch.get("error_file_id").isNull()).isTrue();
    await(last, "completed");
    assertThat(server.send("POST", "/v1/batches/" + last + "/cancel", null).status())
        .isEqualTo(409);
  }

  @Test
  void whoWaitsForAPictureGoesBeforeABatch() throws Exception {
    String running = server.submit("{" + LONG + "}");
    server.await(running, "running");
    String batch = create(file(line("a", QUICK), line("b", LONG))).json().get("id").asText();
    String ofBatch = jobOfBatch();
    String asked = server.submit("{" + QUICK + "}");
    assertThat(server.job(asked).get("queue_position").asInt()).isEqualTo(1);
    assertThat(server.job(ofBatch).get("queue_position").asInt()).isEqualTo(2);
    server.send("DELETE", "/v1/jobs/" + running, null);

    double begun = server.await(asked, "completed").get("started").asDouble();

    assertThat(server.await(ofBatch, "completed").get("started").asDouble()).isGreaterThan(begun);
    server.send("POST", "/v1/batches/" + batch + "/cancel", null);
    await(batch, "cancelled");
  }

  /** The one that waits. */
  private static String jobOfBatch() throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      for (JsonNode job : server.get("/v1/jobs").json().get("data")) {
        if (job.get("source").asText().equals("batch")
            && job.get("status").asText().equals("queued")) {
          return job.get("id").asText();
        }
      }
      Thread.sleep(5);
    }
    throw new AssertionError("none");
  }

  @Test
  void aBatchThatWaitsForOthersIsCancelledAtOnce() throws Exception {
    String running = server.submit("{" + LONG + "}");
    server.await(running, "running");
    String batch = create(file(line("a", QUICK))).json().get("id").asText();
    String ofBatch = jobOfBatch();

    server.send("POST", "/v1/batches/" + batch + "/cancel", null);

    JsonNode over = await(batch, "cancelled");
    assertThat(over.get("output_file_id").isNull()).isTrue();
    assertThat(server.job(ofBatch).get("status").asText()).isEqualTo("cancelled");
    assertThat(server.job(running).get("status").asText()).isEqualTo("running");
    server.send("DELETE", "/v1/jobs/" + running, null);
  }

  @Test
  void filesAreListedReadAndDeleted() throws Exception {
    String content = line("a", QUICK);
    JsonNode first = upload(content, "batch").json();
    JsonNode second = upload(content, "batch").json();
    assertThat(first.get("bytes").asInt()).isEqualTo(content.length());
    assertThat(first.get("filename").asText()).isEqualTo("a.png");
    String id = first.get("id").asText();
    assertThat(server.get("/v1/files/" + id).json()).isEqualTo(first);
    assertThat(server.get("/v1/files/" + id + "/content").raw().body())
        .isEqualTo(content.getBytes(UTF_8));

    JsonNode newest = server.get("/v1/files?limit=1&purpose=batch").json();
    assertThat(newest.get("data").get(0)).isEqualTo(second);
    assertThat(newest.get("has_more").asBoolean()).isTrue();
    JsonNode next = server.get("/v1/files?limit=1&after=" + newest.get("last_id").asText()).json();
    assertThat(next.get("data").get(0)).isEqualTo(first);
    JsonNode after = server.get("/v1/files?order=asc&after=" + id).json();
    assertThat(after.get("data").get(0)).isEqualTo(second);
    assertThat(after.get("has_more").asBoolean()).isFalse();
    assertThat(server.get("/v1/files?purpose=batch_output&after=" + id).json().get("data"))
        .noneMatch(each -> each.get("purpose").asText().equals("batch"));

    assertThat(server.send("DELETE", "/v1/files/" + id, null).json().get("deleted").asBoolean())
        .isTrue();
    assertThat(server.get("/v1/files/" + id).status()).isEqualTo(404);
    assertThat(server.get("/v1/files/" + id + "/content").status()).isEqualTo(404);
    assertThat(server.get("/v1/files?order=asc&after=" + id).json().get("data").get(0))
        .as("a list goes on behind a file that was deleted meanwhile")
        .isEqualTo(second);
    assertThat(server.get("/v1/files?after=file-0").status()).isEqualTo(404);
    assertThat(server.get("/v1/files?purpose=fine-tune").json().get("data")).isEmpty();
  }

  @Test
  void aFileThatABatchReadsStays() throws Exception {
    String file = file(line("a", LONG));
    String batch = create(file).json().get("id").asText();
    assertThat(server.send("DELETE", "/v1/files/" + file, null).status()).isEqualTo(409);
    server.send("POST", "/v1/batches/" + batch + "/cancel", null);
    await(batch, "cancelled");
    assertThat(server.send("DELETE", "/v1/files/" + file, null).status()).isEqualTo(200);
  }

  @Test
  void whatIsNotToBeHadIsRefused() throws Exception {
    assertThat(upload("x", "fine-tune").status()).isEqualTo(400);
    assertThat(create("file-0").status()).isEqualTo(404);
    assertThat(create("../../lssgen.db").status()).isEqualTo(404);
    String file = file(line("a", QUICK));
    String wish = "{'input_file_id': '" + file + "', 'endpoint': '%s', 'completion_window': '%s'}";
    assertThat(server.post("/v1/batches", wish.formatted("/v1/chat/completions", "24h")).status())
        .isEqualTo(400);
    assertThat(server.post("/v1/batches", wish.formatted("/v1/images/generations", "1h")).status())
        .isEqualTo(400);
    assertThat(server.get("/v1/batches/batch_0").status()).isEqualTo(404);
    assertThat(server.get("/v1/batches?limit=101").status()).isEqualTo(400);
    String notes = ", 'metadata': {'a': 1}}";
    String whole = wish.formatted("/v1/images/generations", "24h");
    assertThat(server.post("/v1/batches", whole.replace("}", notes)).status()).isEqualTo(400);
    assertThat(
            server
                .send(
                    FileForm.of(
                        server.address() + "/v1/files", Map.of(), Map.of("purpose", "batch")))
                .status())
        .isEqualTo(400);
  }
}
