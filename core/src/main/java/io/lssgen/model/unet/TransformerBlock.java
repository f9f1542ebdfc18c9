package io.lssgen.model.unet;

import io.lssgen.nn.LayerNorm;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * diffusers' {@code BasicTransformerBlock}: places attend to each other, then to the text, then
 * each passes a feed-forward part; each on normed input, beside a skip.
 */
final class TransformerBlock {
  private static final double EPS = 1e-5;

  private final LayerNorm norm1;
  private final HeadedAttention selfAttention;
  private final LayerNorm norm2;
  private final HeadedAttention textAttention;
  private final LayerNorm norm3;
  private final GatedFeedForward feedForward;

  TransformerBlock(Parameters parameters, int width, int textWidth, int heads) {
    norm1 = new LayerNorm(parameters.child("norm1"), width, EPS);
    selfAttention = new HeadedAttention(parameters.child("attn1"), width, width, heads);
    norm2 = new LayerNorm(parameters.child("norm2"), width, EPS);
    textAttention = new HeadedAttention(parameters.child("attn2"), width, textWidth, heads);
    norm3 = new LayerNorm(parameters.child("norm3"), width, EPS);
    feedForward = new GatedFeedForward(parameters.child("ff"), width);
  }

  /** places [B, L, D], text [B, S, text width] to [B, L, D]. */
  Tensor forward(Tensor places, Tensor text) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor normed = norm1.forward(places);
      Tensor hidden = places.add(selfAttention.forward(normed, normed));
      hidden = hidden.add(textAttention.forward(norm2.forward(hidden), text));
      return scope.keep(hidden.add(feedForward.forward(norm3.forward(hidden))));
    }
  }
}
