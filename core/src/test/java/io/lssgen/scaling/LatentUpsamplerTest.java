package io.lssgen.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LatentUpsamplerTest {
  private static final LatentUpsamplerConfig TINY =
      new LatentUpsamplerConfig(4, List.of(8, 4), List.of(true, false), 2);

  private static final String PUBLISHED =
      """
      {"in_channels": 16, "out_channels": 16, "block_out_channels": [128, 64],
       "is_up_samples": [true, false], "strides": [2, 1], "norm_num_groups": 32,
       "act_fn": "silu", "interpolate": "bilinear"}
      """;

  private static ModelConfig config(String json) {
    return ModelConfig.parse("config.json", json);
  }

  /** Counts in the paper: 0.56 M and 0.14 M. */
  @ParameterizedTest
  @CsvSource({"16, 0.56", "4, 0.14"})
  void freshOnesHaveThePublishedNumberOfParameters(int channels, double millions) {
    try (Rng rng = new Rng(0);
        TensorScope scope = TensorScope.open()) {
      RandomParameters parameters = new RandomParameters(rng);
      LatentUpsampler upsampler =
          new LatentUpsampler(
              Parameters.of(parameters), LatentUpsamplerConfig.forChannels(channels));
      long count = parameters.tensors().values().stream().mapToLong(Tensor::numel).sum();
      assertThat(Math.round(count / 1e4) / 100.0).isEqualTo(millions);
      assertThat(upsampler.forward(rng.randn(1, channels, 4, 2)).shape())
          .containsExactly(1, channels, 8, 4);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void everyParameterGetsAGradient() {
    try (Rng rng = new Rng(2);
        TensorScope scope = TensorScope.open()) {
      RandomParameters parameters = new RandomParameters(rng);
      LatentUpsampler upsampler = new LatentUpsampler(Parameters.of(parameters), TINY);
      upsampler.forward(rng.randn(2, 4, 4, 6)).square().mean().backward();
      assertThat(parameters.tensors()).hasSize(24);
      parameters
          .tensors()
          .forEach(
              (name, tensor) -> {
                Tensor gradient = tensor.grad();
                assertThat(gradient).as(name).isNotNull();
                assertThat(gradient.abs().sum().item()).as(name).isPositive();
              });
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void scalingLeavesNoHandlesAndRecordsNoGradients() {
    try (Rng rng = new Rng(2);
        TensorScope scope = TensorScope.open()) {
      LatentUpsampler upsampler =
          new LatentUpsampler(Parameters.of(new RandomParameters(rng)), TINY);
      NeuralScaler scaler = new NeuralScaler(upsampler, 4, DType.BF16);
      Tensor latents = rng.randn(1, 4, 4, 4);
      scaler.scale(latents, rng::randn).close();
      long before = LiveHandles.settled();
      for (int i = 0; i < 5; i++) {
        try (Tensor doubled = scaler.scale(latents, rng::randn)) {
          assertThat(doubled.dtype()).isEqualTo(DType.F32);
        }
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void wrongChannelsAreRefusedWithBothNumbers() {
    try (Rng rng = new Rng(2);
        TensorScope scope = TensorScope.open()) {
      LatentUpsampler upsampler =
          new LatentUpsampler(Parameters.of(new RandomParameters(rng)), TINY);
      assertThatThrownBy(() -> new NeuralScaler(upsampler, 16, DType.F32))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("4 channels")
          .hasMessageContaining("16");
      assertThatThrownBy(() -> upsampler.forward(Tensors.zeros(DType.F32, 1, 5, 4, 4)))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("4 channels")
          .hasMessageContaining("found 5");
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void thePublishedConfigReadsAndWrites() throws Exception {
    LatentUpsamplerConfig read = LatentUpsamplerConfig.of(config(PUBLISHED));
    assertThat(read).isEqualTo(LatentUpsamplerConfig.forChannels(16));
    String written = new ObjectMapper().writeValueAsString(read.fields());
    assertThat(LatentUpsamplerConfig.of(config(written))).isEqualTo(read);
    ObjectMapper json = new ObjectMapper();
    json.readTree(PUBLISHED)
        .properties()
        .forEach(
            field ->
                assertThat(config(written).fields().get(field.getKey()))
                    .as(field.getKey())
                    .isEqualTo(field.getValue()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"out_channels\": 16|\"out_channels\": 4|found 16 and 4",
        "[128, 64]|[128, 60]|60",
        "[128, 64]|[128]|found 1 and 2",
        "[true, false]|[true, true]|strides",
        "[true, false]|[false, false]|strides",
        "[true, false]|[1, 0]|is_up_samples",
        "[2, 1]|[4, 1]|[4, 1]",
        "silu|relu|relu",
        "bilinear|nearest|nearest",
        "\"in_channels\": 16|\"channels\": 16|in_channels",
      })
  void configsThatCannotBeBuiltAreRefused(String part, String replacement, String message) {
    ModelConfig broken = config(PUBLISHED.replace(part, replacement));
    assertThatThrownBy(() -> LatentUpsamplerConfig.of(broken))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  @Test
  void exactlyOneBlockDoublesTheSides() {
    assertThatThrownBy(() -> new LatentUpsamplerConfig(4, List.of(8, 8), List.of(true, true), 2))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("exactly one");
  }
}
