package io.lssgen.model.t5;

import io.lssgen.model.TokenCount;
import io.lssgen.model.TokenIds;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.text.Tokenizer;
import java.util.List;

/**
 * A T5 encoder with its tokenizer, as denoisers read prompts by it: padded, and padding is not
 * masked, so that the length is part of what a model was trained with.
 *
 * @param length tokens that every prompt is cut or padded to
 * @param type the type to compute in
 */
public record T5Reader(Tokenizer tokenizer, T5Encoder model, int length, DType type) {
  /** The words of B prompts: [B, length, width]. */
  public Tensor states(List<String> prompts) {
    return model.forward(TokenIds.of(tokenizer, prompts, length), null, type);
  }

  /** Says what of a prompt is not read, if there is such a part. */
  public List<String> warnings(String prompt) {
    String cut = beyond(prompt);
    return cut.isEmpty()
        ? List.of()
        : List.of("the prompt is longer than %d tokens; not read: '%s'".formatted(length, cut));
  }

  /** What of a prompt lies beyond the length; mostly empty. */
  public String beyond(String prompt) {
    return tokenizer.encode(prompt, length).truncatedText();
  }

  /** How much of what is read a prompt takes, marks not counted. */
  public TokenCount tokens(String prompt) {
    int marks = tokenizer.encode("").length();
    return new TokenCount(tokenizer.encode(prompt).length() - marks, length - marks);
  }
}
