package io.lssgen.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files put together by hand, right or wrong, for tests of the reader. */
final class RawFile {
  private RawFile() {}

  /** Length field, header as given, then {@code dataBytes} bytes counting up from 0. */
  static byte[] bytes(String header, int dataBytes) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return bytes(json.length, json, dataBytes);
  }

  /** The same with a length field that need not be true. */
  static byte[] bytes(long headerLength, byte[] json, int dataBytes) {
    ByteBuffer buffer =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(headerLength).put(json);
    for (int i = 0; i < dataBytes; i++) {
      buffer.put((byte) i);
    }
    return buffer.array();
  }

  static Path write(Path folder, byte[] content) {
    try {
      return Files.write(folder.resolve("raw.safetensors"), content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
