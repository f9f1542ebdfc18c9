package io.lssgen.text;

import io.lssgen.errors.ModelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's normalization table: a trie of UTF-8 strings in a double array (darts-clone) and
 * the texts that replace them. Applied as Hugging Face's tokenizers apply it: a grapheme of fewer
 * than six bytes is looked up as a whole, any other character by character, and of the table's
 * entries that begin what is looked up the shortest counts. (SentencePiece itself takes the longest
 * over the whole text; T5's published tokenizers are used through Hugging Face's.)
 */
final class PrecompiledCharsMap {
  private static final Pattern GRAPHEME = Pattern.compile("\\X");

  private final int[] units;
  private final byte[] replacements;

  /**
   * @param blob trie size in bytes (32 bits), trie, replacements each ended by a zero byte; all
   *     little-endian
   * @param source the file, for messages
   * @throws ModelException if the sizes do not fit each other
   */
  PrecompiledCharsMap(byte[] blob, String source) {
    ByteBuffer buffer = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
    long size = blob.length < 4 ? -1 : Integer.toUnsignedLong(buffer.getInt());
    if (size < 0 || size > blob.length - 4 || size % 4 != 0) {
      throw new ModelException(
          source
              + ": the normalization table is damaged, its trie wants "
              + size
              + " bytes of "
              + blob.length);
    }
    this.units = new int[(int) size / 4];
    buffer.asIntBuffer().get(units);
    this.replacements = new byte[blob.length - 4 - (int) size];
    System.arraycopy(blob, 4 + (int) size, replacements, 0, replacements.length);
  }

  /** The normalized text. */
  String normalize(String text) {
    StringBuilder normalized = new StringBuilder(text.length());
    GRAPHEME.matcher(text).results().forEach(match -> append(match.group(), normalized));
    return normalized.toString();
  }

  private void append(String grapheme, StringBuilder normalized) {
    byte[] bytes = grapheme.getBytes(StandardCharsets.UTF_8);
    String whole = bytes.length < 6 ? replacement(bytes) : null;
    if (whole != null) {
      normalized.append(whole);
      return;
    }
    grapheme
        .codePoints()
        .forEach(
            c -> {
              String character = Character.toString(c);
              String part = replacement(character.getBytes(StandardCharsets.UTF_8));
              normalized.append(part == null ? character : part);
            });
  }

  /** What the shortest entry that begins the key stands for. */
  private @Nullable String replacement(byte[] key) {
    int node = units.length == 0 ? -1 : offset(units[0]);
    for (byte value : key) {
      int label = value & 0xFF;
      int child = node ^ label;
      if (label == 0 || child < 0 || child >= units.length || label(units[child]) != label) {
        return null;
      }
      node = child ^ offset(units[child]);
      if (hasLeaf(units[child]) && node >= 0 && node < units.length) {
        return text(units[node] & 0x7FFFFFFF);
      }
    }
    return null;
  }

  private @Nullable String text(int start) {
    int end = start;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    return start > replacements.length
        ? null
        : new String(replacements, start, end - start, StandardCharsets.UTF_8);
  }

  private static int offset(int unit) {
    return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
  }

  /** The highest bit, set in leaves only, is part of the label, so that leaves match no byte. */
  private static int label(int unit) {
    return unit & (1 << 31 | 0xFF);
  }

  private static boolean hasLeaf(int unit) {
    return (unit >>> 8 & 1) == 1;
  }
}
