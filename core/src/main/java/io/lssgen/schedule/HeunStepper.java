package io.lssgen.schedule;

import io.lssgen.tensor.Tensor;

/**
 * Heun's method (arXiv 2206.00364, algorithm 1) along any paths whose latents are, up to a common
 * factor, a straight line in sigma: a step, another evaluation where it ends, and the step once
 * more with the mean of both slopes. The last step is not corrected.
 */
final class HeunStepper extends LevelStepper {
  private final CleanClip clip;

  /** While a step waits for its correction: its slope, then where it began. */
  private final History pending = new History(2);

  HeunStepper(Schedule schedule, Preconditioning preconditioning, CleanClip clip) {
    super(schedule, preconditioning);
    this.clip = clip;
  }

  @Override
  boolean advances() {
    return pending.size() == 0;
  }

  @Override
  public Tensor clean(Tensor latents, Tensor prediction) {
    return clip.of(super.clean(latents, prediction));
  }

  @Override
  Tensor next(Tensor latents, Tensor prediction) {
    Tensor slope = latents.sub(clean(latents, prediction)).div(sigma(0));
    if (advances()) {
      Tensor next = latents.add(slope.mul(sigma(1) - sigma(0)));
      if (!last()) {
        pending.add(latents.copy());
        pending.add(slope);
      }
      return next;
    }
    Tensor mean = slope.add(pending.get(0)).mul(0.5);
    Tensor next = pending.get(1).add(mean.mul(sigma(0) - sigma(-1)));
    pending.close();
    return next;
  }

  @Override
  public void close() {
    pending.close();
  }
}
