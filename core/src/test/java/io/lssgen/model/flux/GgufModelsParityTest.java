package io.lssgen.model.flux;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.t5.T5Keys;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Models whose matrices stay in quantised blocks, against diffusers and transformers with the same
 * numbers (tools/golden/gguf_files.py): max abs error 1e-4.
 */
@ExtendWith(ScopePerTest.class)
class GgufModelsParityTest {
  private static final double TOLERANCE = 1e-4;

  @ParameterizedTest
  @CsvSource({"flux-tiny, output", "diffusers, output_of_diffusers_names"})
  void transformer(String file, String output) {
    GoldenTensors golden = GoldenTensors.read("gguf/flux-tiny.safetensors");
    FluxConfig config =
        FluxConfig.of(ModelConfig.read(ROOT.resolve("flux-tiny/transformer/config.json")));
    Consumer<Parameters> model = parameters -> new FluxTransformer(parameters, config).close();
    try (GradMode off = GradMode.disabled();
        ParameterTree tree = load("gguf/" + file + ".gguf", FluxKeys.TABLE, model);
        FluxTransformer transformer = new FluxTransformer(Parameters.of(tree), config)) {
      Tensor found =
          transformer.forward(
              Packing.unpack(golden.tensor("hidden_states"), 8, 12),
              golden.tensor("timestep"),
              golden.tensor("pooled_projections"),
              golden.tensor("encoder_hidden_states"),
              golden.tensor("guidance"));

      assertThat(maxError(Packing.pack(found), golden.tensor(output))).isLessThan(TOLERANCE);
      assertThat(inBlocks(tree.tensors())).isGreaterThan(30);
    }
  }

  @Test
  void t5InTheNamesOfLlamaCpp() {
    GoldenTensors golden = GoldenTensors.read("gguf/t5/output.safetensors");
    T5Config config = T5Config.of(ModelConfig.read(ROOT.resolve("gguf/t5/config.json")));
    try (Checkpoint weights = Checkpoint.open(ROOT.resolve("gguf/t5/model.gguf"));
        ParameterTree tree =
            ParameterTree.load(weights, T5Keys.TABLE, DType.F32, p -> new T5Encoder(p, config))) {
      Tensor found =
          new T5Encoder(Parameters.of(tree), config).forward(golden.tensor("ids"), null, DType.F32);

      assertThat(maxError(found, golden.tensor("last_hidden_state"))).isLessThan(TOLERANCE);
      assertThat(tree.tensors().get("shared.weight").dtype()).isEqualTo(DType.U8);
    }
  }

  private static ParameterTree load(String file, KeyMap names, Consumer<Parameters> model) {
    try (Checkpoint weights = Checkpoint.open(ROOT.resolve(file))) {
      return ParameterTree.load(weights, names, DType.F32, model);
    }
  }

  private static long inBlocks(Map<String, Tensor> tensors) {
    return tensors.values().stream().filter(tensor -> tensor.dtype() == DType.U8).count();
  }
}
