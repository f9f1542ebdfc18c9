package io.lssgen.model.sd3;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.RecordedShapes;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against diffusers (tools/golden/sd3.py, full_size_parameters.py): max abs error 1e-4 in fp32,
 * relative root mean square error 2e-2 in bf16, names and shapes exact.
 */
@ExtendWith(ScopePerTest.class)
class Sd3TransformerParityTest {
  private static final double TOLERANCE = 1e-4;
  private static final double BF16_TOLERANCE = 2e-2;

  private static Sd3Transformer transformer(String folder) {
    ModelConfig config = ModelConfig.read(ROOT.resolve(folder + "/transformer/config.json"));
    String weights = folder + "/transformer/diffusion_pytorch_model.safetensors";
    return new Sd3Transformer(GoldenTensors.read(weights).parameters(), Sd3Config.of(config));
  }

  /** The golden's inputs whose names begin so. */
  private static Tensor forward(
      Sd3Transformer transformer, GoldenTensors golden, String prefix, DType type) {
    return transformer.forward(
        golden.tensor(prefix + "hidden_states").to(type),
        golden.tensor(prefix + "timestep"),
        golden.tensor(prefix + "pooled_projections"),
        golden.tensor(prefix + "encoder_hidden_states"));
  }

  @ParameterizedTest
  @CsvSource({"3.5, sd3-tiny", "3, sd3-tiny-3"})
  void velocityOfTwoPicturesThatAreNotSquare(String kind, String folder) {
    GoldenTensors golden = GoldenTensors.read("sd3/transformer-" + kind + ".safetensors");
    Tensor velocity = forward(transformer(folder), golden, "", DType.F32);

    assertThat(maxError(velocity, golden.tensor("output"))).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({"3.5, sd3-tiny", "3, sd3-tiny-3"})
  void bfloat16(String kind, String folder) {
    GoldenTensors golden = GoldenTensors.read("sd3/transformer-" + kind + ".safetensors");
    Tensor velocity = forward(transformer(folder), golden, "half.", DType.BF16);

    assertThat(velocity.dtype()).isEqualTo(DType.BF16);
    for (String output : new String[] {"output_bf16", "output_fp32"}) {
      Tensor wanted = golden.tensor(output);
      double squares = velocity.to(DType.F32).sub(wanted).square().mean().item();
      assertThat(Math.sqrt(squares / wanted.square().mean().item())).isLessThan(BF16_TOLERANCE);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"sd3-medium-transformer", "sd35-medium-transformer", "sd35-large-transformer"})
  void namesAndShapesAtFullSize(String name) throws Exception {
    RecordedShapes recorded = new RecordedShapes();
    Sd3Config config = Sd3Config.of(ModelConfig.read(ROOT.resolve("full-size/" + name + ".json")));
    assertThat(new Sd3Transformer(Parameters.of(recorded), config).config()).isEqualTo(config);

    assertThat(recorded.shapes()).isEqualTo(GoldenTensors.shapes("full-size/" + name + ".txt.gz"));
  }

  @Test
  void latentsThatItHasNoPositionsForAreRefused() {
    Sd3Transformer transformer = transformer("sd3-tiny-3");
    for (long[] sides : new long[][] {{26, 8}, {8, 26}, {7, 8}}) {
      Tensor latents = Tensors.zeros(DType.F32, 1, 16, sides[0], sides[1]);
      assertThatThrownBy(
              () ->
                  transformer.forward(
                      latents,
                      Tensors.zeros(DType.F32, 1),
                      Tensors.zeros(DType.F32, 1, 28),
                      Tensors.zeros(DType.F32, 1, 3, 40)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("even h and w up to 24");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"patch_size\": 4 | patch_size must be 2, found 4",
        "\"qk_norm\": \"layer_norm\" | qk_norm wants null or rms_norm",
        "\"caption_projection_dim\": 64 | caption_projection_dim must be 1152, found 64",
        "\"out_channels\": 32 | out_channels must be 16, found 32",
        "\"num_layers\": 2147483647 | num_layers must be from 1 to 1024",
        "\"pos_embed_max_size\": 2000000000 | pos_embed_max_size must be from 1 to 1024",
        "\"dual_attention_layers\": [18] | dual_attention_layers must be from 0 to 17, found 18",
        "\"_class_name\": \"FluxTransformer2DModel\" | wanted a SD3Transformer2DModel"
      })
  void wrongConfigurations(String field, String message) {
    ModelConfig config = ModelConfig.parse("config.json", "{" + field + "}");
    assertThatThrownBy(() -> Sd3Config.of(config))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  @Test
  void forwardLeavesNothingBehind() {
    GoldenTensors golden = GoldenTensors.read("sd3/transformer-3.5.safetensors");
    Sd3Transformer transformer = transformer("sd3-tiny");
    once(transformer, golden);
    long before = LiveHandles.settled();
    for (int i = 0; i < 5; i++) {
      once(transformer, golden);
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static void once(Sd3Transformer transformer, GoldenTensors golden) {
    try (TensorScope inner = TensorScope.open()) {
      assertThat(forward(transformer, golden, "", DType.BF16).allFinite()).isTrue();
      assertThat(inner).isNotNull();
    }
  }
}
