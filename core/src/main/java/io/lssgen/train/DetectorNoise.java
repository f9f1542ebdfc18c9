package io.lssgen.train;

import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/**
 * Makes true pictures as imperfect as generated ones: colours a little off, soft, noisy, and some
 * batches passed through the autoencoder, with a little noise on their latents.
 */
final class DetectorNoise {
  private static final double GAIN = 0.12;
  private static final double OFFSET = 0.1;
  private static final double COARSEST = 0.35;
  private static final double NOISE = 0.08;
  private static final double ROUGHNESS = 0.15;

  private final @Nullable AutoencoderKl autoencoder;
  private final double decoded;

  /**
   * @param autoencoder null: none
   * @param decoded share of batches that pass through it, 0 to 1
   */
  DetectorNoise(@Nullable AutoencoderKl autoencoder, double decoded) {
    this.autoencoder = autoencoder;
    this.decoded = decoded;
  }

  /**
   * A spoilt copy.
   *
   * @param image [B, 3, S, S], values in [−1, 1]
   * @return the same shape and type, values in [−1, 1]
   */
  Tensor apply(Tensor image, Rng rng) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor x = recoloured(image, rng);
      if (autoencoder != null && rng.rand(1).item() < decoded) {
        x = passed(autoencoder, x, rng);
      } else {
        x = softened(x, rng);
      }
      long batch = image.size(0);
      Tensor deviation = rng.rand(batch, 1, 1, 1).mul(NOISE);
      x = x.add(rng.randn(image.shape()).mul(deviation).to(image.dtype()));
      return scope.keep(x.clamp(-1, 1));
    }
  }

  /** Each channel of each picture brighter or darker. */
  private static Tensor recoloured(Tensor image, Rng rng) {
    long batch = image.size(0);
    Tensor gain = rng.rand(batch, 3, 1, 1).add(-0.5).mul(GAIN).add(1).to(image.dtype());
    Tensor offset = rng.rand(batch, 3, 1, 1).add(-0.5).mul(OFFSET).to(image.dtype());
    return image.mul(gain).add(offset);
  }

  /** Each picture blended with itself seen through coarser pixels. */
  private static Tensor softened(Tensor image, Rng rng) {
    long side = image.size(3);
    long coarse = Math.round(side * (COARSEST + (1 - COARSEST) * rng.rand(1).item()));
    Tensor soft =
        Functional.upsampleBilinear(Functional.upsampleBilinear(image, coarse, coarse), side, side);
    Tensor weight = rng.rand(image.size(0), 1, 1, 1).to(image.dtype());
    return image.add(soft.sub(image).mul(weight));
  }

  private static Tensor passed(AutoencoderKl autoencoder, Tensor image, Rng rng) {
    Tensor latent = autoencoder.encode(image).mean();
    double deviation =
        ROUGHNESS * rng.rand(1).item() / autoencoder.config().latentScale().scaling();
    Tensor noise = rng.randn(latent.shape()).mul(deviation).to(latent.dtype());
    return autoencoder.decode(latent.add(noise));
  }
}
