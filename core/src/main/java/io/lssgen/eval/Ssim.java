package io.lssgen.eval;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;

/**
 * Structural similarity (Wang et al. 2004, https://doi.org/10.1109/TIP.2003.819861) as the paper
 * has it: a Gaussian window of 11 pixels with deviation 1.5, places whose window leaves the picture
 * not counted, the mean over places and colours. Records gradients where they are recorded.
 *
 * <p>Legend: B batch, H and W pixels.
 */
public final class Ssim {
  private static final int WINDOW = 11;
  private static final double DEVIATION = 1.5;

  /** Of values in [−1, 1]. */
  private static final double RANGE = 2;

  private static final double C1 = (0.01 * RANGE) * (0.01 * RANGE);
  private static final double C2 = (0.03 * RANGE) * (0.03 * RANGE);

  private Ssim() {}

  /**
   * @param first [B, 3, H, W], values in [−1, 1], H and W at least 11
   * @param second of the same shape
   * @return fp32 scalar, at most 1, which equal pictures have
   */
  public static Tensor mean(Tensor first, Tensor second) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor a = planes(first);
      Tensor b = planes(second);
      Tensor window = window();
      Tensor meanA = blurred(a, window);
      Tensor meanB = blurred(b, window);
      Tensor squareA = meanA.square();
      Tensor squareB = meanB.square();
      Tensor product = meanA.mul(meanB);
      Tensor varianceA = blurred(a.square(), window).sub(squareA);
      Tensor varianceB = blurred(b.square(), window).sub(squareB);
      Tensor covariance = blurred(a.mul(b), window).sub(product);
      Tensor above = product.mul(2).add(C1).mul(covariance.mul(2).add(C2));
      Tensor below = squareA.add(squareB).add(C1).mul(varianceA.add(varianceB).add(C2));
      return scope.keep(above.div(below).mean());
    }
  }

  /** [B·3, 1, H, W], fp32. */
  private static Tensor planes(Tensor picture) {
    return picture
        .to(DType.F32)
        .reshape(picture.size(0) * picture.size(1), 1, picture.size(2), picture.size(3));
  }

  /** [1, 1, 11, 1]. */
  private static Tensor window() {
    float[] weights = new float[WINDOW];
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
      sum += weight(i);
    }
    for (int i = 0; i < WINDOW; i++) {
      weights[i] = (float) (weight(i) / sum);
    }
    return Tensors.of(weights, 1, 1, WINDOW, 1);
  }

  private static double weight(int place) {
    double distance = (place - (WINDOW - 1) / 2.0) / DEVIATION;
    return Math.exp(-0.5 * distance * distance);
  }

  /** Columns, then rows; [B·3, 1, H − 10, W − 10]. */
  private static Tensor blurred(Tensor planes, Tensor window) {
    Tensor columns = Functional.conv2d(planes, window, null, 1, 0);
    return Functional.conv2d(columns, window.transpose(2, 3), null, 1, 0);
  }
}
