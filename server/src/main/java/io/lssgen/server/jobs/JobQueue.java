package io.lssgen.server.jobs;

import io.lssgen.server.Limits;
import io.lssgen.server.ServerOptions.AfterCrash;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Json;
import io.lssgen.server.store.Ids;
import io.lssgen.server.store.InitialPictures;
import io.lssgen.server.store.JobRow;
import io.lssgen.server.store.JobStatus;
import io.lssgen.server.store.JobStore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Jobs in the order in which they came: bounded, and with a share for each client. A job is in the
 * database before its client hears of it. Thread-safe.
 */
public final class JobQueue {
  /** The API whose jobs wait until no other does. */
  public static final String BATCH = "batch";

  /** Beginnings of a job that ends its process each time. */
  private static final int MAXIMUM_ATTEMPTS = 3;

  private final JobStore store;
  private final InitialPictures pictures;
  private final Limits limits;
  private final ServerMetrics metrics;
  private final Deque<LiveJob> waiting = new ArrayDeque<>();
  private final Deque<LiveJob> ofBatches = new ArrayDeque<>();
  private final Map<String, LiveJob> live = new LinkedHashMap<>();
  private boolean closed;

  /** Takes over what an earlier process left. */
  public JobQueue(
      JobStore store,
      InitialPictures pictures,
      Limits limits,
      AfterCrash afterCrash,
      ServerMetrics metrics) {
    this.store = store;
    this.pictures = pictures;
    this.limits = limits;
    this.metrics = metrics;
    for (JobRow row : store.unfinished()) {
      takeOver(row, afterCrash);
    }
    pictures.keep(Set.copyOf(live.keySet()));
    metrics.watch(this);
  }

  private void takeOver(JobRow row, AfterCrash afterCrash) {
    boolean wasRunning = row.status() == JobStatus.RUNNING;
    if (wasRunning && (afterCrash == AfterCrash.FAIL || row.attempts() >= MAXIMUM_ATTEMPTS)) {
      store.finished(
          row.id(),
          JobStatus.FAILED,
          "interrupted",
          "the server ended while the job ran, attempt %d; ask again".formatted(row.attempts()));
      return;
    }
    store.queued(row.id());
    add(
        new LiveJob(
            row.id(),
            row.source(),
            row.client(),
            Json.read(row.request(), JobRequest.class),
            System.currentTimeMillis())); // above all numbers that a client saw before
  }

  /**
   * Takes a job.
   *
   * @param source the API it came by
   * @param client the network address it came from
   * @throws ApiException 429 if the queue or the client's share is full, 503 if the server stops
   */
  public LiveJob submit(Wanted wanted, String source, String client) {
    LiveJob job = new LiveJob(Ids.draw(), source, client, wanted.request(), 0);
    return submit(job, wanted, () -> requireRoom(client));
  }

  /**
   * Takes a job of a batch, which is begun when no other waits, and takes no other's place.
   *
   * @param id its name
   * @throws ApiException 503 if the server stops
   */
  public LiveJob submitOfBatch(String id, Wanted wanted) {
    return submit(new LiveJob(id, BATCH, BATCH, wanted.request(), 0), wanted, this::requireOpen);
  }

  private LiveJob submit(LiveJob job, Wanted wanted, Runnable check) {
    try {
      pictures.add(job.id(), wanted.pictures()); // a slow disk holds nobody else up
      synchronized (this) {
        check.run();
        return enter(job);
      }
    } catch (RuntimeException | Error e) {
      pictures.remove(job.id());
      throw e;
    }
  }

  private synchronized LiveJob enter(LiveJob job) {
    store.add(job.id(), job.source(), job.client(), Json.write(job.request()));
    add(job);
    return job;
  }

  /**
   * Says no before anything is done for a job that would not be taken.
   *
   * @throws ApiException as {@link #submit} does
   */
  public synchronized void requireRoom(String client) {
    requireOpen();
    if (waiting.size() >= limits.queue()) {
      metrics.rejected("queue_full");
      throw ApiException.later(
          429, "queue_full", 5, "%d jobs wait already; try again later".formatted(waiting.size()));
    }
    long own = live.values().stream().filter(job -> job.client().equals(client)).count();
    if (own >= limits.perClient()) {
      metrics.rejected("client_share");
      throw ApiException.later(
          429, "too_many_jobs", 5, "you have %d jobs here already; wait for one".formatted(own));
    }
  }

  private synchronized void requireOpen() {
    if (closed) {
      metrics.rejected("closing");
      throw closing();
    }
  }

  private synchronized void add(LiveJob job) {
    (job.source().equals(BATCH) ? ofBatches : waiting).add(job);
    live.put(job.id(), job);
    job.publish(JobEvent.Kind.QUEUED, Json.object().put("position", position(job)), null);
    notifyAll();
  }

  /** What a client hears that comes while the server stops. */
  public static ApiException closing() {
    return ApiException.later(
        503, "closing", 30, "the server is stopping; jobs that wait go on when it starts again");
  }

  /**
   * The next job, waited for.
   *
   * @return null once the queue is closed
   * @throws InterruptedException if the thread shall end
   */
  synchronized @Nullable LiveJob take() throws InterruptedException {
    while (waiting.isEmpty() && ofBatches.isEmpty() && !closed) {
      wait();
    }
    if (closed) {
      return null;
    }
    LiveJob next = waiting.isEmpty() ? ofBatches.remove() : waiting.remove();
    tellPositions();
    return next;
  }

  private void tellPositions() {
    int position = 1;
    for (LiveJob job : waiting) {
      job.publish(JobEvent.Kind.QUEUED, Json.object().put("position", position), null);
      position++;
    }
  }

  /** The job of this name, if it is not over. */
  public synchronized Optional<LiveJob> find(String id) {
    return Optional.ofNullable(live.get(id));
  }

  /** A client's jobs that came by an API, oldest first: what runs is first. */
  public synchronized List<LiveJob> of(String source, String client) {
    return live.values().stream()
        .filter(job -> job.source().equals(source) && job.client().equals(client))
        .toList();
  }

  /** Its place among those that wait, from 1; 0 if it runs. */
  public synchronized int position(LiveJob job) {
    List<LiveJob> inOrder = new ArrayList<>(waiting);
    inOrder.addAll(ofBatches);
    return inOrder.indexOf(job) + 1;
  }

  /** How many wait, those of batches left out. */
  public synchronized int depth() {
    return waiting.size();
  }

  /** Ends a job: one that waits at once, one that runs within a step. */
  public void cancel(LiveJob job) {
    boolean waited;
    synchronized (this) {
      job.cancel();
      waited = waiting.remove(job) || ofBatches.remove(job);
      if (waited) {
        tellPositions();
      }
    }
    if (waited) {
      try {
        finish(job, JobStatus.CANCELLED, null, null);
      } catch (RuntimeException e) {
        abandon(job, e); // else its client would wait for an end that nobody tells
        throw e;
      }
    }
  }

  /** Notes how a job ended and tells everyone. */
  void finish(LiveJob job, JobStatus status, @Nullable String code, @Nullable String error) {
    store.finished(job.id(), status, code, error);
    pictures.remove(job.id());
    synchronized (this) {
      live.remove(job.id());
    }
    metrics.finished(status);
    JobEvent.Kind kind =
        switch (status) {
          case COMPLETED -> JobEvent.Kind.COMPLETED;
          case CANCELLED -> JobEvent.Kind.CANCELLED;
          case FAILED, QUEUED, RUNNING -> JobEvent.Kind.FAILED;
        };
    var data = Json.object().put("status", status.label());
    if (code != null) {
      data.putObject("error").put("code", code).put("message", error);
    }
    job.publish(kind, data, null);
    job.outcome().complete(status);
  }

  /** Drops a job whose end could not be noted: the next start finds it again. */
  void abandon(LiveJob job, Throwable failure) {
    synchronized (this) {
      live.remove(job.id());
    }
    job.outcome().completeExceptionally(failure);
  }

  /** Lets no more in and gives no more out; those that wait do so until the next start. */
  public synchronized void close() {
    closed = true;
    notifyAll();
    waiting.forEach(job -> job.outcome().completeExceptionally(closing()));
    ofBatches.forEach(job -> job.outcome().completeExceptionally(closing()));
  }

  /** Whether it takes no more. */
  public synchronized boolean isClosed() {
    return closed;
  }
}
