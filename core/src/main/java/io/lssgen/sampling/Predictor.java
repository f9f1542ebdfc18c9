package io.lssgen.sampling;

import io.lssgen.tensor.Tensor;

/**
 * A denoiser with its prompt, guidance and stage already given: what the sampling loop calls. See
 * {@link Guidance} for making one.
 */
@FunctionalInterface
public interface Predictor {
  /**
   * @param latents [B, C, h, w], fp32, scaled as the scheduler says
   * @param timestep in [0, 1000], 1000 being pure noise; with EDM schedulers log(σ)/4
   * @return same shape, any floating type, in the sense that the scheduler reads (flow: noise minus
   *     clean; diffusion: noise, v or clean latents, as the scheduler's settings say)
   */
  Tensor predict(Tensor latents, float timestep);
}
