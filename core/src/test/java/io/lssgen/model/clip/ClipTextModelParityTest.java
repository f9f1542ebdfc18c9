package io.lssgen.model.clip;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
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
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against transformers (tools/golden/flux_components.py, text_encoders.py,
 * full_size_parameters.py); max abs error 1e-4, names and shapes exact.
 */
@ExtendWith(ScopePerTest.class)
class ClipTextModelParityTest {
  private static final double TOLERANCE = 1e-4;

  private static ClipTextModel model(String folder) {
    return new ClipTextModel(
        GoldenTensors.read(folder + "/model.safetensors").parameters(), config(folder));
  }

  private static ClipTextConfig config(String folder) {
    return ClipTextConfig.of(ModelConfig.read(ROOT.resolve(folder).resolve("config.json")));
  }

  @Test
  void fluxOwnWithTheLegacyEndToken() {
    GoldenTensors golden = GoldenTensors.read("flux/text.safetensors");
    ClipTextModel.Output output =
        model("flux-tiny/text_encoder").forward(golden.tensor("clip_ids"), DType.F32);

    assertThat(maxError(output.hiddenStates().get(1), golden.tensor("clip_first_hidden_state")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(output.lastHiddenState(), golden.tensor("clip_last_hidden_state")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(output.pooled(), golden.tensor("clip_pooled"))).isLessThan(TOLERANCE);
    assertThat(output.projected()).isNull();
  }

  @Test
  void projectionAndHiddenStates() {
    GoldenTensors golden = GoldenTensors.read("text-encoders/clip-projection/output.safetensors");
    ClipTextModel.Output output =
        model("text-encoders/clip-projection").forward(golden.tensor("ids"), DType.F32);

    assertThat(output.hiddenStates()).hasSize(4);
    for (int i = 0; i < 4; i++) {
      assertThat(maxError(output.hiddenStates().get(i), golden.tensor("hidden_state." + i)))
          .as("hidden state %s", i)
          .isLessThan(TOLERANCE);
    }
    Tensor projected = Objects.requireNonNull(output.projected());
    assertThat(maxError(projected, golden.tensor("projected"))).isLessThan(TOLERANCE);
  }

  @Test
  void namesWithoutThePublishedPrefix() {
    GoldenTensors golden = GoldenTensors.read("text-encoders/clip-plain/output.safetensors");
    ClipTextModel.Output output =
        model("text-encoders/clip-plain").forward(golden.tensor("ids"), DType.F32);

    assertThat(maxError(output.lastHiddenState(), golden.tensor("last_hidden_state")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(output.pooled(), golden.tensor("pooled"))).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void clipSkipCountsFromTheLastLayer(int skip) {
    GoldenTensors golden = GoldenTensors.read("text-encoders/clip-plain/output.safetensors");
    ClipTextModel model = model("text-encoders/clip-plain");
    ClipTextModel.Output output = model.forward(golden.tensor("ids"), DType.F32);

    Tensor state = output.fromEnd(skip);
    assertThat(maxError(state, golden.tensor("hidden_state." + (4 - skip)))).isLessThan(TOLERANCE);
    assertThat(maxError(model.normalise(state), golden.tensor("skip." + skip)))
        .isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, -1})
  void clipSkipBeyondTheLayersIsRefused(int skip) {
    GoldenTensors golden = GoldenTensors.read("text-encoders/clip-plain/output.safetensors");
    ClipTextModel.Output output =
        model("text-encoders/clip-plain").forward(golden.tensor("ids"), DType.F32);

    assertThatThrownBy(() -> output.fromEnd(skip))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("1", "3", Integer.toString(skip));
  }

  @Test
  void theProjectedStateInBfloat16() {
    GoldenTensors golden = GoldenTensors.read("text-encoders/clip-projection/output.safetensors");
    ClipTextModel.Output output =
        model("text-encoders/clip-projection").forward(golden.tensor("ids"), DType.BF16);

    Tensor projected = Objects.requireNonNull(output.projected());
    assertThat(projected.dtype()).isEqualTo(DType.BF16);
    Tensor exact = golden.tensor("projected");
    double difference = projected.to(DType.F32).sub(exact).square().mean().item();
    assertThat(Math.sqrt(difference / exact.square().mean().item())).isLessThan(2e-2);
  }

  @Test
  void forwardLeavesNothingBehind() {
    GoldenTensors golden = GoldenTensors.read("text-encoders/clip-projection/output.safetensors");
    ClipTextModel model = model("text-encoders/clip-projection");
    long before = LiveHandles.settled();
    for (int i = 0; i < 3; i++) {
      try (TensorScope inner = TensorScope.open()) {
        ClipTextModel.Output output = model.forward(golden.tensor("ids"), DType.F32);
        assertThat(model.normalise(output.fromEnd(2)).allFinite()).isTrue();
        assertThat(inner).isNotNull();
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  @Test
  void gradientsReachEveryKindOfParameter() {
    GoldenTensors golden = GoldenTensors.read("text-encoders/clip-plain/output.safetensors");
    GoldenTensors gradients = GoldenTensors.read("text-encoders/gradients.safetensors");
    GoldenTensors weights = GoldenTensors.read("text-encoders/clip-plain/model.safetensors");
    String[] names = {
      "embeddings.token_embedding.weight",
      "encoder.layers.0.self_attn.k_proj.weight",
      "encoder.layers.2.mlp.fc1.bias"
    };
    for (String name : names) {
      weights.tensor(name).requireGrad(true);
    }
    new ClipTextModel(weights.parameters(), config("text-encoders/clip-plain"))
        .forward(golden.tensor("ids"), DType.F32)
        .pooled()
        .sum()
        .backward();

    for (String name : names) {
      Tensor gradient = Objects.requireNonNull(weights.tensor(name).grad(), name);
      assertThat(maxError(gradient, gradients.tensor("clip-plain." + name)))
          .as(name)
          .isLessThan(TOLERANCE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip-l-text", "clip-big-g-text"})
  void namesAndShapesAtFullSize(String name) throws Exception {
    RecordedShapes recorded = new RecordedShapes();
    Path config = ROOT.resolve("full-size/" + name + ".json");
    new ClipTextModel(Parameters.of(recorded), ClipTextConfig.of(ModelConfig.read(config)));

    assertThat(recorded.shapes()).isEqualTo(GoldenTensors.shapes("full-size/" + name + ".txt.gz"));
  }

  @Test
  void bfloat16StaysNearFp32() {
    Tensor ids = GoldenTensors.read("flux/text.safetensors").tensor("clip_ids");
    ClipTextModel model = model("flux-tiny/text_encoder");
    Tensor exact = model.forward(ids, DType.F32).pooled();
    Tensor rounded = model.forward(ids, DType.BF16).pooled();

    assertThat(rounded.dtype()).isEqualTo(DType.BF16);
    double difference = rounded.to(DType.F32).sub(exact).square().mean().item();
    assertThat(Math.sqrt(difference / exact.square().mean().item())).isLessThan(2e-2);
  }

  @Test
  void tooLongAPromptIsRefused() {
    ClipTextModel model = model("text-encoders/clip-plain");
    Tensor ids = Tensors.zeros(DType.I64, 1, 21);
    assertThatThrownBy(() -> model.forward(ids, DType.F32))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("21", "20");
  }
}
