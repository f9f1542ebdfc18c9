package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.pictures.EncodedPicture;
import io.lssgen.server.pictures.SentPicture;
import java.util.List;
import java.util.Optional;

/**
 * The fields of {@code img2img} in the words of our own API. A picture of another shape loses its
 * edges, as with AUTOMATIC1111's resize mode 1.
 *
 * @param words those that {@code txt2img} has, too
 */
record Img2Img(Txt2Img words) {
  /** The field that holds it. */
  static final String PICTURES = "init_images";

  private static final String FILL = "inpainting_fill";
  private static final int ORIGINAL = 1;
  private static final String AREA = "inpaint_full_res";

  /** Our own API's fields. */
  ObjectNode translated(Models models) {
    Fields fields = words.fields();
    ObjectNode own = Json.object();
    words.common(own, models);
    words.side("width").ifPresent(side -> own.put("width", side));
    words.side("height").ifPresent(side -> own.put("height", side));
    fields.number("denoising_strength", 0, 1).ifPresent(value -> strength(value, own));
    fields.accept("resize_mode", "image_cfg_scale", "inpaint_full_res_padding");
    fields.withoutEffect("include_init_images");
    fields.number("initial_noise_multiplier", 0, 1000).stream()
        .filter(value -> value != 1)
        .forEach(value -> fields.warn("initial_noise_multiplier has no effect"));
    return own;
  }

  /** The picture to begin with, and what of it is made anew. */
  SentPicture picture() {
    RgbImage image = image();
    Optional<String> sent = words.fields().text(SentPicture.MASK, 2 * Bodies.PICTURE);
    double blur = blur();
    boolean inverted = words.fields().integer("inpainting_mask_invert", 0, 1).orElse(0) == 1;
    if (sent.isEmpty()) {
      words.fields().accept(FILL, AREA);
      return new SentPicture(image, null, InitialPicture.DEFAULT_STRENGTH);
    }
    warnOfArea();
    Mask read =
        new EncodedPicture(SentPicture.MASK, sent.get())
            .mask(words.limits().pixels(), Mask.Source.OPACITY, blur);
    Mask mask = inverted ? read.inverted() : read;
    return new SentPicture(image, mask, InitialPicture.DEFAULT_STRENGTH);
  }

  private double blur() {
    Fields fields = words.fields();
    double both = fields.number("mask_blur", 0, Mask.MAXIMUM_BLUR).orElse(Mask.DEFAULT_BLUR);
    double across = fields.number("mask_blur_x", 0, Mask.MAXIMUM_BLUR).orElse(both);
    double down = fields.number("mask_blur_y", 0, Mask.MAXIMUM_BLUR).orElse(both);
    if (across != down) {
      throw ApiException.unprocessable(
          "mask_blur_x",
          "mask_blur_x and mask_blur_y want the same value, found %s and %s"
              .formatted(across, down));
    }
    return across;
  }

  /** The whole picture is looked at, as it is under the mask. */
  private void warnOfArea() {
    Fields fields = words.fields();
    fields.integer(FILL, 0, 3).stream()
        .filter(value -> value != ORIGINAL)
        .forEach(value -> fields.warn(FILL + " has no effect: it is 1, original"));
    fields
        .flag(AREA)
        .filter(area -> area)
        .ifPresent(area -> fields.warn(AREA + " has no effect: the whole picture is looked at"));
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
          "denoising_strength", "denoising_strength wants more than 0: at 0 nothing is changed");
    }
    own.put("strength", value);
  }
}
