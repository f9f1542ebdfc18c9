package io.lssgen.model;

import java.util.List;
import java.util.OptionalInt;

/** Turns prompts into what a denoiser reads. Not thread-safe. */
public interface PromptEncoder {
  /**
   * Encodes prompts without recording gradients.
   *
   * @param prompts at least one; an empty one is allowed
   * @param clipSkip which layer of CLIP is read, 1 being the last; empty: the family's own, as it
   *     must be unless {@link #takesClipSkip()}
   * @return in the prompts' order; it belongs to the scope that is open around the call
   */
  Conditioning encode(List<String> prompts, OptionalInt clipSkip);

  /** Encodes prompts with the family's own clip skip. */
  default Conditioning encode(List<String> prompts) {
    return encode(prompts, OptionalInt.empty());
  }

  /** Encodes negative prompts, of which some models read an empty one in another way. */
  default Conditioning encodeNegative(List<String> prompts, OptionalInt clipSkip) {
    return encode(prompts, clipSkip);
  }

  /** Whether the layer of CLIP can be chosen. */
  default boolean takesClipSkip() {
    return false;
  }

  /**
   * What the user should know about how this prompt is read, for instance that its end was cut off:
   * one sentence each, empty if it is read as it stands.
   */
  List<String> warnings(String prompt);

  /** The prompt without what tells weights and chunks, for people who look for words in it. */
  default String plain(String prompt) {
    return prompt;
  }

  /** How much of what the encoder reads this prompt takes. Safe to ask from any thread. */
  TokenCount tokens(String prompt);
}
