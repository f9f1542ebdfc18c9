package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;
  private TensorScope scope;
  private Path file;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
    file = folder.resolve("out.safetensors");
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private Tensor read(String name) {
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      return opened.tensor(name);
    }
  }

  @Test
  void stridedTensorsAreWrittenInRowMajorOrder() {
    Tensor matrix = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    SafetensorsWriter.write(file, Map.of("t", matrix.transpose(0, 1)), Map.of("step", "7"));
    assertThat(read("t").shape()).containsExactly(3, 2);
    assertThat(read("t").toFloatArray()).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(SafetensorsFile.open(file).metadata())
        .isEqualTo(Map.of("format", "pt", "step", "7"));
  }

  @Test
  void trainedTensorsAreWrittenWithoutTheirHistory() {
    Tensor weight = Tensors.of(new float[] {1, 2}, 2).requireGrad(true);
    SafetensorsWriter.write(file, Map.of("w", weight));
    assertThat(read("w").toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void tensorsOfManyPiecesAreWhole() {
    long elements = (40L << 20) / 8 + 3;
    SafetensorsWriter.write(file, Map.of("n", Tensors.arange(elements, DType.I64)));
    Tensor difference = read("n").sub(Tensors.arange(elements, DType.I64));
    assertThat(difference.abs().sum().item()).isZero();
  }

  @Test
  void theFileCanBeReplacedByWhatWasReadFromIt() {
    SafetensorsWriter.write(file, Map.of("x", Tensors.of(new float[] {1, 2}, 2)));
    Tensor mapped = read("x");
    SafetensorsWriter.write(file, Map.of("y", mapped));
    assertThat(read("y").toFloatArray()).containsExactly(1, 2);
    assertThat(mapped.toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void aFullDiskLeavesTheOldFile() throws IOException {
    SafetensorsWriter.write(file, Map.of("x", Tensors.of(new float[] {1, 2}, 2)));
    byte[] old = Files.readAllBytes(file);
    Map<String, Tensor> big = Map.of("x", Tensors.zeros(DType.F32, 1000));
    for (int room : new int[] {0, 8, 100, 4000}) {
      assertThatThrownBy(
              () ->
                  AtomicFile.write(
                      file,
                      IfExists.REPLACE,
                      channel ->
                          SafetensorsWriter.writeTo(new FullDisk(channel, room), big, Map.of())))
          .isInstanceOf(LssGenException.class)
          .hasMessageContainingAll("out.safetensors", "No space left on device", "unchanged");
      assertThat(file).hasBinaryContent(old);
      assertThat(folder).isDirectoryNotContaining(other -> !other.equals(file.toFile().toPath()));
    }
  }

  @Test
  void refusesWhatTheFormatCannotHold() {
    Map<String, Tensor> tensors = Map.of("__metadata__", Tensors.scalar(1));
    assertThatThrownBy(() -> SafetensorsWriter.write(file, tensors))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(file).doesNotExist();
    file = folder.resolve("absent/out.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("does not exist");
  }

  /** A channel that takes so many bytes and then fails as the system does. */
  private record FullDisk(WritableByteChannel disk, int[] room) implements WritableByteChannel {
    FullDisk(WritableByteChannel disk, int room) {
      this(disk, new int[] {room});
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      if (room[0] == 0) {
        throw new IOException("No space left on device");
      }
      int count = Math.min(room[0], source.remaining());
      disk.write(source.slice(source.position(), count));
      source.position(source.position() + count);
      room[0] -= count;
      return count;
    }

    @Override
    public boolean isOpen() {
      return disk.isOpen();
    }

    @Override
    public void close() throws IOException {
      disk.close();
    }
  }
}
