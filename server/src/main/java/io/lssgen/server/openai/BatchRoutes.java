package io.lssgen.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.FewAtOnce;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.JobQueue;
import io.lssgen.server.store.BatchRow;
import io.lssgen.server.store.BatchStore;
import io.lssgen.server.store.FileStore;
import io.lssgen.server.store.StoredFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's batches: files of requests that are made while nobody waits for other pictures. Source:
 * <a href="https://platform.openai.com/docs/api-reference/batch">OpenAI API reference, batch</a>.
 *
 * @param services what they work with
 * @param files of requests and answers
 * @param batches all of them
 * @param runner makes their pictures
 * @param reading holds it to few files at once, which may be large
 */
public record BatchRoutes(
    Services services, FileStore files, BatchStore batches, BatchRunner runner, FewAtOnce reading) {
  private static final int LISTED = 20;
  private static final int MOST_LISTED = 100;
  private static final int MOST_OPEN = 100;
  private static final int LONGEST_NAME = 100;

  private static final int MOST_NOTES = 16;
  private static final int LONGEST_KEY = 64;
  private static final int LONGEST_NOTE = 512;

  /** Adds the routes. */
  public void addTo(RouteTable routes) {
    routes
        .post("/v1/batches", this::create)
        .get("/v1/batches", this::list)
        .get("/v1/batches/{id}", context -> answer(context, find(context)))
        .post("/v1/batches/{id}/cancel", this::cancel);
  }

  private void create(Context context) {
    if (services.queue().isClosed()) {
      throw JobQueue.closing();
    }
    if (batches.open() >= MOST_OPEN) {
      throw ApiException.later(
          429,
          "too_many_batches",
          60,
          "%d batches wait already; try again when one is over".formatted(MOST_OPEN));
    }
    Fields fields = new Fields(services.bodies().json(context, Bodies.TEXT));
    StoredFile input = FileRoutes.find(files, required(fields, "input_file_id"));
    requireOneOf(fields, "endpoint", BatchInput.ENDPOINT);
    requireOneOf(fields, "completion_window", "24h");
    fields.withoutEffect("output_expires_after");
    String metadata = metadata(fields);
    fields.answerWarnings(context);
    BatchInput.Checked checked = reading.run(() -> check(input));
    BatchRow batch =
        batches
            .add(
                new BatchStore.Asked(
                    input.id(),
                    context.scheme() + "://" + context.host(),
                    "24h",
                    metadata,
                    checked.total(),
                    checked.problems().isEmpty() ? null : Json.write(checked.problems())))
            .orElseThrow(FileRoutes::missing);
    runner.wake();
    answer(context, batch);
  }

  private static String required(Fields fields, String name) {
    return fields
        .text(name, LONGEST_NAME)
        .orElseThrow(() -> ApiException.malformed(name, name + " is missing"));
  }

  private static void requireOneOf(Fields fields, String name, String choice) {
    required(fields, name);
    fields.oneOf(name, choice);
  }

  /** Texts by names, as OpenAI bounds them; null if there are none. */
  private static @Nullable String metadata(Fields fields) {
    Optional<Fields> notes = fields.object("metadata");
    if (notes.isEmpty()) {
      return null;
    }
    ObjectNode node = notes.get().node();
    if (node.size() > MOST_NOTES) {
      throw ApiException.unprocessable(
          "metadata", "metadata may have %d fields, found %d".formatted(MOST_NOTES, node.size()));
    }
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (name.length() > LONGEST_KEY) {
                throw ApiException.unprocessable(
                    "metadata",
                    "names of metadata may have %d characters, found %d"
                        .formatted(LONGEST_KEY, name.length()));
              }
              if (notes.get().text(name, LONGEST_NOTE).isEmpty()) {
                throw ApiException.malformed("metadata." + name, "metadata wants texts");
              }
            });
    return Json.write(node);
  }

  private BatchInput.Checked check(StoredFile file) {
    try (BatchInput input = new BatchInput(files.content(file))) {
      return input.check();
    } catch (IOException e) {
      throw new LssGenException("cannot read the file: " + IoReason.of(e), e);
    }
  }

  private void list(Context context) {
    Listing listing = Listing.read(context, LISTED, MOST_LISTED);
    List<BatchRow> found =
        batches.page(listing.page(BatchView.PREFIX, id -> batches.find(id).map(BatchRow::number)));
    Json.answer(context, listing.answer(found.stream().map(BatchView::of).toList()));
  }

  private void cancel(Context context) {
    BatchRow batch = find(context);
    if (batch.status().isFinal()) {
      throw ApiException.of(
          409, "batch_is_over", "the batch is over already: " + batch.status().label());
    }
    runner.cancel(batch);
    answer(context, find(context));
  }

  private BatchRow find(Context context) {
    return Listing.id(BatchView.PREFIX, context.pathParam("id"))
        .flatMap(batches::find)
        .orElseThrow(() -> ApiException.notFound("batch_not_found", "there is no such batch"));
  }

  private static void answer(Context context, BatchRow batch) {
    Json.answer(context, BatchView.of(batch));
  }
}
