package io.lssgen.eval;

import io.lssgen.image.RgbImage;

/**
 * How sharp a picture is: the variance of its luma's Laplacian (Pech-Pacheco et al. 2000,
 * https://doi.org/10.1109/ICPR.2000.903548), with luma of Rec. 601 from 0 to 255 and pixels at the
 * edges repeated outwards. Compares pictures of the same things at the same size; noise is sharp
 * too.
 */
public final class Sharpness {
  private Sharpness() {}

  /** 0 for a plain picture; some hundreds to thousands for drawings with outlines. */
  public static double of(RgbImage image) {
    int width = image.width();
    int height = image.height();
    double[] luma = luma(image);
    double sum = 0;
    double squares = 0;
    for (int y = 0; y < height; y++) {
      int above = Math.max(y - 1, 0) * width;
      int below = Math.min(y + 1, height - 1) * width;
      for (int x = 0; x < width; x++) {
        double aside =
            luma[y * width + Math.max(x - 1, 0)] + luma[y * width + Math.min(x + 1, width - 1)];
        double laplacian = aside + luma[above + x] + luma[below + x] - 4 * luma[y * width + x];
        sum += laplacian;
        squares += laplacian * laplacian;
      }
    }
    double mean = sum / luma.length;
    return squares / luma.length - mean * mean;
  }

  private static double[] luma(RgbImage image) {
    byte[] rgb = image.rgb();
    double[] luma = new double[rgb.length / 3];
    for (int i = 0; i < luma.length; i++) {
      luma[i] =
          0.299 * (rgb[3 * i] & 0xff)
              + 0.587 * (rgb[3 * i + 1] & 0xff)
              + 0.114 * (rgb[3 * i + 2] & 0xff);
    }
    return luma;
  }
}
