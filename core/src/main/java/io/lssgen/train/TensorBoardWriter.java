package io.lssgen.train;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * TensorBoard event files: TFRecord frames around {@code Event} protobuf messages, of which only
 * wall_time (1), step (2), file_version (3) and summary (5) with simple values are needed.
 */
final class TensorBoardWriter implements Closeable {
  private final OutputStream out;

  TensorBoardWriter(Path folder) throws IOException {
    double now = System.currentTimeMillis() / 1000.0;
    Path file = folder.resolve("events.out.tfevents." + System.currentTimeMillis());
    out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    fixed64(event, 1, Double.doubleToLongBits(now));
    bytes(event, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
    frame(event.toByteArray());
  }

  void scalars(long step, Map<String, Double> values) throws IOException {
    ByteArrayOutputStream summary = new ByteArrayOutputStream();
    values.forEach(
        (tag, value) -> {
          ByteArrayOutputStream entry = new ByteArrayOutputStream();
          bytes(entry, 1, tag.getBytes(StandardCharsets.UTF_8));
          varint(entry, 2 << 3 | 5);
          little(entry, 4, Float.floatToIntBits(value.floatValue()));
          bytes(summary, 1, entry.toByteArray());
        });
    ByteArrayOutputStream event = new ByteArrayOutputStream();
    fixed64(event, 1, Double.doubleToLongBits(System.currentTimeMillis() / 1000.0));
    varint(event, 2 << 3);
    varint(event, step);
    bytes(event, 5, summary.toByteArray());
    frame(event.toByteArray());
    out.flush();
  }

  private void frame(byte[] data) throws IOException {
    byte[] length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
    out.write(length);
    out.write(maskedCrc(length));
    out.write(data);
    out.write(maskedCrc(data));
  }

  private static byte[] maskedCrc(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data);
    int value = (int) crc.getValue();
    int masked = Integer.rotateRight(value, 15) + 0xa282ead8;
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(masked).array();
  }

  private static void bytes(ByteArrayOutputStream out, int field, byte[] value) {
    varint(out, (long) field << 3 | 2);
    varint(out, value.length);
    out.writeBytes(value);
  }

  private static void fixed64(ByteArrayOutputStream out, int field, long value) {
    varint(out, (long) field << 3 | 1);
    little(out, 8, value);
  }

  private static void little(ByteArrayOutputStream out, int count, long value) {
    for (int i = 0; i < count; i++) {
      out.write((int) (value >>> (8 * i)));
    }
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
