package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** A square convolution. Parameters: weight [out, in, k, k] and, unless left out, bias [out]. */
public final class Conv2d {
  private final Tensor weight;
  private final @Nullable Tensor bias;
  private final int stride;
  private final int padding;

  /** Stride 1, padded so that the size stays ({@code kernel} odd). */
  public Conv2d(Parameters parameters, long in, long out, int kernel) {
    this(parameters, in, out, kernel, 1, kernel / 2);
  }

  /** As {@link #Conv2d(Parameters, long, long, int)}; a fresh weight is filled by {@code init}. */
  public Conv2d(Parameters parameters, long in, long out, int kernel, Init init) {
    this(parameters, in, out, kernel, 1, kernel / 2, true, init);
  }

  public Conv2d(Parameters parameters, long in, long out, int kernel, int stride, int padding) {
    this(parameters, in, out, kernel, stride, padding, true, fresh(in, kernel));
  }

  private Conv2d(
      Parameters parameters,
      long in,
      long out,
      int kernel,
      int stride,
      int padding,
      boolean withBias,
      Init init) {
    weight = parameters.tensor("weight", init, out, in, kernel, kernel);
    bias = withBias ? parameters.tensor("bias", Init.ZEROS, out) : null;
    this.stride = stride;
    this.padding = padding;
  }

  private static Init fresh(long in, int kernel) {
    return Init.keepingVariance(in * kernel * kernel);
  }

  /** A convolution that has no bias. */
  public static Conv2d withoutBias(
      Parameters parameters, long in, long out, int kernel, int stride, int padding) {
    return new Conv2d(parameters, in, out, kernel, stride, padding, false, fresh(in, kernel));
  }

  /** [B, in, H, W] to [B, out, H', W']. */
  public Tensor forward(Tensor x) {
    Tensor b = bias == null ? null : bias.to(x.dtype());
    return Functional.conv2d(x, weight.to(x.dtype()), b, stride, padding);
  }
}
