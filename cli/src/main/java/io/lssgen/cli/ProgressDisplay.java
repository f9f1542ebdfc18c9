package io.lssgen.cli;

import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.tensor.Tensor;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;

/**
 * One bar for a request on the error stream: evaluations of the denoiser, the stage, evaluations a
 * second, and the time that is left. A large stage's evaluations take longer than a small one's, so
 * that time is estimated from image tokens, not from evaluations.
 */
final class ProgressDisplay implements GenerationListener, AutoCloseable {
  private final int images;
  private final PrintWriter err;
  private @Nullable ProgressBar bar;
  private @Nullable StagePlan plan;
  private int image;
  private volatile double workDone;
  private volatile double workAll;

  /**
   * @param images how many the request wants
   * @param err where the bar is drawn
   */
  ProgressDisplay(int images, PrintWriter err) {
    this.images = images;
    this.err = err;
  }

  @Override
  public void imageStarted(int index, long seed, StagePlan runPlan) {
    image = index;
    plan = runPlan;
    if (bar == null) {
      workAll = images * work(runPlan);
      bar = open((long) images * runPlan.totalSteps());
    }
  }

  private ProgressBar open(long steps) {
    return ProgressBars.on(err, steps, "lssgen")
        .setUnit("it", 1)
        .setEtaFunction(state -> left(state.getElapsedAfterStart()))
        .build();
  }

  /** The time that is left after {@code elapsed}; empty until something is done. */
  Optional<Duration> left(Duration elapsed) {
    if (workDone == 0) {
      return Optional.empty();
    }
    double left = elapsed.toMillis() / 1e3 * (workAll - workDone) / workDone;
    return Optional.of(Duration.ofSeconds(Math.round(left)));
  }

  private static double work(StagePlan plan) {
    return plan.stages().stream().mapToDouble(s -> (double) s.steps() * s.imageTokens()).sum();
  }

  @Override
  public void stageStarted(Stage stage) {
    if (bar != null && plan != null) {
      String place = images == 1 ? "" : "image %d/%d, ".formatted(image + 1, images);
      bar.setExtraMessage(
          " %sstage %d/%d %dx%d"
              .formatted(
                  place, stage.index() + 1, plan.stages().size(), stage.width(), stage.height()));
    }
  }

  @Override
  public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
    workDone += stage.imageTokens();
    if (bar != null) {
      bar.step();
    }
  }

  @Override
  public void imageDone(int index, long seed, RgbImage made) {
    if (index == images - 1) {
      close();
    }
  }

  /** Draws the bar a last time and leaves its line. */
  @Override
  public void close() {
    if (bar != null) {
      ProgressBars.end(bar, err);
      bar = null;
    }
  }
}
