package io.lssgen.nn;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;

/** Sinusoidal embedding of numbers (arXiv 1706.03762, as arXiv 2006.11239 uses it for time). */
public final class Sinusoids {
  private static final double LONGEST_PERIOD = 10_000;

  private Sinusoids() {}

  /**
   * Cosines, then sines of each value times frequencies that fall from 1 towards 1/10,000.
   *
   * @param values [B]
   * @param width even
   * @return fp32 [B, width]
   */
  public static Tensor of(Tensor values, int width) {
    return of(values, width, true, 0);
  }

  /**
   * As {@link #of(Tensor, int)}, in the order and with the frequencies that a model was trained
   * with.
   *
   * @param cosinesFirst whether the cosines precede the sines
   * @param shift how much the divisor of the exponents is smaller than {@code width / 2}; with 1
   *     the lowest frequency is exactly 1/10,000
   */
  public static Tensor of(Tensor values, int width, boolean cosinesFirst, double shift) {
    try (TensorScope scope = TensorScope.open()) {
      int half = width / 2;
      Tensor exponents =
          Tensors.arange(half, DType.F32).mul(-Math.log(LONGEST_PERIOD)).div(half - shift);
      Tensor angles = values.to(DType.F32).unsqueeze(1).mul(exponents.exp()); // [B, half]
      List<Tensor> parts =
          cosinesFirst ? List.of(angles.cos(), angles.sin()) : List.of(angles.sin(), angles.cos());
      return scope.keep(Tensors.cat(parts, 1));
    }
  }
}
