package io.lssgen.train;

import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * The straight paths of rectified flow (arXiv 2209.03003) between data (σ = 0) and noise (σ = 1),
 * with logit-normal timesteps (arXiv 2403.03206, section 3.1): the denoiser is told σ and predicts
 * the velocity, noise − data.
 *
 * @param logitMean mean of the timesteps' logit; above 0 puts more weight on noisy images
 */
record RectifiedFlow(double logitMean) implements NoiseProcess {
  @Override
  public Noised apply(Tensor clean, Rng rng) {
    long size = clean.size(0);
    Tensor noise = rng.randn(clean.shape());
    Tensor sigmas = rng.randn(size).add(logitMean).sigmoid(); // [B]
    Tensor noisy = mix(clean, noise, sigmas.reshape(size, 1, 1, 1));
    return new Noised(noisy, sigmas, noise.sub(clean), null);
  }

  /** (1 − σ)·clean + σ·noise; sigmas broadcast against both. */
  static Tensor mix(Tensor clean, Tensor noise, Tensor sigmas) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(clean.add(noise.sub(clean).mul(sigmas)));
    }
  }
}
