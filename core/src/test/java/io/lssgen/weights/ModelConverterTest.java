package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

  @Test
  void aFolderWithFilesIsNotWrittenInto() throws IOException {
    Files.createDirectories(folder.resolve("source"));
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
