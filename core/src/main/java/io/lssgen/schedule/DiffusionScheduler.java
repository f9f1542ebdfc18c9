package io.lssgen.schedule;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.Tensor;

/** What the schedulers of diffusion models share: noise is added in one of two spaces. */
abstract class DiffusionScheduler implements Scheduler {
  private final String name;
  private final Preconditioning preconditioning;

  DiffusionScheduler(String name, Preconditioning preconditioning) {
    this.name = name;
    this.preconditioning = preconditioning;
  }

  /** What a run's first noise is multiplied with; 1 where latents keep their variance. */
  double initialSigma(Schedule schedule) {
    return 1;
  }

  final Preconditioning preconditioning() {
    return preconditioning;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Tail tail() {
    return Tail.STRENGTH;
  }

  @Override
  public final Tensor initialLatents(Tensor noise, Schedule schedule) {
    double sigma = initialSigma(schedule);
    return sigma == 1 ? noise : noise.mul(sigma);
  }

  @Override
  public final Tensor addNoise(Tensor clean, Tensor noise, Schedule schedule) {
    return preconditioning.noisy(schedule.sigma(0)).of(clean, noise);
  }

  static void requireSteps(int steps, int most) {
    if (steps < 1 || steps > most) {
      throw new UsageException("steps must be between 1 and " + most + ", found " + steps);
    }
  }
}
