package io.lssgen.model.t5;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.model.RecordedShapes;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Against transformers (tools/golden/flux_components.py, text_encoders.py,
 * full_size_parameters.py); max abs error 1e-4, names and shapes exact.
 */
@ExtendWith(ScopePerTest.class)
class T5EncoderParityTest {
  private static final double TOLERANCE = 1e-4;

  private static T5Encoder encoder(String folder) {
    return new T5Encoder(
        GoldenTensors.read(folder + "/model.safetensors").parameters(), config(folder));
  }

  private static T5Config config(String folder) {
    return T5Config.of(ModelConfig.read(ROOT.resolve(folder).resolve("config.json")));
  }

  @Test
  void gatedGelu() {
    GoldenTensors golden = GoldenTensors.read("flux/text.safetensors");
    Tensor output =
        encoder("flux-tiny/text_encoder_2").forward(golden.tensor("t5_ids"), null, DType.F32);

    assertThat(maxError(output, golden.tensor("t5_last_hidden_state"))).isLessThan(TOLERANCE);
  }

  @Test
  void distancesBeyondTheLastBucket() {
    GoldenTensors golden = GoldenTensors.read("flux/t5-long.safetensors");
    Tensor output =
        encoder("flux-tiny/text_encoder_2").forward(golden.tensor("ids"), null, DType.F32);

    assertThat(maxError(output, golden.tensor("last_hidden_state"))).isLessThan(TOLERANCE);
  }

  @Test
  void reluWithAndWithoutMask() {
    GoldenTensors golden = GoldenTensors.read("text-encoders/t5-relu/output.safetensors");
    T5Encoder encoder = encoder("text-encoders/t5-relu");
    Tensor ids = golden.tensor("ids");

    assertThat(maxError(encoder.forward(ids, null, DType.F32), golden.tensor("unmasked")))
        .isLessThan(TOLERANCE);
    Tensor masked = encoder.forward(ids, golden.tensor("mask"), DType.F32);
    assertThat(maxError(masked, golden.tensor("masked"))).isLessThan(TOLERANCE);
  }

  @Test
  void gradientsReachEveryKindOfParameter() {
    GoldenTensors golden = GoldenTensors.read("text-encoders/t5-relu/output.safetensors");
    GoldenTensors gradients = GoldenTensors.read("text-encoders/gradients.safetensors");
    GoldenTensors weights = GoldenTensors.read("text-encoders/t5-relu/model.safetensors");
    String[] names = {
      "shared.weight",
      "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
      "encoder.block.1.layer.1.DenseReluDense.wi.weight"
    };
    for (String name : names) {
      weights.tensor(name).requireGrad(true);
    }
    new T5Encoder(weights.parameters(), config("text-encoders/t5-relu"))
        .forward(golden.tensor("ids"), golden.tensor("mask"), DType.F32)
        .square()
        .mean()
        .backward();

    for (String name : names) {
      Tensor gradient = Objects.requireNonNull(weights.tensor(name).grad(), name);
      assertThat(maxError(gradient, gradients.tensor("t5-relu." + name)))
          .as(name)
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void namesAndShapesAtFullSize() throws Exception {
    RecordedShapes recorded = new RecordedShapes();
    Path config = ROOT.resolve("full-size/t5-xxl-encoder.json");
    new T5Encoder(Parameters.of(recorded), T5Config.of(ModelConfig.read(config)));

    assertThat(recorded.shapes())
        .isEqualTo(GoldenTensors.shapes("full-size/t5-xxl-encoder.txt.gz"));
  }

  @Test
  void bfloat16StaysNearFp32() {
    Tensor ids = GoldenTensors.read("flux/text.safetensors").tensor("t5_ids");
    T5Encoder encoder = encoder("flux-tiny/text_encoder_2");
    Tensor exact = encoder.forward(ids, null, DType.F32);
    Tensor rounded = encoder.forward(ids, null, DType.BF16);

    assertThat(rounded.dtype()).isEqualTo(DType.BF16);
    double difference = rounded.to(DType.F32).sub(exact).square().mean().item();
    assertThat(Math.sqrt(difference / exact.square().mean().item())).isLessThan(2e-2);
  }
}
