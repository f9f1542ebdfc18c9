package io.lssgen.model.t5;

import io.lssgen.nn.Embedding;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.RmsNorm;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * transformers' {@code T5EncoderModel} (arXiv 1910.10683): a transformer over tokens that knows
 * their places only by a learnt bias for each distance. Attention scores are not scaled.
 *
 * <p>Legend: B batch, L tokens, D width, A heads.
 */
public final class T5Encoder {
  /** Added to the scores of masked tokens: far below any score, finite in every type. */
  private static final double MASKED = -1e9;

  private final T5Config config;
  private final Embedding tokens;
  private final RelativePositionBias positionBias;
  private final List<T5Layer> layers = new ArrayList<>();
  private final RmsNorm finalNorm;

  /**
   * @param parameters the root of the encoder's file; the embedding is {@code shared.weight}, or
   *     {@code encoder.embed_tokens.weight} where only that is there
   */
  public T5Encoder(Parameters parameters, T5Config config) {
    this.config = config;
    Parameters encoder = parameters.child("encoder");
    Parameters list = encoder.child("block");
    boolean shared = parameters.has("shared.weight") || !encoder.has("embed_tokens.weight");
    tokens =
        new Embedding(
            shared ? parameters.child("shared") : encoder.child("embed_tokens"),
            config.vocabularySize(),
            config.width(),
            1);
    // the first layer's file part holds the bias that all layers share
    positionBias =
        new RelativePositionBias(
            list.child(0)
                .child("layer")
                .child(0)
                .child("SelfAttention")
                .child("relative_attention_bias"),
            config);
    for (int i = 0; i < config.layers(); i++) {
      layers.add(new T5Layer(list.child(i).child("layer"), config));
    }
    finalNorm = new RmsNorm(encoder.child("final_layer_norm"), config.width(), config.eps());
  }

  public T5Config config() {
    return config;
  }

  /**
   * @param ids [B, L] int64
   * @param mask [B, L], 1 at tokens that may be looked at, 0 at padding; null if all may be, as
   *     FLUX has it
   * @param type of the computation
   * @return [B, L, D], normalised
   */
  public Tensor forward(Tensor ids, @Nullable Tensor mask, DType type) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor bias = positionBias.forward(ids.size(1), type); // [1, A, L, L]
      if (mask != null) {
        Tensor masked = mask.to(type).add(-1).mul(-MASKED); // 0 or MASKED
        bias = bias.add(masked.unsqueeze(1).unsqueeze(1)); // [B, A, L, L]
      }
      Tensor hidden = tokens.forward(ids, type); // [B, L, D]
      for (T5Layer layer : layers) {
        hidden = layer.forward(hidden, bias);
      }
      return scope.keep(finalNorm.forward(hidden));
    }
  }
}
