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
    return new RgbImage(
        width,
        height,
        filtered(
            image.rgb(),
            image.width(),
            COLOURS,
            kernel.taps(image.width(), width),
            kernel.taps(image.height(), height)));
  }

  /**
   * What these make of a picture, rounded to 8 bits once, at the end.
   *
   * @param values [height][width][channels], unsigned
   * @param across for each new column
   * @param down for each new row
   * @return [new height][new width][channels]
   */
  static byte[] filtered(
      byte[] values,
      int width,
      int channels,
      List<ResampleKernel.Taps> across,
      List<ResampleKernel.Taps> down) {
    float[] wide = rows(values, width, channels, across); // [old height][new width][channels]
    int line = across.size() * channels;
    byte[] filtered = new byte[Math.multiplyExact(line, down.size())];
    float[] sums = new float[line];
    for (int y = 0; y < down.size(); y++) {
      Arrays.fill(sums, 0);
      ResampleKernel.Taps tap = down.get(y);
      for (int i = 0; i < tap.weights().length; i++) {
        add(sums, wide, (tap.start() + i) * line, tap.weights()[i]);
      }
      for (int at = 0; at < line; at++) {
        filtered[y * line + at] = (byte) Math.max(0, Math.min(255, Math.round(sums[at])));
      }
    }
    return filtered;
  }

  private static void add(float[] sums, float[] source, int from, float weight) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * source[from + i];
    }
  }

  private static float[] rows(
      byte[] values, int oldWidth, int channels, List<ResampleKernel.Taps> taps) {
    int width = taps.size();
    int height = values.length / (oldWidth * channels);
    float[] wide = new float[Math.multiplyExact(height, width * channels)];
    for (int y = 0; y < height; y++) {
      int row = y * oldWidth * channels;
      for (int x = 0; x < width; x++) {
        ResampleKernel.Taps tap = taps.get(x);
        int to = (y * width + x) * channels;
        for (int i = 0; i < tap.weights().length; i++) {
          float weight = tap.weights()[i];
          int from = row + (tap.start() + i) * channels;
          for (int c = 0; c < channels; c++) {
            wide[to + c] += weight * (values[from + c] & 0xff);
          }
        }
      }
    }
    return wide;
  }
}
