package io.lssgen.nn;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;

/**
 * Repeats every value twice along both axes and convolves with a 3×3 kernel. Parameters: weight
 * [out, in, 3, 3], bias [out].
 *
 * <p>Computed as one transposed convolution of the small picture: where values are repeated, three
 * neighbouring taps fall on two values, so their sums make a 4×4 kernel of stride 2. That is less
 * than half the arithmetic, and the doubled picture is never made.
 */
public final class DoublingConv2d {
  /**
   * Values of a channel from which on the summed kernel saves more than it costs: with 1,280
   * channels on two cores in bf16 it costs 200 ms, and 512 values took 270 ms with it, 133 without;
   * 2,048 values 450 and 540.
   */
  private static final long WORTH_A_KERNEL = 1500;

  private final Tensor weight;
  private final Tensor bias;

  public DoublingConv2d(Parameters parameters, long in, long out) {
    weight = parameters.tensor("weight", Init.keepingVariance(in * 9), out, in, 3, 3);
    bias = parameters.tensor("bias", Init.ZEROS, out);
  }

  /** [B, in, H, W] to [B, out, 2·H, 2·W]. */
  public Tensor forward(Tensor x) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor kernel = summed(summed(weight.to(DType.F32), 2), 3); // [out, in, 4, 4]
      Tensor transposed = kernel.transpose(0, 1).to(x.dtype()); // [in, out, 4, 4]
      return scope.keep(Functional.convTranspose2d(x, transposed, bias.to(x.dtype()), 2, 1));
    }
  }

  /**
   * Repeats values to a size that may be one less than the double, as where an odd size was halved
   * before, and convolves; of two ways that of which the faster is expected.
   *
   * @param x [B, in, H, W]
   * @return [B, out, height, width]
   */
  public Tensor forward(Tensor x, long height, long width) {
    boolean doubled = height == 2 * x.size(2) && width == 2 * x.size(3);
    if (doubled && x.size(0) * x.size(2) * x.size(3) >= WORTH_A_KERNEL) {
      return forward(x);
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor repeated = Functional.upsampleNearest(x, height, width);
      DType type = x.dtype();
      return scope.keep(Functional.conv2d(repeated, weight.to(type), bias.to(type), 1, 1));
    }
  }

  /** Three taps along {@code dim} to four: tap t sums those that fall on the value it reads. */
  private static Tensor summed(Tensor kernel, int dim) {
    Tensor first = kernel.narrow(dim, 0, 1);
    Tensor second = kernel.narrow(dim, 1, 1);
    Tensor third = kernel.narrow(dim, 2, 1);
    return Tensors.cat(List.of(third, second.add(third), first.add(second), first), dim);
  }
}
