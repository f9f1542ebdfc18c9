package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
  @TempDir Path folder;

  /** CRC-32C bit by bit (RFC 3720, appendix B.4): reflected polynomial 0x82f63b78. */
  private static int crc(byte[] data) {
    int crc = -1;
    for (byte b : data) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x82f63b78);
      }
    }
    return ~crc;
  }

  private static int masked(byte[] data) {
    int crc = crc(data);
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  /** The payloads of all frames, each checksum verified. */
  private List<byte[]> frames() throws IOException {
    Path file;
    try (var files = Files.list(folder)) {
      file = files.findFirst().orElseThrow();
    }
    assertThat(file.getFileName().toString()).contains(".tfevents.");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> frames = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] length = new byte[8];
      bytes.get(length);
      assertThat(bytes.getInt()).isEqualTo(masked(length));
      byte[] data =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      bytes.get(data);
      assertThat(bytes.getInt()).isEqualTo(masked(data));
      frames.add(data);
    }
    return frames;
  }

  @Test
  void theChecksumsCheckKnowsItsStandard() {
    assertThat(crc("123456789".getBytes(StandardCharsets.US_ASCII))).isEqualTo(0xe3069283);
  }

  @Test
  void writesFramesAsTensorBoardReadsThem() throws IOException {
    try (TensorBoardWriter writer = new TensorBoardWriter(folder)) {
      writer.scalars(300, Map.of("loss", 0.5));
    }

    List<byte[]> frames = frames();
    assertThat(frames).hasSize(2);
    // Field 1, a double, is the time; then file_version, field 3, 13 bytes.
    assertThat(frames.get(0)[0]).isEqualTo((byte) 0x09);
    assertThat(HexFormat.of().formatHex(frames.get(0), 9, 11)).isEqualTo("1a0d");
    assertThat(new String(frames.get(0), 11, 13, StandardCharsets.US_ASCII))
        .isEqualTo("brain.Event:2");
    // After the time: step 300, summary { value { tag: "loss" simple_value: 0.5 } }.
    String event = HexFormat.of().formatHex(frames.get(1), 9, frames.get(1).length);
    assertThat(event).isEqualTo("10ac022a0d0a0b0a046c6f7373150000003f");
  }
}
