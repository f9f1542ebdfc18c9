package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/** Layer normalisation over the last dimension. Parameters: weight [D], bias [D]. */
public final class LayerNorm {
  private final double eps;
  private final Tensor weight;
  private final Tensor bias;

  public LayerNorm(Parameters parameters, long width, double eps) {
    this.eps = eps;
    weight = parameters.tensor("weight", Init.ONES, width);
    bias = parameters.tensor("bias", Init.ZEROS, width);
  }

  /** [..., D] to the same shape. */
  public Tensor forward(Tensor x) {
    return Functional.layerNorm(x, weight.to(x.dtype()), bias.to(x.dtype()), eps);
  }
}
