package io.lssgen.image;

import io.lssgen.errors.UsageException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size of a picture in pixels.
 *
 * @param width pixels a row, at least 1
 * @param height rows, at least 1
 */
public record ImageSize(int width, int height) {
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,9})x([0-9]{1,9})");

  /**
   * Checks both sides.
   *
   * @throws UsageException when a side is smaller than 1
   */
  public ImageSize {
    if (width < 1 || height < 1) {
      throw new UsageException(
          "wanted an image size of at least 1x1, found %dx%d".formatted(width, height));
    }
  }

  /**
   * Reads {@code WIDTHxHEIGHT}, for instance {@code 1024x768}.
   *
   * @throws UsageException when the text is not of that form
   */
  public static ImageSize parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new UsageException(
          "wanted an image size as WIDTHxHEIGHT, for instance 1024x768, found '%s'"
              .formatted(text));
    }
    return new ImageSize(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /** The size of {@code image}. */
  public static ImageSize of(RgbImage image) {
    return new ImageSize(image.width(), image.height());
  }

  /** Width times height, exact. */
  public long pixels() {
    return (long) width * height;
  }

  /** {@code WIDTHxHEIGHT}, as {@link #parse} reads it. */
  @Override
  public String toString() {
    return width + "x" + height;
  }
}
