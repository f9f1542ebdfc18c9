package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.weights.SafetensorsFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatentsFileTest {
  private static final Latents SMALL = new Latents(new long[] {1, 1, 1, 2}, new float[] {1, -2});

  @TempDir Path folder;

  @Test
  void latentsComeBackAsTheyWere() throws IOException {
    Path file = folder.resolve("latents.safetensors");
    LatentsFile.write(file, List.of(SMALL), IfExists.REFUSE);

    try (SafetensorsFile written = SafetensorsFile.open(file)) {
      assertThat(written.entries().keySet()).containsExactlyInAnyOrder("stage0", "final");
    }
    assertThatThrownBy(() -> LatentsFile.write(file, List.of(SMALL), IfExists.REFUSE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("already exists");
    LatentsFile.write(file, List.of(SMALL), IfExists.REPLACE);
  }

  @Test
  void moreValuesThanAnArrayHoldsAreRefused() throws IOException {
    long values = 65536L * 32768;
    byte[] header =
        "{\"latents\":{\"dtype\":\"F16\",\"shape\":[1,1,65536,32768],\"data_offsets\":[0,%d]}}"
            .formatted(2 * values)
            .getBytes(StandardCharsets.UTF_8);
    Path path = folder.resolve("huge.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
      file.write(header);
      file.setLength(8 + header.length + 2 * values); // a hole, no bytes on the disk
    }

    assertThatThrownBy(() -> LatentsFile.readInitial(path))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("2147483647")
        .hasMessageContaining("65536");
  }
}
