package io.lssgen.model.t5;

import io.lssgen.nn.Attention;
import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.RmsNorm;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/** transformers' {@code T5Block}: attention, then feed-forward, each on normed input. No biases. */
final class T5Layer {
  private final T5Config config;
  private final RmsNorm attentionNorm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;
  private final RmsNorm feedForwardNorm;
  private final Linear widen;
  private final @Nullable Linear gate;
  private final Linear narrow;

  T5Layer(Parameters parameters, T5Config config) {
    this.config = config;
    int width = config.width();
    int attended = config.heads() * config.headWidth();
    Init byWidth = deviation(width);
    Parameters first = parameters.child(0);
    Parameters attention = first.child("SelfAttention");
    // unscaled scores: the queries start smaller instead
    query = linear(attention, "q", width, attended, deviation((double) width * config.headWidth()));
    key = linear(attention, "k", width, attended, byWidth);
    value = linear(attention, "v", width, attended, byWidth);
    out = linear(attention, "o", attended, width, deviation(attended));
    attentionNorm = new RmsNorm(first.child("layer_norm"), width, config.eps());

    Parameters second = parameters.child(1);
    Parameters dense = second.child("DenseReluDense");
    boolean gated = config.feedForward() == T5Config.FeedForward.GATED_GELU;
    widen = linear(dense, gated ? "wi_0" : "wi", width, config.innerWidth(), byWidth);
    gate = gated ? linear(dense, "wi_1", width, config.innerWidth(), byWidth) : null;
    narrow = linear(dense, "wo", config.innerWidth(), width, deviation(config.innerWidth()));
    feedForwardNorm = new RmsNorm(second.child("layer_norm"), width, config.eps());
  }

  private static Init deviation(double fanIn) {
    return Init.normal(1 / Math.sqrt(fanIn));
  }

  private static Linear linear(Parameters parent, String name, long in, long out, Init init) {
    return new Linear(parent.child(name), in, out, false, init);
  }

  /** x [B, L, D], bias [1 or B, A, L, L] added to the attention's scores. */
  Tensor forward(Tensor x, Tensor bias) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor normed = attentionNorm.forward(x);
      Tensor attended =
          Attention.attend(
              heads(query.forward(normed)),
              heads(key.forward(normed)),
              heads(value.forward(normed)),
              1,
              bias); // [B, A, L, D/A]
      Tensor joined = attended.transpose(1, 2).reshape(x.size(0), x.size(1), -1);
      Tensor hidden = x.add(out.forward(joined));
      return scope.keep(hidden.add(feedForward(feedForwardNorm.forward(hidden))));
    }
  }

  /** [B, L, A·W] to [B, A, L, W]. */
  private Tensor heads(Tensor x) {
    return x.reshape(x.size(0), x.size(1), config.heads(), config.headWidth()).transpose(1, 2);
  }

  private Tensor feedForward(Tensor x) {
    Tensor inner =
        gate == null
            ? Functional.relu(widen.forward(x))
            : Functional.geluTanh(widen.forward(x)).mul(gate.forward(x));
    return narrow.forward(inner);
  }
}
