package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Layer normalisation over the last dimension. Parameters, if affine: weight [D], bias [D]. */
public final class LayerNorm {
  private final double eps;
  private final @Nullable Tensor weight;
  private final @Nullable Tensor bias;

  public LayerNorm(Parameters parameters, long width, double eps) {
    this.eps = eps;
    weight = parameters.tensor("weight", Init.ONES, width);
    bias = parameters.tensor("bias", Init.ZEROS, width);
  }

  private LayerNorm(double eps) {
    this.eps = eps;
    weight = null;
    bias = null;
  }

  /** A normalisation without parameters. */
  public static LayerNorm plain(double eps) {
    return new LayerNorm(eps);
  }

  /** [..., D] to the same shape. */
  public Tensor forward(Tensor x) {
    return Functional.layerNorm(
        x,
        weight == null ? null : weight.to(x.dtype()),
        bias == null ? null : bias.to(x.dtype()),
        eps);
  }
}
