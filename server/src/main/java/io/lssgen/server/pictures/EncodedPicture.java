package io.lssgen.server.pictures;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.Mask;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.Resampler;
import io.lssgen.image.RgbImage;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.FewAtOnce;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Pattern;

/**
 * A picture's file as base64 text, in a field of a client's. No address is ever fetched.
 *
 * @param field its name
 * @param text base64, with a page's {@code data:image/png;base64,} before it or without
 */
public record EncodedPicture(String field, String text) {
  /** What a page puts before a picture's base64. */
  private static final Pattern DATA = Pattern.compile("^data:image/[a-z]{1,10};base64,");

  /** How many times the pixels of the largest picture that is made: photographs are larger. */
  private static final long SOURCE = 4;

  /** Of anything wider or taller than that, scaling would want more memory than the pixels. */
  private static final int MAXIMUM_SIDE = 1 << 14;

  /** Two large pictures at once would want twice the memory. */
  private static final FewAtOnce ONE_AT_ONCE =
      new FewAtOnce(1, Duration.ofSeconds(30), "too many pictures are being read");

  /**
   * The file.
   *
   * @throws ApiException if it is no base64
   */
  public byte[] file() {
    try {
      return Base64.getMimeDecoder().decode(DATA.matcher(text).replaceFirst(""));
    } catch (IllegalArgumentException e) {
      throw unreadable(field);
    }
  }

  /** A complaint about a field without a readable picture. */
  public static ApiException unreadable(String field) {
    return ApiException.unprocessable(field, wanted(field));
  }

  /** What a field with a picture is to hold. */
  public static String wanted(String field) {
    return field + " wants a PNG, JPEG or WebP file as base64";
  }

  /**
   * The pixels, upright, made smaller if they are more than pictures may have here.
   *
   * @param pixels of the largest picture that is made
   * @throws ApiException if it is none, is damaged, is too long, or has more than four times as
   *     many; 503 if others are decoded for too long
   */
  public RgbImage decoded(long pixels) {
    return ONE_AT_ONCE.run(() -> read(pixels));
  }

  private RgbImage read(long pixels) {
    try {
      RgbImage image = ImageFiles.readUpright(file(), field, most(pixels));
      int[] size = within(image.width(), image.height(), pixels);
      return size[0] == image.width() && size[1] == image.height()
          ? image
          : Resampler.resized(image, size[0], size[1], ResampleKernel.LANCZOS);
    } catch (UsageException e) {
      throw ApiException.unprocessable(field, String.valueOf(e.getMessage()));
    }
  }

  /**
   * As {@link #decoded}, but a mask.
   *
   * @param source what it says it by
   * @param blur how far its edges are softened, in its own pixels
   */
  public Mask mask(long pixels, Mask.Source source, double blur) {
    return ONE_AT_ONCE.run(() -> readMask(pixels, source, blur));
  }

  private Mask readMask(long pixels, Mask.Source source, double blur) {
    try {
      Mask mask = ImageFiles.readMask(file(), field, most(pixels), source);
      int[] size = within(mask.width(), mask.height(), pixels);
      return mask.resized(size[0], size[1]).blurred(blur * size[0] / mask.width());
    } catch (UsageException e) {
      throw ApiException.unprocessable(field, String.valueOf(e.getMessage()));
    }
  }

  private static long most(long pixels) {
    return Math.min(ImageFiles.MAXIMUM_PIXELS, SOURCE * pixels);
  }

  /** The size at which a picture is kept, in as many pixels as one that is made. */
  private int[] within(int width, int height, long pixels) {
    if (Math.max(width, height) > MAXIMUM_SIDE) {
      throw ApiException.unprocessable(
          field,
          "%s wants sides of at most %d pixels, found %dx%d"
              .formatted(field, MAXIMUM_SIDE, width, height));
    }
    double scale = Math.min(1, Math.sqrt((double) pixels / ((long) width * height)));
    return new int[] {
      (int) Math.max(1, Math.round(width * scale)), (int) Math.max(1, Math.round(height * scale))
    };
  }
}
