package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/** Group normalisation (arXiv 1803.08494). Parameters: weight [C], bias [C]. */
public final class GroupNorm {
  private final long groups;
  private final double eps;
  private final Tensor weight;
  private final Tensor bias;

  /**
   * @param groups a divisor of {@code channels}
   */
  public GroupNorm(Parameters parameters, long groups, long channels, double eps) {
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          parameters.path()
              + ": "
              + channels
              + " channels do not divide into "
              + groups
              + " groups");
    }
    this.groups = groups;
    this.eps = eps;
    weight = parameters.tensor("weight", Init.ONES, channels);
    bias = parameters.tensor("bias", Init.ZEROS, channels);
  }

  /** [B, C, ...] to the same shape. */
  public Tensor forward(Tensor x) {
    return Functional.groupNorm(x, groups, weight.to(x.dtype()), bias.to(x.dtype()), eps);
  }
}
