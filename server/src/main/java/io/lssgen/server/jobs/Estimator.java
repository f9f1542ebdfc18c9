package io.lssgen.server.jobs;

import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Recipe;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.server.store.Measurements;
import io.lssgen.server.store.Measurements.Expected;
import io.lssgen.server.store.Measurements.Measured;
import io.lssgen.server.store.Measurements.Part;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What runs will take, from what runs took on this machine.
 *
 * @param measurements of this machine
 */
public record Estimator(Measurements measurements) {

  /**
   * What one picture is expected to take.
   *
   * @param stepSeconds of one step in each stage
   * @param textSeconds once for all pictures of a job
   * @param scaleSeconds all scalings together
   * @param decodeSeconds for the picture
   * @param memoryBytes that the process will hold at most; null where the system does not tell
   * @param measured whether runs of this very size were measured; else it is scaled from others
   */
  public record Estimate(
      List<Double> stepSeconds,
      double textSeconds,
      double scaleSeconds,
      double decodeSeconds,
      @Nullable Double memoryBytes,
      boolean measured) {

    /** Seconds of all steps of one picture. */
    public double denoiseSeconds(StagePlan plan) {
      double sum = 0;
      for (Stage stage : plan.stages()) {
        sum += stage.steps() * stepSeconds.get(stage.index());
      }
      return sum;
    }

    /** Seconds of a job with so many pictures. */
    public double seconds(StagePlan plan, int images) {
      return textSeconds + images * (denoiseSeconds(plan) + scaleSeconds + decodeSeconds);
    }
  }

  /**
   * The estimate for a run.
   *
   * @return null if this model has made no picture here yet
   */
  public @Nullable Estimate estimate(String model, Recipe recipe) {
    StagePlan plan = recipe.plan();
    Part step = step(recipe);
    List<Double> stepSeconds = new ArrayList<>();
    double scale = 0;
    boolean measured = true;
    for (Stage stage : plan.stages()) {
      Expected expected = measurements.expected(model, step, seen(recipe) * stage.imageTokens());
      if (expected == null) {
        return null;
      }
      stepSeconds.add(expected.amount());
      measured &= expected.measured();
      Expected scaled =
          stage.index() == 0 ? null : measurements.expected(model, Part.SCALE, stage.imageTokens());
      scale += scaled == null ? 0 : scaled.amount();
    }
    long pixels = pixels(plan);
    Expected decode = measurements.expected(model, Part.DECODE, pixels);
    Expected text = measurements.expected(model, Part.TEXT, 0);
    Expected memory = measurements.expected(model, Part.MEMORY, seen(recipe) * pixels);
    return new Estimate(
        stepSeconds,
        text == null ? 0 : text.amount(),
        scale,
        decode == null ? 0 : decode.amount(),
        memory == null ? null : memory.amount(),
        measured);
  }

  /**
   * Notes what a run took.
   *
   * @param shown pictures of the way, whose time is no part of the run
   */
  void learn(String model, GenerationResult result, Previews shown) {
    int images = result.seeds().size();
    if (images == 0) {
      return;
    }
    Recipe recipe = result.recipe();
    Part step = step(recipe);
    StagePlan plan = result.plan();
    List<Measured> run = new ArrayList<>();
    for (Stage stage : plan.stages()) {
      double spent =
          result.times().denoise().get(stage.index()) - shown.secondsInSteps(stage.index());
      double perStep = Math.max(0, spent) / (images * stage.steps());
      run.add(new Measured(step, seen(recipe) * stage.imageTokens(), perStep));
    }
    if (plan.stages().size() == 2) { // with more, their shares are not told
      double scale = result.times().scale() / images;
      run.add(new Measured(Part.SCALE, plan.last().imageTokens(), scale));
    }
    long pixels = pixels(plan);
    run.add(new Measured(Part.DECODE, pixels, result.times().decode() / images));
    run.add(new Measured(Part.TEXT, 0, result.times().text()));
    result
        .peakMemoryBytes()
        .ifPresent(bytes -> run.add(new Measured(Part.MEMORY, seen(recipe) * pixels, bytes)));
    measurements.add(model, run);
  }

  private static Part step(Recipe recipe) {
    return recipe.cfgScale() > 1 ? Part.GUIDED_STEP : Part.STEP;
  }

  /**
   * How many pictures the denoiser sees at once: one that it looks at is of about the same size.
   */
  private static int seen(Recipe recipe) {
    return recipe.picture().filter(InitialPicture::reference).isPresent() ? 2 : 1;
  }

  private static long pixels(StagePlan plan) {
    return (long) plan.last().width() * plan.last().height();
  }
}
