package io.lssgen.model.flux;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.model.RecordedShapes;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against diffusers (tools/golden/flux_components.py, flux_gradients.py, full_size_parameters.py):
 * max abs error 1e-4 in fp32, relative root mean square error 2e-2 in bf16, names and shapes exact.
 */
@ExtendWith(ScopePerTest.class)
class FluxTransformerParityTest {
  private static final double TOLERANCE = 1e-4;
  private static final double BF16_TOLERANCE = 2e-2;

  private static FluxConfig config(String folder) {
    return FluxConfig.of(ModelConfig.read(ROOT.resolve(folder + "/transformer/config.json")));
  }

  private static GoldenTensors weights(String folder) {
    return GoldenTensors.read(folder + "/transformer/diffusion_pytorch_model.safetensors");
  }

  /** The golden's inputs are tokens; the transformer wants latents of height 8 and width 12. */
  private static Tensor forward(FluxTransformer transformer, GoldenTensors golden, DType type) {
    return transformer.forward(
        Packing.unpack(golden.tensor("hidden_states"), 8, 12).to(type),
        golden.tensor("timestep"),
        golden.tensor("pooled_projections"),
        golden.tensor("encoder_hidden_states"),
        golden.has("guidance") ? golden.tensor("guidance") : null);
  }

  @ParameterizedTest
  @CsvSource({"dev, flux-tiny", "schnell, flux-tiny-schnell"})
  void velocityOfTwoPicturesThatAreNotSquare(String name, String folder) {
    GoldenTensors golden = GoldenTensors.read("flux/transformer-" + name + ".safetensors");
    try (var transformer = new FluxTransformer(weights(folder).parameters(), config(folder))) {
      Tensor velocity = forward(transformer, golden, DType.F32);

      assertThat(maxError(velocity, golden.tensor("output_latents"))).isLessThan(TOLERANCE);
      assertThat(Packing.pack(golden.tensor("latents")).toFloatArray())
          .containsExactly(golden.tensor("hidden_states").toFloatArray());
    }
  }

  @ParameterizedTest
  @CsvSource({"dev, flux-tiny", "schnell, flux-tiny-schnell"})
  void bfloat16(String name, String folder) {
    GoldenTensors golden = GoldenTensors.read("flux/transformer-" + name + "-bf16.safetensors");
    try (var transformer = new FluxTransformer(weights(folder).parameters(), config(folder))) {
      Tensor velocity = forward(transformer, golden, DType.BF16);

      assertThat(velocity.dtype()).isEqualTo(DType.BF16);
      assertThat(relativeError(velocity, golden.tensor("output_bf16"))).isLessThan(BF16_TOLERANCE);
      assertThat(relativeError(velocity, golden.tensor("output_fp32"))).isLessThan(BF16_TOLERANCE);
    }
  }

  private static double relativeError(Tensor velocity, Tensor expectedTokens) {
    Tensor expected = Packing.unpack(expectedTokens, 8, 12);
    double squares = velocity.to(DType.F32).sub(expected).square().mean().item();
    return Math.sqrt(squares / expected.square().mean().item());
  }

  @Test
  void gradientsReachEveryParameter() {
    GoldenTensors golden = GoldenTensors.read("flux/transformer-dev.safetensors");
    GoldenTensors expected = GoldenTensors.read("flux/transformer-dev-gradients.safetensors");
    GoldenTensors weights = weights("flux-tiny");
    Map<String, Tensor> parameters = weights.all();
    parameters.values().forEach(p -> p.requireGrad(true));
    try (var transformer = new FluxTransformer(weights.parameters(), config("flux-tiny"))) {
      forward(transformer, golden, DType.F32).square().mean().backward();
    }
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
  @ValueSource(
      strings = {
        "flux-dev-transformer",
        "flux-schnell-transformer",
        "flux-fill-transformer",
        "flux-control-transformer"
      })
  void namesAndShapesAtFullSize(String name) throws Exception {
    RecordedShapes recorded = new RecordedShapes();
    FluxConfig config =
        FluxConfig.of(ModelConfig.read(ROOT.resolve("full-size/" + name + ".json")));
    new FluxTransformer(Parameters.of(recorded), config).close();

    assertThat(recorded.shapes()).isEqualTo(GoldenTensors.shapes("full-size/" + name + ".txt.gz"));
  }

  @Test
  void forwardLeavesNothingBehind() {
    GoldenTensors golden = GoldenTensors.read("flux/transformer-dev.safetensors");
    try (var transformer =
            new FluxTransformer(weights("flux-tiny").parameters(), config("flux-tiny"));
        GradMode inference = GradMode.disabled()) {
      assertThat(inference.previous()).isTrue();
      once(transformer, golden); // makes the table of rotations, which is kept
      long before = LiveHandles.settled();
      for (int i = 0; i < 5; i++) {
        once(transformer, golden);
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  private static void once(FluxTransformer transformer, GoldenTensors golden) {
    try (TensorScope inner = TensorScope.open()) {
      assertThat(forward(transformer, golden, DType.BF16).allFinite()).isTrue();
      assertThat(inner).isNotNull();
    }
  }
}
