package io.lssgen.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.http.Context;
import io.lssgen.server.Limits;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Caller;
import io.lssgen.server.http.ErrorShape;
import io.lssgen.server.http.EventStream;
import io.lssgen.server.http.Json;
import io.lssgen.server.jobs.Estimator;
import io.lssgen.server.jobs.JobEvent;
import io.lssgen.server.jobs.JobQueue;
import io.lssgen.server.jobs.JobViews;
import io.lssgen.server.jobs.JobWorker;
import io.lssgen.server.jobs.Listening;
import io.lssgen.server.jobs.LiveJob;
import io.lssgen.server.jobs.RequestReader;
import io.lssgen.server.jobs.ServerMetrics;
import io.lssgen.server.jobs.Wanted;
import io.lssgen.server.models.ModelShelf;
import io.lssgen.server.store.ImageStore;
import io.lssgen.server.store.JobRow;
import io.lssgen.server.store.JobStatus;
import io.lssgen.server.store.JobStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * What all APIs work with.
 *
 * @param limits what clients may ask for
 * @param bodies reads requests
 * @param reader reads what is wanted from them
 * @param queue takes jobs
 * @param jobs all of them
 * @param images all pictures
 * @param shelf the models
 * @param estimator what runs will take
 * @param worker makes the pictures
 * @param metrics counts
 * @param views jobs and pictures as JSON
 * @param streams event streams that may still be opened
 */
public record Services(
    Limits limits,
    Bodies bodies,
    RequestReader reader,
    JobQueue queue,
    JobStore jobs,
    ImageStore images,
    ModelShelf shelf,
    Estimator estimator,
    JobWorker worker,
    ServerMetrics metrics,
    JobViews views,
    Semaphore streams) {
  private static final long POLL_MILLISECONDS = 500;

  /** After so long a silence a stream finds out whether its client is still there. */
  private static final Duration SILENCE = Duration.ofSeconds(1);

  /** Takes a job's events, one by one. */
  @FunctionalInterface
  public interface Sink {
    /**
     * @throws IOException if the client is gone
     */
    void take(JobEvent event) throws IOException;
  }

  /**
   * The job of this name.
   *
   * @throws ApiException 404 if there is none
   */
  public JobRow job(String id) {
    return jobs.find(id)
        .orElseThrow(() -> ApiException.notFound("job_not_found", "there is no such job"));
  }

  /**
   * What a client wants of our own API, with a picture perhaps; its warnings go into the answer.
   *
   * @param use what is made of it while its body is in memory
   * @throws ApiException if it cannot be read, or is not to be had here
   */
  public <T> T read(Context context, Function<Wanted, T> use) {
    return bodies.withPicture(
        context,
        fields -> {
          Wanted wanted = reader.read(fields, true);
          fields.answerWarnings(context);
          return use.apply(wanted);
        });
  }

  /** What the client should know of a job that was begun, a sentence each. */
  public List<String> warnings(JobRow job) {
    List<String> warnings = new ArrayList<>();
    details(job).path("warnings").forEach(each -> warnings.add(each.asText()));
    return warnings;
  }

  /** Plan, times and warnings of a job; an empty object before they are known. */
  public JsonNode details(JobRow job) {
    return job.details() == null ? Json.object() : Json.read(job.details(), JsonNode.class);
  }

  /**
   * Waits until a job is over. If the client that it is made for hangs up before, it is cancelled.
   *
   * @return how it ended: completed or cancelled
   * @throws ApiException if it failed, or the server stops before
   */
  public JobStatus await(LiveJob live, Context context) {
    Caller caller = new Caller(context);
    while (!isOverWithin(live, POLL_MILLISECONDS)) {
      if (caller.hasLeft()) {
        queue.cancel(live);
        break;
      }
    }
    return await(live);
  }

  private static boolean isOverWithin(LiveJob live, long milliseconds) {
    try {
      live.outcome().get(milliseconds, TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException e) {
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw JobQueue.closing();
    }
  }

  /**
   * Waits until a job is over.
   *
   * @return how it ended: completed or cancelled
   * @throws ApiException if it failed, or the server stops before
   */
  public JobStatus await(LiveJob live) {
    JobStatus status;
    try {
      status = live.outcome().join();
    } catch (CompletionException e) {
      throw ApiException.of(e.getCause() == null ? e : e.getCause());
    }
    return status == JobStatus.FAILED ? outcome(job(live.id())) : status;
  }

  /**
   * How a job ended that is over.
   *
   * @return completed or cancelled
   * @throws ApiException if it failed
   */
  public JobStatus outcome(JobRow row) {
    if (row.status() == JobStatus.FAILED) {
      throw ApiException.of(
          status(String.valueOf(row.code())), String.valueOf(row.code()), row.failure().orElse(""));
    }
    return row.status();
  }

  /** The HTTP status of a failure that a job noted by its code. */
  private static int status(String code) {
    return switch (code) {
      case "unsupported_value" -> 422;
      case "out_of_memory" -> 507;
      default -> 500;
    };
  }

  /**
   * Answers with events; a failure becomes the last one.
   *
   * @return whether all was written
   * @throws ApiException 429 if too many are open
   */
  public boolean stream(Context context, StreamBody body) {
    if (!streams.tryAcquire()) {
      throw ApiException.later(
          429, "too_many_streams", 5, "too many event streams are open; close one");
    }
    try {
      EventStream stream = new EventStream(context);
      try {
        body.write(stream);
        return true;
      } catch (RuntimeException e) {
        stream.send(0, "error", ErrorShape.OPENAI.body(ErrorShape.explain(context, e)));
      }
    } catch (IOException e) {
      // The client is gone, perhaps before the first byte.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      streams.release();
    }
    return false;
  }

  /** Writes a whole stream. */
  @FunctionalInterface
  public interface StreamBody {
    /**
     * @throws IOException if the client is gone
     * @throws InterruptedException if the server ends
     */
    void write(EventStream stream) throws IOException, InterruptedException;
  }

  /**
   * Passes a job's events on until its last; those that were before come first.
   *
   * @throws ApiException if the server stops before the job is over
   * @throws IOException if the client is gone
   * @throws InterruptedException if the server ends
   */
  public void follow(LiveJob job, EventStream stream, Sink sink)
      throws IOException, InterruptedException {
    try (Listening listening = job.listen()) {
      while (true) {
        JobEvent event = listening.next(POLL_MILLISECONDS);
        if (event != null) {
          sink.take(event);
          if (event.kind().isLast()) {
            return;
          }
        } else if (job.outcome().isCompletedExceptionally()) {
          await(job); // throws what it was completed with
        }
        stream.beatAfter(SILENCE); // events that the client does not hear of break no silence
      }
    }
  }
}
