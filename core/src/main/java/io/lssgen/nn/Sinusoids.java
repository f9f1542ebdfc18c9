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
    try (TensorScope scope = TensorScope.open()) {
      int half = width / 2;
      Tensor exponents = Tensors.arange(half, DType.F32).mul(-Math.log(LONGEST_PERIOD)).div(half);
      Tensor angles = values.to(DType.F32).unsqueeze(1).mul(exponents.exp()); // [B, half]
      return scope.keep(Tensors.cat(List.of(angles.cos(), angles.sin()), 1));
    }
  }
}
