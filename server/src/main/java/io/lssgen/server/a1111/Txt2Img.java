package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.server.Limits;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The fields of {@code txt2img} in the words of our own API. High-resolution fix becomes stages of
 * latent space scaling: its first pass is the first stage, its upscaler the scaling, its denoising
 * strength the noise level at which later stages begin.
 *
 * @param fields the client's
 * @param limits of this server
 */
record Txt2Img(Fields fields, Limits limits) {
  /** The field with what extensions do. */
  static final String SCRIPTS = "alwayson_scripts";

  private static final int MAXIMUM_SIDE = 1 << 14;
  private static final int NAME = 200;

  /** AUTOMATIC1111's own, in {@code txt2img}. */
  private static final int SIDE = 512;

  private static final double SCALE = 2;
  private static final double STRENGTH = 0.75;

  /** Our own API's fields. */
  ObjectNode translated(Models models) {
    ObjectNode own = Json.object();
    common(own, models);
    size(own);
    fields.withoutEffect("hr_second_pass_steps");
    return own;
  }

  /** What {@code img2img} has, too. */
  void common(ObjectNode own, Models models) {
    fields.text("prompt", limits.prompt()).ifPresent(text -> own.put("prompt", text));
    fields
        .text("negative_prompt", limits.prompt())
        .ifPresent(text -> own.put("negative_prompt", text));
    own.put("seed", fields.whole("seed", -1, 1L << 53).orElse(-1));
    own.put("n", pictures());
    fields.integer("steps", 1, limits.steps()).ifPresent(steps -> own.put("steps", steps));
    fields.number("cfg_scale", 0, 1000).ifPresent(scale -> guidance(scale, own));
    fields
        .number("distilled_cfg_scale", 0, 1000)
        .ifPresent(scale -> own.put("guidance_scale", scale));
    sampler(own);
    fields.object("override_settings").ifPresent(settings -> override(settings, own, models));
    fields.accept("force_task_id", "do_not_save_samples");
    fields.accept("do_not_save_grid", "override_settings_restore_afterwards");
    fields.withoutEffect("styles", "subseed", "subseed_strength", "restore_faces", "tiling");
    fields.withoutEffect("eta", "s_churn", "s_noise", "s_tmin", "s_tmax");
    fields.withoutEffect("script_name", "script_args");
    ControlNetUnits.of(fields).addTo(own);
  }

  /** Whether the answer shall hold the pictures. */
  boolean sendsImages() {
    return fields.flag("send_images").orElse(true);
  }

  /** Whether the pictures are wanted on the server, even where nobody waits for the answer. */
  boolean savesImages() {
    return fields.flag("save_images").orElse(false);
  }

  private void guidance(double scale, ObjectNode own) {
    if (scale < 1) {
      fields.warn("cfg_scale below 1 counts as 1: no guidance");
    }
    own.put("true_cfg_scale", Math.max(1, scale));
  }

  private int pictures() {
    int batch = fields.integer("batch_size", 1, limits.images()).orElse(1);
    int rounds = fields.integer("n_iter", 1, limits.images()).orElse(1);
    if (batch * rounds > limits.images()) {
      throw ApiException.unprocessable(
          "n_iter",
          "batch_size times n_iter may be %d, found %d".formatted(limits.images(), batch * rounds));
    }
    return batch * rounds;
  }

  /** Older clients put the spacing of noise levels behind the sampler's name. */
  private void sampler(ObjectNode own) {
    Optional<String> older = fields.text("sampler_index", NAME).filter(each -> !each.isBlank());
    Optional<String> sampler =
        fields.text("sampler_name", NAME).filter(each -> !each.isBlank()).or(() -> older);
    Optional<String> scheduler =
        fields
            .text("scheduler", NAME)
            .filter(each -> !each.isBlank() && !each.equalsIgnoreCase("automatic"));
    Optional<SamplingMethod.Spaced> spaced = sampler.flatMap(SamplingMethod::spaced);
    Optional<SamplingMethod> method =
        spaced.map(SamplingMethod.Spaced::method).or(() -> sampler.flatMap(SamplingMethod::named));
    if (sampler.isPresent() && method.isEmpty()) {
      throw ApiException.unprocessable("sampler_name", "Sampler not found");
    }
    spaced
        .map(each -> each.method().title())
        .or(() -> sampler)
        .ifPresent(name -> own.put("sampler", name));
    scheduler =
        scheduler
            .or(() -> spaced.map(each -> each.spacing().toLowerCase(Locale.ROOT)))
            .or(() -> method.flatMap(SamplingMethod::automatic).map(SigmaSchedule::label));
    scheduler.ifPresent(name -> own.put("scheduler", name));
  }

  /** The width or the height that is asked for. */
  OptionalInt side(String name) {
    return fields.integer(name, 1, MAXIMUM_SIDE);
  }

  private void size(ObjectNode own) {
    OptionalInt width = side("width");
    OptionalInt height = side("height");
    boolean high = fields.flag("enable_hr").orElse(false);
    double scale = scale(high, width.orElse(SIDE), height.orElse(SIDE));
    String upscaler = fields.text("hr_upscaler", NAME).orElse(Upscalers.NEURAL);
    double strength = fields.number("denoising_strength", 0, 1).orElse(STRENGTH);
    if (!high || scale == 1) {
      width.ifPresent(side -> own.put("width", side));
      height.ifPresent(side -> own.put("height", side));
      return;
    }
    if (scale != 2 && scale != 4 && scale != 8) {
      throw ApiException.unprocessable(
          "hr_scale", "hr_scale wants 1, 2, 4 or 8: latents are doubled, found " + scale);
    }
    if (strength == 0) {
      throw ApiException.unprocessable(
          "denoising_strength",
          "denoising_strength wants more than 0 with enable_hr: it is the noise level that the larger"
              + " stage begins at, found 0");
    }
    int from = Math.min(width.orElse(SIDE), height.orElse(SIDE));
    own.put("width", (int) (width.orElse(SIDE) * scale));
    own.put("height", (int) (height.orElse(SIDE) * scale));
    ObjectNode lssgen = own.putObject("lssgen").put("min_size", from);
    lssgen.put("scaling", Upscalers.scaling(upscaler).label());
    lssgen.put("start_sigma", strength);
  }

  /** {@code hr_resize_x} and {@code hr_resize_y} go before {@code hr_scale}; 0 is no wish. */
  private double scale(boolean high, int width, int height) {
    double scale = fields.number("hr_scale", 0, 16).orElse(SCALE);
    int wide = fields.integer("hr_resize_x", 0, MAXIMUM_SIDE).orElse(0);
    int tall = fields.integer("hr_resize_y", 0, MAXIMUM_SIDE).orElse(0);
    if (!high || (wide == 0 && tall == 0)) {
      return scale;
    }
    double byWidth = wide == 0 ? (double) tall / height : (double) wide / width;
    double byHeight = tall == 0 ? byWidth : (double) tall / height;
    if (byWidth != byHeight) {
      throw ApiException.unprocessable(
          "hr_resize_x",
          "hr_resize_x and hr_resize_y want the shape of %dx%d: pictures are not cropped, found %dx%d"
              .formatted(width, height, wide, tall));
    }
    return byWidth;
  }

  private void override(Fields settings, ObjectNode own, Models models) {
    settings
        .text("sd_model_checkpoint", NAME)
        .ifPresent(title -> own.put("model", models.named(title)));
    settings.integer("CLIP_stop_at_last_layers", 1, 12).stream()
        .filter(skip -> skip > 1) // 1 is the option's default there: the model's own layer
        .forEach(skip -> own.put("clip_skip", skip));
  }
}
