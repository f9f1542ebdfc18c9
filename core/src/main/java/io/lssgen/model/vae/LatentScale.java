package io.lssgen.model.vae;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import java.util.List;

/**
 * Between an autoencoder's own latents and the denoiser's: {@code (own − shift) · scaling}, or
 * {@code (own − mean) · scaling / deviation} where the file has these for each channel, as
 * Playground v2.5's.
 *
 * @param scaling above 0
 * @param shift what is subtracted first
 * @param means of each channel; empty where the shift serves all
 * @param deviations of each channel, above 0; as many as means
 */
public record LatentScale(
    double scaling, double shift, List<Double> means, List<Double> deviations) {

  public LatentScale {
    means = List.copyOf(means);
    deviations = List.copyOf(deviations);
    if (!(scaling > 0)) {
      throw new ModelException("autoencoder: scaling_factor must be above 0, found " + scaling);
    }
    if (means.size() != deviations.size() || deviations.stream().anyMatch(d -> !(d > 0))) {
      throw new ModelException(
          "autoencoder: latents_std wants a number above 0 for each of latents_mean = "
              + means
              + ", found "
              + deviations);
    }
    if (shift != 0 && !means.isEmpty()) {
      throw new ModelException(
          "autoencoder: shift_factor must be 0 beside latents_mean, found " + shift);
    }
  }

  /** One scale and shift for all channels. */
  public LatentScale(double scaling, double shift) {
    this(scaling, shift, List.of(), List.of());
  }

  /** The autoencoder's latents [B, C, h, w] in the denoiser's space; of the same type. */
  public Tensor toDenoiser(Tensor own) {
    return means.isEmpty()
        ? own.add(-shift).mul(scaling)
        : own.sub(channels(means, own)).mul(scaling).div(channels(deviations, own));
  }

  /** The denoiser's latents [B, C, h, w] in the autoencoder's space; of the same type. */
  public Tensor toAutoencoder(Tensor latents) {
    return means.isEmpty()
        ? latents.div(scaling).add(shift)
        : latents.div(scaling).mul(channels(deviations, latents)).add(channels(means, latents));
  }

  /** [C, 1, 1]. */
  private static Tensor channels(List<Double> values, Tensor like) {
    float[] plain = new float[values.size()];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = values.get(i).floatValue();
    }
    return Tensors.of(plain, plain.length, 1, 1).to(like.dtype());
  }
}
