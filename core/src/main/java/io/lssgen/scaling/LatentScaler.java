package io.lssgen.scaling;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;

/** Doubles the sides of clean latents, in the denoiser's space (scaled and shifted). */
public interface LatentScaler {
  /**
   * @param latents [B, C, h, w], clean, fp32
   * @param noise the run's source, for scalers that draw; the others leave it alone
   * @return [B, C, 2h, 2w], fp32
   */
  Tensor scale(Tensor latents, NormalSource noise);
}
