package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/** A square transposed convolution with bias. Parameters: weight [in, out, k, k], bias [out]. */
public final class ConvTranspose2d {
  private final Tensor weight;
  private final Tensor bias;
  private final int stride;
  private final int padding;

  public ConvTranspose2d(
      Parameters parameters, long in, long out, int kernel, int stride, int padding) {
    // Each output sums in·(kernel/stride)² products.
    Init init = Init.keepingVariance(in * kernel * kernel / ((long) stride * stride));
    weight = parameters.tensor("weight", init, in, out, kernel, kernel);
    bias = parameters.tensor("bias", Init.ZEROS, out);
    this.stride = stride;
    this.padding = padding;
  }

  /** [B, in, H, W] to [B, out, (H − 1)·stride − 2·padding + kernel, …]. */
  public Tensor forward(Tensor x) {
    return Functional.convTranspose2d(x, weight.to(x.dtype()), bias.to(x.dtype()), stride, padding);
  }
}
