package io.lssgen.weights;

import io.lssgen.errors.ModelException;
import io.lssgen.files.FileMagic;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A safetensors file: an unsigned little-endian 64-bit length, that many bytes of JSON (name →
 * dtype, shape, offsets into the data), then the data; see <a
 * href="https://github.com/huggingface/safetensors#format">the specification</a>. As strict as the
 * reference implementation: holes, overlaps, bytes after the last tensor and repeated names are
 * refused.
 */
public final class SafetensorsFile extends WeightsFile {
  private SafetensorsFile(Opened opened) {
    super(opened);
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws ModelException when it is missing, cannot be read, or is not a valid safetensors file
   */
  public static SafetensorsFile open(Path path) {
    return new SafetensorsFile(read(path, SafetensorsFile::header));
  }

  private static WeightsHeader header(Path path, FileChannel channel, long fileBytes)
      throws IOException, InvalidHeader {
    refuseForeign(path, channel);
    byte[] json = new byte[headerBytes(channel, fileBytes)];
    readFully(channel, ByteBuffer.wrap(json));
    return SafetensorsHeader.parse(json, fileBytes);
  }

  /**
   * Refuses what is no safetensors file at all. A header's length may look like the first bytes of
   * something else, so that only a file without a header's first character is looked at.
   */
  private static void refuseForeign(Path path, FileChannel channel) throws IOException {
    byte[] bytes = start(channel, FileMagic.BYTES);
    int header = SafetensorsHeader.LENGTH_BYTES;
    if (bytes.length <= header || bytes[header] != '{') {
      FileMagic.of(bytes)
          .ifPresent(
              found -> {
                throw invalid(path, "wanted safetensors, found " + found);
              });
    }
  }

  /** Reads the header's length and refuses it before that many bytes are allocated. */
  private static int headerBytes(FileChannel channel, long fileBytes)
      throws IOException, InvalidHeader {
    if (fileBytes < SafetensorsHeader.LENGTH_BYTES) {
      throw new InvalidHeader("wanted at least 8 bytes, found " + fileBytes + ": cut short");
    }
    ByteBuffer length =
        ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, length);
    long headerBytes = length.getLong(0);
    if (headerBytes < 0 || headerBytes > SafetensorsHeader.MAXIMUM_BYTES) {
      throw new InvalidHeader(
          "wanted a header of at most %d bytes, found a length of %s: this is no safetensors file"
              .formatted(SafetensorsHeader.MAXIMUM_BYTES, Long.toUnsignedString(headerBytes)));
    }
    if (headerBytes > fileBytes - SafetensorsHeader.LENGTH_BYTES) {
      throw new InvalidHeader(
          "its header wants %d bytes, only %d follow: cut short"
              .formatted(headerBytes, fileBytes - SafetensorsHeader.LENGTH_BYTES));
    }
    return (int) headerBytes;
  }

  private static void readFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("it ended while its header was read");
      }
    }
  }

  @Override
  String readableTypes() {
    return Arrays.stream(SafetensorsType.values())
        .filter(type -> type.tensorType().isPresent() || type.isQuantised())
        .map(Enum::name)
        .collect(Collectors.joining(", "));
  }
}
