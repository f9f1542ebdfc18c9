package io.lssgen.model;

import java.util.List;

/** Turns prompts into what a denoiser reads. Not thread-safe. */
public interface PromptEncoder {
  /**
   * Encodes prompts without recording gradients.
   *
   * @param prompts at least one; an empty one is allowed
   * @return in the prompts' order; it belongs to the scope that is open around the call
   */
  Conditioning encode(List<String> prompts);

  /**
   * What the user should know about how this prompt is read, for instance that its end was cut off:
   * one sentence each, empty if it is read as it stands.
   */
  List<String> warnings(String prompt);
}
