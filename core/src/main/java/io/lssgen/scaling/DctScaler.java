package io.lssgen.scaling;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;

/**
 * Spectral growth (arXiv 2605.18736, there without noise compensation): the discrete cosine
 * transform of the latents gets zeros for the frequencies that they cannot hold, and is transformed
 * back at twice the sides. The amplitude of each frequency stays, so a constant stays what it is.
 *
 * <p>Both transforms and the zeros between them are one matrix for each side.
 */
public final class DctScaler implements LatentScaler {
  @Override
  public Tensor scale(Tensor latents, NormalSource noise) {
    int height = Math.toIntExact(latents.size(2));
    int width = Math.toIntExact(latents.size(3));
    try (TensorScope scope = TensorScope.open()) {
      Tensor columns = Tensors.of(doubling(height), 2L * height, height);
      Tensor rows = Tensors.of(doubling(width), 2L * width, width);
      Tensor wide = latents.to(DType.F32).matmul(rows.transpose(0, 1)); // [B, C, h, 2w]
      return scope.keep(columns.matmul(wide)); // [B, C, 2h, 2w]
    }
  }

  /** [2n, n], row by row: from n values to 2n, by way of the orthonormal DCT-II of each length. */
  private static float[] doubling(int n) {
    double[][] small = basis(n, n);
    double[][] large = basis(2 * n, n);
    float[] matrix = new float[2 * n * n];
    for (int i = 0; i < 2 * n; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int k = 0; k < n; k++) {
          sum += large[i][k] * small[j][k];
        }
        matrix[i * n + j] = (float) (Math.sqrt(2) * sum); // orthonormal values fall by √2 a side
      }
    }
    return matrix;
  }

  /** The first {@code count} basis functions of length {@code n}: [place][frequency]. */
  private static double[][] basis(int n, int count) {
    double[][] basis = new double[n][count];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < count; k++) {
        double norm = Math.sqrt((k == 0 ? 1.0 : 2.0) / n);
        basis[i][k] = norm * Math.cos(Math.PI * (i + 0.5) * k / n);
      }
    }
    return basis;
  }
}
