package io.lssgen.image;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * The kernels that pictures are reduced and enlarged with, as Pillow has them: when reducing, a
 * kernel is widened by the ratio, so that no pixel is left out; {@link #NEAREST} takes one pixel.
 */
public enum ResampleKernel {
  NEAREST(0, x -> 1),
  AREA(0.5, x -> x > -0.5 && x <= 0.5 ? 1 : 0),
  BILINEAR(1, x -> Math.max(0, 1 - Math.abs(x))),
  BICUBIC(2, ResampleKernel::keys),
  LANCZOS(3, x -> Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0);

  /** Keys' parameter, which torch sets to −0.75 and Pillow to −0.5. */
  private static final double KEYS = -0.5;

  private final double support;
  private final DoubleUnaryOperator kernel;

  ResampleKernel(double support, DoubleUnaryOperator kernel) {
    this.support = support;
    this.kernel = kernel;
  }

  /**
   * What one new pixel is made of.
   *
   * @param start the first old pixel
   * @param weights of it and those after it; their sum is 1
   */
  public record Taps(int start, float[] weights) {
    /** With weights of any sum but 0. */
    static Taps normalised(int start, double[] weights) {
      double sum = Arrays.stream(weights).sum();
      float[] shares = new float[weights.length];
      for (int i = 0; i < shares.length; i++) {
        shares[i] = (float) (weights[i] / sum);
      }
      return new Taps(start, shares);
    }
  }

  /** The name users give: {@code nearest}, {@code area}, … */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The labels of all kernels. */
  public static List<String> labels() {
    return Arrays.stream(values()).map(ResampleKernel::label).toList();
  }

  /** The {@code to} new pixels of a row of {@code from} old ones. */
  public List<Taps> taps(int from, int to) {
    return IntStream.range(0, to).mapToObj(i -> taps(i, from, (double) from / to)).toList();
  }

  private Taps taps(int index, int from, double ratio) {
    double centre = (index + 0.5) * ratio;
    if (this == NEAREST) {
      return new Taps(Math.min(from - 1, (int) Math.floor(centre)), new float[] {1});
    }
    double width = Math.max(1, ratio);
    int start = Math.max(0, (int) (centre - support * width + 0.5));
    int end = Math.min(from, (int) (centre + support * width + 0.5));
    double[] weights = new double[end - start];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = kernel.applyAsDouble((start + i - centre + 0.5) / width);
    }
    return Taps.normalised(start, weights);
  }

  /** The same as a matrix [to, from], row by row: new pixels are matrix · old pixels. */
  public float[] matrix(int from, int to) {
    float[] matrix = new float[Math.multiplyExact(from, to)];
    List<Taps> rows = taps(from, to);
    for (int i = 0; i < to; i++) {
      Taps row = rows.get(i);
      System.arraycopy(row.weights(), 0, matrix, i * from + row.start(), row.weights().length);
    }
    return matrix;
  }

  private static double keys(double x) {
    double d = Math.abs(x);
    if (d < 1) {
      return ((KEYS + 2) * d - (KEYS + 3)) * d * d + 1;
    }
    return d < 2 ? KEYS * (((d - 5) * d + 8) * d - 4) : 0;
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  }
}
