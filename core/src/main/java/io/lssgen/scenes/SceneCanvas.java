package io.lssgen.scenes;

import io.lssgen.image.RgbImage;

/**
 * A picture being composed. Rasters are drawn at any place and size of at most their own, resampled
 * with a triangle filter as wide as the reduction asks (what bilinear with antialiasing means), and
 * blended over what is there. Plain arithmetic, so that the same scene gives the same bytes
 * everywhere.
 */
final class SceneCanvas {
  private final int width;
  private final int height;
  private final byte[] rgb;

  SceneCanvas(int width, int height, int background) {
    this.width = width;
    this.height = height;
    rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = (byte) (background >> 16);
      rgb[i + 1] = (byte) (background >> 8);
      rgb[i + 2] = (byte) background;
    }
  }

  /** The weights with which one output pixel reads a run of input pixels. */
  private record Taps(int first, int count, int[] starts, float[][] weights) {
    /**
     * For the pixels from {@code first} that a drawing of {@code side} pixels touches, whose edge
     * lies at {@code edge} and which has {@code source} pixels.
     */
    static Taps of(double edge, double side, int source, int limit) {
      int first = Math.max(0, (int) Math.floor(edge - 0.5));
      int end = Math.min(limit, (int) Math.ceil(edge + side + 0.5));
      double scale = source / side;
      double radius = Math.max(1, scale);
      int[] starts = new int[end - first];
      float[][] weights = new float[end - first][];
      for (int i = 0; i < end - first; i++) {
        double centre = (first + i + 0.5 - edge) * scale;
        int from = (int) Math.ceil(centre - radius - 0.5);
        int to = (int) Math.floor(centre + radius - 0.5);
        double sum = 0;
        for (int s = from; s <= to; s++) {
          sum += Math.max(0, 1 - Math.abs(s + 0.5 - centre) / radius);
        }
        int low = Math.max(0, from);
        float[] row = new float[Math.max(0, Math.min(source - 1, to) - low + 1)];
        for (int k = 0;
            k < row.length;
            k++) { // outside is transparent, so sums below one are right
          row[k] = (float) (Math.max(0, 1 - Math.abs(low + k + 0.5 - centre) / radius) / sum);
        }
        starts[i] = low;
        weights[i] = row;
      }
      return new Taps(first, end - first, starts, weights);
    }
  }

  /** Draws a square raster with its left upper corner at (left, top), {@code side} pixels wide. */
  void draw(Raster raster, double left, double top, double side) {
    Taps across = Taps.of(left, side, raster.width(), width);
    Taps down = Taps.of(top, side, raster.height(), height);
    float[] narrowed = narrow(raster, across);
    int stride = 4 * across.count;
    float[] line = new float[stride];
    for (int i = 0; i < down.count; i++) {
      java.util.Arrays.fill(line, 0);
      float[] weights = down.weights[i];
      for (int k = 0; k < weights.length; k++) {
        float weight = weights[k];
        int at = (down.starts[i] + k) * stride;
        for (int j = 0; j < stride; j++) {
          line[j] += weight * narrowed[at + j];
        }
      }
      blend(line, across.first, down.first + i, across.count);
    }
  }

  /** The raster resampled along x: [rows][across.count][a, r, g, b], 0 to 255, premultiplied. */
  private static float[] narrow(Raster raster, Taps across) {
    float[] narrowed = new float[raster.height() * across.count * 4];
    int[] argb = raster.argb();
    int out = 0;
    for (int y = 0; y < raster.height(); y++) {
      int row = y * raster.width();
      for (int i = 0; i < across.count; i++, out += 4) {
        float a = 0;
        float r = 0;
        float g = 0;
        float b = 0;
        float[] weights = across.weights[i];
        int at = row + across.starts[i];
        for (int k = 0; k < weights.length; k++) {
          int pixel = argb[at + k];
          if (pixel != 0) {
            float weight = weights[k];
            a += weight * (pixel >>> 24);
            r += weight * (pixel >> 16 & 0xff);
            g += weight * (pixel >> 8 & 0xff);
            b += weight * (pixel & 0xff);
          }
        }
        narrowed[out] = a;
        narrowed[out + 1] = r;
        narrowed[out + 2] = g;
        narrowed[out + 3] = b;
      }
    }
    return narrowed;
  }

  private void blend(float[] line, int x, int y, int count) {
    int at = 3 * (y * width + x);
    for (int i = 0; i < 4 * count; i += 4, at += 3) {
      float alpha = line[i];
      if (alpha > 0) {
        float rest = 1 - alpha / 255;
        rgb[at] = over(line[i + 1], rest, rgb[at]);
        rgb[at + 1] = over(line[i + 2], rest, rgb[at + 1]);
        rgb[at + 2] = over(line[i + 3], rest, rgb[at + 2]);
      }
    }
  }

  private static byte over(float drawn, float rest, byte below) {
    return (byte) Math.min(255, (int) (drawn + rest * (below & 0xff) + 0.5f));
  }

  /** The picture as it is now; the canvas must not be drawn on afterwards. */
  RgbImage image() {
    return new RgbImage(width, height, rgb);
  }
}
