package io.lssgen.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.EventStream;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Guard;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.JobEvent;
import io.lssgen.server.jobs.LiveJob;
import io.lssgen.server.jobs.Wanted;
import io.lssgen.server.pictures.SentPicture;
import io.lssgen.server.store.JobStatus;
import java.io.IOException;

/**
 * OpenAI's image generation and editing, with a stream of partial pictures and without. Source: <a
 * href="https://platform.openai.com/docs/api-reference/images">OpenAI API reference, images</a>.
 *
 * @param services what they work with
 */
public record OpenAiRoutes(Services services) {
  private static final String SOURCE = "openai";

  /** Adds the routes. */
  public void addTo(RouteTable routes) {
    routes
        .post("/v1/images/generations", this::generate)
        .post(Guard.EDITS, this::edit)
        .absent("/v1/images/variations", "pictures are made here, not varied")
        .get("/v1/models", this::models)
        .get("/v1/models/{id}", this::model);
  }

  private void generate(Context context) {
    services.queue().requireRoom(context.ip());
    answer(
        context,
        services
            .bodies()
            .withPicture(
                context,
                fields -> ask(context, fields, SentPicture.Masks.WHITE, "image_generation")));
  }

  private void edit(Context context) {
    services.queue().requireRoom(context.ip());
    answer(context, services.bodies().form(context, fields -> askToEdit(context, fields)));
  }

  private Asked askToEdit(Context context, Fields fields) {
    if (!fields.has("image")) {
      throw ApiException.malformed("image", "image wants the picture to begin with");
    }
    fields
        .oneOf("input_fidelity", "low", "high")
        .filter("high"::equals)
        .ifPresent(high -> fields.warn("input_fidelity has no effect; strength has"));
    return ask(context, fields, SentPicture.Masks.ERASED, "image_edit");
  }

  /**
   * What a client waits for.
   *
   * @param job its job
   * @param form of the answer
   * @param stream whether the answer is events
   */
  private record Asked(LiveJob job, ImagesAnswer form, boolean stream) {}

  private Asked ask(Context context, Fields fields, SentPicture.Masks masks, String events) {
    String server = context.scheme() + "://" + context.host();
    ImagesAnswer form = ImagesAnswer.read(services, fields, server, events);
    boolean stream = fields.flag("stream").orElse(false);
    Wanted wanted =
        services
            .reader()
            .read(fields, false, () -> SentPicture.read(fields, masks, services.limits().pixels()));
    fields.answerWarnings(context);
    LiveJob job = services.queue().submit(wanted, SOURCE, context.ip());
    context.header("X-LSSGen-Job", job.id());
    return new Asked(job, form, stream);
  }

  private void answer(Context context, Asked asked) {
    if (asked.stream()) {
      streamOrCancel(context, asked.job(), asked.form());
    } else if (services.await(asked.job(), context) == JobStatus.COMPLETED) {
      Json.answer(context, asked.form().whole(services.job(asked.job().id())));
    } else {
      throw ApiException.of(409, "cancelled", "the job was cancelled");
    }
  }

  /** A job that nobody can listen to, or nobody listens to any more, is not made. */
  private void streamOrCancel(Context context, LiveJob job, ImagesAnswer answer) {
    boolean told = false;
    try {
      told =
          services.stream(
              context,
              events -> services.follow(job, events, event -> send(event, job, answer, events)));
    } finally {
      if (!told && !services.queue().isClosed()) { // a stopping server keeps its jobs
        services.queue().cancel(job);
      }
    }
  }

  private void send(JobEvent event, LiveJob job, ImagesAnswer answer, EventStream events)
      throws IOException {
    switch (event.kind()) {
      case PARTIAL -> events.send(0, answer.partial(), answer.partial(event));
      case DECODED ->
          events.send(0, answer.completed(), answer.completed(event, services.job(job.id())));
      case FAILED, CANCELLED -> {
        services.await(job); // throws what it failed with
        throw ApiException.of(409, "cancelled", "the job was cancelled");
      }
      case QUEUED, STARTED, TEXT, STEP, STAGE, SCALED, COMPLETED -> {}
    }
  }

  private void models(Context context) {
    ObjectNode answer = Json.object().put("object", "list");
    ArrayNode data = answer.putArray("data");
    services.shelf().names().forEach(name -> data.add(view(name)));
    Json.answer(context, answer);
  }

  private void model(Context context) {
    String name = context.pathParam("id");
    if (!services.shelf().has(name)) {
      throw ApiException.notFound("model_not_found", "there is no such model here");
    }
    Json.answer(context, view(name));
  }

  private static ObjectNode view(String name) {
    return Json.object()
        .put("id", name)
        .put("object", "model")
        .put("created", 0)
        .put("owned_by", "lssgen");
  }
}
