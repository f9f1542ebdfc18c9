package io.lssgen.server.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.EventStream;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.JobEvent;
import io.lssgen.server.jobs.LiveJob;
import io.lssgen.server.pictures.PictureFormat;
import io.lssgen.server.store.JobRow;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;

/**
 * Jobs: asked for, looked at, followed, ended.
 *
 * @param services what they work with
 */
public record JobRoutes(Services services) {
  private static final String SOURCE = "jobs";
  private static final int LISTED = 100;

  /** Adds the routes. */
  public void addTo(RouteTable routes) {
    routes
        .post("/v1/jobs", this::submit)
        .get("/v1/jobs", this::list)
        .get("/v1/jobs/{id}", this::show)
        .get("/v1/jobs/{id}/events", this::events)
        .delete("/v1/jobs/{id}", this::cancel);
  }

  private void submit(Context context) {
    services.queue().requireRoom(context.ip());
    LiveJob job =
        services.read(context, wanted -> services.queue().submit(wanted, SOURCE, context.ip()));
    context.header("Location", "/v1/jobs/" + job.id());
    Json.answer(context.status(202), services.views().job(services.job(job.id())));
  }

  private void list(Context context) {
    ObjectNode answer = Json.object().put("object", "list");
    ArrayNode data = answer.putArray("data");
    services.jobs().latest(LISTED).forEach(row -> data.add(services.views().job(row)));
    Json.answer(context, answer);
  }

  private void show(Context context) {
    String id = context.pathParam("id");
    services.queue().find(id).ifPresent(LiveJob::look);
    Json.answer(context, services.views().job(services.job(id)));
  }

  private void cancel(Context context) {
    JobRow row = services.job(context.pathParam("id"));
    Optional<LiveJob> live = services.queue().find(row.id());
    if (live.isEmpty()) {
      throw ApiException.of(
          409,
          "job_is_over",
          "the job is over already: " + services.job(row.id()).status().label());
    }
    services.queue().cancel(live.get());
    Json.answer(context.status(202), services.views().job(services.job(row.id())));
  }

  private void events(Context context) {
    JobRow row = services.job(context.pathParam("id"));
    long seen = seen(context);
    Optional<LiveJob> live = services.queue().find(row.id());
    services.stream(
        context,
        stream -> {
          if (live.isPresent()) {
            follow(live.get(), stream, seen);
          } else {
            JobRow over = services.job(row.id());
            stream.send(0, over.status().label(), services.views().job(over));
          }
        });
  }

  /** The last event that a client saw before it lost the connection. */
  private static long seen(Context context) {
    try {
      return Long.parseLong(String.valueOf(context.header("Last-Event-ID")));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private void follow(LiveJob job, EventStream stream, long seen)
      throws IOException, InterruptedException {
    services.follow(
        job,
        stream,
        event -> {
          if (event.number() > seen) {
            stream.send(event.number(), event.kind().label(), data(event));
          }
        });
  }

  private ObjectNode data(JobEvent event) {
    if (event.kind().isLast()) {
      return services.views().job(services.job(event.data().get("id").textValue()));
    }
    if (event.picture() == null) {
      return event.data();
    }
    String jpeg = Base64.getEncoder().encodeToString(PictureFormat.preview(event.picture()));
    return event.data().deepCopy().put("preview", "data:image/jpeg;base64," + jpeg);
  }
}
