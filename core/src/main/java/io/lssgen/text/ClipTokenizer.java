package io.lssgen.text;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * CLIP's tokenizer: NFC, white space to one space, lower case, words, byte symbols, byte pairs.
 * Gives the ids of Hugging Face's {@code CLIPTokenizer} (the one built on their {@code tokenizers}
 * library). A prompt is put between {@code <|startoftext|>} and {@code <|endoftext|>}. Loaded by
 * {@link Tokenizers#clip}.
 *
 * <p>Source: Radford et al., "Learning Transferable Visual Models From Natural Language
 * Supervision", https://arxiv.org/abs/2103.00020
 */
public final class ClipTokenizer implements Tokenizer {
  /** Length that CLIP's text encoders are trained with, marks included. */
  public static final int MAX_LENGTH = 77;

  static final String START = "<|startoftext|>";
  static final String END = "<|endoftext|>";

  private static final Pattern WHITE_SPACE = Pattern.compile("\\p{IsWhite_Space}+");

  /** Words, as CLIP sees them; what lies between them is dropped. */
  private static final Pattern WORD =
      Pattern.compile(
          "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d"
              + "|\\p{L}+|\\p{N}|[^\\p{IsWhite_Space}\\p{L}\\p{N}]+");

  /** The byte level step cuts once more; of CLIP's words it changes only marks, into three. */
  private static final Pattern PART = Pattern.compile("<\\||\\|>|[a-z]+");

  private final AddedTokens added;
  private final BytePairModel model;
  private final int startId;
  private final int endId;
  private final int padId;

  ClipTokenizer(
      BytePairModel model, Collection<AddedTokens.Token> added, int startId, int endId, int padId) {
    this.model = model;
    this.added = new AddedTokens(added, ClipTokenizer::normalize);
    this.startId = startId;
    this.endId = endId;
    this.padId = padId;
  }

  @Override
  public Encoding encode(String prompt, int maxLength) {
    return Encoding.fitted(
        List.of(startId), pieces(prompt), endId, maxLength, padId, ClipTokenizer::decode);
  }

  @Override
  public Encoding encode(String prompt) {
    return Encoding.whole(List.of(startId), pieces(prompt), endId);
  }

  @Override
  public int vocabularySize() {
    return model.size();
  }

  @Override
  public int padId() {
    return padId;
  }

  @Override
  public int endId() {
    return endId;
  }

  /** The id of the mark at the start of every prompt. */
  public int startId() {
    return startId;
  }

  /** The id of a comma that is a word, or -1 if the vocabulary lacks it. */
  int commaId() {
    return model.idOrNone("," + BytePairModel.WORD_END);
  }

  /**
   * The words of a prompt, in lower case, of which this vocabulary lacks a symbol, in order and
   * each once. Published vocabularies have all bytes and lack none.
   */
  public Set<String> unknownWords(String prompt) {
    Set<String> unknown = new LinkedHashSet<>();
    for (AddedTokens.Segment segment : added.split(prompt)) {
      for (String word : segment.isToken() ? List.<String>of() : words(segment.text())) {
        if (!model.knows(ByteSymbols.encode(word))) {
          unknown.add(word);
        }
      }
    }
    return unknown;
  }

  /** The tokens of a text, without marks. */
  List<Piece> pieces(String prompt) {
    Objects.requireNonNull(prompt, "prompt is null");
    List<Piece> pieces = new ArrayList<>();
    for (AddedTokens.Segment segment : added.split(prompt)) {
      if (segment.isToken()) {
        pieces.add(new Piece(segment.id(), segment.text()));
      } else {
        for (String word : words(segment.text())) {
          pieces.addAll(model.encode(ByteSymbols.encode(word)));
        }
      }
    }
    return pieces;
  }

  /** The words of a normalized text, as they go to the byte pair model one by one. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      String word = matcher.group();
      if (word.equals(START) || word.equals(END)) {
        PART.matcher(word).results().forEach(part -> words.add(part.group()));
      } else {
        words.add(word);
      }
    }
    return words;
  }

  /** NFC, white space to one space, lower case. */
  static String normalize(String text) {
    String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
    return lowerCase(WHITE_SPACE.matcher(composed).replaceAll(" "));
  }

  /** Character by character: String.toLowerCase would treat the Σ at the end of a word apart. */
  static String lowerCase(String text) {
    StringBuilder lower = new StringBuilder(text.length());
    text.codePoints().forEach(c -> lower.append(Character.toString(c).toLowerCase(Locale.ROOT)));
    return lower.toString();
  }

  private static String decode(List<Piece> pieces) {
    StringBuilder text = new StringBuilder();
    StringBuilder symbols = new StringBuilder();
    for (Piece piece : pieces) {
      symbols.append(piece.text());
    }
    for (String word : symbols.toString().split(BytePairModel.WORD_END, -1)) {
      text.append(ByteSymbols.decode(word)).append(' ');
    }
    return text.toString();
  }
}
