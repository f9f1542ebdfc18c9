package io.lssgen.image;

import java.util.Arrays;
import java.util.List;

/** Changes the size of a picture by a {@link ResampleKernel}: rows first, then columns. */
public final class Resampler {
  private static final int COLOURS = 3;

  private Resampler() {}

  /**
   * The picture at another size, rounded to 8 bits once, at the end.
   *
   * @param width at least 1
   * @param height at least 1
   */
  public static RgbImage resized(RgbImage image, int width, int height, ResampleKernel kernel) {
    return filtered(image, kernel.taps(image.width(), width), kernel.taps(image.height(), height));
  }

  /**
   * The picture that these make of it.
   *
   * @param across for each new column
   * @param down for each new row
   */
  static RgbImage filtered(
      RgbImage image, List<ResampleKernel.Taps> across, List<ResampleKernel.Taps> down) {
    int width = across.size();
    int height = down.size();
    float[] wide = rows(image, across); // [old height][width][3]
    int line = width * COLOURS;
    byte[] rgb = new byte[Math.multiplyExact(line, height)];
    float[] sums = new float[line];
    for (int y = 0; y < height; y++) {
      Arrays.fill(sums, 0);
      ResampleKernel.Taps tap = down.get(y);
      for (int i = 0; i < tap.weights().length; i++) {
        add(sums, wide, (tap.start() + i) * line, tap.weights()[i]);
      }
      for (int at = 0; at < line; at++) {
        rgb[y * line + at] = (byte) Math.max(0, Math.min(255, Math.round(sums[at])));
      }
    }
    return new RgbImage(width, height, rgb);
  }

  private static void add(float[] sums, float[] source, int from, float weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * source[from + i];
    }
  }

  private static float[] rows(RgbImage image, List<ResampleKernel.Taps> taps) {
    byte[] rgb = image.rgb();
    int width = taps.size();
    float[] wide = new float[Math.multiplyExact(image.height(), width * COLOURS)];
    for (int y = 0; y < image.height(); y++) {
      int row = y * image.width() * COLOURS;
      for (int x = 0; x < width; x++) {
        ResampleKernel.Taps tap = taps.get(x);
        int to = (y * width + x) * COLOURS;
        for (int i = 0; i < tap.weights().length; i++) {
          float weight = tap.weights()[i];
          int from = row + (tap.start() + i) * COLOURS;
          for (int c = 0; c < COLOURS; c++) {
            wide[to + c] += weight * (rgb[from + c] & 0xff);
          }
        }
      }
    }
    return wide;
  }
}
