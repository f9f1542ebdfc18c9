package io.lssgen.nn;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/** x·Wᵀ + b over the last dimension. Parameters: weight [out, in], bias [out]. */
public final class Linear {
  private final Weight weight;
  private final @Nullable Tensor bias;

  /** A layer with bias. */
  public Linear(Parameters parameters, long in, long out) {
    this(parameters, in, out, true);
  }

  public Linear(Parameters parameters, long in, long out, boolean withBias) {
    this(parameters, in, out, withBias, Init.fanIn(in));
  }

  /** A layer whose fresh weight is filled by {@code init}; a fresh bias is zero if that is. */
  public Linear(Parameters parameters, long in, long out, boolean withBias, Init init) {
    weight = parameters.weight("weight", init, out, in);
    bias =
        withBias
            ? parameters.tensor("bias", init == Init.ZEROS ? init : Init.fanIn(in), out)
            : null;
  }

  /** [..., in] to [..., out]. */
  public Tensor forward(Tensor x) {
    // What is converted for this product alone goes with it.
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(weight.linear(x, bias == null ? null : bias.to(x.dtype())));
    }
  }
}
