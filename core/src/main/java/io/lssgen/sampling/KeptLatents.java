package io.lssgen.sampling;

import io.lssgen.schedule.Stepper;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/**
 * What a run leaves of a picture: after each step it is put back, with the noise of the level that
 * was reached, as diffusers' inpainting pipelines do (RePaint, arXiv 2201.09865, equations 8a to
 * 8c, without its going back).
 *
 * @param clean [B, C, h, w] fp32
 * @param noise the stage's, of the same shape
 * @param mask [1, 1, h, w], 1 where latents are made anew and 0 where they are kept
 */
record KeptLatents(Tensor clean, Tensor noise, Tensor mask) {

  /** What stays of {@code known}; null if nothing does. */
  static @Nullable KeptLatents of(InitialLatents known, Tensor noise) {
    InitialLatents.Kept kept = known.kept();
    return kept == null ? null : new KeptLatents(kept.clean(), noise, kept.mask());
  }

  /**
   * @param latents [B, C, h, w] fp32 at the level where {@code stepper} stands
   */
  Tensor putBack(Tensor latents, Stepper stepper) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor kept = stepper.hasNext() ? stepper.noisy(clean, noise) : clean;
      return scope.keep(blended(latents, kept));
    }
  }

  /**
   * @param latents [B, C, h, w] without noise
   */
  Tensor putBackClean(Tensor latents) {
    return blended(latents, clean);
  }

  private Tensor blended(Tensor anew, Tensor kept) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(kept.mul(mask.neg().add(1)).add(anew.mul(mask)));
    }
  }
}
