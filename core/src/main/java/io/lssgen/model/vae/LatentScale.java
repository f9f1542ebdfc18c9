package io.lssgen.model.vae;

import io.lssgen.tensor.Tensor;

/**
 * Between an autoencoder's own latents and the denoiser's: {@code (own − shift) · scaling}.
 *
 * @param scaling above 0
 * @param shift what is subtracted first
 */
public record LatentScale(double scaling, double shift) {
  /** The autoencoder's latents, any shape, in the denoiser's space; of the same type. */
  public Tensor toDenoiser(Tensor own) {
    return own.add(-shift).mul(scaling);
  }

  /** The denoiser's latents, any shape, in the autoencoder's space; of the same type. */
  public Tensor toAutoencoder(Tensor latents) {
    return latents.div(scaling).add(shift);
  }
}
