package io.lssgen.train;

import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;

/**
 * How much the channels of latents count in a denoiser's loss. A whitened latent space has channels
 * that hardly show in a picture and yet are as hard to predict as the others: a small model would
 * spend most of itself on them.
 *
 * <p>Legend: B batch, C latent channels.
 */
final class ChannelWeights {
  private static final double CHANGE = 0.3; // of channels with a deviation of about 1

  private ChannelWeights() {}

  /**
   * The mean squared change of decoded pictures under noise in one channel, to the power {@code
   * exponent}; on average 1.
   *
   * @param latents examples in the denoiser's space, [B, C, h, w] in the autoencoder's type
   * @param exponent 0 makes all alike, 1 makes the loss approach that of decoded pictures
   * @return fp32 [1, C, 1, 1]
   */
  static Tensor of(PictureAutoencoder autoencoder, Tensor latents, double exponent) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        Rng rng = new Rng(0)) {
      Tensor decoded = autoencoder.decode(latents);
      int channels = Math.toIntExact(latents.size(1));
      double[] weights = new double[channels];
      for (int c = 0; c < channels; c++) {
        double effect = effect(autoencoder, latents, decoded, c, rng);
        weights[c] = Math.pow(effect, exponent);
      }
      double mean = Arrays.stream(weights).average().orElseThrow();
      float[] rounded = new float[channels];
      for (int c = 0; c < channels; c++) {
        rounded[c] = (float) (weights[c] / mean);
      }
      return scope.keep(Tensors.of(rounded, 1, channels, 1, 1));
    }
  }

  private static double effect(
      PictureAutoencoder autoencoder, Tensor latents, Tensor decoded, int channel, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor changed = latents.copy();
      Tensor part = changed.narrow(1, channel, 1);
      part.addInPlace(rng.randn(part.shape()).to(part.dtype()), CHANGE);
      return autoencoder.decode(changed).sub(decoded).to(DType.F32).square().mean().item();
    }
  }
}
