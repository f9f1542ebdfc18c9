package io.lssgen.text;

import io.lssgen.errors.ModelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The unigram language model: of all ways to cut a text into pieces, the one with the highest sum
 * of scores (log probabilities), found by Viterbi's algorithm. A character that no piece covers
 * costs ten more than the worst piece; runs of such become one unknown token, or their UTF-8 bytes
 * where the vocabulary has byte pieces. Source: Kudo, "Subword Regularization",
 * https://arxiv.org/abs/1804.10959
 */
final class UnigramModel {
  private static final double UNKNOWN_PENALTY = 10;

  /**
   * @param text the piece, with ▁ for a space
   * @param score its log probability
   */
  record Scored(String text, double score) {}

  private final List<Scored> vocabulary;
  private final Map<String, Integer> ids;
  private final int unknownId;
  private final int longest;
  private final double unknownScore;
  private final int[] byteIds;

  /**
   * @param vocabulary pieces, the place is the id
   * @param unknownId stands for what no piece covers
   * @param byteFallback whether unknown characters are written in pieces {@code <0x00>} to {@code
   *     <0xFF>}
   * @throws ModelException if the vocabulary is empty or lacks what was asked of it
   */
  UnigramModel(List<Scored> vocabulary, int unknownId, boolean byteFallback) {
    if (unknownId < 0 || unknownId >= vocabulary.size()) {
      throw new ModelException(
          "the id of the unknown piece is " + unknownId + ", wanted one of " + vocabulary.size());
    }
    this.vocabulary = List.copyOf(vocabulary);
    this.unknownId = unknownId;
    this.ids = new HashMap<>(vocabulary.size() * 2);
    for (int id = 0; id < vocabulary.size(); id++) {
      ids.put(vocabulary.get(id).text(), id);
    }
    this.longest = vocabulary.stream().mapToInt(piece -> piece.text().length()).max().orElse(0);
    double worst = vocabulary.stream().mapToDouble(Scored::score).min().orElse(0);
    this.unknownScore = worst - UNKNOWN_PENALTY;
    this.byteIds = byteFallback ? byteIds(ids) : new int[0];
  }

  private static int[] byteIds(Map<String, Integer> ids) {
    int[] byteIds = new int[256];
    for (int value = 0; value < 256; value++) {
      Integer id = ids.get(bytePiece(value));
      if (id == null) {
        throw new ModelException(
            "the vocabulary promises byte fall-back but lacks the piece " + bytePiece(value));
      }
      byteIds[value] = id;
    }
    return byteIds;
  }

  /** The piece that stands for a byte. */
  static String bytePiece(int value) {
    return String.format("<0x%02X>", value);
  }

  int size() {
    return vocabulary.size();
  }

  /** The piece with this id. */
  String text(int id) {
    return vocabulary.get(id).text();
  }

  Map<String, Integer> ids() {
    return ids;
  }

  /** Cuts a text without spaces (they are ▁ by now) into pieces. */
  List<Piece> encode(String text) {
    int size = text.length();
    double[] best = new double[size + 1];
    int[] start = new int[size + 1];
    int[] id = new int[size + 1];
    Arrays.fill(start, -1);
    for (int at = 0; at < size; ) {
      int next = at + Character.charCount(text.codePointAt(at));
      boolean covered = false;
      for (int end = next; end <= Math.min(size, at + longest); end++) {
        Integer piece = ids.get(text.substring(at, end));
        if (piece != null) {
          offer(at, end, best[at] + vocabulary.get(piece).score(), piece, best, start, id);
          covered |= end == next;
        }
      }
      if (!covered) {
        offer(at, next, best[at] + unknownScore, unknownId, best, start, id);
      }
      at = next;
    }
    return collect(text, start, id);
  }

  private static void offer(
      int from, int to, double score, int piece, double[] best, int[] start, int[] id) {
    // of equal paths the one found first stays, as in Hugging Face's
    if (start[to] < 0 || score > best[to]) {
      best[to] = score;
      start[to] = from;
      id[to] = piece;
    }
  }

  private List<Piece> collect(String text, int[] start, int[] id) {
    Deque<Piece> found = new ArrayDeque<>();
    for (int end = text.length(); end > 0; ) {
      int from = start[end];
      if (id[end] == unknownId) {
        while (from > 0 && id[from] == unknownId) {
          from = start[from];
        }
      }
      found.addFirst(new Piece(id[end], text.substring(from, end)));
      end = from;
    }
    List<Piece> pieces = new ArrayList<>(found.size());
    for (Piece piece : found) {
      if (piece.id() == unknownId && byteIds.length > 0) {
        pieces.addAll(bytes(piece.text()));
      } else {
        pieces.add(piece);
      }
    }
    return pieces;
  }

  /** Byte pieces; the first carries the text, so that it is not told twice. */
  private List<Piece> bytes(String text) {
    List<Piece> pieces = new ArrayList<>();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      pieces.add(new Piece(byteIds[value & 0xFF], pieces.isEmpty() ? text : ""));
    }
    return pieces;
  }
}
