package io.lssgen.model.unet;

import io.lssgen.nn.Attention;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * Attention with several heads, of tokens to themselves or to a text.
 *
 * <p>Legend: B batch, L tokens, S tokens attended to, D width, A heads.
 */
final class HeadedAttention {
  private final int heads;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear out;

  HeadedAttention(Parameters parameters, int width, int contextWidth, int heads) {
    this.heads = heads;
    query = new Linear(parameters.child("to_q"), width, width, false);
    key = new Linear(parameters.child("to_k"), contextWidth, width, false);
    value = new Linear(parameters.child("to_v"), contextWidth, width, false);
    out = new Linear(parameters.child("to_out").child(0), width, width);
  }

  /** x [B, L, D], context [B, S, context width] to [B, L, D]. */
  Tensor forward(Tensor x, Tensor context) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor attended =
          Attention.attend(
              split(query.forward(x)), split(key.forward(context)), split(value.forward(context)));
      return scope.keep(out.forward(attended.transpose(1, 2).reshape(x.shape())));
    }
  }

  /** [B, L, D] to [B, A, L, D/A]. */
  private Tensor split(Tensor x) {
    return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }
}
