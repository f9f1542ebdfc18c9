package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * Two linear layers with SiLU between them, as diffusers embeds times and pooled texts. Parameters:
 * {@code linear_1}, {@code linear_2}.
 */
public final class VectorEmbedding {
  private final Linear first;
  private final Linear second;

  public VectorEmbedding(Parameters parameters, int in, int out) {
    first = new Linear(parameters.child("linear_1"), in, out, true, Init.xavier(in, out));
    second = new Linear(parameters.child("linear_2"), out, out, true, Init.xavier(out, out));
  }

  /** [B, in] to [B, out]. */
  public Tensor forward(Tensor x) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(second.forward(Functional.silu(first.forward(x))));
    }
  }
}
