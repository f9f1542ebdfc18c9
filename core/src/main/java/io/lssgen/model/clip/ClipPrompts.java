package io.lssgen.model.clip;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.model.Conditioning;
import io.lssgen.model.PromptEncoder;
import io.lssgen.model.TokenCount;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.PromptChunker;
import io.lssgen.text.WeightedPrompt;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prompts for denoisers that read the token states of one CLIP text encoder or of several side by
 * side: {@linkplain WeightedPrompt weighted}, and of any length, in chunks of 75 tokens whose
 * states follow each other. The pooled state is the projected one of the last encoder, or of all,
 * which sums up the first chunk and knows no weights; without a projection there is none.
 *
 * <p>A prompt without weights of up to 75 tokens gives what diffusers gives. Of longer ones
 * diffusers reads the first 75 tokens; here nothing is cut off.
 *
 * <p>Legend: B prompts, n chunks, L tokens of a chunk with its marks (77), D width of all encoders
 * together, P projection width.
 */
public final class ClipPrompts implements PromptEncoder {
  private final List<ClipReader> readers;
  private final States states;
  private final boolean zeroNegative;

  /** Which states a denoiser was trained with. */
  public enum States {
    /** Normalised, of the last layer unless told otherwise: Stable Diffusion 1.5. */
    NORMALISED(1, false),

    /** As layers leave them, of the last but one unless told otherwise: SDXL. */
    PLAIN(2, false),

    /** The same with the pooled states of all encoders side by side: Stable Diffusion 3. */
    PLAIN_ALL_POOLED(2, true);

    private final int clipSkip;
    private final boolean allPooled;

    States(int clipSkip, boolean allPooled) {
      this.clipSkip = clipSkip;
      this.allPooled = allPooled;
    }

    boolean isNormalised() {
      return this == NORMALISED;
    }

    /** The projected state; that itself where all are told and one has no projection. */
    @Nullable Tensor pooled(ClipTextModel.Output output) {
      return allPooled && output.projected() == null ? output.pooled() : output.projected();
    }

    private int pooledWidth(ClipTextConfig config) {
      return allPooled ? config.pooledWidth() : config.projectionWidth();
    }

    /** The layer counted from the last, which is 1. */
    public int clipSkip() {
      return clipSkip;
    }
  }

  /**
   * @param readers at least one, in the order in which the denoiser reads their states
   * @param zeroNegative whether an empty negative prompt is read as zeros, which is what diffusers
   *     does with {@code force_zeros_for_empty_prompt} where none is given
   * @throws ModelException if the encoders read chunks of different lengths
   */
  public ClipPrompts(List<ClipReader> readers, States states, boolean zeroNegative) {
    if (readers.isEmpty()) {
      throw new IllegalArgumentException("wanted at least one CLIP text encoder, found none");
    }
    List<Integer> lengths = readers.stream().map(ClipReader::length).distinct().toList();
    if (lengths.size() > 1) {
      throw new ModelException(
          "text encoders side by side want the same max_position_embeddings, found " + lengths);
    }
    this.readers = List.copyOf(readers);
    this.states = states;
    this.zeroNegative = zeroNegative;
  }

  /**
   * How many chunks the longest of these prompts needs. A denoiser that is guided by a negative
   * prompt needs as many of both, so they are counted together.
   */
  public int chunks(List<String> prompts) {
    int most = 1;
    for (String prompt : prompts) {
      WeightedPrompt weighted = WeightedPrompt.parse(prompt);
      for (ClipReader reader : readers) {
        most = Math.max(most, chunker(reader).chunks(weighted).size());
      }
    }
    return most;
  }

  /** With as many chunks as the longest prompt needs. */
  @Override
  public Conditioning encode(List<String> prompts, OptionalInt clipSkip) {
    return encode(prompts, clipSkip.orElse(states.clipSkip()), chunks(prompts));
  }

  /**
   * {@inheritDoc} The clip skip is the prompt's, as in AUTOMATIC1111; diffusers ignores it here.
   */
  @Override
  public Conditioning encodeNegative(List<String> prompts, OptionalInt clipSkip) {
    boolean empty = prompts.stream().allMatch(String::isEmpty);
    return zeroNegative && empty ? zeros(prompts.size()) : encode(prompts, clipSkip);
  }

  /** What one chunk of each prompt would be of, without reading it. */
  private Conditioning zeros(int batch) {
    int width = readers.stream().mapToInt(reader -> reader.model().config().width()).sum();
    ClipReader last = readers.get(readers.size() - 1);
    int pooled =
        pooling().stream().mapToInt(reader -> states.pooledWidth(reader.model().config())).sum();
    return new Conditioning(
        Tensors.zeros(last.type(), batch, last.length(), width),
        pooled == 0 ? null : Tensors.zeros(last.type(), batch, pooled));
  }

  /** Those whose pooled states are told. */
  private List<ClipReader> pooling() {
    return states.allPooled ? readers : readers.subList(readers.size() - 1, readers.size());
  }

  @Override
  public boolean takesClipSkip() {
    return true;
  }

  /**
   * Encodes prompts without recording gradients.
   *
   * @param prompts at least one; an empty one is allowed
   * @param clipSkip the layer to read, of every encoder, as AUTOMATIC1111 counts: 1 is the last,
   *     {@link States#clipSkip()} the usual one. diffusers' {@code clip_skip} counts from there on:
   *     its 1 is 2 for Stable Diffusion 1.5 and 3 for SDXL
   * @param chunks as {@link #chunks} counts them, or more: shorter prompts go on with the states of
   *     the empty prompt
   * @return states [B, n·L, D], pooled [B, P]; they belong to the scope that is open around the
   *     call
   * @throws UsageException if there is no such layer, or weights are too large to compute with
   */
  public Conditioning encode(List<String> prompts, int clipSkip, int chunks) {
    try (GradMode off = GradMode.disabled()) {
      return read(prompts, clipSkip, chunks);
    }
  }

  /**
   * As {@link #encode(List)} with the usual layer, but gradients are recorded if that is on: what
   * training reads of captions is what generation reads of prompts.
   */
  public Conditioning read(List<String> prompts) {
    return read(prompts, states.clipSkip(), chunks(prompts));
  }

  private Conditioning read(List<String> prompts, int clipSkip, int chunks) {
    if (prompts.isEmpty()) {
      throw new IllegalArgumentException("wanted at least one prompt, found none");
    }
    List<WeightedPrompt> weighted = prompts.stream().map(WeightedPrompt::parse).toList();
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> sides = new ArrayList<>(); // of each encoder: [B, n·L, its own width]
      List<Tensor> pooled = new ArrayList<>(); // of each that has one: [B, its own width]
      for (ClipReader reader : readers) {
        PromptChunker chunker = chunker(reader);
        Conditioning read =
            reader.read(
                weighted.stream().map(prompt -> chunker.chunks(prompt, chunks)).toList(),
                clipSkip,
                states);
        sides.add(read.states());
        if (read.pooled() != null && pooling().contains(reader)) {
          pooled.add(read.pooled());
        }
      }
      return new Conditioning(
          scope.keep(sideBySide(sides)), pooled.isEmpty() ? null : scope.keep(sideBySide(pooled)));
    }
  }

  /** Along the last dimension. */
  private static Tensor sideBySide(List<Tensor> parts) {
    return parts.size() == 1 ? parts.get(0) : Tensors.cat(parts, -1);
  }

  private static PromptChunker chunker(ClipReader reader) {
    return new PromptChunker(reader.tokenizer(), reader.length(), PromptChunker.COMMA_REACH);
  }

  @Override
  public String plain(String prompt) {
    return WeightedPrompt.parse(prompt).plain();
  }

  /** {@inheritDoc} Length is no cause for one. */
  @Override
  public List<String> warnings(String prompt) {
    WeightedPrompt weighted = WeightedPrompt.parse(prompt);
    List<String> warnings = new ArrayList<>(weighted.remarks());
    Set<String> unknown = new LinkedHashSet<>();
    for (String text : weighted.texts()) {
      readers.forEach(reader -> unknown.addAll(reader.tokenizer().unknownWords(text)));
    }
    if (!unknown.isEmpty()) {
      warnings.add(
          "characters that the model's vocabulary lacks are read as unknown ones, in: '%s'"
              .formatted(String.join("', '", unknown)));
    }
    return warnings;
  }

  /** {@inheritDoc} Of the encoder that needs most. */
  @Override
  public TokenCount tokens(String prompt) {
    int most = 0;
    for (ClipReader reader : readers) {
      int marks = reader.tokenizer().encode("").length();
      int count = 0;
      for (WeightedPrompt.Part part : WeightedPrompt.parse(prompt).parts()) {
        if (part instanceof WeightedPrompt.Text text) {
          count += reader.tokenizer().encode(text.text()).length() - marks;
        }
      }
      most = Math.max(most, count);
    }
    return new TokenCount(most, chunks(List.of(prompt)) * (readers.get(0).length() - 2));
  }
}
