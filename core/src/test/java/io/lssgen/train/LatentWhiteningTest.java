package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LatentWhiteningTest {
  private static final int CHANNELS = 4;

  @Test
  void latentsBecomeWhiteAndDecodeAsBefore() {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(3)) {
      Map<String, Tensor> weights =
          Map.of(
              "quant_conv.weight", rng.randn(2 * CHANNELS, 2 * CHANNELS, 1, 1),
              "quant_conv.bias", rng.randn(2 * CHANNELS),
              "post_quant_conv.weight", rng.randn(5, CHANNELS, 1, 1),
              "post_quant_conv.bias", rng.randn(5));
      // Correlated features: one direction holds much of the variance.
      Tensor features =
          rng.randn(1, 2 * CHANNELS, 30, 30).add(rng.randn(1, 1, 30, 30).mul(2)).add(3);
      Tensor before = encode(weights, features);
      Map<String, Tensor> folded =
          LatentWhitening.fold(weights, rows(before), Tensors.full(-4, DType.F32, 900, CHANNELS));
      Tensor after = encode(folded, features);

      Tensor white = rows(after);
      assertThat(white.mean(false, 0).abs().amax(false, 0).item())
          .isCloseTo(0, Offset.offset(1e-3));
      Tensor covariance = white.transpose(0, 1).matmul(white).div(900).contiguous();
      for (int i = 0; i < CHANNELS; i++) {
        for (int j = 0; j < CHANNELS; j++) {
          double entry = covariance.select(0, i).select(0, j).item();
          // Unit variance but for the floor, which takes most from the weakest direction.
          assertThat(entry).isBetween(i == j ? 0.3 : -1e-3, i == j ? 1.001 : 1e-3);
        }
      }
      Tensor difference = decode(folded, after).sub(decode(weights, before));
      assertThat(difference.abs().amax(false, 0, 1, 2, 3).item()).isCloseTo(0, Offset.offset(1e-3));
      assertThat(scope).isNotNull();
    }
  }

  private static Tensor encode(Map<String, Tensor> weights, Tensor features) {
    return Functional.conv2d(
            features, weights.get("quant_conv.weight"), weights.get("quant_conv.bias"), 1, 0)
        .narrow(1, 0, CHANNELS);
  }

  private static Tensor decode(Map<String, Tensor> weights, Tensor latents) {
    return Functional.conv2d(
        latents, weights.get("post_quant_conv.weight"), weights.get("post_quant_conv.bias"), 1, 0);
  }

  private static Tensor rows(Tensor latents) {
    return latents.permute(0, 2, 3, 1).reshape(-1, CHANNELS);
  }
}
