package io.lssgen.server.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.server.http.Json;
import io.lssgen.server.store.ImageStore;
import io.lssgen.tensor.Tensor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A run of a job: tells its listeners how it goes and keeps its pictures. On the engine's thread.
 */
final class JobRun implements GenerationListener {
  private final LiveJob job;
  private final Recipe recipe;
  private final int first;
  private final ImageStore images;
  private final ServerMetrics metrics;
  private final Previews previews;
  private final Forecast forecast;

  private final long begin = System.nanoTime();
  private boolean textTold;
  private int image;
  private int done;
  private int partials;

  /**
   * @param first position of the run's first picture in the job
   */
  JobRun(
      LiveJob job,
      TextToImage model,
      Recipe recipe,
      int first,
      ImageStore images,
      ServerMetrics metrics,
      Estimator.@Nullable Estimate estimate) {
    this.job = job;
    this.recipe = recipe;
    this.first = first;
    this.image = first;
    this.images = images;
    this.metrics = metrics;
    previews = new Previews(model, job, recipe.plan());
    forecast = new Forecast(recipe.plan(), job.request().images(), estimate);
  }

  /** Position of the picture under way, or of the last one. */
  int image() {
    return image;
  }

  Previews previews() {
    return previews;
  }

  @Override
  public void imageStarted(int index, long seed, StagePlan plan) {
    image = first + index;
    done = 0;
    partials = 0;
    if (!textTold) {
      textTold = true;
      double seconds = (System.nanoTime() - begin) / 1e9;
      job.publish(JobEvent.Kind.TEXT, Json.object().put("seconds", seconds), null);
    }
  }

  @Override
  public void denoisingStarted(Stage stage) {
    forecast.stageStarted(stage);
    if (stage.index() > 0) {
      job.publish(JobEvent.Kind.SCALED, data(stage), null);
    }
  }

  @Override
  public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
    done++;
    metrics.steps(1);
    forecast.stepDone(stage, step, previews.secondsInSteps(stage.index()));
    Double remaining = forecast.remainingSeconds(stage, step, image);
    int total = recipe.plan().totalSteps();
    job.progress(
        new LiveJob.Progress(image, stage.index(), step, stage.steps(), done, total, remaining));
    if (previews.isPartial(stage, step, recipe.plan())) {
      publishPartial(previews.partial(stage, clean));
    }
    ObjectNode data = data(stage).put("step", step).put("of", stage.steps());
    data.put("done", done).put("total", total).put("eta_seconds", remaining);
    job.publish(JobEvent.Kind.STEP, data, previews.ofStep(stage, clean));
  }

  @Override
  public void stageDone(Stage stage, Tensor clean) {
    if (stage.index() == recipe.plan().stages().size() - 1) {
      return;
    }
    RgbImage picture = previews.ofStage(stage, clean);
    job.publish(JobEvent.Kind.STAGE, data(stage), picture);
    if (picture != null && previews.isPartial(stage)) {
      publishPartial(picture);
    }
  }

  private void publishPartial(RgbImage picture) {
    job.publish(
        JobEvent.Kind.PARTIAL,
        Json.object().put("image", image).put("partial_image_index", partials),
        picture);
    partials++;
  }

  @Override
  public void imageDone(int index, long seed, RgbImage picture) {
    String id = images.add(job.id(), image, seed, picture, recipe.metadata(seed));
    metrics.imageDone();
    ObjectNode data = Json.object().put("image", image).put("seed", seed);
    job.publish(
        JobEvent.Kind.DECODED, data.put("image_id", id).put("url", "/v1/images/" + id), null);
  }

  private ObjectNode data(Stage stage) {
    return Json.object()
        .put("image", image)
        .put("stage", stage.index())
        .put("width", stage.width())
        .put("height", stage.height());
  }
}
