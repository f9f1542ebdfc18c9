package io.lssgen.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.server.http.Json;
import io.lssgen.server.store.BatchRow;
import io.lssgen.server.store.BatchStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Batches as clients see them. Times are seconds since 1970. */
final class BatchView {
  /** What names of batches begin with where clients see them. */
  static final String PREFIX = "batch_";

  private BatchView() {}

  static ObjectNode of(BatchRow batch) {
    BatchRow.Progress progress = batch.progress();
    ObjectNode view = Json.object().put("id", PREFIX + batch.id()).put("object", "batch");
    view.put("endpoint", BatchInput.ENDPOINT).set("errors", errors(batch));
    view.put("input_file_id", FileRoutes.PREFIX + batch.input());
    view.put("completion_window", batch.window()).put("status", batch.status().label());
    view.put("output_file_id", file(batch, batch.output(), progress.outputBytes()));
    view.put("error_file_id", file(batch, batch.failures(), progress.failureBytes()));
    view.put("created_at", batch.created() / 1000);
    boolean begun = batch.errors() == null || progress.done() > 0;
    view.put("in_progress_at", begun ? seconds(batch.created()) : null);
    List.of("expires_at", "finalizing_at", "expired_at").forEach(view::putNull);
    view.put("cancelling_at", seconds(batch.cancelling()));
    ended(view, batch, "completed_at", BatchStatus.COMPLETED);
    ended(view, batch, "failed_at", BatchStatus.FAILED);
    ended(view, batch, "cancelled_at", BatchStatus.CANCELLED);
    view.putObject("request_counts")
        .put("total", batch.total())
        .put("completed", progress.completed())
        .put("failed", progress.failed());
    view.set(
        "metadata", batch.metadata() == null ? null : Json.read(batch.metadata(), JsonNode.class));
    return view;
  }

  private static @Nullable JsonNode errors(BatchRow batch) {
    if (batch.errors() == null) {
      return null;
    }
    ObjectNode errors = Json.object().put("object", "list");
    errors.set("data", Json.read(batch.errors(), JsonNode.class));
    return errors;
  }

  private static @Nullable String file(BatchRow batch, String id, long bytes) {
    return batch.status().isFinal() && bytes > 0 ? FileRoutes.PREFIX + id : null;
  }

  private static void ended(ObjectNode view, BatchRow batch, String name, BatchStatus status) {
    view.put(name, batch.status() == status ? seconds(batch.finished()) : null);
  }

  private static @Nullable Long seconds(@Nullable Long milliseconds) {
    return milliseconds == null ? null : milliseconds / 1000;
  }
}
