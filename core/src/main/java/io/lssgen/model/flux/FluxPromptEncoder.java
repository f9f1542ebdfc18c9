package io.lssgen.model.flux;

import io.lssgen.model.Conditioning;
import io.lssgen.model.PromptEncoder;
import io.lssgen.model.TokenCount;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.Tokenizer;
import java.util.List;
import java.util.OptionalInt;

/**
 * FLUX reads a prompt twice: CLIP's pooled vector sums it up, T5's states give its words. Padding
 * is not masked, so that the lengths are part of what a model was trained with.
 */
public final class FluxPromptEncoder implements PromptEncoder {
  private final Reader<ClipTextModel> clip;
  private final Reader<T5Encoder> t5;

  /**
   * A text encoder with its tokenizer.
   *
   * @param length tokens that every prompt is cut or padded to
   * @param type the type to compute in
   */
  public record Reader<T>(Tokenizer tokenizer, T model, int length, DType type) {}

  public FluxPromptEncoder(Reader<ClipTextModel> clip, Reader<T5Encoder> t5) {
    this.clip = clip;
    this.t5 = t5;
  }

  @Override
  public Conditioning encode(List<String> prompts, OptionalInt clipSkip) {
    try (GradMode off = GradMode.disabled()) {
      return read(prompts);
    }
  }

  /** As {@link #encode(List)}, but gradients are recorded if that is on: for training. */
  public Conditioning read(List<String> prompts) {
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("wanted at least one prompt, found none");
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor pooled = clip.model().forward(ids(clip, prompts), clip.type()).pooled(); // [B, P]
      Tensor states = t5.model().forward(ids(t5, prompts), null, t5.type()); // [B, L, D]
      return new Conditioning(scope.keep(states), scope.keep(pooled));
    }
  }

  private static Tensor ids(Reader<?> reader, List<String> prompts) {
    long[] ids = new long[prompts.size() * reader.length()];
    for (int i = 0; i < prompts.size(); i++) {
      long[] row = reader.tokenizer().encode(prompts.get(i), reader.length()).ids();
      System.arraycopy(row, 0, ids, i * reader.length(), reader.length());
    }
    return Tensors.of(ids, prompts.size(), reader.length());
  }

  /** CLIP's shorter limit is no cause for one: T5 still reads what lies beyond it. */
  @Override
  public List<String> warnings(String prompt) {
    String cut = t5.tokenizer().encode(prompt, t5.length()).truncatedText();
    return cut.isEmpty()
        ? List.of()
        : List.of(
            "the prompt is longer than %d tokens; not read: '%s'".formatted(t5.length(), cut));
  }

  /** T5's: CLIP reads less, yet only sums up. */
  @Override
  public TokenCount tokens(String prompt) {
    int marks = t5.tokenizer().encode("").length();
    return new TokenCount(t5.tokenizer().encode(prompt).length() - marks, t5.length() - marks);
  }
}
