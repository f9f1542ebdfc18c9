package io.lssgen.schedule;

import io.lssgen.errors.UsageException;
import java.util.Locale;

/**
 * Which part of a schedule a later stage keeps, given the start sigma s in (0, 1]. The two differ
 * on purpose (arXiv 2507.16154): of 50 steps s = 0.75 leaves 25 with FLUX.1-dev's shifted schedule
 * by {@link #TIMESTEP}, and 37 by {@link #STRENGTH}.
 */
public enum Tail {
  /** From the smallest timestep that is at least 1000·s; the default of flow models. */
  TIMESTEP {
    @Override
    public Schedule of(Schedule full, double startSigma) {
      require(startSigma);
      // The comparison is in fp32, the timesteps' own precision: 1000·0.07 is above 70 in doubles.
      float threshold = (float) (TIMESTEPS * startSigma);
      if (full.timestep(0) < threshold) {
        throw new UsageException(
            String.format(
                Locale.ROOT,
                "a start sigma of %s wants a timestep of at least %s, but this schedule begins at"
                    + " %s; take the tail by strength, or a smaller start sigma",
                startSigma,
                threshold,
                full.timestep(0)));
      }
      int index = 0;
      while (index + 1 < full.steps() && full.timestep(index + 1) >= threshold) {
        index++;
      }
      return full.from(index);
    }

    @Override
    int kept(Schedule full, double share) {
      int steps = full.steps();
      return steps - (int) (steps - steps * share);
    }
  },

  /** The last floor(steps·s) levels, as img2img's strength; the default of diffusion models. */
  STRENGTH {
    @Override
    public Schedule of(Schedule full, double startSigma) {
      require(startSigma);
      return last(full, kept(full, startSigma), "a start sigma of " + startSigma);
    }

    @Override
    int kept(Schedule full, double share) {
      return (int) (full.steps() * share);
    }
  };

  private static final double TIMESTEPS = 1000;

  /**
   * The kept end of {@code full}, at least one level.
   *
   * @throws UsageException if {@code startSigma} is outside (0, 1] or leaves no step
   */
  public abstract Schedule of(Schedule full, double startSigma);

  /**
   * The end of {@code full} that a run beginning with a picture keeps. Diffusers' pipelines round
   * the number of steps down for diffusion models, up for flow models.
   *
   * @param strength the share of the steps, in (0, 1]
   * @throws UsageException if it leaves no step
   */
  public Schedule ofStrength(Schedule full, double strength) {
    return last(full, kept(full, strength), "a strength of " + strength);
  }

  /** How many levels a share of {@code full} is. */
  abstract int kept(Schedule full, double share);

  private static Schedule last(Schedule full, int kept, String asked) {
    if (kept == 0) {
      throw new UsageException(
          "%s leaves none of the %d steps of a stage; the smallest that leaves one is %s"
              .formatted(asked, full.steps(), smallest(full.steps())));
    }
    return full.from(full.steps() - kept);
  }

  static void require(double startSigma) {
    if (!(startSigma > 0 && startSigma <= 1)) {
      throw new UsageException(
          "the start sigma must be above 0 and at most 1, found " + startSigma);
    }
  }

  /** Four digits, rounded up, so that what the message names does work. */
  private static String smallest(int steps) {
    return String.format(Locale.ROOT, "%.4f", Math.ceil(10_000.0 / steps) / 10_000);
  }
}
