package io.lssgen.scenes;

import java.awt.image.BufferedImage;

/**
 * A drawing with transparency: premultiplied ARGB, row by row from the top left. Immutable by
 * convention.
 */
record Raster(int width, int height, int[] argb) {
  Raster {
    if (width < 1 || height < 1 || argb.length != width * height) {
      throw new IllegalArgumentException(
          "a raster of " + width + "x" + height + " cannot have " + argb.length + " pixels");
    }
  }

  /** The pixels of an image of type {@link BufferedImage#TYPE_INT_ARGB_PRE}. */
  static Raster of(BufferedImage image) {
    if (image.getType() != BufferedImage.TYPE_INT_ARGB_PRE) {
      throw new IllegalArgumentException("not premultiplied ARGB: type " + image.getType());
    }
    int[] argb = new int[image.getWidth() * image.getHeight()];
    image.getRaster().getDataElements(0, 0, image.getWidth(), image.getHeight(), argb);
    return new Raster(image.getWidth(), image.getHeight(), argb);
  }

  /** Half the size, each pixel the mean of four. Both sides must be even. */
  Raster half() {
    int w = width / 2;
    int h = height / 2;
    int[] half = new int[w * h];
    for (int y = 0; y < h; y++) {
      for (int x = 0; x < w; x++) {
        int at = 2 * y * width + 2 * x;
        half[y * w + x] = mean(argb[at], argb[at + 1], argb[at + width], argb[at + width + 1]);
      }
    }
    return new Raster(w, h, half);
  }

  private static int mean(int a, int b, int c, int d) {
    int mean = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      int sum =
          (a >>> shift & 0xff) + (b >>> shift & 0xff) + (c >>> shift & 0xff) + (d >>> shift & 0xff);
      mean |= (sum + 2) / 4 << shift;
    }
    return mean;
  }
}
