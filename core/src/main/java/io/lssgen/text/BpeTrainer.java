package io.lssgen.text;

import static java.util.Comparator.comparing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Learns a byte pair vocabulary in CLIP's layout from texts: the 256 byte symbols, the same with
 * {@code </w>}, one token per merge, the start and the end mark. Since every byte has a symbol, any
 * text can be read with it. The same texts give the same vocabulary.
 *
 * <p>Source: Sennrich et al., https://arxiv.org/abs/1508.07909, algorithm 1
 */
public final class BpeTrainer {
  private static final int MARKS = 2;
  private static final int SMALLEST = 2 * 256 + MARKS;

  private final List<String[]> words = new ArrayList<>();
  private final List<Long> counts = new ArrayList<>();

  private BpeTrainer(Map<String, Long> wordCounts) {
    wordCounts.forEach(
        (word, count) -> {
          words.add(symbols(word));
          counts.add(count);
        });
  }

  /**
   * Learns merges, the most frequent pair first, until the vocabulary has its size or no pair of
   * symbols occurs twice.
   *
   * @param texts for instance captions
   * @param vocabularySize most tokens wanted, at least 514
   */
  public static Vocabulary train(Iterable<String> texts, int vocabularySize) {
    if (vocabularySize < SMALLEST) {
      throw new IllegalArgumentException(
          "vocabularySize is " + vocabularySize + ", bytes and marks alone need " + SMALLEST);
    }
    Map<String, Long> wordCounts = new TreeMap<>();
    for (String text : texts) {
      for (String word : ClipTokenizer.words(ClipTokenizer.normalize(text))) {
        wordCounts.merge(ByteSymbols.encode(word), 1L, Long::sum);
      }
    }
    return new BpeTrainer(wordCounts).train(vocabularySize);
  }

  private Vocabulary train(int vocabularySize) {
    LinkedHashSet<String> tokens = new LinkedHashSet<>();
    List<String> alphabet = alphabet();
    tokens.addAll(alphabet);
    alphabet.forEach(symbol -> tokens.add(symbol + BytePairModel.WORD_END));
    List<BytePairModel.Merge> merges = new ArrayList<>();
    while (tokens.size() + MARKS < vocabularySize) {
      Map.Entry<BytePairModel.Merge, Long> best =
          pairs().entrySet().stream().max(MOST_FREQUENT).orElse(null);
      if (best == null || best.getValue() < 2) {
        break;
      }
      BytePairModel.Merge merge = best.getKey();
      merges.add(merge);
      tokens.add(merge.left() + merge.right());
      words.replaceAll(word -> merged(word, merge));
    }
    tokens.add(ClipTokenizer.START);
    tokens.add(ClipTokenizer.END);
    return new Vocabulary(List.copyOf(tokens), merges);
  }

  /** The order of the alphabet settles ties, so that the result does not depend on hashing. */
  private static final Comparator<Map.Entry<BytePairModel.Merge, Long>> MOST_FREQUENT =
      Map.Entry.<BytePairModel.Merge, Long>comparingByValue()
          .thenComparing(
              Map.Entry::getKey,
              comparing(BytePairModel.Merge::left)
                  .thenComparing(BytePairModel.Merge::right)
                  .reversed());

  private Map<BytePairModel.Merge, Long> pairs() {
    Map<BytePairModel.Merge, Long> pairs = new HashMap<>();
    for (int at = 0; at < words.size(); at++) {
      String[] word = words.get(at);
      for (int i = 0; i + 1 < word.length; i++) {
        pairs.merge(new BytePairModel.Merge(word[i], word[i + 1]), counts.get(at), Long::sum);
      }
    }
    return pairs;
  }

  private static String[] merged(String[] word, BytePairModel.Merge merge) {
    List<String> symbols = new ArrayList<>(word.length);
    for (int at = 0; at < word.length; at++) {
      boolean pair =
          at + 1 < word.length
              && word[at].equals(merge.left())
              && word[at + 1].equals(merge.right());
      symbols.add(pair ? word[at] + word[++at] : word[at]);
    }
    return symbols.size() == word.length ? word : symbols.toArray(String[]::new);
  }

  private static String[] symbols(String word) {
    String[] symbols = word.split("");
    symbols[symbols.length - 1] += BytePairModel.WORD_END;
    return symbols;
  }

  /** The byte symbols in the order of the published vocabularies: those that print come first. */
  private static List<String> alphabet() {
    List<String> alphabet = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      alphabet.add(String.valueOf(ByteSymbols.symbol(value)));
    }
    alphabet.sort(Comparator.naturalOrder());
    return alphabet;
  }

  /** A trained vocabulary. */
  public static final class Vocabulary {
    private final List<String> tokens;
    private final List<BytePairModel.Merge> merges;

    private Vocabulary(List<String> tokens, List<BytePairModel.Merge> merges) {
      this.tokens = tokens;
      this.merges = List.copyOf(merges);
    }

    /** Number of tokens; the last is the end mark. */
    public int size() {
      return tokens.size();
    }

    /** A tokenizer with this vocabulary, as {@link Tokenizers#clip} would load it. */
    public ClipTokenizer tokenizer() {
      Map<String, Integer> ids = ids();
      int start = size() - 2;
      int end = size() - 1;
      return new ClipTokenizer(
          new BytePairModel(ids, merges, end),
          List.of(
              new AddedTokens.Token(ClipTokenizer.START, start, false),
              new AddedTokens.Token(ClipTokenizer.END, end, false)),
          start,
          end,
          end);
    }

    private Map<String, Integer> ids() {
      Map<String, Integer> ids = new LinkedHashMap<>();
      tokens.forEach(token -> ids.put(token, ids.size()));
      return ids;
    }

    /**
     * Writes {@code vocab.json}, {@code merges.txt} and the two small files that name the marks, as
     * transformers' {@code CLIPTokenizer} reads them, for prompts of CLIP's usual length.
     *
     * @param folder made if it does not exist; files of these names are replaced
     */
    public void write(Path folder) {
      write(folder, ClipTokenizer.MAX_LENGTH);
    }

    /**
     * As {@link #write(Path)}.
     *
     * @param maxLength tokens that the text encoder reads at once, marks included
     */
    public void write(Path folder, int maxLength) {
      TokenizerWriter files = new TokenizerWriter(folder);
      ObjectNode vocabulary = files.object();
      ids().forEach(vocabulary::put);
      files.json("vocab.json", vocabulary);
      StringBuilder lines = new StringBuilder("#version: 0.2\n");
      merges.forEach(m -> lines.append(m.left()).append(' ').append(m.right()).append('\n'));
      files.text("merges.txt", lines.toString());
      ObjectNode marks = files.object();
      marks.put("bos_token", ClipTokenizer.START);
      for (String name : Arrays.asList("eos_token", "pad_token", "unk_token")) {
        marks.put(name, ClipTokenizer.END);
      }
      files.json("special_tokens_map.json", marks);
      ObjectNode config = marks.deepCopy();
      config.put("model_max_length", maxLength);
      config.put("tokenizer_class", "CLIPTokenizer");
      files.json("tokenizer_config.json", config);
    }
  }
}
