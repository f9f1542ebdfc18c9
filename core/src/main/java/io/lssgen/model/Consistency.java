package io.lssgen.model;

import io.lssgen.errors.ModelException;
import io.lssgen.text.Tokenizer;

/** Checks that the components of a model belong together. */
public final class Consistency {
  private Consistency() {}

  /**
   * Checks that two components have the same size where they meet.
   *
   * @param what the one's field, for instance {@code hidden_size of text_encoder}
   * @param with the other's, for instance {@code cross_attention_dim of unet}
   * @throws ModelException if they differ
   */
  public static void requireEqual(
      ModelIndex index, String what, int found, String with, int wanted) {
    if (found != wanted) {
      throw new ModelException(
          "%s: its components do not belong together: %s is %d, but %s is %d"
              .formatted(index.origin(), what, found, with, wanted));
    }
  }

  /**
   * Checks that one component has room for what comes from another; the fields as for {@link
   * #requireEqual}.
   *
   * @throws ModelException if it has not
   */
  public static void requireAtMost(
      ModelIndex index, String what, int found, String with, int most) {
    if (found > most) {
      throw new ModelException(
          "%s: its components do not belong together: %s is %d, but %s is only %d"
              .formatted(index.origin(), what, found, with, most));
    }
  }

  /**
   * Checks that an encoder knows all of its tokenizer's tokens.
   *
   * @param entries the encoder's {@code vocab_size}
   * @throws ModelException if there are more tokens
   */
  public static void requireVocabulary(
      ModelIndex index, String encoder, Tokenizer tokenizer, int entries) {
    if (tokenizer.vocabularySize() > entries) {
      throw new ModelException(
          "%s: the tokenizer of %s has %d tokens, its vocab_size is only %d; they do not belong"
                  .formatted(index.origin(), encoder, tokenizer.vocabularySize(), entries)
              + " together");
    }
  }
}
