package io.lssgen.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The alphabet of byte level vocabularies: each byte has a printable character of its own, so that
 * a vocabulary can be written as text. Bytes that print in Latin-1 stand for themselves, the others
 * for the characters from U+0100 on, in order. Source: GPT-2's {@code bytes_to_unicode}.
 */
final class ByteSymbols {
  private static final char[] SYMBOL = new char[256];
  private static final int[] BYTE = new int[0x200];

  static {
    int next = 0x100;
    Arrays.fill(BYTE, -1);
    for (int value = 0; value < 256; value++) {
      SYMBOL[value] = (char) (prints(value) ? value : next++);
      BYTE[SYMBOL[value]] = value;
    }
  }

  private ByteSymbols() {}

  private static boolean prints(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
  }

  /** The symbol of a byte, 0 to 255. */
  static char symbol(int value) {
    return SYMBOL[value];
  }

  /** The UTF-8 bytes of a text as symbols, one character each. */
  static String encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder symbols = new StringBuilder(bytes.length);
    for (byte value : bytes) {
      symbols.append(SYMBOL[value & 0xFF]);
    }
    return symbols.toString();
  }

  /** The text that symbols stand for; half characters become U+FFFD, foreign ones stay. */
  static String decode(String symbols) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(symbols.length());
    for (int at = 0; at < symbols.length(); at++) {
      char symbol = symbols.charAt(at);
      int value = symbol < BYTE.length ? BYTE[symbol] : -1;
      if (value >= 0) {
        bytes.write(value);
      } else {
        bytes.writeBytes(String.valueOf(symbol).getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
