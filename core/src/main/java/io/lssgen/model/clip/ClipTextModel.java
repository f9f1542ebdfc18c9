package io.lssgen.model.clip;

import io.lssgen.errors.UsageException;
import io.lssgen.nn.Embedding;
import io.lssgen.nn.Init;
import io.lssgen.nn.LayerNorm;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * transformers' {@code CLIPTextModel} (arXiv 2103.00020): a causal transformer over tokens, whose
 * state at the end token sums up the prompt.
 *
 * <p>Legend: B batch, L tokens, D width, P projection width.
 */
public final class ClipTextModel {
  private static final double EMBEDDING_DEVIATION = 0.02;

  private final ClipTextConfig config;
  private final Embedding tokens;
  private final Embedding positions;
  private final List<ClipLayer> layers = new ArrayList<>();
  private final LayerNorm finalNorm;
  private final @Nullable Linear projection;

  /**
   * @param parameters the root of the encoder's file; names may carry the published prefix {@code
   *     text_model.} or lack it, as transformers 5 writes them
   */
  public ClipTextModel(Parameters parameters, ClipTextConfig config) {
    this.config = config;
    int width = config.width();
    Parameters prefixed = parameters.child("text_model");
    Parameters root =
        prefixed.has("embeddings.token_embedding.weight")
                || !parameters.has("embeddings.token_embedding.weight")
            ? prefixed
            : parameters;
    Parameters embeddings = root.child("embeddings");
    tokens =
        new Embedding(
            embeddings.child("token_embedding"),
            config.vocabularySize(),
            width,
            EMBEDDING_DEVIATION);
    positions =
        new Embedding(
            embeddings.child("position_embedding"), config.maxLength(), width, EMBEDDING_DEVIATION);
    Parameters list = root.child("encoder").child("layers");
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new ClipLayer(list.child(i), config));
    }
    finalNorm = new LayerNorm(root.child("final_layer_norm"), width, config.eps());
    projection =
        config.projectionWidth() == 0
            ? null
            : new Linear(
                parameters.child("text_projection"),
                width,
                config.projectionWidth(),
                false,
                Init.normal(1 / Math.sqrt(width)));
  }

  public ClipTextConfig config() {
    return config;
  }

  /**
   * What the encoder makes of prompts.
   *
   * @param hiddenStates [B, L, D] each: the embeddings, then the output of each layer; none is
   *     normalised. The penultimate one is what SDXL reads
   * @param lastHiddenState [B, L, D]: the last of them, normalised
   * @param pooled [B, D]: the normalised state at the end token
   * @param projected [B, P]: the projected pooled state; null without a projection
   */
  public record Output(
      List<Tensor> hiddenStates,
      Tensor lastHiddenState,
      Tensor pooled,
      @Nullable Tensor projected) {
    public Output {
      hiddenStates = List.copyOf(hiddenStates);
    }

    /**
     * The output of a layer counted from the last: [B, L, D], not normalised. SDXL reads this with
     * 2; Stable Diffusion 1.5 {@linkplain ClipTextModel#normalise normalises} it.
     *
     * @param skip 1 is the last layer, 2 the one before, as "clip skip" is counted
     * @throws UsageException if there is no such layer
     */
    public Tensor fromEnd(int skip) {
      int layers = hiddenStates.size() - 1; // the first of the states are the embeddings
      if (skip < 1 || skip > layers) {
        throw new UsageException(
            "clip skip wants 1 (the last layer) to " + layers + ", found " + skip);
      }
      return hiddenStates.get(layers + 1 - skip);
    }
  }

  /**
   * @param ids [B, L] int64, L at most {@link ClipTextConfig#maxLength()}
   * @param type of the computation
   */
  public Output forward(Tensor ids, DType type) {
    try (TensorScope scope = TensorScope.open()) {
      long length = ids.size(1);
      requireLength(length);
      Tensor places = Tensors.arange(length, DType.I64); // [L]
      Tensor mask = causalMask(length).to(type); // [L, L]
      Tensor hidden = tokens.forward(ids, type).add(positions.forward(places, type)); // [B, L, D]
      List<Tensor> hiddenStates = new ArrayList<>();
      hiddenStates.add(hidden);
      for (ClipLayer layer : layers) {
        hidden = layer.forward(hidden, mask);
        hiddenStates.add(hidden);
      }
      Tensor last = finalNorm.forward(hidden);
      Tensor pooled = stateAt(last, endPlaces(ids)); // [B, D]
      Tensor projected = projection == null ? null : scope.keep(projection.forward(pooled));
      return new Output(
          scope.keepAll(hiddenStates), scope.keep(last), scope.keep(pooled), projected);
    }
  }

  /** A layer's output [B, L, D], normalised as the last one's is. */
  public Tensor normalise(Tensor state) {
    return finalNorm.forward(state);
  }

  private void requireLength(long length) {
    if (length > config.maxLength()) {
      throw new IllegalArgumentException(
          "CLIP text encoder: " + length + " tokens, wanted at most " + config.maxLength());
    }
  }

  /** 0 where a token may look, itself and before, −∞ after it. */
  private static Tensor causalMask(long length) {
    int side = (int) length;
    float[] mask = new float[side * side];
    for (int row = 0; row < side; row++) {
      Arrays.fill(mask, row * side + row + 1, (row + 1) * side, Float.NEGATIVE_INFINITY);
    }
    return Tensors.of(mask, side, side);
  }

  /** [B] int64: where the (first) end token stands. */
  private Tensor endPlaces(Tensor ids) {
    return config.endId() == ClipTextConfig.LEGACY_END_ID
        ? ids.argmax(-1)
        : ids.eq(config.endId()).to(DType.I64).argmax(-1);
  }

  private static Tensor stateAt(Tensor hidden, Tensor places) {
    long batch = hidden.size(0);
    long width = hidden.size(2);
    Tensor index = places.reshape(batch, 1, 1).expand(batch, 1, width);
    return hidden.gather(1, index).squeeze(1);
  }
}
