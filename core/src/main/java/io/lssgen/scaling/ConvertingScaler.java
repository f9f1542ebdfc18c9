package io.lssgen.scaling;

import io.lssgen.model.vae.LatentScale;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * A scaler that was made for the same autoencoder's latents, scaled in another way: they are
 * converted before and after.
 *
 * @param scaler doubles latents that {@code theirs} scales
 * @param ours how the model's latents are scaled
 * @param theirs how the scaler's are
 */
record ConvertingScaler(LatentScaler scaler, LatentScale ours, LatentScale theirs)
    implements LatentScaler {
  @Override
  public Tensor scale(Tensor latents, NormalSource noise) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor converted = theirs.toDenoiser(ours.toAutoencoder(latents)); // [B, C, h, w]
      Tensor doubled = scaler.scale(converted, noise); // [B, C, 2h, 2w]
      return scope.keep(ours.toDenoiser(theirs.toAutoencoder(doubled)));
    }
  }
}
