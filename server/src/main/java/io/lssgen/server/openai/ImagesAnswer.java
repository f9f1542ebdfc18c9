package io.lssgen.server.openai;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import io.lssgen.server.api.ImageRoutes;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.jobs.JobEvent;
import io.lssgen.server.pictures.PictureFormat;
import io.lssgen.server.store.JobRow;
import io.lssgen.server.store.StoredImage;
import java.util.Base64;
import java.util.List;

/**
 * How a client wants its pictures, and the answer in that form.
 *
 * @param services what it is made from
 * @param format of the pictures
 * @param quality of JPEG and WebP, 0 to 100
 * @param urls whether addresses are wanted instead of the pictures themselves
 * @param server what addresses begin with
 * @param wanted the client's word for the quality, which is given back
 * @param events what the names of events begin with
 */
record ImagesAnswer(
    Services services,
    PictureFormat format,
    int quality,
    boolean urls,
    String server,
    String wanted,
    String events) {
  static ImagesAnswer read(Services services, Fields fields, String server, String events) {
    for (String each : List.of("user", "moderation", "style")) {
      fields.text(each, Integer.MAX_VALUE); // of no use here, but of the kind that OpenAI has
    }
    fields.withoutEffect("style");
    if (fields
        .oneOf("background", "auto", "opaque", "transparent")
        .orElse("")
        .equals("transparent")) {
      throw ApiException.malformed(
          "background", "pictures have no transparency; background wants auto or opaque");
    }
    return new ImagesAnswer(
        services,
        PictureFormat.of(fields.oneOf("output_format", PictureFormat.labels()).orElse("png")),
        fields.integer("output_compression", 0, 100).orElse(PictureFormat.BEST),
        fields.oneOf("response_format", "url", "b64_json").orElse("b64_json").equals("url"),
        server,
        fields.oneOf("quality", "auto", "high", "medium", "low", "hd", "standard").orElse("auto"),
        events);
  }

  /** The name of events with a picture of the way. */
  String partial() {
    return events + ".partial_image";
  }

  /** The name of events with a picture that is done. */
  String completed() {
    return events + ".completed";
  }

  /** The answer without a stream. */
  ObjectNode whole(JobRow job) {
    List<StoredImage> images = services.images().ofJob(job.id());
    if (images.isEmpty()) {
      throw ApiException.of(410, "gone", "the pictures were deleted");
    }
    ObjectNode answer = Json.object().put("created", created(job));
    ArrayNode data = answer.putArray("data");
    ArrayNode seeds = Json.array();
    for (StoredImage image : images) {
      ObjectNode item = data.addObject();
      if (urls) {
        item.put("url", server + "/v1/images/" + image.id() + query());
      } else {
        item.put("b64_json", base64(ImageRoutes.file(services, image, format, quality)));
      }
      item.put("revised_prompt", image.prompt());
      seeds.add(image.seed());
    }
    form(answer, images.get(0).width(), images.get(0).height());
    answer.set("usage", usage(job, data.size()));
    ObjectNode more = answer.putObject("lssgen").put("job", job.id());
    more.set("seeds", seeds);
    more.set("warnings", Json.tree(services.warnings(job)));
    return answer;
  }

  private String query() {
    return format == PictureFormat.PNG ? "" : "?format=" + format.label() + "&quality=" + quality;
  }

  /** The event of a picture of the way. */
  ObjectNode partial(JobEvent event) {
    RgbImage picture = requireNonNull(event.picture(), "a partial event has a picture");
    ObjectNode data = Json.object().put("type", partial());
    data.put("b64_json", base64(format.encode(picture, "", quality)));
    data.set("partial_image_index", event.data().get("partial_image_index"));
    data.set("image_index", event.data().get("image"));
    data.put("created_at", System.currentTimeMillis() / 1000);
    return form(data, picture.width(), picture.height());
  }

  /** The event of a picture that is done. */
  ObjectNode completed(JobEvent event, JobRow job) {
    String id = event.data().get("image_id").textValue();
    StoredImage image =
        services
            .images()
            .find(id)
            .orElseThrow(() -> ApiException.of(410, "gone", "the picture was deleted"));
    ObjectNode data = Json.object().put("type", completed());
    data.put("b64_json", base64(ImageRoutes.file(services, image, format, quality)));
    data.set("image_index", event.data().get("image"));
    data.put("created_at", created(job));
    form(data, image.width(), image.height());
    data.set("usage", usage(job, 1));
    ObjectNode more = data.putObject("lssgen").put("job", job.id()).put("seed", image.seed());
    more.set("warnings", Json.tree(services.warnings(job)));
    return data;
  }

  private ObjectNode form(ObjectNode answer, int width, int height) {
    return answer
        .put("background", "opaque")
        .put("output_format", format.label())
        .put("quality", wanted)
        .put("size", width + "x" + height);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static long created(JobRow job) {
    return job.created() / 1000;
  }

  /** Tokens: of the prompt, and what the denoiser sees of each picture. */
  private ObjectNode usage(JobRow job, int images) {
    JsonNode request = Json.read(job.request(), JsonNode.class);
    int text =
        services
            .shelf()
            .loaded(request.path("model").asText())
            .map(model -> model.tokens(request.path("prompt").asText()).tokens())
            .orElse(0);
    JsonNode stages = services.details(job).path("plan").path("stages");
    int picture = stages.path(stages.size() - 1).path("image_tokens").asInt() * images;
    ObjectNode usage = Json.object();
    usage.put("input_tokens", text).put("output_tokens", picture);
    usage.put("total_tokens", text + picture);
    usage.putObject("input_tokens_details").put("text_tokens", text).put("image_tokens", 0);
    return usage;
  }
}
