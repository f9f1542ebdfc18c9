package io.lssgen.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/**
 * A picture's rows as 0xAARRGGBB. Grey values are taken as they are: Java holds grey for linear
 * light, and would brighten what a file, like every other program, means as it stands.
 */
final class PixelRows {
  private static final int FULL = 255;

  private final BufferedImage image;
  private final boolean grey;
  private final int[] samples;

  PixelRows(BufferedImage image) {
    this.image = image;
    ColorModel model = image.getColorModel();
    grey =
        model.getColorSpace().getType() == ColorSpace.TYPE_GRAY
            && !(model instanceof IndexColorModel);
    samples = new int[grey ? image.getRaster().getNumBands() * image.getWidth() : 0];
  }

  /**
   * Reads a row.
   *
   * @param row as long as the picture is wide
   */
  void read(int y, int[] row) {
    if (!grey) {
      image.getRGB(0, y, row.length, 1, row, 0, row.length);
      return;
    }
    Raster raster = image.getRaster();
    raster.getPixels(0, y, row.length, 1, samples);
    int bands = raster.getNumBands();
    ColorModel model = image.getColorModel();
    for (int x = 0; x < row.length; x++) {
      int level = scaled(samples[bands * x], model.getComponentSize(0));
      int alpha =
          model.hasAlpha() ? scaled(samples[bands * x + 1], model.getComponentSize(1)) : FULL;
      row[x] = alpha << 24 | level << 16 | level << 8 | level;
    }
  }

  private static int scaled(int sample, int bits) {
    int most = (1 << bits) - 1;
    return (sample * FULL + most / 2) / most;
  }
}
