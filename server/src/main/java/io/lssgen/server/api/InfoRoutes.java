package io.lssgen.server.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.model.TokenCount;
import io.lssgen.pipeline.LibraryVersion;
import io.lssgen.pipeline.ModelDefaults;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.http.StaticFiles;
import io.lssgen.server.jobs.JobRequest;
import io.lssgen.server.jobs.Wanted;
import io.lssgen.server.models.ModelShelf;
import io.lssgen.server.pictures.PictureFormat;
import java.util.List;

/**
 * What the server is and can do, what a request would take, and how the server is.
 *
 * @param services what they work with
 */
public record InfoRoutes(Services services) {

  /** Adds the routes. */
  public void addTo(RouteTable routes) {
    routes
        .get("/", InfoRoutes::root)
        .get("/assets/{name}", context -> StaticFiles.file(context, context.pathParam("name")))
        .get("/v1/capabilities", this::capabilities)
        .post("/v1/estimate", this::estimate)
        .post("/v1/tokens", this::tokens)
        .get("/livez", context -> context.result("ok\n"))
        .get("/readyz", this::ready)
        .get("/metrics", this::metrics)
        .get("/openapi.json", OpenApi::answer);
  }

  private static void root(Context context) {
    if (StaticFiles.hasPage()) {
      StaticFiles.page(context);
      return;
    }
    ObjectNode index = Json.object().put("name", "lssgen").put("version", LibraryVersion.number());
    index.put("openapi", "/openapi.json").put("capabilities", "/v1/capabilities");
    Json.answer(context, index);
  }

  private void ready(Context context) {
    boolean ready = services.worker().isReady();
    context.status(ready ? 200 : 503).result(ready ? "ready\n" : "loading or stopping\n");
  }

  private void metrics(Context context) {
    context
        .contentType("text/plain; version=0.0.4; charset=utf-8")
        .result(services.metrics().text());
  }

  private void capabilities(Context context) {
    ObjectNode answer = Json.object().put("version", LibraryVersion.number());
    ArrayNode models = answer.putArray("models");
    services.shelf().names().forEach(name -> models.add(model(name)));
    answer.set("samplers", Json.tree(Samplers.labels(services.shelf())));
    answer.set("schedulers", Json.tree(Samplers.schedulers(services.shelf())));
    answer.set(
        "scalings",
        Json.tree(List.of(ScalingSpace.values()).stream().map(ScalingSpace::label).toList()));
    answer.set("control_nets", Json.tree(services.shelf().controlNets()));
    answer.set("output_formats", Json.tree(PictureFormat.labels()));
    answer.set("limits", Json.tree(services.limits()));
    Json.answer(context, answer);
  }

  private ObjectNode model(String name) {
    ModelShelf shelf = services.shelf();
    ObjectNode model = Json.object().put("id", name);
    model.put("default", name.equals(shelf.defaultName()));
    model.put("loaded", shelf.loaded(name).isPresent());
    shelf.loaded(name).ifPresent(pipeline -> describe(pipeline, model));
    return model;
  }

  private static void describe(TextToImage pipeline, ObjectNode model) {
    ModelDefaults defaults = pipeline.defaults();
    model.put("family", pipeline.family()).put("dtype", pipeline.types().usual().label());
    ObjectNode types = model.putObject("component_dtypes");
    pipeline.types().own().forEach((name, type) -> types.put(name, type.label()));
    ObjectNode values = model.putObject("defaults");
    values.put("width", defaults.width()).put("height", defaults.height());
    values.put("steps", defaults.steps()).put("true_cfg_scale", defaults.cfgScale());
    defaults.guidance().ifPresent(scale -> values.put("guidance_scale", scale));
    ObjectNode lssgen = values.putObject("lssgen");
    lssgen.put("start_sigma", defaults.stages().startSigma());
    lssgen.put("min_size", defaults.stages().minSize());
    lssgen.put("shorten_intermediate_steps", defaults.stages().shorten());
  }

  private void estimate(Context context) {
    Json.answer(context, services.read(context, this::estimate));
  }

  private ObjectNode estimate(Wanted wanted) {
    JobRequest request = wanted.request();
    TextToImage model = loaded(request.model());
    Recipe recipe = model.recipe(request.toGeneration(model, 0, wanted.pictures()));
    var estimate = services.estimator().estimate(request.model(), recipe);
    ObjectNode answer = Json.object().put("model", request.model());
    answer.set("plan", Json.tree(recipe.plan().fields()));
    if (estimate == null) {
      answer.put("basis", "none").putNull("seconds").putNull("memory_bytes");
    } else {
      answer.put("basis", estimate.measured() ? "measured" : "scaled");
      answer.put("seconds", estimate.seconds(recipe.plan(), request.images()));
      answer.put("memory_bytes", estimate.memoryBytes());
      answer.set("parts", Json.tree(estimate));
    }
    return answer;
  }

  private void tokens(Context context) {
    Fields fields = new Fields(services.bodies().json(context, Bodies.TEXT));
    String name = services.reader().model(fields);
    String prompt = fields.text("prompt", services.limits().prompt()).orElse("");
    fields.answerWarnings(context);
    TokenCount count = loaded(name).tokens(prompt);
    Json.answer(context, Json.object().put("tokens", count.tokens()).put("limit", count.limit()));
  }

  private TextToImage loaded(String name) {
    return services
        .shelf()
        .loaded(name)
        .orElseThrow(
            () ->
                ApiException.of(
                    409,
                    "model_not_loaded",
                    "the model %s is not loaded now; a job for it loads it".formatted(name)));
  }
}
