package io.lssgen.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import io.lssgen.server.store.LostFileException;
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
  private static final Logger LOG = LoggerFactory.getLogger(BatchRunner.class);

  /** After what may pass: a full disk, a lack of memory. */
  private static final Duration PAUSE = Duration.ofSeconds(30);

  /** Failures that are the server's fault; no more will be made of the rest. */
  private static final int MOST_IN_ROW = 20;

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
    if (now.id().equals(current)) {
      endJob(now);
    } else {
      end(now, BatchStatus.CANCELLED, null);
    }
  }

  /** Ends a batch and what is under way of it. */
  private void end(BatchRow batch, BatchStatus status, BatchInput.@Nullable Problem problem) {
    endJob(batch);
    batches.finish(batch, status, problem == null ? null : Json.write(List.of(problem)));
  }

  private void endJob(BatchRow batch) {
    if (batch.job() != null) {
      services.queue().find(batch.job()).ifPresent(services.queue()::cancel);
    }
  }

  private void work() {
    try {
      while (!services.queue().isClosed()) {
        workGuarded();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the next start goes on
    }
  }

  /** Neither a full disk nor a lack of memory ends more than this try. */
  private void workGuarded() throws InterruptedException {
    try {
      BatchRow next = next();
      if (next != null) {
        run(next);
      }
    } catch (IOException | RuntimeException | Error e) {
      if (services.queue().isClosed()) {
        return; // the next start goes on
      }
      LOG.error("batches stand still for {} s", PAUSE.toSeconds(), e);
      pause();
    }
  }

  private synchronized void pause() throws InterruptedException {
    current = null;
    long until = System.nanoTime() + PAUSE.toNanos();
    for (long left = PAUSE.toMillis();
        left > 0 && !services.queue().isClosed();
        left = Duration.ofNanos(until - System.nanoTime()).toMillis()) {
      wait(left);
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

  private void run(BatchRow batch) throws IOException {
    Optional<StoredFile> input = files.find(batch.input());
    if (input.isEmpty()) {
      String message = "the file of requests is gone; upload it again and make a new batch";
      end(batch, BatchStatus.FAILED, new BatchInput.Problem("file_gone", message, null, null));
      return;
    }
    try (BatchInput requests = new BatchInput(files.content(input.get()))) {
      requests.skip(batch.progress().done());
      run(batch, requests);
    } catch (LostFileException e) {
      BatchRow now = batches.find(batch.id()).orElseThrow();
      String message = String.valueOf(e.getMessage());
      end(now, BatchStatus.FAILED, new BatchInput.Problem("file_gone", message, null, null));
    }
  }

  private void run(BatchRow batch, BatchInput requests) throws IOException {
    int inRow = 0;
    BatchRow now = batch;
    while (now.status() == BatchStatus.IN_PROGRESS) {
      BatchInput.Request request = requests.next();
      if (request == null) {
        end(now, BatchStatus.COMPLETED, null);
        return;
      }
      Answer answer = answer(now, request);
      if (answer == null) {
        if (services.queue().isClosed()) {
          return; // the next start goes on
        }
      } else {
        batches.progress(batch.id(), answer.progress());
        inRow = answer.isServersFault() ? inRow + 1 : 0;
      }
      now = batches.find(batch.id()).orElseThrow();
      if (inRow == MOST_IN_ROW) {
        String message =
            "%d requests in a row failed; the file of errors says how".formatted(MOST_IN_ROW);
        end(now, BatchStatus.FAILED, new BatchInput.Problem("failing", message, null, null));
        return;
      }
    }
    end(now, BatchStatus.CANCELLED, null);
  }

  /**
   * How a request ended.
   *
   * @param progress where its batch stands then
   * @param status of HTTP
   */
  private record Answer(Progress progress, int status) {
    boolean isServersFault() {
      return status >= 500;
    }
  }

  /** Makes a request; null if the batch or the server ended before it did. */
  private @Nullable Answer answer(BatchRow batch, BatchInput.Request request) {
    Progress before = batch.progress();
    String id = batch.job() == null ? Ids.draw() : batch.job();
    try {
      String line = line(request, id, 200, made(batch, request, id));
      return new Answer(
          before.completed(files.append(batch.output(), before.outputBytes(), line)), 200);
    } catch (ApiException e) {
      if (services.queue().isClosed() || isCancelling(batch)) {
        return null;
      }
      if (e.retrySeconds().isPresent()) {
        throw e; // may pass
      }
      String line = line(request, id, e.status(), ErrorShape.OPENAI.body(e));
      return new Answer(
          before.failed(files.append(batch.failures(), before.failureBytes(), line)), e.status());
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
  private ObjectNode made(BatchRow batch, BatchInput.Request request, String id) {
    try {
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
    } catch (ApiException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.error("request {} of batch {} failed", request.id(), batch.id(), e);
      throw ApiException.of(e);
    } catch (OutOfMemoryError e) {
      LOG.error("request {} of batch {} failed", request.id(), batch.id(), e);
      throw ApiException.of(
          507, "out_of_memory", "the answer is too large; ask for response_format url, or less");
    }
  }

  /** Of the job, which an earlier process may have begun or ended. */
  private JobStatus status(BatchRow batch, Wanted wanted, String id) {
    Optional<LiveJob> live = services.queue().find(id);
    Optional<JobRow> row = services.jobs().find(id);
    if (live.isEmpty() && row.isPresent()) {
      return ended(row.get());
    }
    if (live.isEmpty()) {
      batches.job(batch.id(), id);
      live = Optional.of(services.queue().submitOfBatch(id, wanted));
    }
    if (isCancelling(batch)) { // asked for while there was no job to end
      services.queue().cancel(live.get());
    }
    return services.await(live.get());
  }

  /** How a job ended that nobody works on. */
  private JobStatus ended(JobRow row) {
    if (!row.status().isFinal()) {
      String message = "the end of the job could not be noted; ask again";
      services.jobs().finished(row.id(), JobStatus.FAILED, "failed", message);
      throw ApiException.of(500, "failed", message);
    }
    return services.outcome(row);
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
