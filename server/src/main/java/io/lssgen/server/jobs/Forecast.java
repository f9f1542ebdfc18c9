package io.lssgen.server.jobs;

import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import org.jspecify.annotations.Nullable;

/**
 * When a job will be done: from its own steps so far, and from earlier runs for the stages that are
 * still to come.
 */
final class Forecast {
  private final StagePlan plan;
  private final int images;
  private final Estimator.@Nullable Estimate estimate;
  private final double[] stepSeconds;
  private long stageBegin;
  private double shownBefore;

  /**
   * @param images of the job
   * @param estimate of one picture; null where nothing was measured yet
   */
  Forecast(StagePlan plan, int images, Estimator.@Nullable Estimate estimate) {
    this.plan = plan;
    this.images = images;
    this.estimate = estimate;
    stepSeconds = new double[plan.stages().size()];
    for (Stage stage : plan.stages()) {
      stepSeconds[stage.index()] =
          estimate == null ? Double.NaN : estimate.stepSeconds().get(stage.index());
    }
  }

  void stageStarted(Stage stage) {
    stageBegin = System.nanoTime();
    shownBefore = Double.NaN;
  }

  /**
   * A step is done.
   *
   * @param shownSeconds that pictures after steps of this stage took so far
   */
  void stepDone(Stage stage, int step, double shownSeconds) {
    if (Double.isNaN(shownBefore)) {
      shownBefore = shownSeconds;
    }
    double shown = shownSeconds - shownBefore;
    stepSeconds[stage.index()] = ((System.nanoTime() - stageBegin) / 1e9 - shown) / step;
  }

  /** Seconds until the job is done; null as long as a stage to come is unknown. */
  @Nullable Double remainingSeconds(Stage stage, int step, int image) {
    double ofPicture = 0;
    double ofRest = (stage.steps() - step) * stepSeconds[stage.index()];
    for (Stage each : plan.stages()) {
      double seconds = each.steps() * stepSeconds[each.index()];
      ofPicture += seconds;
      ofRest += each.index() > stage.index() ? seconds : 0;
    }
    double after = estimate == null ? 0 : estimate.scaleSeconds() + estimate.decodeSeconds();
    double remaining = ofRest + after + (images - 1 - image) * (ofPicture + after);
    return Double.isNaN(remaining) ? null : remaining;
  }
}
