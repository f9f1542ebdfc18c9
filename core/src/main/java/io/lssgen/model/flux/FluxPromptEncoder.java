package io.lssgen.model.flux;

import io.lssgen.model.Conditioning;
import io.lssgen.model.PromptEncoder;
import io.lssgen.model.TokenCount;
import io.lssgen.model.TokenIds;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.t5.T5Reader;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.text.Tokenizer;
import java.util.List;
import java.util.OptionalInt;

/**
 * FLUX reads a prompt twice: CLIP's pooled vector sums it up, T5's states give its words. Padding
 * is not masked, so that the lengths are part of what a model was trained with.
 */
public final class FluxPromptEncoder implements PromptEncoder {
  private final Clip clip;
  private final T5Reader t5;

  /**
   * CLIP with its tokenizer.
   *
   * @param length tokens that every prompt is cut or padded to
   * @param type the type to compute in
   */
  public record Clip(Tokenizer tokenizer, ClipTextModel model, int length, DType type) {
    /** [B, P]. */
    private Tensor pooled(List<String> prompts) {
      return model.forward(TokenIds.of(tokenizer, prompts, length), type).pooled();
    }
  }

  public FluxPromptEncoder(Clip clip, T5Reader t5) {
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
      Tensor pooled = clip.pooled(prompts); // [B, P]
      Tensor states = t5.states(prompts); // [B, L, D]
      return new Conditioning(scope.keep(states), scope.keep(pooled));
    }
  }

  /** CLIP's shorter limit is no cause for one: T5 still reads what lies beyond it. */
  @Override
  public List<String> warnings(String prompt) {
    return t5.warnings(prompt);
  }

  /** T5's: CLIP reads less, yet only sums up. */
  @Override
  public TokenCount tokens(String prompt) {
    return t5.tokens(prompt);
  }
}
