package io.lssgen.server.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.server.http.Json;
import io.lssgen.server.store.ImageStore;
import io.lssgen.server.store.JobRow;
import io.lssgen.server.store.JobStatus;
import io.lssgen.server.store.StoredImage;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Jobs and pictures as clients see them. Times are seconds since 1970.
 *
 * @param queue where live jobs stand
 * @param images of all jobs
 */
public record JobViews(JobQueue queue, ImageStore images) {

  /** All there is to know of a job. */
  public ObjectNode job(JobRow row) {
    ObjectNode view = Json.object();
    view.put("id", row.id()).put("object", "job").put("status", row.status().label());
    view.put("source", row.source()).put("attempts", row.attempts());
    view.put("created", row.created() / 1000.0);
    view.put("started", seconds(row.started())).put("finished", seconds(row.finished()));
    Optional<LiveJob> live = queue.find(row.id());
    if (row.status() == JobStatus.QUEUED) {
      live.ifPresent(job -> view.put("queue_position", queue.position(job)));
    }
    view.set("request", Json.parse(row.request().getBytes(UTF_8)));
    if (row.details() != null) {
      view.setAll(Json.parse(row.details().getBytes(UTF_8)));
    }
    live.map(LiveJob::progress).ifPresent(progress -> view.set("progress", Json.tree(progress)));
    ArrayNode pictures = view.putArray("images");
    images.ofJob(row.id()).forEach(image -> pictures.add(image(image)));
    if (row.error() != null) {
      view.putObject("error").put("code", row.code()).put("message", row.error());
    }
    return view;
  }

  /** A picture of the gallery. */
  public static ObjectNode image(StoredImage image) {
    ObjectNode view = Json.object();
    view.put("id", image.id()).put("object", "image").put("url", "/v1/images/" + image.id());
    view.put("number", image.number()).put("job", image.job()).put("position", image.position());
    view.put("seed", image.seed()).put("width", image.width()).put("height", image.height());
    view.put("created", image.created() / 1000.0).put("model", image.model());
    view.put("prompt", image.prompt()).put("parameters", image.parameters());
    return view.put("starred", image.starred());
  }

  private static @Nullable Double seconds(@Nullable Long milliseconds) {
    return milliseconds == null ? null : milliseconds / 1000.0;
  }
}
