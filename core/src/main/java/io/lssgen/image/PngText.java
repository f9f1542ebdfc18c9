package io.lssgen.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.regex.Pattern;

/**
 * A text that travels in a PNG file. Written as a {@code tEXt} chunk when Latin-1 can hold it, else
 * as an {@code iTXt} chunk in UTF-8.
 *
 * @param keyword what the text is: 1 to 79 printable ASCII characters, no space at either end
 * @param text the text, without NUL characters
 * @param international whether it is an {@code iTXt} chunk
 */
public record PngText(String keyword, String text, boolean international) {
  private static final Pattern KEYWORD = Pattern.compile("[!-~]([ -~]{0,77}[!-~])?");

  /**
   * Checks keyword and text.
   *
   * @throws IllegalArgumentException when the format cannot hold them
   */
  public PngText {
    if (!KEYWORD.matcher(keyword).matches()) {
      throw new IllegalArgumentException("no PNG keyword: '" + keyword + "'");
    }
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("a PNG text cannot hold NUL characters: " + keyword);
    }
    if (!international && !ISO_8859_1.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException("a tEXt chunk holds Latin-1 only: " + keyword);
    }
    if (!UTF_8.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException("half a surrogate pair in the text of " + keyword);
    }
  }

  /** A text in the simplest chunk that can hold it. */
  public static PngText of(String keyword, String text) {
    return new PngText(keyword, text, !ISO_8859_1.newEncoder().canEncode(text));
  }

  /** A text in an {@code iTXt} chunk, whatever its characters. */
  public static PngText international(String keyword, String text) {
    return new PngText(keyword, text, true);
  }
}
