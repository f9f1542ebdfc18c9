package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelConverterTest {
  @TempDir private Path folder;

  @Test
  void floatsChangeTheirTypeAndAllElseStays() throws IOException {
    Path source = Files.createDirectories(folder.resolve("source/vae"));
    Files.writeString(source.resolve("config.json"), "{}");
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors =
          Map.of(
              "weight", Tensors.of(new float[] {1.5f, -2f}, 2),
              "ids", Tensors.of(new long[] {7, 8}, 2));
      SafetensorsWriter.write(source.resolve("model.safetensors"), tensors);
      ModelConverter.convert(folder.resolve("source"), folder.resolve("copy"), DType.BF16);
      Path copy = folder.resolve("copy/vae");
      assertThat(copy.resolve("config.json")).hasContent("{}");
      try (SafetensorsFile written = SafetensorsFile.open(copy.resolve("model.safetensors"))) {
        assertThat(written.tensor("weight").dtype()).isEqualTo(DType.BF16);
        assertThat(written.tensor("weight").toFloatArray()).containsExactly(1.5f, -2f);
        assertThat(written.tensor("ids").toLongArray()).containsExactly(7, 8);
      }
      assertThat(scope).isNotNull();
    }
  }

  private Path shards() throws IOException {
    Path source = Files.createDirectories(folder.resolve("source/transformer"));
    try (TensorScope scope = TensorScope.open()) {
      SafetensorsWriter.write(
          source.resolve("model-00001-of-00002.safetensors"),
          Map.of("a", Tensors.of(new float[] {1, 2, 3}, 3)));
      SafetensorsWriter.write(
          source.resolve("model-00002-of-00002.safetensors"),
          Map.of("b", Tensors.of(new long[] {7}, 1)));
      assertThat(scope).isNotNull();
    }
    Files.writeString(
        source.resolve("model.safetensors.index.json"),
        """
        {"metadata": {"total_size": 20, "note": "mine"},
         "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
        """);
    return source;
  }

  @Test
  void theIndexOfPartsSaysTheirNewSize() throws IOException {
    shards();
    ModelConverter.convert(folder.resolve("source"), folder.resolve("copy"), DType.BF16);
    Path copy = folder.resolve("copy/transformer");
    JsonNode metadata =
        new ObjectMapper()
            .readTree(copy.resolve("model.safetensors.index.json").toFile())
            .get("metadata");
    assertThat(metadata.get("total_size").asLong()).isEqualTo(3 * 2 + 8);
    assertThat(metadata.get("note").asText()).isEqualTo("mine");
    try (Checkpoint copied = Checkpoint.open(copy)) {
      assertThat(copied.names()).containsExactlyInAnyOrder("a", "b");
    }
  }

  @Test
  void aFailureLeavesNothingAndCanBeRepeated() throws IOException {
    Path source = shards();
    Path part = source.resolve("model-00002-of-00002.safetensors");
    byte[] good = Files.readAllBytes(part);
    Files.write(part, new byte[] {1, 2, 3});
    Path target = folder.resolve("new/copy");
    assertThatThrownBy(() -> ModelConverter.convert(folder.resolve("source"), target, DType.F16))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("00002");
    assertThat(folder.resolve("new")).isEmptyDirectory();

    Files.write(part, good);
    Files.createDirectories(target);
    ModelConverter.convert(folder.resolve("source"), target, DType.F16);
    assertThat(target.resolve("transformer/model.safetensors.index.json")).exists();
    assertThat(folder.resolve("new")).isDirectoryNotContaining("glob:**/.*");
  }

  @Test
  void whatIsNoModelIsRefusedBeforeAnythingIsWritten() throws IOException {
    Path target = folder.resolve("copy");
    assertThatThrownBy(() -> ModelConverter.convert(folder.resolve("none"), target, DType.F16))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("none");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> ModelConverter.convert(empty, target, DType.F16))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("found none");
    Path source = shards();
    assertThatThrownBy(() -> ModelConverter.convert(source, target, DType.F64))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("wanted fp64");
    Files.delete(source.resolve("model-00001-of-00002.safetensors"));
    assertThatThrownBy(() -> ModelConverter.convert(source, target, DType.F16))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("model-00001-of-00002");
    assertThat(target).doesNotExist();
  }

  @Test
  void aFolderWithFilesIsNotWrittenInto() throws IOException {
    shards();
    Files.createDirectories(folder.resolve("copy"));
    Files.writeString(folder.resolve("copy/notes.txt"), "mine");
    assertThatThrownBy(
            () ->
                ModelConverter.convert(
                    folder.resolve("source"), folder.resolve("copy"), DType.BF16))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("not empty");
  }
}
