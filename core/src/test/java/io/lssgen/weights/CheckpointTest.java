package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;

  /** Writes one-element tensors, each named and valued as given. */
  private void write(String file, Object... namesAndValues) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (int i = 0; i < namesAndValues.length; i += 2) {
        tensors.put((String) namesAndValues[i], Tensors.scalar(((Integer) namesAndValues[i + 1])));
      }
      SafetensorsWriter.write(folder.resolve(file), tensors);
    }
  }

  private void index(String json) throws IOException {
    Files.writeString(folder.resolve("model.safetensors.index.json"), json);
  }

  private double value(String name, String... variant) {
    try (TensorScope scope = TensorScope.open();
        Checkpoint checkpoint = Checkpoint.open(folder, variant.length == 0 ? null : variant[0])) {
      return checkpoint.tensor(name).item();
    }
  }

  private void refused(String... because) {
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(because)
        .hasMessageNotContaining("\n");
  }

  @Test
  void twoHalvesAreOneCheckpoint() throws IOException {
    Path halves = Files.createDirectories(folder.resolve("halves"));
    try (TensorScope scope = TensorScope.open()) {
      SafetensorsWriter.write(
          halves.resolve("x_encoder.safetensors"), Map.of("0.weight", Tensors.scalar(1)));
      assertThat(Checkpoint.hasHalves(halves)).isFalse();
      SafetensorsWriter.write(
          halves.resolve("x_decoder.safetensors"), Map.of("0.weight", Tensors.scalar(2)));
      try (Checkpoint both = Checkpoint.open(halves)) {
        assertThat(both.names()).containsExactlyInAnyOrder("encoder.0.weight", "decoder.0.weight");
        assertThat(both.tensor("decoder.0.weight").item()).isEqualTo(2);
        assertThat(both.entry("encoder.0.weight").name()).isEqualTo("encoder.0.weight");
        assertThat(both.files()).hasSize(2);
      }
      Files.writeString(halves.resolve("config.json"), "{}");
      assertThat(Checkpoint.hasHalves(halves)).isFalse();
      Files.delete(halves.resolve("config.json"));
      Files.move(halves.resolve("x_decoder.safetensors"), halves.resolve("y_decoder.safetensors"));
      assertThat(Checkpoint.hasHalves(halves)).isFalse();
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void readsOneFileByFolderOrByName() {
    write("model.safetensors", "a", 1, "b", 2);
    assertThat(value("b")).isEqualTo(2);
    try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("model.safetensors"))) {
      assertThat(checkpoint.names()).containsExactlyInAnyOrder("a", "b");
      assertThat(checkpoint.has("a")).isTrue();
      assertThat(checkpoint.entry("a").dtype()).isEqualTo(SafetensorsType.F32);
      assertThatThrownBy(() -> checkpoint.tensor("c"))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll("'c'", "found 2 ('a', 'b')");
    }
  }

  @Test
  void tensorsOutliveTheCheckpoint() {
    write("model.safetensors", "a", 1);
    try (TensorScope scope = TensorScope.open()) {
      Tensor tensor;
      try (Checkpoint checkpoint = Checkpoint.open(folder)) {
        tensor = checkpoint.tensor("a");
      }
      assertThat(tensor.item()).isEqualTo(1);
    }
  }

  @Test
  void readsPartsThroughTheirIndex() throws IOException {
    write(FIRST, "a", 1);
    write(SECOND, "b", 2, "unlisted", 3);
    index(
        "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}"
            .formatted(FIRST, SECOND));
    assertThat(value("a")).isEqualTo(1);
    assertThat(value("b")).isEqualTo(2);
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.names()).containsExactlyInAnyOrder("a", "b", "unlisted");
      assertThat(checkpoint.files()).hasSize(2);
    }
  }

  @Test
  void namesMissingPartsAndTensors() throws IOException {
    index("{\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}".formatted(FIRST, SECOND));
    write(FIRST, "a", 1);
    refused("wanted 2 files", SECOND);
    write(SECOND, "c", 1);
    refused("index", "1 ('b')");
    Files.delete(folder.resolve("model.safetensors.index.json"));
    refused("no index", FIRST);
  }

  private static final KeyMap FORMS =
      KeyMap.builder()
          .split("fused.*", new int[] {1, 2, 1}, "a.*", "b.*", "c.*")
          .swapHalves("swapped", "halves")
          .transpose("turned", "matrix")
          .matrix("kernel", "square")
          .drop("unused")
          .build();

  private void writeForms(Map<String, Tensor> more) {
    Map<String, Tensor> tensors = new LinkedHashMap<>(more);
    tensors.put("in.fused.w", Tensors.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 4, 2));
    tensors.put("in.swapped", Tensors.of(new float[] {1, 2, 3, 4}, 4));
    tensors.put("in.turned", Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    tensors.put("in.kernel", Tensors.of(new float[] {1, 2}, 1, 2, 1, 1));
    tensors.put("in.unused", Tensors.scalar(1));
    tensors.put("out.kept", Tensors.scalar(2));
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
  }

  private static void assertTensor(Checkpoint weights, String name, long[] shape, float... values) {
    assertThat(weights.entry(name).shape()).as(name).isEqualTo(shape);
    assertThat(weights.entry(name).name()).isEqualTo(name);
    assertThat(weights.tensor(name).shape()).as(name).isEqualTo(shape);
    assertThat(weights.tensor(name).toFloatArray()).as(name).containsExactly(values);
  }

  @Test
  void tensorsAreTakenApartAndReordered() {
    try (TensorScope scope = TensorScope.open()) {
      writeForms(Map.of());
      try (Checkpoint weights = Checkpoint.open(folder).within("in.").renamed(FORMS)) {
        assertThat(weights.names())
            .containsExactlyInAnyOrder("a.w", "b.w", "c.w", "halves", "matrix", "square");
        assertTensor(weights, "a.w", new long[] {1, 2}, 1, 2);
        assertTensor(weights, "b.w", new long[] {2, 2}, 3, 4, 5, 6);
        assertTensor(weights, "c.w", new long[] {1, 2}, 7, 8);
        assertTensor(weights, "halves", new long[] {4}, 3, 4, 1, 2);
        assertTensor(weights, "matrix", new long[] {3, 2}, 1, 4, 2, 5, 3, 6);
        assertTensor(weights, "square", new long[] {1, 2}, 1, 2);
        KeyMap again = KeyMap.builder().split("b.w", "first", "second").build();
        assertTensor(weights.renamed(again), "second", new long[] {1, 2}, 5, 6);
      }
      assertThat(scope).isNotNull();
    }
  }

  /** One byte in front of all moves them to where floats cannot be viewed. */
  @Test
  void partsOfWhatLiesUnalignedAreCopiesOfTheirOwn() throws IOException {
    byte[] header =
        ("{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                + "\"fused.w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[1,17]}}")
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + header.length + 17).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(header.length).put(header).put((byte) 0);
    file.putFloat(1).putFloat(2).putFloat(3).putFloat(4);
    Files.write(folder.resolve("model.safetensors"), file.array());
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights = Checkpoint.open(folder).renamed(FORMS)) {
      assertTensor(weights, "b.w", new long[] {2}, 2, 3);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void whatHasNoShapeForItsFormIsNamed() {
    try (TensorScope scope = TensorScope.open()) {
      writeForms(Map.of());
      Checkpoint weights = Checkpoint.open(folder);
      Map<String, KeyMap> misfits =
          Map.of(
              "rows in a multiple of 3",
                  KeyMap.builder().split("in.fused.w", "a", "b", "c").build(),
              "a matrix", KeyMap.builder().transpose("in.kernel", "a").build(),
              "an even number", KeyMap.builder().swapHalves("in.unused", "a").build());
      misfits.forEach(
          (reason, names) ->
              assertThatThrownBy(() -> weights.renamed(names))
                  .isInstanceOf(ModelException.class)
                  .hasMessageContainingAll("model.safetensors", "'in.", reason)
                  .hasMessageNotContaining("\n"));
      weights.close();
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void refusesWhatIsNoSafetensorsByItsFirstBytes() throws IOException {
    Map<String, String> signs =
        Map.of(
            "PK\3\4 and so on",
            "zip archive",
            "\u0080\2} and so on",
            "a pickle",
            "version https://git-lfs.github.com/spec/v1",
            "Git LFS pointer",
            "GGUF and so on",
            "GGUF",
            "<!DOCTYPE html>",
            "web page",
            "\0".repeat(99),
            "half downloaded");
    for (Map.Entry<String, String> sign : signs.entrySet()) {
      byte[] bytes = sign.getKey().getBytes(StandardCharsets.ISO_8859_1);
      Files.write(folder.resolve("model.safetensors"), bytes);
      refused("model.safetensors", sign.getValue());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"weight_map\":{}}",
        "{\"weight_map\":[]}",
        "{\"weight_map\":{\"a\":1}}",
        "{\"weight_map\":{\"a\":\"../x.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"/etc/x.safetensors\"}}",
        "{\"weight_map\":{\"a\":\"x.bin\"}}",
        "{\"weight_map\":{\"a\":\"x.safetensors\",\"a\":\"y.safetensors\"}}"
      })
  void refusesWrongIndices(String json) throws IOException {
    index(json);
    refused("model.safetensors.index.json");
  }

  @Test
  void choosesVariants() {
    write("diffusion_pytorch_model.fp16.safetensors", "a", 16);
    assertThat(value("a")).isEqualTo(16);
    write("diffusion_pytorch_model.bf16.safetensors", "a", 17);
    refused("fp16.safetensors", "bf16.safetensors", "name a variant");
    write("diffusion_pytorch_model.safetensors", "a", 32);
    assertThat(value("a")).isEqualTo(32);
    assertThat(value("a", "bf16")).isEqualTo(17);
    assertThatThrownBy(() -> Checkpoint.open(folder, "int8"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("'int8'", "fp16.safetensors");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.fp16.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json"
      })
  void findsIndicesOfVariants(String name) throws IOException {
    write(FIRST, "a", 1);
    Files.writeString(folder.resolve(name), "{\"weight_map\":{\"a\":\"%s\"}}".formatted(FIRST));
    assertThat(value("a")).isEqualTo(1);
    assertThat(value("a", "fp16")).isEqualTo(1);
  }

  @Test
  void prefersTheUsualNames() {
    write("ae.safetensors", "a", 1);
    write("flux1-dev.safetensors", "a", 2);
    refused("ae.safetensors", "flux1-dev.safetensors");
    write("model.safetensors", "a", 3);
    assertThat(value("a")).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "model.ckpt", "model.pt", "model.pth"})
  void refusesPicklesWithTheReason(String name) throws IOException {
    Path pickle = Files.writeString(folder.resolve(name), "x");
    refused(name, "pickle", "run any code");
    assertThatThrownBy(() -> Checkpoint.open(pickle))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("pickle");
  }

  @Test
  void refusesEmptyAndMissingFolders() {
    refused("no weights in", "*.safetensors");
    assertThatThrownBy(() -> Checkpoint.open(folder.resolve("absent")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("no such file or folder");
  }
}
