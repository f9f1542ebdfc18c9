package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import java.util.OptionalInt;

/**
 * How what a mask leaves free is made anew.
 *
 * @param padding only what lies around the mask is looked at, in a size of its own, and the result
 *     is as large as the picture: how many of its pixels around what is made anew are seen, from 0
 *     to {@value #MAXIMUM_PADDING}; empty: the whole picture is
 * @param content what is begun with there; without effect at strength 1, which begins with noise
 */
public record Inpainting(OptionalInt padding, MaskedContent content) {
  /** The most pixels around a mask. */
  public static final int MAXIMUM_PADDING = 4096;

  /** The whole is looked at, and begun with as it is. */
  public static final Inpainting USUAL =
      new Inpainting(OptionalInt.empty(), MaskedContent.ORIGINAL);

  /**
   * @throws UsageException if the padding is out of its range
   */
  public Inpainting {
    if (padding.isPresent() && (padding.getAsInt() < 0 || padding.getAsInt() > MAXIMUM_PADDING)) {
      throw new UsageException(
          "the padding around a mask must be from 0 to %d pixels, found %d"
              .formatted(MAXIMUM_PADDING, padding.getAsInt()));
    }
  }
}
