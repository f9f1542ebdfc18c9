package io.lssgen.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A unigram vocabulary in T5's layout made of whole words, for models that are trained on texts
 * from a known grammar: the words of those texts with their frequencies, single characters for
 * other words, and bytes for any other character. Text is made plain (lower case and so on, see
 * {@link #write}) before it is looked up. The same texts give the same vocabulary.
 *
 * <p>Ids: 0 padding, 1 end, 2 unknown, then 256 bytes, then characters, then words, the most
 * frequent first.
 */
public final class UnigramVocabulary {
  private static final String SPACE = "▁";
  private static final int PAD = 0;
  private static final int END = 1;
  private static final int UNKNOWN = 2;
  private static final List<String> MARKS = List.of("<pad>", "</s>", "<unk>");

  /** Words, and signs one by one. */
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}]+|\\S");

  private final List<UnigramModel.Scored> pieces;
  private final PrecompiledCharsMap charsMap;
  private final byte[] table;

  private UnigramVocabulary(List<UnigramModel.Scored> pieces, byte[] table) {
    this.pieces = List.copyOf(pieces);
    this.table = table;
    this.charsMap = new PrecompiledCharsMap(table, "own table");
  }

  /**
   * Makes a vocabulary of the words of {@code texts}.
   *
   * @param texts for instance captions; the words' frequencies count
   * @param mostWords most whole words taken, the most frequent first
   */
  public static UnigramVocabulary of(Iterable<String> texts, int mostWords) {
    byte[] table = CharsMapBuilder.build(CharsMapBuilder.plainText());
    Map<String, Long> counts = wordCounts(texts, new PrecompiledCharsMap(table, "own table"));
    double total = Math.max(1, counts.values().stream().mapToLong(count -> count).sum());
    Map<String, Double> words = new TreeMap<>();
    counts.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(mostWords)
        .forEach(entry -> words.put(entry.getKey(), Math.log(entry.getValue() / total)));

    List<UnigramModel.Scored> pieces = new ArrayList<>();
    MARKS.forEach(mark -> pieces.add(new UnigramModel.Scored(mark, 0)));
    // a character costs more than any word, so that whole words win; a byte more than that
    double character = -Math.log(total) - 2;
    for (int value = 0; value < 256; value++) {
      pieces.add(new UnigramModel.Scored(UnigramModel.bytePiece(value), character - 1));
    }
    for (String text : characters(counts.keySet())) {
      if (!words.containsKey(text)) {
        pieces.add(new UnigramModel.Scored(text, character));
      }
    }
    words.entrySet().stream()
        .sorted(
            Map.Entry.<String, Double>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .forEach(word -> pieces.add(new UnigramModel.Scored(word.getKey(), word.getValue())));
    return new UnigramVocabulary(pieces, table);
  }

  /** Pieces: a word that begins one between spaces has ▁ before it. */
  private static Map<String, Long> wordCounts(Iterable<String> texts, PrecompiledCharsMap plain) {
    Map<String, Long> counts = new TreeMap<>();
    for (String text : texts) {
      for (String word : TextSteps.Words.T5.of(plain.normalize(text), true)) {
        String bare = word.substring(SPACE.length());
        for (MatchResult part : (Iterable<MatchResult>) WORD.matcher(bare).results()::iterator) {
          counts.merge((part.start() == 0 ? SPACE : "") + part.group(), 1L, Long::sum);
        }
      }
    }
    return counts;
  }

  /** The sign for a space, ASCII, the letters of Western European languages, and what occurs. */
  private static Set<String> characters(Set<String> words) {
    Set<String> characters = new LinkedHashSet<>();
    characters.add(SPACE);
    for (int c = '!'; c <= '~'; c++) {
      if (!Character.isUpperCase(c)) {
        characters.add(Character.toString(c));
      }
    }
    for (int c = 'ß'; c <= 'ÿ'; c++) {
      characters.add(Character.toString(c));
    }
    words.forEach(word -> word.codePoints().mapToObj(Character::toString).forEach(characters::add));
    return characters;
  }

  /** Number of pieces. */
  public int size() {
    return pieces.size();
  }

  /** A tokenizer with this vocabulary, as {@link Tokenizers#t5} would load it. */
  public T5Tokenizer tokenizer() {
    List<AddedTokens.Token> marks = new ArrayList<>();
    for (int id = 0; id < MARKS.size(); id++) {
      marks.add(new AddedTokens.Token(MARKS.get(id), id, false));
    }
    return new T5Tokenizer(
        new UnigramModel(pieces, UNKNOWN, true),
        charsMap::normalize,
        TextSteps.Words.T5,
        marks,
        END,
        PAD);
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json}. The table that makes text
   * plain is in SentencePiece's format, which is what T5's own tokenizers carry.
   *
   * <p>In Python, {@code PreTrainedTokenizerFast} reads the file as it is, and gives the same ids
   * for any text. {@code T5TokenizerFast} of transformers 5 drops byte fall-back from any T5
   * tokenizer, so there characters outside the vocabulary become {@code <unk>}.
   *
   * @param folder made if it does not exist; files of these names are replaced
   * @param maxLength tokens that the model reads of a prompt, its end mark included
   */
  public void write(Path folder, int maxLength) {
    TokenizerWriter files = new TokenizerWriter(folder);
    ObjectNode root = files.object();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < MARKS.size(); id++) {
      ObjectNode mark = added.addObject().put("id", id).put("content", MARKS.get(id));
      mark.put("single_word", false).put("lstrip", false).put("rstrip", false);
      mark.put("normalized", false).put("special", true);
    }
    root.putObject("normalizer")
        .put("type", "Precompiled")
        .put("precompiled_charsmap", Base64.getEncoder().encodeToString(table));
    ObjectNode cut = root.putObject("pre_tokenizer").put("type", "Sequence");
    cut.putArray("pretokenizers").addObject().put("type", "WhitespaceSplit");
    metaspace(cut.withArray("pretokenizers").addObject());
    endMark(root.putObject("post_processor"));
    metaspace(root.putObject("decoder"));
    ObjectNode model = root.putObject("model").put("type", "Unigram").put("unk_id", UNKNOWN);
    ArrayNode vocabulary = model.putArray("vocab");
    pieces.forEach(piece -> vocabulary.addArray().add(piece.text()).add(piece.score()));
    model.put("byte_fallback", true);
    files.json("tokenizer.json", root);

    ObjectNode config = files.object().put("eos_token", MARKS.get(END));
    config.put("extra_ids", 0).put("model_max_length", maxLength);
    config.put("pad_token", MARKS.get(PAD)).put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("unk_token", MARKS.get(UNKNOWN));
    files.json("tokenizer_config.json", config);
  }

  private static void metaspace(ObjectNode step) {
    step.put("type", "Metaspace").put("replacement", SPACE);
    step.put("prepend_scheme", "always").put("split", true);
  }

  private static void endMark(ObjectNode step) {
    step.put("type", "TemplateProcessing");
    for (String form : List.of("single", "pair")) {
      ArrayNode parts = step.putArray(form);
      for (String sequence : form.equals("single") ? List.of("A") : List.of("A", "B")) {
        parts.addObject().putObject("Sequence").put("id", sequence).put("type_id", 0);
        parts.addObject().putObject("SpecialToken").put("id", MARKS.get(END)).put("type_id", 0);
      }
    }
    ObjectNode mark = step.putObject("special_tokens").putObject(MARKS.get(END));
    mark.put("id", MARKS.get(END));
    mark.putArray("ids").add(END);
    mark.putArray("tokens").add(MARKS.get(END));
  }
}
