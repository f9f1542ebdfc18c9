package io.lssgen.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 (FIPS 180-4), and names that are made of its first digits. */
public final class Sha256 {
  private Sha256() {}

  /** A sum over nothing yet. */
  public static MessageDigest begin() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** The sum of a text in UTF-8, 32 bytes. */
  public static byte[] of(String text) {
    return begin().digest(text.getBytes(UTF_8));
  }

  /** The first hexadecimal digits of a text's sum, {@code count} of them, up to 64. */
  public static String digits(String text, int count) {
    return digits(of(text), count);
  }

  /** The first hexadecimal digits of what {@code sum} was fed with. Ends it. */
  public static String digits(MessageDigest sum, int count) {
    return digits(sum.digest(), count);
  }

  private static String digits(byte[] sum, int count) {
    return HexFormat.of().formatHex(sum).substring(0, count);
  }
}
