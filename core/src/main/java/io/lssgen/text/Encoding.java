package io.lssgen.text;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** The token ids of one prompt. */
public final class Encoding {
  private final long[] ids;
  private final int length;
  private final String truncatedText;

  private Encoding(long[] ids, int length, String truncatedText) {
    this.ids = ids;
    this.length = length;
    this.truncatedText = Objects.requireNonNull(truncatedText, "truncatedText is null");
  }

  /** Token ids [L], padding included; a copy. */
  public long[] ids() {
    return ids.clone();
  }

  /** [L], 1 at each token of the prompt and its marks, 0 at padding; a copy. */
  public long[] attentionMask() {
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 0, length, 1L);
    return mask;
  }

  /** Number of ids before the padding, marks included. */
  public int length() {
    return length;
  }

  /** The end of the prompt that did not fit, as the tokenizer reads it; empty if all did. */
  public String truncatedText() {
    return truncatedText;
  }

  /** Marks around pieces, neither cut nor padded. */
  static Encoding whole(List<Integer> before, List<Piece> pieces, int end) {
    int length = before.size() + pieces.size() + 1;
    return new Encoding(ids(before, pieces, pieces.size(), end, length, end), length, "");
  }

  /** Marks around as many pieces as fit, padded to {@code maxLength}. */
  static Encoding fitted(
      List<Integer> before,
      List<Piece> pieces,
      int end,
      int maxLength,
      int pad,
      Function<List<Piece>, String> decode) {
    int room = maxLength - before.size() - 1;
    if (room < 0) {
      throw new IllegalArgumentException(
          "maxLength is " + maxLength + ", but the marks alone need " + (before.size() + 1));
    }
    int kept = Math.min(room, pieces.size());
    String dropped =
        kept == pieces.size() ? "" : decode.apply(pieces.subList(kept, pieces.size())).strip();
    return new Encoding(
        ids(before, pieces, kept, end, maxLength, pad), before.size() + kept + 1, dropped);
  }

  private static long[] ids(
      List<Integer> before, List<Piece> pieces, int kept, int end, int size, int pad) {
    long[] ids = new long[size];
    int at = 0;
    for (int id : before) {
      ids[at++] = id;
    }
    for (Piece piece : pieces.subList(0, kept)) {
      ids[at++] = piece.id();
    }
    ids[at++] = end;
    Arrays.fill(ids, at, size, pad);
    return ids;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Encoding that
        && length == that.length
        && Arrays.equals(ids, that.ids)
        && truncatedText.equals(that.truncatedText);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids) * 31 + truncatedText.hashCode();
  }

  @Override
  public String toString() {
    return "Encoding[ids="
        + Arrays.toString(ids)
        + ", length="
        + length
        + ", truncatedText="
        + truncatedText
        + "]";
  }
}
