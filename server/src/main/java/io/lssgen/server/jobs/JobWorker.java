package io.lssgen.server.jobs;

import io.lssgen.pipeline.ControlPicture;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.CancelledException;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Json;
import io.lssgen.server.models.ModelShelf;
import io.lssgen.server.store.ImageStore;
import io.lssgen.server.store.InitialPictures;
import io.lssgen.server.store.JobPictures;
import io.lssgen.server.store.JobStatus;
import io.lssgen.server.store.JobStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes jobs from the queue, one after the other, and makes their pictures. Two at once would only
 * slow each other down: the engine has one thread.
 *
 * @see ModelShelf
 */
public final class JobWorker {
  private static final Logger LOG = LoggerFactory.getLogger(JobWorker.class);

  /** For the step under way, once a run was asked to stop. */
  private static final Duration LAST_STEP = Duration.ofSeconds(60);

  private final JobQueue queue;
  private final JobStore jobs;
  private final ImageStore images;
  private final InitialPictures pictures;
  private final ModelShelf shelf;
  private final RequestReader reader;
  private final Estimator estimator;
  private final ServerMetrics metrics;
  private final Thread thread = new Thread(this::work, "lssgen-jobs");
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private volatile boolean loading;
  private volatile boolean stopping;
  private volatile @Nullable LiveJob current;

  public JobWorker(
      JobQueue queue,
      JobStore jobs,
      ImageStore images,
      InitialPictures pictures,
      ModelShelf shelf,
      RequestReader reader,
      Estimator estimator,
      ServerMetrics metrics) {
    this.queue = queue;
    this.jobs = jobs;
    this.images = images;
    this.pictures = pictures;
    this.shelf = shelf;
    this.reader = reader;
    this.estimator = estimator;
    this.metrics = metrics;
    thread.setDaemon(true);
  }

  /**
   * Begins.
   *
   * @param loadFirst whether the default model is loaded now
   * @return completed with the model's name once it is there, or exceptionally if it cannot be
   *     loaded
   */
  public CompletableFuture<String> start(boolean loadFirst) {
    loading = loadFirst;
    if (!loadFirst) {
      ready.complete(shelf.defaultName());
    }
    thread.start();
    return ready;
  }

  /** Whether a request would be begun at once, were none before it: not while a model loads. */
  public boolean isReady() {
    return ready.isDone() && !ready.isCompletedExceptionally() && !loading && !queue.isClosed();
  }

  private void work() {
    try {
      if (!ready.isDone()) {
        load(shelf.defaultName());
        ready.complete(shelf.defaultName());
      }
      for (LiveJob job = queue.take(); job != null; job = queue.take()) {
        current = job;
        if (stopping) { // asked after it was taken, before it was known here
          job.stop();
        }
        runGuarded(job);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      ready.completeExceptionally(e);
    } finally {
      queue.close();
      shelf.close();
    }
  }

  private TextToImage load(String name) {
    loading = true;
    try {
      return shelf.load(name);
    } finally {
      loading = false;
    }
  }

  /** Nothing that happens to one job may keep the others from running. */
  private void runGuarded(LiveJob job) {
    try {
      run(job);
    } catch (RuntimeException | Error e) {
      LOG.error("job {} could not be ended in good order", job.id(), e);
      queue.abandon(job, e);
    }
  }

  private void run(LiveJob job) {
    jobs.started(job.id());
    metrics.waited(job.age());
    try {
      TextToImage model = load(job.request().model());
      JobPictures sent = pictures(job);
      reader.plan(model, job.request(), sent); // the model's own size may be beyond the limits
      makePictures(job, model, sent);
      queue.finish(job, JobStatus.COMPLETED, null, null);
    } catch (CancelledException e) {
      if (job.isStopping() && !job.isCancelled()) {
        jobs.queued(job.id());
        queue.abandon(job, JobQueue.closing());
      } else {
        queue.finish(job, JobStatus.CANCELLED, null, null);
      }
    } catch (RuntimeException | Error e) {
      ApiException failure = ApiException.of(e);
      if (failure.status() == 500) {
        LOG.error("job {} failed", job.id(), e);
      }
      queue.finish(job, JobStatus.FAILED, failure.code(), failure.getMessage());
    }
  }

  private JobPictures pictures(LiveJob job) {
    JobRequest request = job.request();
    List<JobRequest.Followed> followed =
        request.followed() == null ? List.of() : request.followed();
    List<ControlPicture> controls = new ArrayList<>();
    for (JobRequest.Followed each : followed) {
      controls.add(
          each.picture(
              Optional.ofNullable(each.net()).map(shelf::controlNet),
              pictures.readFollowed(job.id(), controls.size())));
    }
    InitialPicture begun =
        request.strength() == null
            ? null
            : pictures.read(job.id(), request.strength(), request.maskBlur(), request.inpainting());
    return new JobPictures(begun, controls);
  }

  /** All that are missing: an earlier process may have made some. */
  private void makePictures(LiveJob job, TextToImage model, JobPictures sent) {
    int first = images.nextPosition(job.id());
    while (first < job.request().images()) {
      GenerationRequest request = job.request().toGeneration(model, first, sent);
      Recipe recipe = model.recipe(request);
      var estimate = estimator.estimate(job.request().model(), recipe);
      JobRun run = new JobRun(job, model, recipe, first, images, metrics, estimate);
      JobDetails details = JobDetails.of(recipe, model.warnings(recipe));
      jobs.details(job.id(), Json.write(details));
      job.publish(JobEvent.Kind.STARTED, details.started(job), null);
      try {
        GenerationResult result = model.generate(request, run, job.nextCancellation());
        jobs.details(job.id(), Json.write(details.with(result)));
        metrics.times(result.times());
        estimator.learn(job.request().model(), result, run.previews());
        return;
      } catch (CancelledException e) {
        if (!job.takeSkip()) {
          throw e;
        }
        first = run.image() + 1;
      }
    }
  }

  /**
   * Ends in good order: what runs may go on for a while, what waits does so until the next start.
   *
   * @param drain for the running job; then it is stopped and waits as well
   */
  public void close(Duration drain) {
    queue.close();
    try {
      thread.join(Math.max(1, drain.toMillis()));
      stopping = true;
      LiveJob running = current;
      if (running != null) {
        running.stop();
      }
      if (thread.isAlive()) {
        thread.join(LAST_STEP.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
