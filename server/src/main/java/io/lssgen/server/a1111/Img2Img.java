package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.pictures.EncodedPicture;
import java.util.List;

/**
 * The fields of {@code img2img} in the words of our own API. A picture of another shape loses its
 * edges, as with AUTOMATIC1111's resize mode 1.
 *
 * @param words those that {@code txt2img} has, too
 */
record Img2Img(Txt2Img words) {
  /** The field that holds it. */
  static final String PICTURES = "init_images";

  /** Our own API's fields. */
  ObjectNode translated(Models models) {
    Fields fields = words.fields();
    ObjectNode own = Json.object();
    words.common(own, models);
    words.side("width").ifPresent(side -> own.put("width", side));
    words.side("height").ifPresent(side -> own.put("height", side));
    fields.number("denoising_strength", 0, 1).ifPresent(value -> strength(value, own));
    if (fields.has("mask")) {
      throw ApiException.unprocessable(
          "mask", "masks are not supported: a picture is changed everywhere; leave mask out");
    }
    fields.accept("resize_mode", "mask_blur", "mask_blur_x", "mask_blur_y", "inpainting_fill");
    fields.accept("inpaint_full_res", "inpaint_full_res_padding", "inpainting_mask_invert");
    fields.accept("image_cfg_scale");
    fields.withoutEffect("include_init_images");
    fields.number("initial_noise_multiplier", 0, 1000).stream()
        .filter(value -> value != 1)
        .forEach(value -> fields.warn("initial_noise_multiplier has no effect"));
    return own;
  }

  /** The picture to begin with. */
  RgbImage picture() {
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
