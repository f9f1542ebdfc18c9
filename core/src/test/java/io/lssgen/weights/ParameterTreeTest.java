package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParameterTreeTest {
  @TempDir Path folder;

  private Checkpoint weights(Map<String, Tensor> tensors) {
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    return Checkpoint.open(folder);
  }

  private static Consumer<Parameters> asking(String name, long... shape) {
    return parameters -> parameters.child("block").child(0).tensor(name, Init.ZEROS, shape);
  }

  private static ParameterTree load(Checkpoint weights, Consumer<Parameters> model) {
    return ParameterTree.load(weights, KeyMap.identity(), DType.F32, model);
  }

  @Test
  void loadsInTheWantedTypeUnderOurNames() {
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights =
            weights(
                Map.of(
                    "b.0.w", Tensors.of(new float[] {1, 2.5f}, 2),
                    "b.0.ids", Tensors.of(new long[] {1L << 40}, 1),
                    "unused.1", Tensors.scalar(3)))) {
      KeyMap names = KeyMap.builder().rename("b.*", "block.*").drop("unused.*").build();
      Consumer<Parameters> model = asking("w", 2).andThen(asking("ids", 1));
      try (ParameterTree tree = ParameterTree.load(weights, names, DType.BF16, model)) {
        weights.close();
        Parameters block = Parameters.of(tree).child("block").child(0);
        Tensor weight = block.tensor("w", Init.ZEROS, 2);
        assertThat(weight.dtype()).isEqualTo(DType.BF16);
        assertThat(weight.toFloatArray()).containsExactly(1, 2.5f);
        assertThat(block.tensor("ids", Init.ZEROS, 1).toLongArray()).containsExactly(1L << 40);
        assertThat(block.has("w")).isTrue();
        assertThat(block.has("v")).isFalse();
        assertThat(tree.tensors().keySet()).containsExactlyInAnyOrder("block.0.w", "block.0.ids");
      }
    }
  }

  @Test
  void outlivesTheScopeItWasLoadedIn() {
    ParameterTree tree;
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights = weights(Map.of("block.0.w", Tensors.scalar(7)))) {
      tree = load(weights, asking("w"));
    }
    try (tree) {
      assertThat(tree.parameter("block.0.w", Init.ZEROS).item()).isEqualTo(7);
    }
    Tensor weight = tree.tensors().values().iterator().next();
    assertThat(weight.isClosed()).isTrue();
  }

  @Test
  void reportsAllThatDoesNotAgreeAtOnce() {
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights =
            weights(
                Map.of(
                    "block.0.w", Tensors.of(new float[] {1, 2}, 2),
                    "left.a", Tensors.scalar(1),
                    "left.b", Tensors.scalar(1),
                    "left.c", Tensors.scalar(1),
                    "left.d", Tensors.scalar(1)))) {
      assertThatThrownBy(() -> load(weights, asking("w", 3).andThen(asking("bias", 3))))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll(
              "model.safetensors",
              "missing 1 ('block.0.bias')",
              "not known to the model 4 ('left.a', 'left.b', 'left.c', …)",
              "block.0.w wants [3], found [2]")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void sizesThatOverflowAreToldWithTheFile() {
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights = weights(Map.of("block.0.w", Tensors.scalar(1)))) {
      for (long[] shape : new long[][] {{1L << 40, 1L << 40}, {-4, 2}}) {
        assertThatThrownBy(() -> load(weights, asking("w", shape)))
            .isInstanceOf(ModelException.class)
            .hasMessageContainingAll("model.safetensors", "no model can have the sizes")
            .hasMessageNotContaining("\n");
      }
    }
  }

  @Test
  void refusesTwoWeightsOfOneName() {
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights = weights(Map.of("x.w", Tensors.scalar(1), "y.w", Tensors.scalar(1)))) {
      KeyMap both = KeyMap.builder().rename("x.*", "*").rename("y.*", "*").build();
      assertThatThrownBy(() -> ParameterTree.load(weights, both, DType.F32, p -> {}))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll("'x.w'", "'y.w'", "both mean 'w'");
    }
  }

  @Test
  void aModelCanAskWhetherAnOptionalParameterIsThere() {
    Consumer<Parameters> model =
        parameters -> {
          parameters.tensor("w", Init.ZEROS);
          if (parameters.has("bias")) {
            parameters.tensor("bias", Init.ZEROS);
          }
        };
    try (TensorScope scope = TensorScope.open();
        Checkpoint with = weights(Map.of("w", Tensors.scalar(1), "bias", Tensors.scalar(1)));
        ParameterTree tree = load(with, model)) {
      assertThat(tree.tensors()).hasSize(2);
    }
    try (TensorScope scope = TensorScope.open();
        Checkpoint without = weights(Map.of("w", Tensors.scalar(1)));
        ParameterTree tree = load(without, model)) {
      assertThat(tree.tensors()).hasSize(1);
    }
  }

  @Test
  void shapesAreFoundWithoutMemory() {
    Map<String, long[]> shapes = ParameterShapes.of(asking("w", 1L << 30, 1L << 20));
    assertThat(shapes).containsOnlyKeys("block.0.w");
    assertThatThrownBy(() -> ParameterShapes.of(asking("w", 1).andThen(asking("w", 2))))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("[1]", "[2]");
  }

  @Test
  void evictedValuesComeBackAsTheyWereLoaded() {
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights = weights(Map.of("block.0.w", Tensors.of(new float[] {1, 2}, 2)));
        ParameterTree tree = load(weights, asking("w", 2))) {
      assertThat(scope).isNotNull();
      Tensor held = Parameters.of(tree).child("block").child(0).tensor("w", Init.ZEROS, 2);
      held.mul(3); // models keep the handle, not the values
      tree.evict();
      tree.evict();

      assertThat(held.shape()).containsExactly(0);
      assertThat(tree.restore()).isTrue();
      assertThat(tree.restore()).isFalse();
      assertThat(held.toFloatArray()).containsExactly(1, 2);
    }
  }

  @Test
  void evictedValuesOfAChangedFileStayAway() throws IOException {
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights = weights(Map.of("block.0.w", Tensors.of(new float[] {1, 2}, 2)));
        ParameterTree tree = load(weights, asking("w", 2))) {
      assertThat(scope).isNotNull();
      weights.close();
      tree.evict();
      Files.delete(folder.resolve("model.safetensors"));

      assertThatThrownBy(tree::restore).isInstanceOf(ModelException.class);
      assertThatThrownBy(tree::restore).isInstanceOf(ModelException.class);
    }
  }
}
