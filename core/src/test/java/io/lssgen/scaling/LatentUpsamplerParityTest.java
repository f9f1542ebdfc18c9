package io.lssgen.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import org.junit.jupiter.api.Test;

/** Against the network of tools/golden/lssgen_reference.py: max abs error 1e-4 in fp32. */
class LatentUpsamplerParityTest {
  private static LatentUpsampler load(String folder) {
    GoldenTensors weights = GoldenTensors.read(folder + "/diffusion_pytorch_model.safetensors");
    return new LatentUpsampler(
        Parameters.of(weights),
        LatentUpsamplerConfig.of(
            ModelConfig.read(GoldenTensors.ROOT.resolve(folder).resolve("config.json"))));
  }

  @Test
  void aTinyUpsamplerEqualsTheReference() {
    try (TensorScope scope = TensorScope.open()) {
      GoldenTensors golden = GoldenTensors.read("lssgen/upsamplers.safetensors");
      Tensor found = load("upsampler-tiny").forward(golden.tensor("tiny_input"));
      assertThat(GoldenTensors.maxError(found, golden.tensor("tiny_output"))).isLessThan(1e-4);
      assertThat(scope).isNotNull();
    }
  }

  /** The published widths for 16 channels, with weights in bf16. */
  @Test
  void thePublishedShapeEqualsTheReference() {
    try (TensorScope scope = TensorScope.open()) {
      GoldenTensors golden = GoldenTensors.read("lssgen/upsamplers.safetensors");
      LatentUpsampler upsampler = load("upsampler-16ch");
      assertThat(upsampler.config()).isEqualTo(LatentUpsamplerConfig.forChannels(16));
      Tensor found = upsampler.forward(golden.tensor("16ch_input"));
      assertThat(found.dtype()).isEqualTo(DType.F32);
      assertThat(GoldenTensors.maxError(found, golden.tensor("16ch_output"))).isLessThan(1e-4);
      assertThat(scope).isNotNull();
    }
  }
}
