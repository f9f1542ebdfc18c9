package io.lssgen.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;

/**
 * The text chunks of PNG files, byte by byte. Source: <a
 * href="https://www.w3.org/TR/png-3/#11textinfo">PNG specification, third edition, section
 * 11.3.3</a>.
 */
final class PngChunks {

  /** The bytes every PNG file begins with. */
  static final long SIGNATURE = 0x89504E470D0A1A0AL;

  /** Signature and the IHDR chunk, which must come first: texts are put after them. */
  static final int HEAD_BYTES = 8 + 4 + 4 + 13 + 4;

  /** Texts that are longer, in the file or after inflating, are not read. */
  static final int MAXIMUM_TEXT_BYTES = 4 << 20;

  private PngChunks() {}

  /** The whole chunk: length, type, data, check sum. */
  static byte[] encode(PngText text) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.writeBytes(text.keyword().getBytes(ISO_8859_1));
    data.write(0);
    if (text.international()) {
      data.writeBytes(new byte[4]); // not compressed, method 0, no language, no translated keyword
    }
    data.writeBytes(text.text().getBytes(text.international() ? UTF_8 : ISO_8859_1));

    byte[] type = (text.international() ? "iTXt" : "tEXt").getBytes(ISO_8859_1);
    CRC32 sum = new CRC32();
    sum.update(type);
    sum.update(data.toByteArray());
    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(chunk);
    out.writeInt(data.size());
    out.write(type);
    data.writeTo(out);
    out.writeInt((int) sum.getValue());
    return chunk.toByteArray();
  }

  /** Whether a chunk of this type carries a text. */
  static boolean isText(String type) {
    return type.equals("tEXt") || type.equals("zTXt") || type.equals("iTXt");
  }

  /**
   * The text in a chunk's data; empty when the data break the format's rules or are too long once
   * inflated.
   */
  static Optional<PngText> decode(String type, byte[] data) {
    try {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(data));
      String keyword = upToNul(in);
      boolean international = type.equals("iTXt");
      boolean compressed = type.equals("zTXt");
      if (international) {
        compressed = in.readByte() != 0;
      }
      if (compressed || international) {
        in.readByte(); // the only method there is: zlib
      }
      if (international) {
        upToNul(in); // language
        upToNul(in); // translated keyword
      }
      byte[] text =
          compressed
              ? new InflaterInputStream(in).readNBytes(MAXIMUM_TEXT_BYTES + 1)
              : in.readAllBytes();
      if (text.length > MAXIMUM_TEXT_BYTES) {
        return Optional.empty();
      }
      return Optional.of(
          new PngText(
              keyword, new String(text, international ? UTF_8 : ISO_8859_1), international));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String upToNul(DataInputStream in) throws IOException {
    byte[] bytes = new byte[256];
    int length = 0;
    for (byte next = in.readByte(); next != 0; next = in.readByte()) {
      if (length == bytes.length) {
        throw new IOException("keyword too long");
      }
      bytes[length++] = next;
    }
    return new String(Arrays.copyOf(bytes, length), ISO_8859_1);
  }
}
