package io.lssgen.server.pictures;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * EXIF data of one field, {@code UserComment}, where AUTOMATIC1111 and what reads its files look
 * for settings in JPEG and WebP. Source: CIPA DC-008 (Exif 2.32), sections 4.6.2 to 4.6.5.
 */
final class Exif {
  private static final int EXIF_FOLDER = 0x8769;
  private static final int USER_COMMENT = 0x9286;
  private static final short LONG = 4;
  private static final short UNDEFINED = 7;

  /** Big-endian order, the number 42, where the first folder begins. */
  private static final int HEAD = 8;

  /** One entry's count, the entry, and that no other folder follows. */
  private static final int FOLDER = 2 + 12 + 4;

  private static final byte[] CODE = "UNICODE\0".getBytes(ISO_8859_1);

  private Exif() {}

  /**
   * The data, beginning with its byte order.
   *
   * @param longest bytes of it; a longer comment is cut
   */
  static byte[] withComment(String comment, int longest) {
    int head = HEAD + 2 * FOLDER;
    byte[] text = comment.getBytes(UTF_16BE);
    int room = (longest - head - CODE.length) / 2 * 2;
    byte[] cut = text.length <= room ? text : Arrays.copyOf(text, room);
    int length = CODE.length + cut.length;
    ByteBuffer data = ByteBuffer.allocate(head + length);
    data.put((byte) 'M').put((byte) 'M').putShort((short) 42).putInt(HEAD);
    folder(data, EXIF_FOLDER, LONG, 1, HEAD + FOLDER);
    folder(data, USER_COMMENT, UNDEFINED, length, head);
    return data.put(CODE).put(cut).array();
  }

  /** The text of a user comment's bytes, whose first eight name its code. */
  static String text(byte[] comment) {
    if (comment.length < CODE.length) {
      return "";
    }
    byte[] code = Arrays.copyOf(comment, CODE.length);
    byte[] text = Arrays.copyOfRange(comment, CODE.length, comment.length);
    return new String(text, Arrays.equals(code, CODE) ? UTF_16BE : UTF_8);
  }

  private static void folder(ByteBuffer data, int tag, short type, int count, int value) {
    data.putShort((short) 1).putShort((short) tag).putShort(type).putInt(count).putInt(value);
    data.putInt(0);
  }
}
