package io.lssgen.text;

import io.lssgen.errors.ModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Byte pair encoding of one word: its symbols are merged pair by pair, the pair learnt first going
 * first, the leftmost of equals. The last symbol of a word carries {@code </w>}. Source: Sennrich
 * et al., "Neural Machine Translation of Rare Words with Subword Units",
 * https://arxiv.org/abs/1508.07909
 */
final class BytePairModel {
  /** Ends the last symbol of a word. */
  static final String WORD_END = "</w>";

  private static final int NO_MERGE = Integer.MAX_VALUE;

  private final Map<String, Integer> vocabulary;
  private final String[] tokens;
  private final Map<Long, Integer> ranks = new HashMap<>();
  private final int[] merged;
  private final int unknownId;

  /**
   * @param vocabulary token to id
   * @param merges pairs of tokens in the order in which they were learnt
   * @param unknownId stands for symbols that the vocabulary lacks
   * @throws ModelException if a merge speaks of tokens that the vocabulary lacks
   */
  BytePairModel(Map<String, Integer> vocabulary, List<Merge> merges, int unknownId) {
    this.vocabulary = Map.copyOf(vocabulary);
    this.unknownId = unknownId;
    this.tokens = new String[1 + vocabulary.values().stream().mapToInt(i -> i).max().orElse(-1)];
    vocabulary.forEach((token, id) -> tokens[id] = token);
    this.merged = new int[merges.size()];
    for (int rank = 0; rank < merges.size(); rank++) {
      Merge merge = merges.get(rank);
      ranks.put(pair(id(merge.left()), id(merge.right())), rank);
      merged[rank] = id(merge.left() + merge.right());
    }
  }

  /**
   * @param left first half
   * @param right second half
   */
  record Merge(String left, String right) {}

  int size() {
    return tokens.length;
  }

  private int id(String token) {
    Integer id = vocabulary.get(token);
    if (id == null) {
      throw new ModelException(
          "a merge needs the token '"
              + token
              + "', which the vocabulary lacks: vocabulary and merges are not of one tokenizer");
    }
    return id;
  }

  /** The id of a token, or -1 if the vocabulary lacks it. */
  int idOrNone(String token) {
    return vocabulary.getOrDefault(token, -1);
  }

  /** Whether the vocabulary has every symbol of a word given in byte symbols. */
  boolean knows(String word) {
    for (int at = 0; at < word.length(); at++) {
      if (!vocabulary.containsKey(symbol(word, at))) {
        return false;
      }
    }
    return true;
  }

  private static String symbol(String word, int at) {
    return word.substring(at, at + 1) + (at == word.length() - 1 ? WORD_END : "");
  }

  /** The tokens of a word given in byte symbols, at least one. */
  List<Piece> encode(String word) {
    int count = word.length();
    int[] ids = new int[count];
    for (int at = 0; at < count; at++) {
      ids[at] = vocabulary.getOrDefault(symbol(word, at), unknownId);
    }
    int[] rank = new int[count];
    for (int at = 0; at < count; at++) {
      rank[at] = at + 1 < count ? rank(ids[at], ids[at + 1]) : NO_MERGE;
    }
    while (true) {
      int best = lowest(rank, count);
      if (best < 0) {
        return pieces(ids, count);
      }
      ids[best] = merged[rank[best]];
      System.arraycopy(ids, best + 2, ids, best + 1, count - best - 2);
      System.arraycopy(rank, best + 2, rank, best + 1, count - best - 2);
      count--;
      rank[best] = best + 1 < count ? rank(ids[best], ids[best + 1]) : NO_MERGE;
      if (best > 0) {
        rank[best - 1] = rank(ids[best - 1], ids[best]);
      }
    }
  }

  private static int lowest(int[] rank, int count) {
    int best = -1;
    for (int at = 0; at < count; at++) {
      if (rank[at] != NO_MERGE && (best < 0 || rank[at] < rank[best])) {
        best = at;
      }
    }
    return best;
  }

  private int rank(int left, int right) {
    return ranks.getOrDefault(pair(left, right), NO_MERGE);
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private List<Piece> pieces(int[] ids, int count) {
    List<Piece> pieces = new ArrayList<>(count);
    for (int id : Arrays.copyOf(ids, count)) {
      pieces.add(new Piece(id, tokens[id]));
    }
    return pieces;
  }
}
