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
    PullPush finest = new PullPush(image.width(), image.height());
    byte[] rgb = image.rgb().clone();
    for (int i = 0; i < finest.known.length; i++) {
      finest.known[i] = 1 - mask.level(i % image.width(), i / image.width()) / FULL;
      for (int c = 0; c < CHANNELS; c++) {
        int at = CHANNELS * i + c;
        finest.colors[at] = finest.known[i] * (rgb[at] & 0xff);
      }
    }
    finest.fill();
    for (int at = 0; at < rgb.length; at++) {
      rgb[at] = (byte) Math.round(finest.colors[at]);
    }
    return new RgbImage(image.width(), image.height(), rgb);
  }

  /** Makes everything known. */
  private void fill() {
    if (width == 1 && height == 1) {
      add(0, new float[] {GREY, GREY, GREY});
      return;
    }
    PullPush half = pulled();
    half.fill();
    for (int i = 0; i < known.length; i++) {
      if (known[i] < 1) {
        add(i, half.between((i % width - 0.5f) / 2, (i / width - 0.5f) / 2));
      }
    }
  }

  private PullPush pulled() {
    PullPush half = new PullPush((width + 1) / 2, (height + 1) / 2);
    for (int i = 0; i < known.length; i++) {
      int to = i / width / 2 * half.width + i % width / 2;
      half.known[to] += known[i];
      for (int c = 0; c < CHANNELS; c++) {
        half.colors[CHANNELS * to + c] += colors[CHANNELS * i + c];
      }
    }
    for (int i = 0; i < half.known.length; i++) {
      if (half.known[i] > 1) {
        for (int c = 0; c < CHANNELS; c++) {
          half.colors[CHANNELS * i + c] /= half.known[i];
        }
        half.known[i] = 1;
      }
    }
    return half;
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
