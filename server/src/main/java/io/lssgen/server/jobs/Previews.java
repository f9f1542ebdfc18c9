package io.lssgen.server.jobs;

import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.tensor.Tensor;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Pictures of the way to a picture: what each stage but the last ends with, and how the clean
 * latent looks after a step. The latter only while someone watches, and for a small share of the
 * time.
 */
final class Previews {
  /** Pixels of a step's picture. */
  private static final int STEP_SIDE = 256;

  /** Pixels of a stage's picture. */
  private static final int STAGE_SIDE = 1024;

  /** Steps take at least so many times what their pictures do. */
  private static final int SPARING = 4;

  private final TextToImage model;
  private final LiveJob job;
  private final Set<Integer> partialSteps = new HashSet<>();
  private final int partialStages;
  private final double[] stepSeconds;
  private long cost;
  private long last = System.nanoTime();

  Previews(TextToImage model, LiveJob job, StagePlan plan) {
    this.model = model;
    this.job = job;
    int between = plan.stages().size() - 1;
    int wanted = job.request().partials();
    partialStages = Math.min(wanted, between);
    int ofSteps = wanted - partialStages;
    for (int i = 1; i <= ofSteps; i++) {
      partialSteps.add(Math.max(1, Math.round((float) i * plan.last().steps() / (ofSteps + 1))));
    }
    stepSeconds = new double[plan.stages().size()];
  }

  /** Seconds that pictures after steps of a stage took so far, of all pictures of the run. */
  double secondsInSteps(int stage) {
    return stepSeconds[stage];
  }

  /** Whether the client asked for a picture of this step. */
  boolean isPartial(Stage stage, int step, StagePlan plan) {
    return stage.index() == plan.stages().size() - 1
        && step < stage.steps()
        && partialSteps.contains(step);
  }

  /** Whether the client asked for a picture of this stage's end. */
  boolean isPartial(Stage stage) {
    return stage.index() < partialStages;
  }

  /** The picture after a step that the client asked for. */
  RgbImage partial(Stage stage, Supplier<Tensor> clean) {
    return timed(stage, clean, STAGE_SIDE);
  }

  /** The picture after a step, if it is worth its time. */
  @Nullable RgbImage ofStep(Stage stage, Supplier<Tensor> clean) {
    if (!job.isWatched() || System.nanoTime() - last < SPARING * cost) {
      return null;
    }
    long begin = System.nanoTime();
    RgbImage picture = timed(stage, clean, STEP_SIDE);
    last = System.nanoTime();
    cost = last - begin;
    return picture;
  }

  /** The picture that a stage ends with, if anyone may see it. */
  @Nullable RgbImage ofStage(Stage stage, Tensor clean) {
    return job.request().previews() || isPartial(stage) ? model.preview(clean, STAGE_SIDE) : null;
  }

  private RgbImage timed(Stage stage, Supplier<Tensor> clean, int side) {
    long begin = System.nanoTime();
    RgbImage picture = model.preview(clean.get(), side);
    stepSeconds[stage.index()] += (System.nanoTime() - begin) / 1e9;
    return picture;
  }
}
