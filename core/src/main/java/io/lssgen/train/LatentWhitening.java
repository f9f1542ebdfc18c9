package io.lssgen.train;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Gives an autoencoder's latents zero mean and, as far as they carry anything, unit variance in
 * every direction, by changing the two 1×1 convolutions around them; pictures decode as before.
 *
 * <p>Without it a few directions (the colours of backgrounds, above all) hold most of the variance.
 * They are settled at noise levels that a denoiser hardly sees in training, and they drown the loss
 * of all others.
 *
 * <p>Legend: N latents, C channels.
 */
final class LatentWhitening {
  /** Directions with less variance than this share of the mean are not blown up to unit size. */
  private static final double FLOOR = 0.01;

  private LatentWhitening() {}

  /**
   * The weights of the same autoencoder with whitened latents.
   *
   * @param weights an AutoencoderKL's, with both quant convolutions
   * @param means posterior means of typical latents, fp32 [N, C]
   * @param logVariances of the same posteriors, fp32 [N, C]; afterwards they are the same for every
   *     latent, since a rotated diagonal covariance is diagonal no more
   */
  static Map<String, Tensor> fold(Map<String, Tensor> weights, Tensor means, Tensor logVariances) {
    long channels = means.size(1);
    Tensor mean = means.mean(true, 0); // [1, C]
    Tensor centred = means.sub(mean);
    Tensor covariance = centred.transpose(0, 1).matmul(centred).div(means.size(0)); // [C, C]
    List<Tensor> eigen = Functional.symmetricEigen(covariance);
    Tensor variances = eigen.get(0); // [C], rising
    Tensor floored = variances.add(FLOOR * variances.mean().item());
    Tensor spread = floored.sqrt().unsqueeze(1); // [C, 1]
    Tensor whiten = eigen.get(1).transpose(0, 1).div(spread); // [C, C]
    Tensor restore = eigen.get(1).mul(spread.transpose(0, 1)); // its inverse

    Tensor noise = logVariances.exp().mean(true, 0); // [1, C]
    Tensor whitenedNoise = whiten.square().matmul(noise.transpose(0, 1)).squeeze(1).log(); // [C]

    Map<String, Tensor> folded = new TreeMap<>(weights);
    Tensor encoder = matrix(weights, "quant_conv.weight").narrow(0, 0, channels); // [C, 2C]
    Tensor encoderBias = at(weights, "quant_conv.bias").narrow(0, 0, channels).unsqueeze(1);
    folded.put(
        "quant_conv.weight",
        kernel(
            Tensors.cat(
                List.of(whiten.matmul(encoder), Tensors.zeros(DType.F32, channels, 2 * channels)),
                0)));
    Tensor bias = whiten.matmul(encoderBias.sub(mean.transpose(0, 1))).squeeze(1);
    folded.put("quant_conv.bias", Tensors.cat(List.of(bias, whitenedNoise), 0));
    Tensor decoder = matrix(weights, "post_quant_conv.weight"); // [C, C]
    folded.put("post_quant_conv.weight", kernel(decoder.matmul(restore)));
    Tensor moved = decoder.matmul(mean.transpose(0, 1)).squeeze(1);
    folded.put("post_quant_conv.bias", at(weights, "post_quant_conv.bias").add(moved));
    return folded;
  }

  private static Tensor matrix(Map<String, Tensor> weights, String name) {
    return at(weights, name).squeeze(-1).squeeze(-1);
  }

  private static Tensor at(Map<String, Tensor> weights, String name) {
    return Objects.requireNonNull(weights.get(name), () -> "no weights for " + name);
  }

  private static Tensor kernel(Tensor matrix) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(matrix.unsqueeze(-1).unsqueeze(-1).contiguous());
    }
  }
}
