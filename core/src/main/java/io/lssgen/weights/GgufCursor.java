package io.lssgen.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Reads a GGUF header from its file, little endian, in pieces: nothing is allocated for what the
 * file does not have, whatever it says.
 */
final class GgufCursor {
  private static final int BUFFER_BYTES = 1 << 16;

  private final FileChannel channel;
  private final long end;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
  private long bufferStart;

  /**
   * @param end where the header must have ended, counted from the file's first byte
   */
  GgufCursor(FileChannel channel, long position, long end) {
    this.channel = channel;
    this.bufferStart = position;
    this.end = end;
  }

  /** The next byte's place in the file. */
  long position() {
    return bufferStart + buffer.position();
  }

  int unsignedByte() throws IOException, InvalidHeader {
    return next(1).get() & 0xff;
  }

  long unsignedInt() throws IOException, InvalidHeader {
    return next(4).getInt() & 0xffffffffL;
  }

  /** A number of 64 bits; those beyond 2⁶³ − 1 are refused. */
  long count(String what) throws IOException, InvalidHeader {
    long count = next(8).getLong();
    if (count < 0) {
      throw new InvalidHeader(
          "its header, before byte %d: %s of %s is beyond 2^63"
              .formatted(position(), what, Long.toUnsignedString(count)));
    }
    return count;
  }

  /** A number of one of the format's types. */
  Number number(GgufValue type) throws IOException, InvalidHeader {
    ByteBuffer bytes = next(type.bytes());
    return switch (type) {
      case UINT8, BOOL -> bytes.get() & 0xff;
      case INT8 -> bytes.get();
      case UINT16 -> bytes.getShort() & 0xffff;
      case INT16 -> bytes.getShort();
      case UINT32 -> bytes.getInt() & 0xffffffffL;
      case INT32 -> bytes.getInt();
      case UINT64, INT64 -> bytes.getLong();
      case FLOAT32 -> bytes.getFloat();
      case FLOAT64 -> bytes.getDouble();
      case STRING, ARRAY -> throw new IllegalArgumentException(type + " is no number");
    };
  }

  /** A text behind its length, in UTF-8. */
  String text(int longest) throws IOException, InvalidHeader {
    long length = length();
    if (length > longest) {
      throw new InvalidHeader(
          "its header, before byte %d: wanted a text of at most %d bytes, found %d"
              .formatted(position(), longest, length));
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes((int) length)))
          .toString();
    } catch (CharacterCodingException e) {
      throw new InvalidHeader(
          "its header, before byte %d: a text is no valid UTF-8".formatted(position()), e);
    }
  }

  /** A text that nothing hangs on: what is no UTF-8 is replaced, and a longer one left out. */
  String shortText(int longest) throws IOException, InvalidHeader {
    long length = length();
    if (length > longest) {
      skip(length);
      return "";
    }
    return new String(bytes((int) length), StandardCharsets.UTF_8);
  }

  private byte[] bytes(int count) throws IOException, InvalidHeader {
    byte[] bytes = new byte[count];
    for (int at = 0; at < bytes.length; ) {
      int n = Math.min(bytes.length - at, BUFFER_BYTES);
      next(n).get(bytes, at, n);
      at += n;
    }
    return bytes;
  }

  void skipText() throws IOException, InvalidHeader {
    skip(length());
  }

  private long length() throws IOException, InvalidHeader {
    long length = count("a text's length");
    requireLeft(length);
    return length;
  }

  void skip(long bytes) throws InvalidHeader {
    requireLeft(bytes);
    if (bytes <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) bytes);
    } else {
      bufferStart = position() + bytes;
      buffer.limit(0);
    }
  }

  /** The buffer, with at least {@code count} bytes to read. */
  private ByteBuffer next(int count) throws IOException, InvalidHeader {
    requireLeft(count);
    if (buffer.remaining() < count) {
      bufferStart = position();
      buffer.compact();
      while (buffer.position() < count) {
        if (channel.read(buffer, bufferStart + buffer.position()) < 0) {
          throw new InvalidHeader("it ended while its header was read");
        }
      }
      buffer.flip();
    }
    return buffer;
  }

  private void requireLeft(long count) throws InvalidHeader {
    if (count > end - position()) {
      throw new InvalidHeader(
          "its header, at byte %d: it wants %d bytes more, %d follow: cut short, or its header is wrong"
              .formatted(position(), count, end - position()));
    }
  }
}
