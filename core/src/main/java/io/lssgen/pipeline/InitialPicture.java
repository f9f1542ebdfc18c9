package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.Resampler;
import io.lssgen.image.RgbImage;

/**
 * A picture that a run begins with instead of noise (SDEdit, arXiv 2108.01073): it is encoded, gets
 * the noise of a level and is denoised from there on, in one stage of the whole size.
 *
 * @param image scaled to the wanted size; where its sides have another ratio, its middle is taken
 * @param strength the share of the steps that are taken, in (0, 1]: near 0 the picture stays as it
 *     is, at 1 hardly anything of it is left
 */
public record InitialPicture(RgbImage image, double strength) {
  /** The strength unless one is named: that of AUTOMATIC1111 and stable-diffusion.cpp. */
  public static final double DEFAULT_STRENGTH = 0.75;

  /**
   * @throws UsageException if the strength is outside (0, 1]
   */
  public InitialPicture {
    if (!(strength > 0 && strength <= 1)) {
      throw new UsageException("the strength must be above 0 and at most 1, found " + strength);
    }
  }

  /** Whether the picture loses something at its edges when it becomes so large. */
  boolean isCut(int width, int height) {
    return (long) image.width() * height != (long) image.height() * width;
  }

  /** The picture in another size. */
  RgbImage fitted(int width, int height) {
    double scale = Math.min((double) image.width() / width, (double) image.height() / height);
    int partWidth = Math.max(1, Math.min(image.width(), (int) Math.round(width * scale)));
    int partHeight = Math.max(1, Math.min(image.height(), (int) Math.round(height * scale)));
    if (partWidth == width && partHeight == height && !isCut(width, height)) {
      return image;
    }
    RgbImage part =
        image.crop(
            (image.width() - partWidth) / 2,
            (image.height() - partHeight) / 2,
            partWidth,
            partHeight);
    return Resampler.resized(part, width, height, ResampleKernel.LANCZOS);
  }
}
