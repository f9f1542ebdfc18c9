package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.pipeline.LibraryVersion;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.Json;
import io.lssgen.server.jobs.JobRequest;
import io.lssgen.server.store.StoredImage;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code txt2img} and {@code img2img} answer.
 *
 * @param services where the pictures are
 * @param request what was asked for
 * @param images the job's pictures, fewer than asked for if it was interrupted
 */
record Txt2ImgAnswer(Services services, JobRequest request, List<StoredImage> images) {
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMddHHmmss");

  /**
   * The answer.
   *
   * @param parameters the client's own fields, which are given back
   */
  ObjectNode body(ObjectNode parameters, boolean withImages) {
    ObjectNode body = Json.object();
    ArrayNode list = body.putArray("images");
    if (withImages) {
      for (StoredImage image : images) {
        services
            .images()
            .bytes(image)
            .ifPresent(png -> list.add(Base64.getEncoder().encodeToString(png)));
      }
    }
    body.set("parameters", parameters);
    return body.put("info", Json.write(info(parameters)));
  }

  private ObjectNode info(ObjectNode parameters) {
    ObjectNode info = Json.object();
    ArrayNode prompts = Json.array();
    ArrayNode negatives = Json.array();
    ArrayNode seeds = Json.array();
    ArrayNode subseeds = Json.array();
    ArrayNode texts = Json.array();
    for (StoredImage image : images) {
      prompts.add(request.prompt());
      negatives.add(request.negativePrompt());
      seeds.add(image.seed());
      subseeds.add(-1);
      texts.add(image.parameters());
    }
    info.put("prompt", request.prompt()).set("all_prompts", prompts);
    info.put("negative_prompt", request.negativePrompt()).set("all_negative_prompts", negatives);
    info.put("seed", request.seed()).set("all_seeds", seeds);
    info.put("subseed", -1).put("subseed_strength", 0).set("all_subseeds", subseeds);
    info.put("width", images.isEmpty() ? asked(request.width()) : images.get(0).width());
    info.put("height", images.isEmpty() ? asked(request.height()) : images.get(0).height());
    settings(info);
    info.put("batch_size", parameters.path("batch_size").asInt(1)).put("restore_faces", false);
    info.put("index_of_first_image", 0).set("infotexts", texts);
    info.putArray("styles");
    info.putObject("extra_generation_params");
    info.put("job_timestamp", LocalDateTime.now(ZoneId.systemDefault()).format(STAMP));
    info.put("clip_skip", request.clipSkip() == null ? 1 : request.clipSkip());
    info.put("is_using_inpainting_conditioning", false);
    return info.put("version", "lssgen " + LibraryVersion.number());
  }

  /** What was asked for; 0 if it was left to the model and no picture tells. */
  private static int asked(@Nullable Integer value) {
    return value == null ? 0 : value;
  }

  /** As the picture's own file says them: what the request left open is filled in there. */
  private void settings(ObjectNode info) {
    Map<String, String> settings =
        images.isEmpty()
            ? Map.of()
            : GenerationMetadata.parseParameters(images.get(0).parameters()).settings();
    String sampler = request.sampler() == null ? "" : request.sampler();
    String steps = String.valueOf(asked(request.steps()));
    info.put("sampler_name", settings.getOrDefault("Sampler", sampler));
    info.put("steps", Integer.parseInt(settings.getOrDefault("Steps", steps)));
    double scale = request.trueCfgScale() == null ? 1 : request.trueCfgScale();
    info.put(
        "cfg_scale", Double.parseDouble(settings.getOrDefault("CFG scale", String.valueOf(scale))));
    info.put("sd_model_name", request.model());
    info.put("sd_model_hash", settings.getOrDefault("Model hash", ""));
    info.putNull("sd_vae_name").putNull("sd_vae_hash");
    info.put(
        "denoising_strength",
        request.strength() == null ? request.startSigma() : request.strength());
  }
}
