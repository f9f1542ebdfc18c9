package io.lssgen.image;

/**
 * Fills what a mask leaves free with the colours around it, without detail, by pull-push (Gortler
 * and others, "The Lumigraph", 1996, section 3.4.3): pictures of half the size after each other are
 * means of what is known, until nothing is unknown, and what is unknown in one takes the colour of
 * the next smaller.
 */
public final class PullPush {
  private static final int CHANNELS = 3;
  private static final float GREY = 127.5f;
  private static final float FULL = 255;

  private final int width;
  private final int height;

  /** Colours times how much is known of each pixel, row by row. */
  private final float[] colors;

  /** How much is known, from 0 to 1. */
  private final float[] known;

  private PullPush(int width, int height) {
    this.width = width;
    this.height = height;
    colors = new float[CHANNELS * width * height];
    known = new float[width * height];
  }

  /**
   * The picture with what the mask leaves free filled: by as much as it does. Where nothing is kept
   * at all, grey.
   *
   * @param mask of the picture's size
   */
  public static RgbImage filled(RgbImage image, Mask mask) {
    if (mask.width() != image.width() || mask.height() != image.height()) {
      throw new IllegalArgumentException("%s under %s".formatted(image, mask));
    }
    // What is large, the finest level, needs no copy in floats.
    PullPush half = halfOf(image.width(), image.height());
    byte[] rgb = image.rgb();
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        float kept = kept(mask, x, y);
        int at = CHANNELS * (y * image.width() + x);
        half.take(x, y, kept, c -> kept * (rgb[at + c] & 0xff));
      }
    }
    half.complete();
    return composed(image, mask, half);
  }

  private static float kept(Mask mask, int x, int y) {
    return 1 - mask.level(x, y) / FULL;
  }

  private static RgbImage composed(RgbImage image, Mask mask, PullPush half) {
    byte[] rgb = image.rgb().clone();
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        float kept = kept(mask, x, y);
        if (kept < 1) {
          float[] color = half.above(x, y);
          for (int c = 0; c < CHANNELS; c++) {
            int at = CHANNELS * (y * image.width() + x) + c;
            rgb[at] = (byte) Math.round(kept * (rgb[at] & 0xff) + (1 - kept) * color[c]);
          }
        }
      }
    }
    return new RgbImage(image.width(), image.height(), rgb);
  }

  private static PullPush halfOf(int width, int height) {
    return new PullPush((width + 1) / 2, (height + 1) / 2);
  }

  /** What a pixel of a picture of twice the size adds. */
  private void take(int x, int y, float share, Channel color) {
    int to = y / 2 * width + x / 2;
    known[to] += share;
    for (int c = 0; c < CHANNELS; c++) {
      colors[CHANNELS * to + c] += color.of(c);
    }
  }

  /** A colour by channel, times how much is known of it. */
  private interface Channel {
    float of(int channel);
  }

  /** Makes everything known, once all was taken. */
  private void complete() {
    for (int i = 0; i < known.length; i++) {
      if (known[i] > 1) {
        for (int c = 0; c < CHANNELS; c++) {
          colors[CHANNELS * i + c] /= known[i];
        }
        known[i] = 1;
      }
    }
    if (width == 1 && height == 1) {
      add(0, new float[] {GREY, GREY, GREY});
      return;
    }
    PullPush half = halfOf(width, height);
    for (int i = 0; i < known.length; i++) {
      int at = CHANNELS * i;
      half.take(i % width, i / width, known[i], c -> colors[at + c]);
    }
    half.complete();
    for (int i = 0; i < known.length; i++) {
      if (known[i] < 1) {
        add(i, half.above(i % width, i / width));
      }
    }
  }

  /** The colour at a pixel of a picture of twice the size. */
  private float[] above(int x, int y) {
    return between((x - 0.5f) / 2, (y - 0.5f) / 2);
  }

  /** What is missing of a pixel, by a colour. */
  private void add(int pixel, float[] color) {
    for (int c = 0; c < CHANNELS; c++) {
      colors[CHANNELS * pixel + c] += (1 - known[pixel]) * color[c];
    }
    known[pixel] = 1;
  }

  /** Of a picture of which everything is known: linear between pixels' middles. */
  private float[] between(float x, float y) {
    int left = Math.max(0, (int) Math.floor(x));
    int top = Math.max(0, (int) Math.floor(y));
    int right = Math.min(width - 1, left + 1);
    int bottom = Math.min(height - 1, top + 1);
    float across = Math.max(0, x - left);
    float down = Math.max(0, y - top);
    float[] color = new float[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) {
      float above = at(left, top, c) * (1 - across) + at(right, top, c) * across;
      float below = at(left, bottom, c) * (1 - across) + at(right, bottom, c) * across;
      color[c] = above * (1 - down) + below * down;
    }
    return color;
  }

  private float at(int x, int y, int channel) {
    return colors[CHANNELS * (y * width + x) + channel];
  }
}
