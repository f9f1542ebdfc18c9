package io.lssgen.server.pictures;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.Resampler;
import io.lssgen.image.RgbImage;
import io.lssgen.server.http.ApiException;
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

  /** Two large pictures at once would want twice the memory. */
  private static final Object ONE_AT_ONCE = new Object();

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
    return ApiException.unprocessable(field, field + " wants a PNG, JPEG or WebP file as base64");
  }

  /**
   * The pixels, upright, made smaller if they are more than pictures may have here.
   *
   * @param pixels of the largest picture that is made
   * @throws ApiException if it is none, is damaged, or has more than four times as many
   */
  public RgbImage decoded(long pixels) {
    byte[] file = file();
    synchronized (ONE_AT_ONCE) {
      try {
        long most = Math.min(ImageFiles.MAXIMUM_PIXELS, SOURCE * pixels);
        return within(ImageFiles.readUpright(file, field, most), pixels);
      } catch (UsageException e) {
        throw ApiException.unprocessable(field, String.valueOf(e.getMessage()));
      }
    }
  }

  private static RgbImage within(RgbImage image, long pixels) {
    double scale = Math.sqrt((double) pixels / ((long) image.width() * image.height()));
    if (scale >= 1) {
      return image;
    }
    int width = Math.max(1, (int) (image.width() * scale));
    int height = Math.max(1, (int) (image.height() * scale));
    return Resampler.resized(image, width, height, ResampleKernel.LANCZOS);
  }
}
