package io.lssgen.image;

import static java.util.Objects.requireNonNull;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.util.Arrays;
import java.util.Objects;

/**
 * A picture of 8-bit red, green and blue values, row by row from the top left, three bytes a pixel.
 * Immutable by convention: the array that {@link #rgb()} returns is the picture's own and must not
 * be written to, and the array given to the constructor must not be changed afterwards.
 */
public final class RgbImage {
  private final int width;
  private final int height;
  private final byte[] rgb;

  /**
   * Wraps pixel values without copying them.
   *
   * @param width pixels a row, at least 1
   * @param height rows, at least 1
   * @param rgb {@code width * height * 3} bytes, interleaved, each read as unsigned (0 to 255)
   * @throws IllegalArgumentException if the sizes do not fit together
   */
  public RgbImage(int width, int height, byte[] rgb) {
    requireNonNull(rgb, "rgb is null");
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "image size must be at least 1x1, but is " + width + "x" + height);
    }
    long wanted = 3L * width * height;
    if (rgb.length != wanted) {
      throw new IllegalArgumentException(
          "an image of " + width + "x" + height + " has " + wanted + " bytes, found " + rgb.length);
    }
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /** Copies the colours of {@code image}; transparency is dropped, not blended. */
  public static RgbImage of(BufferedImage image) {
    requireNonNull(image, "image is null");
    int width = image.getWidth();
    int height = image.getHeight();
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
      copyBands(image.getRaster(), rgb);
    } else {
      copyColours(image, rgb);
    }
    return new RgbImage(width, height, rgb);
  }

  /** What JPEG files mostly are: the bands are the colours, without a conversion for each pixel. */
  private static void copyBands(Raster raster, byte[] rgb) {
    int[] row = new int[3 * raster.getWidth()];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      for (int value : raster.getPixels(0, y, raster.getWidth(), 1, row)) {
        rgb[at++] = (byte) value;
      }
    }
  }

  private static void copyColours(BufferedImage image, byte[] rgb) {
    PixelRows rows = new PixelRows(image);
    int[] row = new int[image.getWidth()];
    int at = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      rows.read(y, row);
      for (int pixel : row) {
        rgb[at++] = (byte) (pixel >> 16);
        rgb[at++] = (byte) (pixel >> 8);
        rgb[at++] = (byte) pixel;
      }
    }
  }

  /** A new {@link BufferedImage#TYPE_INT_RGB} copy of this picture. */
  public BufferedImage toBufferedImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        row[x] = (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | (rgb[at + 2] & 0xff);
        at += 3;
      }
      image.setRGB(0, y, width, 1, row, 0, width);
    }
    return image;
  }

  /**
   * A copy of the part whose left upper pixel is (left, top).
   *
   * @throws IndexOutOfBoundsException if it does not lie within this picture
   */
  public RgbImage crop(int left, int top, int width, int height) {
    Objects.checkFromIndexSize(left, width, this.width);
    Objects.checkFromIndexSize(top, height, this.height);
    byte[] part = new byte[3 * width * height];
    for (int row = 0; row < height; row++) {
      int from = 3 * ((top + row) * this.width + left);
      System.arraycopy(rgb, from, part, 3 * width * row, 3 * width);
    }
    return new RgbImage(width, height, part);
  }

  /**
   * With a part of it replaced.
   *
   * @throws IndexOutOfBoundsException if the part does not lie within it
   */
  public RgbImage replaced(int left, int top, RgbImage part) {
    Objects.checkFromIndexSize(left, part.width, width);
    Objects.checkFromIndexSize(top, part.height, height);
    byte[] all = rgb.clone();
    for (int row = 0; row < part.height; row++) {
      int to = 3 * ((top + row) * width + left);
      System.arraycopy(part.rgb, 3 * part.width * row, all, to, 3 * part.width);
    }
    return new RgbImage(width, height, all);
  }

  /** Pixels a row. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** The picture's own bytes, {@code [height][width][3]}, unsigned; not to be written to. */
  public byte[] rgb() {
    return rgb;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RgbImage that
        && width == that.width
        && height == that.height
        && Arrays.equals(rgb, that.rgb);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(rgb);
  }

  @Override
  public String toString() {
    return "RgbImage[" + width + "x" + height + "]";
  }
}
