package io.lssgen.server.pictures;

import io.lssgen.errors.UsageException;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A picture to begin with, as a client sends it.
 *
 * @param image the picture
 * @param mask what of it is made anew; null: everything
 * @param strength unless the client names one
 */
public record SentPicture(RgbImage image, @Nullable Mask mask, double strength) {
  /** The field with the picture. */
  public static final String IMAGE = "image";

  /** The field with the mask. */
  public static final String MASK = "mask";

  private static final String BLUR = "mask_blur";

  /**
   * The fields {@value #IMAGE}, {@value #MASK} and {@value #BLUR}.
   *
   * @param source what a mask says it by
   * @param pixels of the largest picture that is made
   * @return null without a picture
   * @throws ApiException if one cannot be read, or there is a mask without a picture
   */
  public static @Nullable SentPicture read(Fields fields, Mask.Source source, long pixels) {
    Optional<String> image = fields.text(IMAGE, 2 * Bodies.PICTURE);
    Optional<String> mask = fields.text(MASK, 2 * Bodies.PICTURE);
    if (image.isEmpty()) {
      if (mask.isPresent()) {
        throw ApiException.unprocessable(MASK, "mask wants an image that it is for");
      }
      return null;
    }
    RgbImage picture = new EncodedPicture(IMAGE, image.get()).decoded(pixels);
    double blur = fields.number(BLUR, 0, Mask.MAXIMUM_BLUR).orElse(Mask.DEFAULT_BLUR);
    if (mask.isEmpty()) {
      return new SentPicture(picture, null, InitialPicture.DEFAULT_STRENGTH);
    }
    Mask read = new EncodedPicture(MASK, mask.get()).mask(pixels, source, blur);
    return new SentPicture(picture, read, strength(source));
  }

  /** What was erased may be black or anything else: nothing of it is taken. */
  private static double strength(Mask.Source source) {
    return source == Mask.Source.TRANSPARENCY ? 1 : InitialPicture.DEFAULT_STRENGTH;
  }

  /**
   * What a run begins with.
   *
   * @param wanted the strength that the client names, in (0, 1]
   * @throws ApiException if the mask does not fit
   */
  public InitialPicture initial(OptionalDouble wanted) {
    try {
      return new InitialPicture(image, wanted.orElse(strength), Optional.ofNullable(mask));
    } catch (UsageException e) {
      throw ApiException.unprocessable(MASK, String.valueOf(e.getMessage()));
    }
  }
}
