package io.lssgen.nn;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/**
 * Root mean square normalisation over the last dimension (arXiv 1910.07467). The mean is taken in
 * fp32 whatever the input's type. Parameter: weight [D].
 */
public final class RmsNorm {
  private final double eps;
  private final Tensor weight;

  public RmsNorm(Parameters parameters, long width, double eps) {
    this.eps = eps;
    weight = parameters.tensor("weight", Init.ONES, width);
  }

  /** [..., D] to the same shape. */
  public Tensor forward(Tensor x) {
    Tensor normalised = Functional.rmsNorm(x.to(DType.F32), null, eps).to(x.dtype());
    return normalised.mul(weight.to(x.dtype()));
  }

  /** As {@link #forward}, but fp32 is returned: for what goes on in fp32, as a rotation. */
  public Tensor inFloat(Tensor x) {
    return Functional.rmsNorm(x.to(DType.F32), weight.to(DType.F32), eps);
  }
}
