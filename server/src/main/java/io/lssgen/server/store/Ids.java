package io.lssgen.server.store;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Names of jobs and pictures: 128 random bits, so that nobody finds one by trying. */
public final class Ids {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final Pattern ID = Pattern.compile("[0-9a-f]{32}");

  private Ids() {}

  /** A new one: 32 hexadecimal digits. */
  public static String draw() {
    byte[] bits = new byte[16];
    RANDOM.nextBytes(bits);
    return HexFormat.of().formatHex(bits);
  }

  /** Whether {@code text} could be one; nothing else may become part of a file's name. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }
}
