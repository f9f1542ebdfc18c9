package io.lssgen.model.sd3;

import io.lssgen.model.Conditioning;
import io.lssgen.model.PromptEncoder;
import io.lssgen.model.TokenCount;
import io.lssgen.model.clip.ClipPrompts;
import io.lssgen.model.t5.T5Reader;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Stable Diffusion 3 reads a prompt by two CLIP encoders, side by side and filled up with zeros to
 * T5's width, and then by T5. The model was trained with T5 left out now and then, so that it can
 * do without: zeros stand for its states.
 *
 * <p>Weights of words, as {@code (red:1.3)}, act on CLIP's states alone; T5 reads the words.
 *
 * <p>Legend: B prompts, n chunks of 77 tokens, L tokens of T5, D its width, P width of both pooled
 * vectors together.
 */
public final class Sd3PromptEncoder implements PromptEncoder {
  /** Tokens that diffusers has T5 read. */
  static final int T5_LENGTH = 256;

  private static final String WITHOUT =
      "the model was loaded without T5 (text_encoder_3), so that CLIP alone reads prompts: long and"
          + " detailed ones are followed less";

  private final ClipPrompts clip;
  private final Words words;

  /** What T5 reads, or stands for it. */
  private interface Words {
    /** [B, L, D]. */
    Tensor states(List<String> prompts, Tensor like);

    int width();

    List<String> warnings(String prompt);

    TokenCount tokens(String prompt, TokenCount clip);
  }

  /**
   * @param clip both CLIP encoders, with all of their pooled vectors
   * @param t5 whose states the denoiser reads
   */
  public static Sd3PromptEncoder of(ClipPrompts clip, T5Reader t5) {
    return new Sd3PromptEncoder(clip, new Read(t5));
  }

  /**
   * Without T5.
   *
   * @param width of a text state
   */
  public static Sd3PromptEncoder withoutT5(ClipPrompts clip, int width) {
    return new Sd3PromptEncoder(clip, new Zeros(width));
  }

  private Sd3PromptEncoder(ClipPrompts clip, Words words) {
    this.clip = clip;
    this.words = words;
  }

  @Override
  public Conditioning encode(List<String> prompts, OptionalInt clipSkip) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      Conditioning read = clip.encode(prompts, clipSkip);
      Tensor states = read.states(); // [B, n·77, both widths]
      List<String> plain = prompts.stream().map(clip::plain).toList();
      long rest = words.width() - states.size(2);
      Tensor filled =
          Tensors.cat(
              List.of(states, Tensors.zeros(states.dtype(), states.size(0), states.size(1), rest)),
              2); // [B, n·77, D]
      Tensor all = Tensors.cat(List.of(filled, words.states(plain, filled)), 1);
      Tensor pooled = read.pooled();
      return new Conditioning(scope.keep(all), pooled == null ? null : scope.keep(pooled));
    }
  }

  @Override
  public boolean takesClipSkip() {
    return true;
  }

  @Override
  public List<String> warnings(String prompt) {
    List<String> all = new ArrayList<>(clip.warnings(prompt));
    all.addAll(words.warnings(clip.plain(prompt)));
    return all;
  }

  @Override
  public String plain(String prompt) {
    return clip.plain(prompt);
  }

  @Override
  public TokenCount tokens(String prompt) {
    return words.tokens(clip.plain(prompt), clip.tokens(prompt));
  }

  private record Read(T5Reader t5) implements Words {
    @Override
    public Tensor states(List<String> prompts, Tensor like) {
      return t5.states(prompts).to(like.dtype());
    }

    @Override
    public int width() {
      return t5.model().config().width();
    }

    @Override
    public List<String> warnings(String prompt) {
      String rest = t5.beyond(prompt);
      return rest.isEmpty()
          ? List.of()
          : List.of(
              "T5 reads %d tokens of the prompt; CLIP alone reads: '%s'"
                  .formatted(t5.length(), rest));
    }

    @Override
    public TokenCount tokens(String prompt, TokenCount clip) {
      return t5.tokens(prompt);
    }
  }

  private record Zeros(int width) implements Words {
    @Override
    public Tensor states(List<String> prompts, Tensor like) {
      return Tensors.zeros(like.dtype(), prompts.size(), T5_LENGTH, width);
    }

    @Override
    public List<String> warnings(String prompt) {
      return List.of(WITHOUT);
    }

    @Override
    public TokenCount tokens(String prompt, TokenCount clip) {
      return clip;
    }
  }
}
