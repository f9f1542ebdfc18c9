package io.lssgen.model;

import io.lssgen.model.vae.LatentScale;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import java.util.Optional;

/**
 * Between images and latents in the denoiser's space (scaled and shifted). Records no gradients.
 * Not thread-safe.
 *
 * <p>Legend: B batch, C latent channels, f pixels per latent, H = h·f and W = w·f.
 */
public interface LatentCodec {
  /** C. */
  int channels();

  /** f. */
  int factor();

  /**
   * How the autoencoder's own latents become the denoiser's; empty where they are made in the
   * denoiser's space, as those of tiny autoencoders are.
   */
  default Optional<LatentScale> scale() {
    return Optional.empty();
  }

  /**
   * @param latents [B, C, h, w], any floating type
   * @return fp32 [B, 3, H, W], values about [−1, 1], not clamped
   */
  Tensor decode(Tensor latents);

  /**
   * The most probable latents of images.
   *
   * @param images [B, 3, H, W], values in [−1, 1]; H and W multiples of f
   * @return fp32 [B, C, h, w]
   */
  Tensor encode(Tensor images);

  /**
   * Latents drawn from the posterior of images, where the autoencoder has one; {@link #encode
   * encode}'s where it has not, and then nothing is drawn.
   *
   * @param images [B, 3, H, W], values in [−1, 1]
   * @param noise draws once, [B, C, h, w]
   * @return fp32 [B, C, h, w]
   */
  Tensor sample(Tensor images, NormalSource noise);
}
