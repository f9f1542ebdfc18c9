package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/** A square convolution with bias. Parameters: weight [out, in, k, k], bias [out]. */
public final class Conv2d {
  private final Tensor weight;
  private final Tensor bias;
  private final int stride;
  private final int padding;

  /** Stride 1, padded so that the size stays ({@code kernel} odd). */
  public Conv2d(Parameters parameters, long in, long out, int kernel) {
    this(parameters, in, out, kernel, 1, kernel / 2);
  }

  public Conv2d(Parameters parameters, long in, long out, int kernel, int stride, int padding) {
    Init init = Init.keepingVariance(in * kernel * kernel);
    weight = parameters.tensor("weight", init, out, in, kernel, kernel);
    bias = parameters.tensor("bias", Init.ZEROS, out);
    this.stride = stride;
    this.padding = padding;
  }

  /** [B, in, H, W] to [B, out, H', W']. */
  public Tensor forward(Tensor x) {
    return Functional.conv2d(x, weight.to(x.dtype()), bias.to(x.dtype()), stride, padding);
  }
}
