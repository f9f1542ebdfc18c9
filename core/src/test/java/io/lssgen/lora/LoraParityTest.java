package io.lssgen.lora;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.unet.AddedConditions;
import io.lssgen.model.unet.UNet;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two LoRAs at 0.8 and −0.5 against diffusers (tools/golden/lora.py): the weights that they make
 * and what the networks compute with them, max abs error 1e-4.
 */
class LoraParityTest {
  private static final double TOLERANCE = 1e-4;

  private TensorScope scope;
  private GradMode off;

  @BeforeAll
  static void useOneThread() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
  }

  @BeforeEach
  void openScope() {
    off = GradMode.disabled();
    scope = TensorScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
    off.close();
  }

  private static TinyComponents changed(TinyComponents components, String first, String second) {
    new LoraSwitch(components.trees()).apply(List.of(lora(first, 0.8), lora(second, -0.5)));
    return components;
  }

  private static Lora lora(String name, double weight) {
    return new Lora(ROOT.resolve("lora/" + name + ".safetensors"), weight);
  }

  @Test
  void flux() {
    GoldenTensors expected = GoldenTensors.read("lora/flux.safetensors");
    GoldenTensors inputs = GoldenTensors.read("flux/transformer-dev.safetensors");
    try (TinyComponents components =
        changed(
            TinyComponents.flux(ROOT.resolve("flux-tiny"), DType.F32), "flux-kohya", "flux-peft")) {
      assertWeights(components, expected);
      try (FluxTransformer transformer =
          new FluxTransformer(
              Parameters.of(components.tree("transformer")),
              TinyComponents.fluxConfig(ROOT.resolve("flux-tiny")))) {
        Tensor output =
            transformer.forward(
                unpacked(inputs.tensor("hidden_states")),
                inputs.tensor("timestep"),
                inputs.tensor("pooled_projections"),
                inputs.tensor("encoder_hidden_states"),
                inputs.tensor("guidance"));

        assertThat(maxError(output, unpacked(expected.tensor("output")))).isLessThan(TOLERANCE);
      }
    }
  }

  /** Tokens [B, T, 4·C] of latents of height 8 and width 12 to [B, C, 8, 12]. */
  private static Tensor unpacked(Tensor tokens) {
    return tokens
        .reshape(tokens.size(0), 4, 6, -1, 2, 2)
        .permute(0, 3, 1, 4, 2, 5)
        .reshape(tokens.size(0), -1, 8, 12);
  }

  @ParameterizedTest
  @CsvSource({"xl, xl-kohya, xl-peft", "sd, sd-kohya, sd-old"})
  void unets(String form, String first, String second) {
    GoldenTensors expected = GoldenTensors.read("lora/" + form + ".safetensors");
    GoldenTensors inputs = GoldenTensors.read("unet/" + form + "/output.safetensors");
    try (TinyComponents components = changed(TinyComponents.unet(form), first, second)) {
      assertWeights(components, expected);
      UNet unet = new UNet(Parameters.of(components.tree("unet")), TinyComponents.unetConfig(form));
      Tensor output =
          unet.forward(
              inputs.tensor("latents"),
              inputs.tensor("timestep"),
              inputs.tensor("text"),
              inputs.has("pooled")
                  ? new AddedConditions(inputs.tensor("pooled"), inputs.tensor("time_ids"))
                  : null,
              null);

      assertThat(maxError(output, expected.tensor("output"))).isLessThan(TOLERANCE);
    }
  }

  private static void assertWeights(TinyComponents components, GoldenTensors expected) {
    Map<String, Tensor> changes = changes(components);
    Map<String, Double> norms = new TreeMap<>();
    changes.forEach((name, change) -> norms.put(name, change.square().sum().sqrt().item()));
    Map<String, Double> wanted = new TreeMap<>();
    expected
        .all()
        .forEach(
            (name, tensor) -> {
              if (name.startsWith("change.")) {
                wanted.put(name.substring("change.".length()), tensor.item());
              } else if (name.startsWith("weight.")) {
                String parameter = name.substring("weight.".length());
                assertThat(maxError(components.parameter(parameter), tensor))
                    .as(parameter)
                    .isLessThan(TOLERANCE);
              }
            });
    assertThat(norms.keySet()).isEqualTo(wanted.keySet());
    norms.forEach(
        (name, norm) ->
            assertThat(norm - wanted.get(name)).as(name).isBetween(-TOLERANCE, TOLERANCE));
  }

  /** What was added to each parameter, by the golden files' names. */
  private static Map<String, Tensor> changes(TinyComponents components) {
    Map<String, Tensor> changes = new TreeMap<>();
    components
        .changes()
        .forEach(
            (name, change) -> {
              int dot = name.indexOf('.');
              String component = name.substring(0, dot);
              changes.put(component + "." + published(component, name.substring(dot + 1)), change);
            });
    return changes;
  }

  private static String published(String component, String path) {
    return component.startsWith("text_encoder") && path.startsWith("encoder.layers.")
        ? "text_model." + path
        : path;
  }
}
