package io.lssgen.train;

/**
 * The learning rate over a run.
 *
 * @param schedule the shape
 * @param peak the largest rate
 * @param warmup steps of linear rise from 0 (ONE_CYCLE: of rise from peak/25)
 * @param steps the length of the run
 * @param last the rate at the end, as a fraction of the peak (not used by CONSTANT)
 */
public record LearningRate(Schedule schedule, double peak, long warmup, long steps, double last) {
  /** The shape after the warm-up. */
  public enum Schedule {
    CONSTANT,
    LINEAR,
    COSINE,
    /** Cosine up, cosine down (arXiv 1708.07120). */
    ONE_CYCLE
  }

  public LearningRate {
    if (!(peak > 0) || warmup < 0 || steps < 1 || !(last >= 0 && last <= 1)) {
      throw new IllegalArgumentException(
          "learning rate: wanted peak > 0, warmup >= 0, steps >= 1, last in [0, 1]; found peak "
              + peak
              + ", warmup "
              + warmup
              + ", steps "
              + steps
              + ", last "
              + last);
    }
  }

  /** The rate of step {@code step}, counted from 0. */
  public double at(long step) {
    if (step < warmup) {
      double progress = (step + 1.0) / warmup;
      return schedule == Schedule.ONE_CYCLE
          ? peak * between(1.0 / 25, 1, progress)
          : peak * progress;
    }
    double progress = Math.min(1, (step - warmup) / Math.max(1.0, steps - warmup));
    return switch (schedule) {
      case CONSTANT -> peak;
      case LINEAR -> peak * (1 + (last - 1) * progress);
      case COSINE, ONE_CYCLE -> peak * between(1, last, progress);
    };
  }

  private static double between(double from, double to, double progress) {
    return to + (from - to) * (1 + Math.cos(Math.PI * progress)) / 2;
  }
}
