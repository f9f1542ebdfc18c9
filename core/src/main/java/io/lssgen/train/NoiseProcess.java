package io.lssgen.train;

import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** How data and noise are mixed in training, and what a denoiser is to say of the mixture. */
interface NoiseProcess {
  /**
   * Adds noise at random times: draws the noise first, then the times.
   *
   * @param clean data, fp32 [B, C, h, w]
   */
  Noised apply(Tensor clean, Rng rng);

  /**
   * A micro-batch as the denoiser sees it.
   *
   * @param latents the mixture, fp32 [B, C, h, w]
   * @param times what the denoiser is told, [B]
   * @param target what it is to say, fp32 [B, C, h, w]
   * @param weights of the squared errors, fp32 [B, 1, 1, 1]; null where all weigh 1
   */
  record Noised(Tensor latents, Tensor times, Tensor target, @Nullable Tensor weights) {
    /** The same, where the denoiser is to say something else. */
    Noised against(Tensor other) {
      return new Noised(latents, times, other, weights);
    }

    /** The weighted mean squared error of what the denoiser said. */
    Tensor loss(Tensor said) {
      Tensor squares = said.sub(target).square();
      return (weights == null ? squares : squares.mul(weights)).mean();
    }
  }
}
