package io.lssgen.schedule;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** Walks down the levels of a schedule; what a step computes is {@link #next}. */
abstract class LevelStepper implements Stepper {
  private final Schedule schedule;
  private final Preconditioning preconditioning;
  private int index;

  LevelStepper(Schedule schedule, Preconditioning preconditioning) {
    this.schedule = schedule;
    this.preconditioning = preconditioning;
  }

  /**
   * The latents at the next level, fp32, while {@link #index} is still the current one.
   *
   * @param prediction fp32
   */
  abstract Tensor next(Tensor latents, Tensor prediction);

  /** Whether the coming step leads to the next level, rather than improves on this one. */
  boolean advances() {
    return true;
  }

  final Schedule schedule() {
    return schedule;
  }

  final Preconditioning preconditioning() {
    return preconditioning;
  }

  final int index() {
    return index;
  }

  /** Sigma {@code ahead} levels further down; negative: back up. */
  final double sigma(int ahead) {
    return schedule.sigma(index + ahead);
  }

  /** Sigma of the coming evaluation, which may lie between levels. */
  double evaluatedSigma() {
    return sigma(0);
  }

  /** Whether this is the run's last evaluation. */
  final boolean last() {
    return index == schedule.steps() - 1;
  }

  /** Steps of the schedule before anything was left out at its beginning. */
  final int fullSteps() {
    return schedule.begin() + schedule.steps();
  }

  @Override
  public final boolean hasNext() {
    return index < schedule.steps();
  }

  @Override
  public float timestep() {
    requireNext();
    return schedule.timestep(index);
  }

  @Override
  public Tensor input(Tensor latents) {
    requireNext();
    double scale = preconditioning.inputScale(sigma(0));
    return scale == 1 ? latents : latents.mul(scale);
  }

  @Override
  public final Tensor step(Tensor latents, Tensor prediction) {
    requireNext();
    try (TensorScope scope = TensorScope.open()) {
      boolean advances = advances();
      Tensor next = next(latents, prediction.to(DType.F32));
      index += advances ? 1 : 0;
      return scope.keep(next);
    }
  }

  @Override
  public Tensor clean(Tensor latents, Tensor prediction) {
    requireNext();
    return preconditioning.clean(evaluatedSigma()).of(latents, prediction);
  }

  @Override
  public final Tensor noisy(Tensor clean, Tensor noise) {
    requireNext();
    return preconditioning.noisy(evaluatedSigma()).of(clean, noise);
  }

  private void requireNext() {
    if (!hasNext()) {
      throw new IllegalStateException("all " + schedule.steps() + " steps are done");
    }
  }
}
