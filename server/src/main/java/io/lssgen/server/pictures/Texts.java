package io.lssgen.server.pictures;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.lssgen.image.RgbImage;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Puts texts into picture files that are whole already. Sources: JPEG, ITU-T T.81 annex B; XMP
 * specification part 3; <a href="https://developers.google.com/speed/webp/docs/riff_container">WebP
 * container</a>.
 */
final class Texts {
  private static final int APP1 = 0xE1;
  private static final int COMMENT = 0xFE;
  private static final String XMP_NAME = "http://ns.adobe.com/xap/1.0/\0";

  /** What a JPEG segment can hold, its length field of two bytes left out. */
  private static final int LONGEST_SEGMENT = 0xFFFF - 2;

  /** Of a WebP file; far more than any prompt. */
  private static final int LONGEST_CHUNK = 1 << 24;

  /** RIFF, size, WEBP. */
  private static final int WEBP_HEAD = 12;

  private static final byte HAS_XMP = 0x04;
  private static final byte HAS_EXIF = 0x08;
  private static final byte[] EXIF_NAME = "Exif\0\0".getBytes(ISO_8859_1);

  private Texts() {}

  /**
   * XMP, settings as EXIF and as a comment, behind the segment that Java's writer begins with
   * (JFIF, APP0).
   */
  static byte[] intoJpeg(byte[] jpeg, String xmp, String comment) {
    ByteBuffer file = ByteBuffer.wrap(jpeg);
    int head = 4 + (file.getShort(4) & 0xFFFF); // start mark, APP0's mark, its length
    ByteArrayOutputStream out = new ByteArrayOutputStream(jpeg.length + 4096);
    out.write(jpeg, 0, head);
    if (!comment.isEmpty()) {
      byte[] exif = Exif.withComment(comment, LONGEST_SEGMENT - EXIF_NAME.length);
      segment(
          out,
          APP1,
          ByteBuffer.allocate(EXIF_NAME.length + exif.length).put(EXIF_NAME).put(exif).array());
    }
    segment(out, APP1, (XMP_NAME + xmp).getBytes(UTF_8));
    segment(out, COMMENT, comment.getBytes(UTF_8));
    out.write(jpeg, head, jpeg.length - head);
    return out.toByteArray();
  }

  private static void segment(ByteArrayOutputStream out, int mark, byte[] content) {
    byte[] data = Arrays.copyOf(content, Math.min(content.length, LONGEST_SEGMENT));
    out.write(0xFF);
    out.write(mark);
    out.write((data.length + 2) >> 8);
    out.write(data.length + 2);
    out.writeBytes(data);
  }

  /** EXIF and XMP behind the picture's data, announced in a VP8X chunk before them. */
  static byte[] intoWebp(byte[] webp, String xmp, String comment, RgbImage image) {
    byte[] exif =
        comment.isEmpty() ? new byte[0] : chunk("EXIF", Exif.withComment(comment, LONGEST_CHUNK));
    byte[] text = chunk("XMP ", xmp.getBytes(UTF_8));
    int picture = webp.length - WEBP_HEAD;
    int size = 4 + 18 + picture + exif.length + text.length;
    ByteBuffer out = ByteBuffer.allocate(8 + size).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(ISO_8859_1)).putInt(size).put("WEBPVP8X".getBytes(ISO_8859_1));
    out.putInt(10).put((byte) (exif.length > 0 ? HAS_XMP | HAS_EXIF : HAS_XMP)).put(new byte[3]);
    putSide(out, image.width());
    putSide(out, image.height());
    return out.put(webp, WEBP_HEAD, picture).put(exif).put(text).array();
  }

  /** A chunk with its name, size and padding. */
  private static byte[] chunk(String name, byte[] content) {
    return ByteBuffer.allocate(8 + content.length + content.length % 2)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(name.getBytes(ISO_8859_1))
        .putInt(content.length)
        .put(content)
        .array();
  }

  /** 24 bits, less one. */
  private static void putSide(ByteBuffer out, int side) {
    out.put((byte) (side - 1)).put((byte) ((side - 1) >> 8)).put((byte) ((side - 1) >> 16));
  }
}
