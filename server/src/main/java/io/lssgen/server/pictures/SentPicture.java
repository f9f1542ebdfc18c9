package io.lssgen.server.pictures;

import io.lssgen.errors.UsageException;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Inpainting;
import io.lssgen.pipeline.MaskedContent;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A picture to begin with, as a client sends it.
 *
 * @param image the picture
 * @param mask what of it is made anew; null: everything
 * @param usualStrength unless the client names one
 * @param inpainting how what lies in the mask is made anew
 */
public record SentPicture(
    RgbImage image, @Nullable Mask mask, double usualStrength, Inpainting inpainting) {
  /** The field with the picture. */
  public static final String IMAGE = "image";

  /** The field with the mask. */
  public static final String MASK = "mask";

  private static final String BLUR = "mask_blur";
  private static final String PADDING = "mask_padding";
  private static final String CONTENT = "masked_content";
  private static final int LONGEST_CONTENT = 20;

  /**
   * What an API's masks mean.
   *
   * @param source what they say it by
   * @param usualStrength of pictures with a mask, unless the client names one
   */
  public record Masks(Mask.Source source, double usualStrength) {
    /** White is made anew, as much of it as without a mask. */
    public static final Masks WHITE =
        new Masks(Mask.Source.BRIGHTNESS, InitialPicture.DEFAULT_STRENGTH);

    /** What was erased may be black or anything else: nothing of it is taken. */
    public static final Masks ERASED = new Masks(Mask.Source.TRANSPARENCY, 1);
  }

  /**
   * The fields {@value #IMAGE}, {@value #MASK}, {@value #BLUR}, {@value #PADDING} and {@value
   * #CONTENT}.
   *
   * @param pixels of the largest picture that is made
   * @return null without a picture
   * @throws ApiException if one cannot be read, or there is a mask without a picture
   */
  public static @Nullable SentPicture read(Fields fields, Masks masks, long pixels) {
    Optional<String> image = fields.text(IMAGE, 2 * Bodies.PICTURE);
    Optional<String> mask = mask(fields);
    OptionalDouble blur = fields.number(BLUR, 0, Mask.MAXIMUM_BLUR);
    OptionalInt padding = fields.integer(PADDING, 0, Inpainting.MAXIMUM_PADDING);
    Optional<MaskedContent> content = content(fields);
    if (mask.isEmpty()) {
      blur.ifPresent(value -> fields.warn(BLUR + " has no effect without a mask"));
      padding.ifPresent(value -> fields.warn(PADDING + " has no effect without a mask"));
      content.ifPresent(value -> fields.warn(CONTENT + " has no effect without a mask"));
    }
    if (image.isEmpty()) {
      if (mask.isPresent()) {
        throw ApiException.unprocessable(MASK, "mask wants an image that it is for");
      }
      return null;
    }
    RgbImage picture = new EncodedPicture(IMAGE, image.get()).decoded(pixels);
    if (mask.isEmpty()) {
      return new SentPicture(picture, null, InitialPicture.DEFAULT_STRENGTH, Inpainting.USUAL);
    }
    Mask read =
        new EncodedPicture(MASK, mask.get())
            .mask(pixels, masks.source(), blur.orElse(Mask.DEFAULT_BLUR));
    return new SentPicture(
        picture,
        read,
        masks.usualStrength(),
        new Inpainting(padding, content.orElse(MaskedContent.ORIGINAL)));
  }

  private static Optional<MaskedContent> content(Fields fields) {
    try {
      return fields
          .text(CONTENT, LONGEST_CONTENT)
          .filter(text -> !text.isEmpty())
          .map(MaskedContent::parse);
    } catch (UsageException e) {
      throw ApiException.unprocessable(CONTENT, String.valueOf(e.getMessage()));
    }
  }

  /** The field {@value #MASK}; an empty one, as forms send it, is none. */
  public static Optional<String> mask(Fields fields) {
    return fields.text(MASK, 2 * Bodies.PICTURE).filter(text -> !text.isEmpty());
  }

  /**
   * What a run begins with.
   *
   * @param wanted the strength that the client names, in (0, 1]
   * @throws ApiException if the mask does not fit
   */
  public InitialPicture initial(OptionalDouble wanted) {
    try {
      return new InitialPicture(
          image, wanted.orElse(usualStrength), Optional.ofNullable(mask), inpainting);
    } catch (UsageException e) {
      throw ApiException.unprocessable(MASK, String.valueOf(e.getMessage()));
    }
  }
}
