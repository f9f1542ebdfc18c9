package io.lssgen.text;

import java.util.List;

/**
 * As many tokens as a text encoder reads at once: the start mark, tokens of the prompt, the end
 * mark, padding. Made by {@link PromptChunker}.
 *
 * @param tokens as many as the encoder is trained with, usually 77
 */
public record PromptChunk(List<Token> tokens) {

  /**
   * A token id and how much it weighs.
   *
   * @param weight 1 leaves the token's state as it is; marks and padding have it
   */
  public record Token(int id, double weight) {}

  public PromptChunk {
    tokens = List.copyOf(tokens);
  }

  /** Token ids [L]. */
  public long[] ids() {
    return tokens.stream().mapToLong(Token::id).toArray();
  }

  /** Weights [L]. */
  public float[] weights() {
    float[] weights = new float[tokens.size()];
    for (int at = 0; at < weights.length; at++) {
      weights[at] = (float) tokens.get(at).weight();
    }
    return weights;
  }

  /** Whether any token weighs other than 1. */
  public boolean isWeighted() {
    return tokens.stream().anyMatch(token -> token.weight() != 1);
  }
}
