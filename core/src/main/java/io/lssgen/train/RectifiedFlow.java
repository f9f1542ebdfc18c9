package io.lssgen.train;

import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Map;

/**
 * The straight paths of rectified flow (arXiv 2209.03003) between data (σ = 0) and noise (σ = 1),
 * with logit-normal timesteps (arXiv 2403.03206, section 3.1): the denoiser is told σ and predicts
 * the velocity, noise − data. Large pictures show what they are of through more noise than small
 * ones (section 5.3.2), and may be wanted for their fine detail alone: each size may have a mean of
 * its own.
 *
 * @param logitMean mean of the timesteps' logit; above 0 puts more weight on noisy images
 * @param ofSizes means of certain sizes by their number of latents, h·w
 */
record RectifiedFlow(double logitMean, Map<Long, Double> ofSizes) implements NoiseProcess {
  RectifiedFlow {
    ofSizes = Map.copyOf(ofSizes);
  }

  /** The same noise for pictures of all sizes. */
  RectifiedFlow(double logitMean) {
    this(logitMean, Map.of());
  }

  @Override
  public Noised apply(Tensor clean, Rng rng) {
    long size = clean.size(0);
    Tensor noise = rng.randn(clean.shape());
    double mean = ofSizes.getOrDefault(clean.size(2) * clean.size(3), logitMean);
    Tensor sigmas = rng.randn(size).add(mean).sigmoid(); // [B]
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
