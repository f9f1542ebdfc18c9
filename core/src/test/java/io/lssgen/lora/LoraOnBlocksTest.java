package io.lssgen.lora;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxKeys;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ParameterTree;
import io.lssgen.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * LoRAs in a model whose matrices stay in quantised blocks do what they do in one that has the same
 * numbers as they are, and leave as few traces.
 */
class LoraOnBlocksTest {
  private static final FluxConfig CONFIG = TinyComponents.fluxConfig(ROOT.resolve("flux-tiny"));
  private static final String MATRIX = "transformer_blocks.0.ff.net.2.weight";
  private static final Lora LORA = new Lora(ROOT.resolve("lora/flux-kohya.safetensors"), 0.7);

  private GradMode off;
  private TensorScope scope;
  private TinyComponents others;
  private ParameterTree blocks;
  private ParameterTree numbers;

  @BeforeEach
  void load(@TempDir Path folder) {
    off = GradMode.disabled();
    scope = TensorScope.open();
    others = TinyComponents.flux(ROOT.resolve("flux-tiny"), DType.F32);
    Path quantised = ROOT.resolve("gguf/flux-tiny.gguf");
    blocks = load(quantised, FluxKeys.TABLE);
    Path same = folder.resolve("same.safetensors");
    try (Checkpoint weights = Checkpoint.open(quantised);
        TensorScope values = TensorScope.open()) {
      Checkpoint ours = weights.renamed(FluxKeys.TABLE);
      Map<String, Tensor> tensors = new TreeMap<>();
      ours.names().forEach(name -> tensors.put(name, ours.tensor(name)));
      SafetensorsWriter.write(same, tensors);
    }
    numbers = load(same, KeyMap.identity());
  }

  private static ParameterTree load(Path file, KeyMap names) {
    try (Checkpoint weights = Checkpoint.open(file)) {
      return ParameterTree.load(
          weights, names, DType.F32, parameters -> new FluxTransformer(parameters, CONFIG).close());
    }
  }

  @AfterEach
  void close() {
    others.close();
    blocks.close();
    numbers.close();
    scope.close();
    off.close();
  }

  /** What a matrix makes of some numbers. */
  private static Tensor product(ParameterTree tree) {
    try (TensorScope inner = TensorScope.open();
        Rng rng = new Rng(3)) {
      return inner.keep(
          Parameters.of(tree).weight(MATRIX, Init.ZEROS, 32, 128).linear(rng.randn(3, 128), null));
    }
  }

  private LoraSwitch switchOf(ParameterTree tree) {
    Map<String, ParameterTree> components = new TreeMap<>(others.trees());
    components.put("transformer", tree);
    return new LoraSwitch(components);
  }

  @Test
  void theSameAsInNumbers() {
    Tensor without = product(blocks);
    assertThat(maxError(without, product(numbers))).isLessThan(1e-5);
    switchOf(numbers).apply(List.of(LORA));
    LoraSwitch loras = switchOf(blocks);
    loras.apply(List.of(LORA));

    assertThat(maxError(product(blocks), without)).isGreaterThan(1e-3);
    assertThat(maxError(product(blocks), product(numbers))).isLessThan(1e-5);
    loras.apply(List.of());
    assertThat(product(blocks).toFloatArray()).containsExactly(without.toFloatArray());
  }

  @Test
  void evictionForgetsAndReadsAgain() {
    Tensor without = product(blocks);
    LoraSwitch loras = switchOf(blocks);
    loras.apply(List.of(LORA));
    Tensor with = product(blocks);
    blocks.evict();
    assertThat(blocks.tensors().get(MATRIX).numel()).isZero();
    assertThat(blocks.restore()).isTrue();

    assertThat(product(blocks).toFloatArray()).containsExactly(without.toFloatArray());
    loras.restored("transformer");
    loras.apply(List.of(LORA));
    assertThat(product(blocks).toFloatArray()).containsExactly(with.toFloatArray());
  }

  @Test
  void nothingIsLeftOfChanges() {
    LoraSwitch loras = switchOf(blocks);
    Runnable once =
        () -> {
          loras.apply(List.of(LORA));
          loras.apply(List.of());
          product(blocks).close();
        };
    once.run();
    long before = LiveHandles.settled();
    for (int i = 0; i < 3; i++) {
      once.run();
    }
    assertThat(LiveHandles.settled()).isEqualTo(before);
  }
}
