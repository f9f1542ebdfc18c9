package io.lssgen.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * T5's tokenizer: SentencePiece's normalization, words begun by ▁, unigram model, and {@code </s>}
 * after the prompt. Gives the ids of Hugging Face's {@code T5Tokenizer}; a {@code spiece.model}
 * with byte fall-back is read as SentencePiece means it (that class would give unknown tokens).
 * Loaded by {@link Tokenizers#t5}.
 *
 * <p>Source: Raffel et al., "Exploring the Limits of Transfer Learning with a Unified Text-to-Text
 * Transformer", https://arxiv.org/abs/1910.10683
 */
public final class T5Tokenizer implements Tokenizer {
  /** Length at which FLUX.1-dev's prompts are cut, the end mark included. */
  public static final int MAX_LENGTH = 512;

  /** Letters and digits, or signs such as emoji; punctuation is no word. */
  private static final Pattern WORD =
      Pattern.compile("[\\p{L}\\p{M}\\p{N}]+|[^\\p{L}\\p{M}\\p{N}\\p{P}\\p{Z}\\p{C}▁]+");

  private static final char CUT = '\n';

  private final AddedTokens added;
  private final TextSteps.Words words;
  private final UnigramModel model;
  private final int endId;
  private final int padId;

  T5Tokenizer(
      UnigramModel model,
      UnaryOperator<String> normalizer,
      TextSteps.Words words,
      Collection<AddedTokens.Token> added,
      int endId,
      int padId) {
    this.model = model;
    this.words = words;
    this.added = new AddedTokens(added, normalizer);
    this.endId = endId;
    this.padId = padId;
  }

  @Override
  public Encoding encode(String prompt, int maxLength) {
    return Encoding.fitted(List.of(), pieces(prompt), endId, maxLength, padId, this::decode);
  }

  @Override
  public Encoding encode(String prompt) {
    return Encoding.whole(List.of(), pieces(prompt), endId);
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

  /**
   * The words of a prompt that this vocabulary does not have as one piece, in order and each once:
   * a model with a small vocabulary of whole words has hardly learnt them.
   */
  public Set<String> unknownWords(String prompt) {
    Set<String> unknown = new LinkedHashSet<>();
    for (AddedTokens.Segment segment : added.split(prompt)) {
      for (String word : segment.isToken() ? List.<String>of() : words.of(segment.text(), false)) {
        String cut = cut(word);
        WORD.matcher(word)
            .results()
            .map(MatchResult::group)
            .filter(part -> !cut.contains(CUT + part + CUT))
            .forEach(unknown::add);
      }
    }
    return unknown;
  }

  /** A word with a sign between its pieces; unknown characters are cut into nothing. */
  private String cut(String word) {
    StringBuilder cut = new StringBuilder().append(CUT);
    for (Piece piece : model.encode(word)) {
      boolean known = model.text(piece.id()).equals(piece.text());
      String text = piece.text().replace(words.space(), "");
      cut.append(known ? text : "").append(CUT);
    }
    return cut.toString();
  }

  private List<Piece> pieces(String prompt) {
    Objects.requireNonNull(prompt, "prompt is null");
    List<Piece> pieces = new ArrayList<>();
    for (AddedTokens.Segment segment : added.split(prompt)) {
      if (segment.isToken()) {
        pieces.add(new Piece(segment.id(), segment.text()));
      } else {
        for (String word : words.of(segment.text(), segment.first())) {
          pieces.addAll(model.encode(word));
        }
      }
    }
    return pieces;
  }

  private String decode(List<Piece> pieces) {
    StringBuilder text = new StringBuilder();
    pieces.forEach(piece -> text.append(piece.text()));
    return text.toString().replace(words.space(), " ");
  }
}
