package io.lssgen.lora;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ParameterTree;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** What must hold for any weights, whatever was applied before. */
class LoraPropertyTest {
  private static final Map<String, long[]> SHAPES =
      new TreeMap<>(
          Map.of(
              "linear.weight", new long[] {5, 4},
              "linear.bias", new long[] {5},
              "kernel.weight", new long[] {3, 2, 3, 3},
              "point.weight", new long[] {4, 4, 1, 1}));

  private static Path folder;

  @BeforeContainer
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("lora");
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /** A model with random weights, and the switch that changes them. */
  private static final class Model implements AutoCloseable {
    private final ParameterTree tree;
    private final LoraSwitch loras;

    Model(DType stored, DType type, long seed) throws IOException {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      Path file = Files.createTempFile(folder, "model", ".safetensors");
      try (TensorScope scope = TensorScope.open();
          Rng rng = new Rng(seed)) {
        SHAPES.forEach((name, shape) -> tensors.put(name, rng.randn(shape).to(stored)));
        SafetensorsWriter.write(file, tensors);
      }
      try (Checkpoint weights = Checkpoint.open(file)) {
        tree = ParameterTree.load(weights, KeyMap.identity(), type, Model::ask);
      }
      loras = new LoraSwitch(Map.of("unet", tree));
    }

    private static void ask(Parameters parameters) {
      SHAPES.forEach((name, shape) -> parameters.tensor(name, Init.ZEROS, shape));
    }

    List<byte[]> bytes() {
      List<byte[]> bytes = new ArrayList<>();
      SHAPES.keySet().forEach(name -> bytes.add(tree.tensors().get(name).toByteArray()));
      return bytes;
    }

    float[] values(String name) {
      return tree.tensors().get(name).toFloatArray();
    }

    @Override
    public void close() {
      tree.close();
    }
  }

  private static Path lora(int rank, long seed) throws IOException {
    Path file = Files.createTempFile(folder, "lora", ".safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(seed)) {
      SHAPES.forEach(
          (name, shape) -> {
            if (shape.length > 1) {
              String module = "lora_unet_" + name.replace(".weight", "");
              long[] down = shape.clone();
              down[0] = rank;
              tensors.put(module + ".lora_down.weight", rng.randn(down));
              tensors.put(module + ".lora_up.weight", rng.randn(shape[0], rank));
              tensors.put(module + ".alpha", Tensors.scalar(2));
            }
          });
      SafetensorsWriter.write(file, tensors);
    }
    return file;
  }

  @Property(tries = 30)
  void noWeightNoChange(
      @ForAll DTypes types, @ForAll @IntRange(min = 1, max = 4) int rank, @ForAll int seed)
      throws IOException {
    try (Model model = new Model(types.stored, types.computed, seed)) {
      List<byte[]> before = model.bytes();
      model.loras.apply(List.of(new Lora(lora(rank, seed + 1L), 0)));
      assertThat(model.bytes()).usingRecursiveComparison().isEqualTo(before);
    }
  }

  @Property(tries = 30)
  void whatIsTakenOutLeavesNoTrace(
      @ForAll DTypes types,
      @ForAll @DoubleRange(min = -2, max = 2) double weight,
      @ForAll @IntRange(min = 1, max = 4) int rank,
      @ForAll int seed)
      throws IOException {
    Lora first = new Lora(lora(rank, seed + 1L), weight);
    Lora second = new Lora(lora(rank, seed + 2L), 0.75);
    try (Model model = new Model(types.stored, types.computed, seed)) {
      List<byte[]> before = model.bytes();
      model.loras.apply(List.of(second));
      List<byte[]> withSecond = model.bytes();
      assertThat(withSecond).usingRecursiveComparison().isNotEqualTo(before);

      model.loras.apply(List.of(first));
      model.loras.apply(List.of(first, second));
      model.loras.apply(List.of(second));
      assertThat(model.bytes()).usingRecursiveComparison().isEqualTo(withSecond);

      model.loras.apply(List.of());
      assertThat(model.bytes()).usingRecursiveComparison().isEqualTo(before);
    }
  }

  @Property(tries = 30)
  void theirOrderDoesNotMatter(@ForAll DTypes types, @ForAll int seed) throws IOException {
    List<Lora> loras = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      loras.add(new Lora(lora(i + 1, seed + i), 0.5 * i - 0.7));
    }
    try (Model model = new Model(types.stored, types.computed, seed)) {
      model.loras.apply(loras);
      List<byte[]> sum = model.bytes();
      model.loras.apply(List.of());
      model.loras.apply(List.of(loras.get(2), loras.get(0), loras.get(1)));
      assertThat(model.bytes()).usingRecursiveComparison().isEqualTo(sum);
    }
  }

  @Property(tries = 30)
  void changesGrowWithTheWeightAndAdd(
      @ForAll @DoubleRange(min = -2, max = 2) double weight, @ForAll int seed) throws IOException {
    Path first = lora(2, seed + 1L);
    Path second = lora(3, seed + 2L);
    try (Model model = new Model(DType.F32, DType.F32, seed)) {
      for (String name : List.of("linear.weight", "kernel.weight", "point.weight")) {
        model.loras.apply(List.of());
        float[] base = model.values(name);
        model.loras.apply(List.of(new Lora(first, 1)));
        float[] one = model.values(name);
        model.loras.apply(List.of(new Lora(second, 1)));
        float[] other = model.values(name);
        model.loras.apply(
            List.of(new Lora(first, weight), new Lora(second, 0.5), new Lora(first, 1)));
        float[] both = model.values(name);
        for (int i = 0; i < base.length; i++) {
          double wanted =
              base[i] + (weight + 1) * (one[i] - base[i]) + 0.5 * ((double) other[i] - base[i]);
          assertThat((double) both[i]).isBetween(wanted - 1e-4, wanted + 1e-4);
        }
      }
    }
  }

  /** In what a model is stored, and in what it computes. */
  enum DTypes {
    FULL(DType.F32, DType.F32),
    HALF(DType.BF16, DType.BF16),
    NARROWED(DType.F32, DType.BF16),
    WIDENED(DType.F16, DType.F32);

    private final DType stored;
    private final DType computed;

    DTypes(DType stored, DType computed) {
      this.stored = stored;
      this.computed = computed;
    }
  }
}
