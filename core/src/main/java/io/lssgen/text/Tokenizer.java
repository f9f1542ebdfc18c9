package io.lssgen.text;

/**
 * Cuts a prompt into the token ids that a text encoder was trained with. Immutable and safe to use
 * from several threads.
 */
public interface Tokenizer {
  /**
   * Encodes a prompt to exactly {@code maxLength} ids: start and end marks are added, what does not
   * fit is cut before the end mark and reported in {@link Encoding#truncatedText()}, and the rest
   * is padded.
   *
   * @param prompt any text, may be empty
   * @param maxLength ids wanted, at least the number of marks
   * @throws IllegalArgumentException if {@code maxLength} has no room for the marks
   */
  Encoding encode(String prompt, int maxLength);

  /** Encodes a prompt with its marks, neither cut nor padded. */
  Encoding encode(String prompt);

  /**
   * One more than the largest id of the vocabulary, ids without a token included; a text encoder
   * needs at least as many embeddings.
   */
  int vocabularySize();

  /** The id that fills up short prompts. */
  int padId();

  /** The id of the mark at the end of every prompt. */
  int endId();
}
