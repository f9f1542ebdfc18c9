package io.lssgen.model.clip;

import io.lssgen.nn.Attention;
import io.lssgen.nn.Init;
import io.lssgen.nn.LayerNorm;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** transformers' {@code CLIPEncoderLayer}: attention, then feed-forward, each on normed input. */
final class ClipLayer {
  private static final double QUICK_GELU_FACTOR = 1.702;

  private final ClipTextConfig config;
  private final LayerNorm attentionNorm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;
  private final LayerNorm feedForwardNorm;
  private final Linear widen;
  private final Linear narrow;

  ClipLayer(Parameters parameters, ClipTextConfig config) {
    this.config = config;
    int width = config.width();
    // transformers' own deviations: what enters the residual stream shrinks with the depth
    Init entering = Init.normal(1 / Math.sqrt(width) / Math.sqrt(2.0 * config.layers()));
    Init leaving = Init.normal(1 / Math.sqrt(width));
    Init inner = Init.normal(1 / Math.sqrt(2.0 * width));
    Parameters attention = parameters.child("self_attn");
    attentionNorm = new LayerNorm(parameters.child("layer_norm1"), width, config.eps());
    query = new Linear(attention.child("q_proj"), width, width, true, entering);
    key = new Linear(attention.child("k_proj"), width, width, true, entering);
    value = new Linear(attention.child("v_proj"), width, width, true, entering);
    out = new Linear(attention.child("out_proj"), width, width, true, leaving);
    feedForwardNorm = new LayerNorm(parameters.child("layer_norm2"), width, config.eps());
    Parameters mlp = parameters.child("mlp");
    widen = new Linear(mlp.child("fc1"), width, config.innerWidth(), true, inner);
    narrow = new Linear(mlp.child("fc2"), config.innerWidth(), width, true, entering);
  }

  /** x [B, L, D], mask [L, L] added to the attention's scores. */
  Tensor forward(Tensor x, Tensor mask) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor normed = attentionNorm.forward(x);
      Tensor attended =
          Attention.attend(
              heads(query.forward(normed)),
              heads(key.forward(normed)),
              heads(value.forward(normed)),
              1 / Math.sqrt((double) config.width() / config.heads()),
              mask); // [B, A, L, D/A]
      Tensor hidden = x.add(out.forward(attended.transpose(1, 2).reshape(x.shape())));
      Tensor inner = activate(widen.forward(feedForwardNorm.forward(hidden)));
      return scope.keep(hidden.add(narrow.forward(inner)));
    }
  }

  /** [B, L, D] to [B, A, L, D/A]. */
  private Tensor heads(Tensor x) {
    long heads = config.heads();
    return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }

  private Tensor activate(Tensor x) {
    return switch (config.activation()) {
      case QUICK_GELU -> x.mul(x.mul(QUICK_GELU_FACTOR).sigmoid());
      case GELU -> Functional.gelu(x);
    };
  }
}
