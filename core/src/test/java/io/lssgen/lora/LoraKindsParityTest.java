package io.lssgen.lora;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * LoCon with a core, LoHa, LoKr and DoRA against LyCORIS, and DoRA at a weight against PEFT
 * (tools/golden/lora_kinds.py): the weights that they make, max abs error 1e-4.
 */
class LoraKindsParityTest {
  private static final double TOLERANCE = 1e-4;

  @BeforeAll
  static void useOneThread() {
    TorchRuntime.threads(1);
  }

  @ParameterizedTest
  @CsvSource({
    "sd-locon, 0.7, LoRA",
    "sd-loha, 0.7, LoHa",
    "sd-lokr, -0.6, LoKr",
    "sd-dora, 1, DoRA; LoHa with DoRA",
    "fused-loha, 1, LoHa with DoRA",
    "sd-dora-peft, 0.8, DoRA"
  })
  void weights(String name, double weight, String kinds) {
    Path file = ROOT.resolve("lora/" + name + ".safetensors");
    try (TensorScope scope = TensorScope.open();
        TinyComponents components =
            name.startsWith("fused")
                ? TinyComponents.flux(ROOT.resolve("flux-tiny"), DType.F32)
                : TinyComponents.unet("sd")) {
      LoraSwitch loras = new LoraSwitch(components.trees());
      loras.apply(List.of(new Lora(file, weight)));

      Map<String, Tensor> wanted = wanted(name);
      assertThat(components.changes().keySet()).isNotEmpty().isEqualTo(wanted.keySet());
      wanted.forEach(
          (parameter, tensor) ->
              assertThat(maxError(components.parameter(parameter), tensor))
                  .as(parameter)
                  .isLessThan(TOLERANCE));
      assertThat(String.join("; ", LoraSummary.read(file).kinds())).isEqualTo(kinds);

      loras.apply(List.of());
      assertThat(components.changes()).isEmpty();
    }
  }

  private static Map<String, Tensor> wanted(String name) {
    Map<String, Tensor> wanted = new TreeMap<>();
    GoldenTensors.read("lora/kinds.safetensors")
        .all()
        .forEach(
            (key, tensor) -> {
              if (key.startsWith(name + ".")) {
                wanted.put(key.substring(name.length() + 1), tensor);
              }
            });
    return wanted;
  }
}
