package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import java.util.List;

/**
 * The fields of {@code img2img} in the words of our own API. A picture of another shape loses its
 * edges, as with AUTOMATIC1111's resize mode 1.
 *
 * @param words those that {@code txt2img} has, too
 */
record Img2Img(Txt2Img words) {
  private static final int MAXIMUM_SIDE = 1 << 14;

  /** Our own API's fields. */
  ObjectNode translated(Models models) {
    Fields fields = words.fields();
    ObjectNode own = Json.object();
    words.common(own, models);
    fields.integer("width", 1, MAXIMUM_SIDE).ifPresent(side -> own.put("width", side));
    fields.integer("height", 1, MAXIMUM_SIDE).ifPresent(side -> own.put("height", side));
    own.put("image", picture(fields));
    fields.number("denoising_strength", 0, 1).ifPresent(value -> strength(value, own));
    if (fields.has("mask")) {
      throw ApiException.unprocessable(
          "mask", "masks are not supported: a picture is changed everywhere; leave mask out");
    }
    fields.accept("resize_mode", "include_init_images", "mask_blur", "mask_blur_x", "mask_blur_y");
    fields.accept("inpainting_fill", "inpaint_full_res", "inpaint_full_res_padding");
    fields.accept("inpainting_mask_invert", "initial_noise_multiplier", "image_cfg_scale");
    return own;
  }

  private static String picture(Fields fields) {
    List<String> pictures = fields.texts("init_images", 2 * Bodies.PICTURE);
    if (pictures.size() != 1) {
      throw ApiException.unprocessable(
          "init_images", "init_images wants one picture, found " + pictures.size());
    }
    return pictures.get(0);
  }

  private static void strength(double value, ObjectNode own) {
    if (value == 0) {
      throw ApiException.unprocessable(
          "denoising_strength", "denoising_strength wants more than 0: at 0 nothing is changed");
    }
    own.put("strength", value);
  }
}
