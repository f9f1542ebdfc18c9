package io.lssgen.eval;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;

/**
 * How much a picture holds of each fineness: the power of its grey values' Fourier transform, under
 * a Hann window, averaged over rings of one frequency each. Blur shows as too little power at high
 * frequencies, ringing and patterns as too much, which neither PSNR nor SSIM tells apart.
 */
public final class RadialSpectrum {
  /** Below any power that 8-bit pictures have, so that a flat picture's logarithm is finite. */
  private static final double FLOOR = 1e-8;

  private RadialSpectrum() {}

  /**
   * The mean absolute difference of two pictures' powers over the rings 1 to S/2, in decibels.
   *
   * @param first [1, 3, S, S], values in [−1, 1]
   * @param second of the same shape
   */
  public static double error(Tensor first, Tensor second) {
    double[] a = decibels(first);
    double[] b = decibels(second);
    double sum = 0;
    for (int i = 1; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]);
    }
    return sum / (a.length - 1);
  }

  /** The power of rings 0 to S/2, in decibels. */
  static double[] decibels(Tensor picture) {
    int side = Math.toIntExact(picture.size(3));
    float[] power = power(picture, side);
    double[] sums = new double[side / 2 + 1];
    int[] counts = new int[sums.length];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int ring = (int) Math.round(Math.hypot(frequency(y, side), frequency(x, side)));
        if (ring < sums.length) {
          sums[ring] += power[y * side + x];
          counts[ring]++;
        }
      }
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] = 10 * Math.log10(sums[i] / counts[i] + FLOOR);
    }
    return sums;
  }

  private static int frequency(int index, int side) {
    return index <= side / 2 ? index : index - side;
  }

  /** |F·x·F|² / S² row by row, F the transform's matrix: real and imaginary parts apart. */
  private static float[] power(Tensor picture, int side) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hann = Tensors.of(hann(side), side, 1);
      Tensor cosines = Tensors.of(waves(side, 0), side, side);
      Tensor sines = Tensors.of(waves(side, -Math.PI / 2), side, side);
      Tensor grey = picture.mean(false, 1).reshape(side, side);
      Tensor windowed = grey.mul(hann).mul(hann.transpose(0, 1));
      Tensor rowsReal = windowed.matmul(cosines);
      Tensor rowsImaginary = windowed.matmul(sines);
      Tensor real = cosines.matmul(rowsReal).sub(sines.matmul(rowsImaginary));
      Tensor imaginary = cosines.matmul(rowsImaginary).add(sines.matmul(rowsReal));
      return real.square().add(imaginary.square()).div((double) side * side).toFloatArray();
    }
  }

  private static float[] hann(int side) {
    float[] values = new float[side];
    for (int i = 0; i < side; i++) {
      values[i] = (float) (0.5 - 0.5 * Math.cos(2 * Math.PI * i / side));
    }
    return values;
  }

  /** cos(2π·i·j/S + shift), symmetric. */
  private static float[] waves(int side, double shift) {
    float[] values = new float[side * side];
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < side; j++) {
        long turn = (long) i * j % side; // else large angles lose digits
        values[i * side + j] = (float) Math.cos(2 * Math.PI * turn / side + shift);
      }
    }
    return values;
  }
}
