package io.lssgen.weights;

import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of the reference implementation, from {@code tools/golden/safetensors_files.py}; exact. */
class SafetensorsParityTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/safetensors");

  @Test
  void everyValueIsRead() throws IOException {
    JsonNode wanted = new ObjectMapper().readTree(GOLDEN.resolve("types.json").toFile());
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile file = SafetensorsFile.open(GOLDEN.resolve("types.safetensors"))) {
      assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(file.entries()).hasSize(wanted.size());
      for (Map.Entry<String, JsonNode> entry : wanted.properties()) {
        Tensor found = file.tensor(entry.getKey());
        assertThat(Arrays.toString(found.shape()))
            .isEqualTo(entry.getValue().path("shape").toString().replace(",", ", "));
        assertValues(entry.getKey(), found, entry.getValue().path("values"));
      }
    }
  }

  private static void assertValues(String name, Tensor found, JsonNode wanted) {
    assertThat(found.numel()).isEqualTo(wanted.size());
    Tensor flat = found.reshape(-1);
    if (found.dtype() == DType.I64) {
      assertThat(found.toLongArray()).contains(wanted.path(0).asLong(), wanted.path(1).asLong());
      return;
    }
    for (int i = 0; i < wanted.size(); i++) {
      // asDouble gives 1 for true, as libtorch does
      assertThat(flat.select(0, i).item())
          .as(name + " at " + i)
          .isEqualTo(wanted.path(i).asDouble());
    }
  }

  @Test
  void theSameTensorsGiveTheSameBytes(@TempDir Path folder) throws IOException {
    Path golden = GOLDEN.resolve("types.safetensors");
    Path written = folder.resolve("types.safetensors");
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile file = SafetensorsFile.open(golden)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      file.entries().keySet().forEach(name -> tensors.put(name, file.tensor(name)));
      SafetensorsWriter.write(written, tensors);
    }
    assertThat(written).hasSameBinaryContentAs(golden);
    assertThat(Files.size(written)).isEqualTo(Files.size(golden));
  }

  @ParameterizedTest
  @ValueSource(strings = {"e4m3", "e5m2"})
  void floatsOf8Bits(String name) {
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile file = SafetensorsFile.open(GOLDEN.resolve("float8.safetensors"));
        SafetensorsFile values =
            SafetensorsFile.open(GOLDEN.resolve("float8-values.safetensors"))) {
      // compares infinities and numbers that are none, too
      assertThat(file.tensor(name).toFloatArray())
          .containsExactly(values.tensor(name).toFloatArray());
    }
  }

  @Test
  void scaledFloatsOf8Bits() {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        SafetensorsFile wanted =
            SafetensorsFile.open(GOLDEN.resolve("float8-scaled-values.safetensors"));
        Checkpoint weights = Checkpoint.open(GOLDEN.resolve("float8-scaled.safetensors"));
        ParameterTree tree =
            ParameterTree.load(
                weights,
                KeyMap.identity(),
                DType.F32,
                root -> new Linear(root.child("m").child("a"), 32, 16))) {
      assertThat(weights.names()).containsExactlyInAnyOrder("m.a.weight", "m.a.bias");
      assertThat(maxError(weights.tensor("m.a.weight"), wanted.tensor("m.a.weight"))).isZero();
      assertThat(tree.tensors().get("m.a.weight").dtype()).isEqualTo(DType.U8);
      Linear layer = new Linear(Parameters.of(tree).child("m").child("a"), 32, 16);
      assertThat(maxError(layer.forward(wanted.tensor("x")), wanted.tensor("product")))
          .isLessThan(1e-5);
    }
  }

  @Test
  void otherTypesAreListedButNotRead() {
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile file = SafetensorsFile.open(GOLDEN.resolve("float8.safetensors"))) {
      assertThat(file.entry("f8").dtype()).isEqualTo(SafetensorsType.F8_E4M3FNUZ);
      assertThat(file.tensor("f32").item()).isEqualTo(1);
      assertThatThrownBy(() -> file.tensor("f8"))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll("'f8'", "F8_E4M3FNUZ", "BF16", "float8.safetensors");
    }
  }
}
