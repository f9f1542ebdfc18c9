package io.lssgen.model.unet;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.model.GoldenTensors;
import io.lssgen.model.RecordedShapes;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against diffusers (tools/golden/unet_components.py, full_size_parameters.py): max abs error 1e-4
 * in fp32, relative root mean square error 5e-2 in bf16 and at most 1.5 times as far from fp32 as
 * diffusers in bf16; names and shapes exact; gradients' norms within 0.1 %.
 */
@ExtendWith(ScopePerTest.class)
class UNetParityTest {
  private static final double TOLERANCE = 1e-4;
  private static final double BF16_TOLERANCE = 5e-2;

  private static UNetConfig config(String form) {
    return UNetConfig.of(ModelConfig.read(ROOT.resolve("unet/" + form + "/config.json")));
  }

  private static GoldenTensors weights(String form) {
    return GoldenTensors.read("unet/" + form + "/diffusion_pytorch_model.safetensors");
  }

  private static GoldenTensors golden(String form) {
    return GoldenTensors.read("unet/" + form + "/output.safetensors");
  }

  private static UNet unet(String form) {
    return new UNet(weights(form).parameters(), config(form));
  }

  private static Tensor forward(UNet unet, GoldenTensors golden, String latents, DType type) {
    return unet.forward(
        golden.tensor(latents).to(type),
        golden.tensor("timestep"),
        golden.tensor("text"),
        added(golden),
        golden.has("guidance") ? golden.tensor("guidance") : null);
  }

  private static @Nullable AddedConditions added(GoldenTensors golden) {
    return golden.has("pooled")
        ? new AddedConditions(golden.tensor("pooled"), golden.tensor("time_ids"))
        : null;
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd", "xl", "lcm"})
  void predictionForTwoPicturesThatAreNotSquare(String form) {
    GoldenTensors golden = golden(form);
    Tensor prediction = forward(unet(form), golden, "latents", DType.F32);
    assertThat(maxError(prediction, golden.tensor("output"))).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd", "xl", "lcm"})
  void sidesThatDoNotDivide(String form) {
    GoldenTensors golden = golden(form);
    Tensor prediction = forward(unet(form), golden, "odd_latents", DType.F32);
    assertThat(maxError(prediction, golden.tensor("odd_output"))).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd", "xl", "lcm"})
  void bfloat16(String form) {
    GoldenTensors golden = golden(form);
    Tensor prediction = forward(unet(form), golden, "latents", DType.BF16);

    assertThat(prediction.dtype()).isEqualTo(DType.BF16);
    Tensor exact = golden.tensor("output");
    Tensor reference = golden.tensor("output_bf16");
    assertThat(relativeError(prediction, reference)).isLessThan(BF16_TOLERANCE);
    assertThat(relativeError(prediction, exact))
        .as("rounding, beside that of diffusers in bf16")
        .isLessThan(1.5 * relativeError(reference, exact));
  }

  private static double relativeError(Tensor found, Tensor exact) {
    double squares = found.to(DType.F32).sub(exact).square().mean().item();
    return Math.sqrt(squares / exact.square().mean().item());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd", "xl"})
  void gradientsReachEveryParameter(String form) {
    GoldenTensors golden = golden(form);
    GoldenTensors expected = GoldenTensors.read("unet/" + form + "/gradients.safetensors");
    GoldenTensors weights = weights(form);
    Map<String, Tensor> parameters = weights.all();
    parameters.values().forEach(p -> p.requireGrad(true));
    UNet unet = new UNet(weights.parameters(), config(form));
    forward(unet, golden, "latents", DType.F32).square().mean().backward();

    parameters.forEach(
        (name, parameter) -> {
          Tensor gradient = Objects.requireNonNull(parameter.grad(), name);
          double norm = Math.sqrt(gradient.square().sum().item());
          assertThat(norm / expected.tensor("norm." + name).item())
              .as("norm of the gradient of " + name)
              .isBetween(1 - 1e-3, 1 + 1e-3);
          if (expected.has(name)) {
            assertThat(maxError(gradient, expected.tensor(name))).as(name).isLessThan(TOLERANCE);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd15-unet", "sdxl-unet", "lcm-sdxl-unet"})
  void namesAndShapesAtFullSize(String name) throws Exception {
    RecordedShapes recorded = new RecordedShapes();
    ModelConfig config = ModelConfig.read(ROOT.resolve("full-size/" + name + ".json"));
    assertThat(new UNet(Parameters.of(recorded), UNetConfig.of(config))).isNotNull();

    assertThat(recorded.shapes()).isEqualTo(GoldenTensors.shapes("full-size/" + name + ".txt.gz"));
  }

  @Test
  void forwardLeavesNothingBehind() {
    GoldenTensors golden = golden("lcm");
    UNet unet = unet("lcm");
    try (GradMode inference = GradMode.disabled()) {
      assertThat(inference.previous()).isTrue();
      for (DType type : new DType[] {DType.F32, DType.BF16}) {
        long before = LiveHandles.settled();
        for (int i = 0; i < 3; i++) {
          once(unet, golden, type);
        }
        assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
      }
    }
  }

  private static void once(UNet unet, GoldenTensors golden, DType type) {
    try (TensorScope inner = TensorScope.open()) {
      assertThat(forward(unet, golden, "odd_latents", type).allFinite()).isTrue();
      assertThat(inner).isNotNull();
    }
  }

  @Test
  void aTrainingStepLeavesNothingBehind() {
    GoldenTensors golden = golden("sd");
    GoldenTensors weights = weights("sd");
    weights.all().values().forEach(p -> p.requireGrad(true));
    UNet unet = new UNet(weights.parameters(), config("sd"));
    long before = LiveHandles.settled();
    for (int i = 0; i < 3; i++) {
      try (TensorScope inner = TensorScope.open()) {
        forward(unet, golden, "latents", DType.F32).square().mean().backward();
        assertThat(inner).isNotNull();
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  @Test
  void inputsThatDoNotFitAreNamed() {
    Tensor latents = Tensors.zeros(DType.F32, 1, 4, 4, 4);
    Tensor time = Tensors.zeros(DType.F32, 1);
    UNet sd = unet("sd");
    assertThatThrownBy(() -> sd.forward(latents.narrow(1, 0, 3), time, text(1, 12), null, null))
        .hasMessageContainingAll("[B, 4, h, w]", "[1, 3, 4, 4]");
    assertThatThrownBy(() -> sd.forward(latents, time, text(1, 20), null, null))
        .hasMessageContainingAll("[1, S, 12]", "[1, 3, 20]");
    assertThatThrownBy(() -> sd.forward(latents, time, text(2, 12), null, null))
        .hasMessageContainingAll("[1, S, 12]", "[2, 3, 12]");
    assertThatThrownBy(() -> sd.forward(latents, time, text(1, 12), null, time))
        .hasMessage("guidance scale given to a UNet that takes none");
    UNet xl = unet("xl");
    assertThatThrownBy(() -> xl.forward(latents, time, text(1, 20), null, null))
        .hasMessage("no pooled text and sizes given to a UNet that wants it");
    var narrow =
        new AddedConditions(Tensors.zeros(DType.F32, 1, 10), Tensors.zeros(DType.F32, 1, 5));
    assertThatThrownBy(() -> xl.forward(latents, time, text(1, 20), narrow, null))
        .hasMessageContainingAll("58", "10 + 5·8");
    var full = new AddedConditions(narrow.pooled(), Tensors.zeros(DType.F32, 1, 6));
    UNet lcm = unet("lcm");
    assertThatThrownBy(() -> lcm.forward(latents, time, text(1, 20), full, null))
        .hasMessage("no guidance scale given to a UNet that wants it");
  }

  private static Tensor text(int batch, int width) {
    return Tensors.zeros(DType.F32, batch, 3, width);
  }
}
