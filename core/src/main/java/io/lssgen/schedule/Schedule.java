package io.lssgen.schedule;

import io.lssgen.errors.UsageException;
import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * The noise levels that a run visits, falling. Pure Java, immutable.
 *
 * <p>Level i is a place where the denoiser is evaluated: {@link #timestep} is what it is told,
 * {@link #sigma} the noise's amount there. One sigma more than there are timesteps ends the list:
 * that of the clean latent. Some algorithms evaluate at a level twice: {@link #evaluations}.
 */
public final class Schedule {
  private final float[] timesteps;
  private final float[] sigmas;
  private final OptionalDouble mu;
  private final int begin;
  private final Visits visits;

  /** How often a run evaluates the denoiser at a level. */
  enum Visits {
    /** Once. */
    ONCE,
    /** Once, but twice at the second level. */
    SECOND_TWICE,
    /** Twice, but once at the first level. */
    TWICE,
    /** Once, but four times on the way to each of the second, third and fourth level. */
    RUNGE_KUTTA;

    /** How many levels a run must have. */
    int least() {
      return this == RUNGE_KUTTA ? 4 : 1;
    }

    int evaluations(int levels) {
      return switch (this) {
        case ONCE -> levels;
        case SECOND_TWICE -> levels == 1 ? 1 : levels + 1;
        case TWICE -> 2 * levels - 1;
        case RUNGE_KUTTA -> levels + 9;
      };
    }
  }

  /**
   * @param timesteps at least one
   * @param sigmas one more than {@code timesteps}
   * @param mu the resolution-dependent shift they were made with, empty if there is none
   */
  public Schedule(float[] timesteps, float[] sigmas, OptionalDouble mu) {
    this(timesteps.clone(), sigmas.clone(), mu, 0, Visits.ONCE);
  }

  private Schedule(float[] timesteps, float[] sigmas, OptionalDouble mu, int begin, Visits visits) {
    if (timesteps.length == 0 || sigmas.length != timesteps.length + 1) {
      throw new IllegalArgumentException(
          "a schedule has at least one timestep and one sigma more than timesteps, found "
              + timesteps.length
              + " timesteps and "
              + sigmas.length
              + " sigmas");
    }
    if (timesteps.length < visits.least()) {
      throw new UsageException(
          "this model's scheduler (PNDM without skip_prk_steps) needs at least %d steps in every"
                  .formatted(visits.least())
              + " stage, found "
              + timesteps.length);
    }
    this.timesteps = timesteps;
    this.sigmas = sigmas;
    this.mu = mu;
    this.begin = begin;
    this.visits = visits;
  }

  /** The same levels, visited in another way. */
  Schedule visited(Visits how) {
    return new Schedule(timesteps, sigmas, mu, begin, how);
  }

  /** The levels from {@code index} on, 0 ≤ index &lt; {@link #steps()}. */
  public Schedule from(int index) {
    if (index < 0 || index >= steps()) {
      throw new IndexOutOfBoundsException(
          "level " + index + " of a schedule with " + steps() + " levels");
    }
    return new Schedule(
        Arrays.copyOfRange(timesteps, index, timesteps.length),
        Arrays.copyOfRange(sigmas, index, sigmas.length),
        mu,
        begin + index,
        visits);
  }

  /** Levels that are visited: the steps that a user asks for. */
  public int steps() {
    return timesteps.length;
  }

  /** Evaluations of the denoiser: {@link #steps()}, or more where levels are visited twice. */
  public int evaluations() {
    return visits.evaluations(timesteps.length);
  }

  /** How many levels of the full schedule were left out before the first. */
  public int begin() {
    return begin;
  }

  /** The timestep of level {@code index}. */
  public float timestep(int index) {
    return timesteps[index];
  }

  /** The sigma of level {@code index}; at {@link #steps()} that of the result. */
  public float sigma(int index) {
    return sigmas[index];
  }

  /** A copy of the timesteps. */
  public float[] timesteps() {
    return timesteps.clone();
  }

  /** A copy of the sigmas, one more than timesteps. */
  public float[] sigmas() {
    return sigmas.clone();
  }

  /** The resolution-dependent shift, for models that have one. */
  public OptionalDouble mu() {
    return mu;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Schedule that
        && Arrays.equals(timesteps, that.timesteps)
        && Arrays.equals(sigmas, that.sigmas)
        && mu.equals(that.mu)
        && begin == that.begin
        && visits == that.visits;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(timesteps);
  }

  @Override
  public String toString() {
    return "Schedule" + Arrays.toString(timesteps);
  }
}
