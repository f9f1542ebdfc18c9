package io.lssgen.server.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.server.store.JobStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A job that waits or runs: what happened so far, who listens, and how to stop it. Thread-safe. */
public final class LiveJob {
  /** How long a look at the job counts as somebody watching it. */
  private static final long LOOK_NANOS = 5_000_000_000L;

  private final String id;
  private final String source;
  private final String client;
  private final JobRequest request;
  private final long submitted = System.nanoTime();
  private final CompletableFuture<JobStatus> outcome = new CompletableFuture<>();

  private final List<JobEvent> history = new ArrayList<>();
  private final List<Listening> listeners = new ArrayList<>();
  private long events;
  private Cancellation cancellation = new Cancellation();
  private boolean cancelled;
  private boolean stopping;
  private int skips;
  private volatile @Nullable Progress progress;
  private volatile @Nullable RgbImage latest;
  private volatile long lookedAt = System.nanoTime() - LOOK_NANOS;

  /**
   * Where a job stands.
   *
   * @param image picture under way, from 0
   * @param stage of it, from 0
   * @param step done in the stage
   * @param stepsOfStage all of them
   * @param done steps done of all stages of this picture
   * @param total steps of all stages of a picture
   * @param remainingSeconds until the job is done; null where nothing was measured yet
   */
  public record Progress(
      int image,
      int stage,
      int step,
      int stepsOfStage,
      int done,
      int total,
      @Nullable Double remainingSeconds) {}

  /**
   * @param events the number after which its events are counted
   */
  LiveJob(String id, String source, String client, JobRequest request, long events) {
    this.id = id;
    this.events = events;
    this.source = source;
    this.client = client;
    this.request = request;
  }

  /** The job's name. */
  public String id() {
    return id;
  }

  /** The API it came by. */
  public String source() {
    return source;
  }

  /** The network address it came from. */
  public String client() {
    return client;
  }

  /** What is wanted. */
  public JobRequest request() {
    return request;
  }

  /** How long it has been here. */
  Duration age() {
    return Duration.ofNanos(System.nanoTime() - submitted);
  }

  /** How it ends; completed exceptionally if the server stops before. */
  public CompletableFuture<JobStatus> outcome() {
    return outcome;
  }

  /** Where it stands; null before its first step. */
  public @Nullable Progress progress() {
    return progress;
  }

  void progress(Progress value) {
    progress = value;
  }

  /** What its picture looks like by now; null before there is something to see. */
  public @Nullable RgbImage latest() {
    return latest;
  }

  /** Someone looks at it now, and would like to see how its picture comes about. */
  public void look() {
    lookedAt = System.nanoTime();
  }

  /** Whether someone would see a picture of the way. */
  synchronized boolean isWatched() {
    return System.nanoTime() - lookedAt < LOOK_NANOS
        || (request.previews() && !listeners.isEmpty());
  }

  // ---- events --------------------------------------------------------------------------------

  /** Tells everyone who listens, and those to come. */
  synchronized void publish(JobEvent.Kind kind, ObjectNode data, @Nullable RgbImage picture) {
    events++;
    JobEvent event = new JobEvent(events, kind, data.put("id", id), picture);
    if (picture != null) {
      latest = picture;
    }
    // Who comes late wants to know how far it is, not every step of the way.
    if (!history.isEmpty() && isPassing(kind) && history.get(history.size() - 1).kind() == kind) {
      history.remove(history.size() - 1);
    }
    history.add(event);
    listeners.forEach(each -> each.offer(event));
  }

  private static boolean isPassing(JobEvent.Kind kind) {
    return kind == JobEvent.Kind.STEP || kind == JobEvent.Kind.QUEUED;
  }

  /** Listens from now on; what happened before is told first. Close it. */
  public synchronized Listening listen() {
    Listening listening = new Listening(this);
    history.forEach(listening::offer);
    listeners.add(listening);
    return listening;
  }

  synchronized void leave(Listening listening) {
    listeners.remove(listening);
  }

  // ---- stopping ------------------------------------------------------------------------------

  /** Ends the job within one step. */
  synchronized void cancel() {
    cancelled = true;
    cancellation.cancel();
  }

  /** Ends the run within one step, to be begun again by another process. */
  synchronized void stop() {
    stopping = true;
    cancellation.cancel();
  }

  /** Leaves out the picture under way. */
  public synchronized void skip() {
    skips++;
    cancellation.cancel();
  }

  /** Whether a client ended it. */
  public synchronized boolean isCancelled() {
    return cancelled;
  }

  synchronized boolean isStopping() {
    return stopping;
  }

  /** Whether it was the wish to skip that ended the last run; takes the wish. */
  synchronized boolean takeSkip() {
    boolean skipped = skips > 0 && !cancelled && !stopping;
    skips = 0;
    return skipped;
  }

  /** For the next run; stops at once if the job was ended meanwhile. */
  synchronized Cancellation nextCancellation() {
    cancellation = new Cancellation();
    if (cancelled || stopping) {
      cancellation.cancel();
    }
    return cancellation;
  }
}
