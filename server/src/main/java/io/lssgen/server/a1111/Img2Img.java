package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Inpainting;
import io.lssgen.pipeline.MaskedContent;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.pictures.EncodedPicture;
import io.lssgen.server.pictures.SentPicture;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The fields of {@code img2img} in the words of our own API. A picture of another shape loses its
 * edges, as with AUTOMATIC1111's resize mode 1.
 *
 * @param words those that {@code txt2img} has, too
 */
record Img2Img(Txt2Img words) {
  /** The field that holds it. */
  static final String PICTURES = "init_images";

  private static final String BLUR = "mask_blur";
  private static final String BLUR_ACROSS = "mask_blur_x";
  private static final String BLUR_DOWN = "mask_blur_y";
  private static final String INVERTED = "inpainting_mask_invert";
  private static final String STRENGTH = "denoising_strength";
  private static final String FILL = "inpainting_fill";

  /** By its numbers. */
  private static final List<MaskedContent> CONTENTS =
      List.of(
          MaskedContent.FILL, MaskedContent.ORIGINAL, MaskedContent.NOISE, MaskedContent.NOTHING);

  private static final String AREA = "inpaint_full_res";
  private static final String PADDING = "inpaint_full_res_padding";

  /** Our own API's fields. */
  ObjectNode translated(Models models) {
    Fields fields = words.fields();
    ObjectNode own = Json.object();
    words.common(own, models);
    words.side("width").ifPresent(side -> own.put("width", side));
    words.side("height").ifPresent(side -> own.put("height", side));
    fields.number(STRENGTH, 0, 1).ifPresent(value -> strength(value, own));
    fields.accept("resize_mode", "image_cfg_scale");
    fields.withoutEffect("include_init_images");
    fields.number("initial_noise_multiplier", 0, 1000).stream()
        .filter(value -> value != 1)
        .forEach(value -> fields.warn("initial_noise_multiplier has no effect"));
    return own;
  }

  /** The picture to begin with, and what of it is made anew. */
  SentPicture picture() {
    RgbImage image = image();
    Fields fields = words.fields();
    Optional<String> sent = SentPicture.mask(fields);
    if (sent.isEmpty()) {
      fields.accept(BLUR_ACROSS, BLUR_DOWN);
      fields.number(BLUR, 0, Mask.MAXIMUM_BLUR);
      fields.looseFlag(INVERTED);
      inpainting();
      return new SentPicture(image, null, InitialPicture.DEFAULT_STRENGTH, Inpainting.USUAL);
    }
    boolean inverted = fields.looseFlag(INVERTED).orElse(false);
    Mask mask =
        new EncodedPicture(SentPicture.MASK, sent.get())
            .mask(words.limits().pixels(), Mask.Source.OPACITY, blur());
    return new SentPicture(
        image, inverted ? mask.inverted() : mask, InitialPicture.DEFAULT_STRENGTH, inpainting());
  }

  /** AUTOMATIC1111 has one for each direction, which the one for both replaces. */
  private double blur() {
    Fields fields = words.fields();
    OptionalDouble both = fields.number(BLUR, 0, Mask.MAXIMUM_BLUR);
    double across = fields.number(BLUR_ACROSS, 0, Mask.MAXIMUM_BLUR).orElse(Mask.DEFAULT_BLUR);
    double down = fields.number(BLUR_DOWN, 0, Mask.MAXIMUM_BLUR).orElse(Mask.DEFAULT_BLUR);
    if (both.isEmpty() && across != down) {
      throw ApiException.unprocessable(
          BLUR_ACROSS,
          "%s and %s want the same value, found %s and %s"
              .formatted(BLUR_ACROSS, BLUR_DOWN, across, down));
    }
    return both.orElse(across);
  }

  /** What is not said is as AUTOMATIC1111 has it. */
  private Inpainting inpainting() {
    Fields fields = words.fields();
    int pixels = fields.integer(PADDING, 0, Inpainting.MAXIMUM_PADDING).orElse(0);
    boolean onlyMasked = fields.looseFlag(AREA).orElse(true);
    return new Inpainting(
        onlyMasked ? OptionalInt.of(pixels) : OptionalInt.empty(),
        CONTENTS.get(fields.integer(FILL, 0, CONTENTS.size() - 1).orElse(usualFill())));
  }

  /** At full strength none has an effect, and nobody who did not ask for one is to be warned. */
  private int usualFill() {
    boolean begins = words.fields().number(STRENGTH, 0, 1).orElse(0) == 1;
    return CONTENTS.indexOf(begins ? MaskedContent.ORIGINAL : MaskedContent.FILL);
  }

  private RgbImage image() {
    List<String> pictures = words.fields().texts(PICTURES, 2 * Bodies.PICTURE);
    if (pictures.size() != 1) {
      throw ApiException.unprocessable(
          PICTURES, "init_images wants one picture, found " + pictures.size());
    }
    return new EncodedPicture(PICTURES, pictures.get(0)).decoded(words.limits().pixels());
  }

  private static void strength(double value, ObjectNode own) {
    if (value == 0) {
      throw ApiException.unprocessable(
          STRENGTH, "denoising_strength wants more than 0: at 0 nothing is changed");
    }
    own.put("strength", value);
  }
}
