package io.lssgen.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.ErrorShape;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.jobs.LiveJob;
import io.lssgen.server.jobs.Wanted;
import io.lssgen.server.store.BatchRow;
import io.lssgen.server.store.BatchRow.Progress;
import io.lssgen.server.store.BatchStatus;
import io.lssgen.server.store.BatchStore;
import io.lssgen.server.store.FileStore;
import io.lssgen.server.store.Ids;
import io.lssgen.server.store.JobRow;
import io.lssgen.server.store.JobStatus;
import io.lssgen.server.store.StoredFile;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the pictures of batches, one request after the other, while nobody waits for other
 * pictures. An answer is on the disk before its request counts as done; so a server that ends, in
 * good order or not, goes on where it was.
 */
public final class BatchRunner implements AutoCloseable {
  /** The API that jobs of batches come by. */
  static final String SOURCE = "batch";

  private static final Logger LOG = LoggerFactory.getLogger(BatchRunner.class);

  /** For the answer under way, once the queue is closed. */
  private static final Duration LAST_ANSWER = Duration.ofSeconds(60);

  private final Services services;
  private final FileStore files;
  private final BatchStore batches;
  private final Thread thread = new Thread(this::work, "lssgen-batches");
  private @Nullable String current;

  /**
   * @param services what it works with
   * @param files of requests and answers
   * @param batches what there is to do
   */
  public BatchRunner(Services services, FileStore files, BatchStore batches) {
    this.services = services;
    this.files = files;
    this.batches = batches;
    thread.setDaemon(true);
  }

  /** Goes on with what an earlier process left. */
  public void start() {
    thread.start();
  }

  /** There is a batch more. */
  synchronized void wake() {
    notifyAll();
  }

  /** Asks a batch to end: at once if it was not begun, else within a step. */
  synchronized void cancel(BatchRow batch) {
    if (!batches.cancelling(batch.id())) {
      return;
    }
    BatchRow now = batches.find(batch.id()).orElseThrow();
    if (!now.id().equals(current)) {
      batches.finish(now, BatchStatus.CANCELLED, null);
    } else if (now.job() != null) {
      services.queue().find(now.job()).ifPresent(services.queue()::cancel);
    }
  }

  private void work() {
    try {
      for (BatchRow next = next(); next != null; next = next()) {
        runGuarded(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the next start goes on
    } catch (RuntimeException | Error e) {
      LOG.error("batches stand still until the next start", e);
    }
  }

  /** The next batch, waited for; null once the queue is closed. */
  private synchronized @Nullable BatchRow next() throws InterruptedException {
    current = null;
    while (!services.queue().isClosed()) {
      Optional<BatchRow> next = batches.next();
      if (next.isPresent()) {
        current = next.get().id();
        return next.get();
      }
      wait();
    }
    return null;
  }

  /** Nothing that happens to one batch may keep the others from being made. */
  private void runGuarded(BatchRow batch) throws InterruptedException {
    try {
      run(batch);
    } catch (LssGenException | IOException e) {
      if (services.queue().isClosed()) {
        return; // the next start goes on
      }
      LOG.error("batch {} failed", batch.id(), e);
      String message =
          e instanceof IOException io ? "its file: " + IoReason.of(io) : "" + e.getMessage();
      fail(batch, new BatchInput.Problem("failed", message, null, null));
    } catch (RuntimeException e) {
      LOG.error("batch {} failed", batch.id(), e);
      fail(batch, new BatchInput.Problem("failed", "the server's log says how", null, null));
    }
  }

  private void fail(BatchRow batch, BatchInput.Problem problem) {
    BatchRow now = batches.find(batch.id()).orElseThrow();
    batches.finish(now, BatchStatus.FAILED, Json.write(List.of(problem)));
  }

  private void run(BatchRow batch) throws IOException, InterruptedException {
    StoredFile input =
        files.find(batch.input()).orElseThrow(() -> new LssGenException("its file was deleted"));
    try (BatchInput requests = new BatchInput(files.content(input))) {
      requests.skip(batch.progress().done());
      BatchRow now = batch;
      while (now.status() == BatchStatus.IN_PROGRESS) {
        BatchInput.Request request = requests.next();
        if (request == null) {
          batches.finish(now, BatchStatus.COMPLETED, null);
          return;
        }
        answer(now, request).ifPresent(progress -> batches.progress(batch.id(), progress));
        if (services.queue().isClosed()) {
          return; // the next start goes on
        }
        now = batches.find(batch.id()).orElseThrow();
      }
      batches.finish(now, BatchStatus.CANCELLED, null);
    }
  }

  /** Where the batch stands after this request; empty if it ended before the request did. */
  private Optional<Progress> answer(BatchRow batch, BatchInput.Request request)
      throws InterruptedException {
    Progress before = batch.progress();
    String id = batch.job() == null ? Ids.draw() : batch.job();
    try {
      ObjectNode made = made(batch, request, id);
      String line = line(request, id, 200, made);
      return Optional.of(
          before.completed(files.append(batch.output(), before.outputBytes(), line)));
    } catch (ApiException e) {
      if (services.queue().isClosed() || isCancelling(batch)) {
        return Optional.empty();
      }
      String line = line(request, id, e.status(), ErrorShape.OPENAI.body(e));
      return Optional.of(
          before.failed(files.append(batch.failures(), before.failureBytes(), line)));
    }
  }

  private boolean isCancelling(BatchRow batch) {
    return batches.find(batch.id()).orElseThrow().status() == BatchStatus.CANCELLING;
  }

  private static String line(BatchInput.Request request, String job, int status, ObjectNode body) {
    ObjectNode line = Json.object().put("id", "batch_req_" + job).put("custom_id", request.id());
    ObjectNode response = line.putObject("response").put("status_code", status);
    response.put("request_id", job).set("body", body);
    return Json.write(line.putNull("error"));
  }

  /**
   * The answer that a client would have got.
   *
   * @throws ApiException if it is none, or the batch or the server ended before it was there
   */
  private ObjectNode made(BatchRow batch, BatchInput.Request request, String id)
      throws InterruptedException {
    Fields fields = new Fields(request.body());
    ImagesAnswer form = ImagesAnswer.read(services, fields, batch.server(), "image_generation");
    if (fields.flag("stream").orElse(false)) {
      throw ApiException.malformed("stream", "nobody listens to a batch; leave out stream");
    }
    Wanted wanted = services.reader().read(fields, false);
    if (status(batch, wanted, id) != JobStatus.COMPLETED) {
      throw ApiException.of(409, "cancelled", "the job was cancelled");
    }
    ObjectNode answer = form.whole(services.job(id));
    if (answer.path("lssgen").path("warnings") instanceof ArrayNode warnings) {
      fields.warnings().forEach(warnings::add);
    }
    return answer;
  }

  /** Of the job, which an earlier process may have begun or ended. */
  private JobStatus status(BatchRow batch, Wanted wanted, String id) throws InterruptedException {
    Optional<LiveJob> live = services.queue().find(id);
    Optional<JobRow> row = services.jobs().find(id);
    if (live.isEmpty() && row.isPresent()) {
      return services.outcome(row.get());
    }
    if (live.isEmpty()) {
      batches.job(batch.id(), id);
      live = Optional.of(services.queue().submitWhenIdle(id, wanted, SOURCE));
    }
    if (isCancelling(batch)) { // asked for while there was no job to end
      services.queue().cancel(live.get());
    }
    return services.await(live.get());
  }

  /** After the queue: waits until the last answer is on the disk. */
  @Override
  public void close() {
    wake();
    try {
      thread.join(LAST_ANSWER.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
