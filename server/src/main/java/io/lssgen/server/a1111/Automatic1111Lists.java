package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.pipeline.Machine;
import io.lssgen.server.api.Samplers;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.ServerMetrics;

/**
 * What AUTOMATIC1111's clients ask before they make pictures: what there is to choose from, and
 * options. No option here holds a path or a secret.
 *
 * @param services what they work with
 */
record Automatic1111Lists(Services services) {

  void addTo(RouteTable routes) {
    routes
        .get("/sdapi/v1/options", this::options)
        .post("/sdapi/v1/options", this::setOptions)
        .get("/sdapi/v1/samplers", this::samplers)
        .get("/sdapi/v1/schedulers", this::schedulers)
        .get("/sdapi/v1/sd-models", this::models)
        .get("/sdapi/v1/sd-vae", context -> Json.answer(context, Json.array()))
        .get("/sdapi/v1/upscalers", Automatic1111Lists::upscalers)
        .get("/sdapi/v1/latent-upscale-modes", Automatic1111Lists::latentUpscaleModes)
        .get("/sdapi/v1/loras", this::loras)
        .get("/controlnet/version", Automatic1111Lists::controlVersion)
        .get("/controlnet/model_list", this::controlNets)
        .get("/controlnet/module_list", Automatic1111Lists::controlModules)
        .get("/sdapi/v1/memory", Automatic1111Lists::memory)
        .get("/sdapi/v1/cmd-flags", context -> Json.answer(context, Json.object()))
        .get("/sdapi/v1/embeddings", Automatic1111Lists::embeddings)
        .get("/sdapi/v1/hypernetworks", context -> Json.answer(context, Json.array()))
        .get("/sdapi/v1/face-restorers", context -> Json.answer(context, Json.array()))
        .get("/sdapi/v1/prompt-styles", context -> Json.answer(context, Json.array()))
        .get("/sdapi/v1/scripts", Automatic1111Lists::scripts)
        // folders are looked at whenever they are asked for
        .post("/sdapi/v1/refresh-checkpoints", Automatic1111Lists::nothing)
        .post("/sdapi/v1/refresh-loras", Automatic1111Lists::nothing);
  }

  private void options(Context context) {
    Json.answer(
        context,
        Json.object()
            .put("sd_model_checkpoint", services.shelf().defaultName())
            .put("sd_checkpoint_hash", "")
            .put("sd_vae", "Automatic")
            .put("CLIP_stop_at_last_layers", 1)
            .put("samples_format", "png")
            .put("live_previews_enable", true));
  }

  /** The model alone can be chosen; it is the default of all clients from then on. */
  private void setOptions(Context context) {
    Fields fields = new Fields(services.bodies().json(context, Bodies.TEXT));
    fields
        .text("sd_model_checkpoint", 200)
        .map(new Models(services.shelf())::named)
        .ifPresent(services.shelf()::makeDefault);
    fields.answerWarnings(context);
    nothing(context);
  }

  private void samplers(Context context) {
    ArrayNode list = Json.array();
    Samplers.methods(services.shelf())
        .forEach(
            method -> {
              ObjectNode sampler = list.addObject().put("name", method.title());
              sampler.putArray("aliases").add(method.label());
              sampler.putObject("options");
            });
    Json.answer(context, list);
  }

  private void schedulers(Context context) {
    ArrayNode list = Json.array();
    list.addObject().put("name", "automatic").put("label", "Automatic").putNull("aliases");
    Samplers.spacings(services.shelf())
        .forEach(
            spacing ->
                list.addObject()
                    .put("name", spacing.label())
                    .put("label", spacing.title())
                    .putNull("aliases"));
    list.forEach(each -> ((ObjectNode) each).put("default_rho", -1).put("need_inner_model", false));
    Json.answer(context, list);
  }

  private void models(Context context) {
    ArrayNode list = Json.array();
    for (String name : services.shelf().names()) {
      list.addObject()
          .put("title", name)
          .put("model_name", name)
          .put("filename", name)
          .putNull("hash")
          .putNull("sha256")
          .putNull("config");
    }
    Json.answer(context, list);
  }

  /** Names alone, as of models: paths are this machine's. */
  private void loras(Context context) {
    ArrayNode list = Json.array();
    for (String name : services.shelf().loras()) {
      ObjectNode lora = list.addObject().put("name", name).put("alias", name).put("path", name);
      lora.putObject("metadata");
    }
    Json.answer(context, list);
  }

  /** As the extension for ControlNets has it, whose second version knows units by these names. */
  private static void controlVersion(Context context) {
    Json.answer(context, Json.object().put("version", 2));
  }

  private void controlNets(Context context) {
    ObjectNode answer = Json.object();
    ArrayNode list = answer.putArray("model_list");
    services.shelf().controlNets().forEach(list::add);
    Json.answer(context, answer);
  }

  /** Pictures are followed as they are sent. */
  private static void controlModules(Context context) {
    ObjectNode answer = Json.object();
    answer.putArray("module_list").add("none");
    answer.putObject("module_detail");
    Json.answer(context, answer);
  }

  private static void upscalers(Context context) {
    ArrayNode list = Json.array();
    list.addObject()
        .put("name", "None")
        .putNull("model_name")
        .putNull("model_path")
        .putNull("model_url")
        .put("scale", 1);
    Json.answer(context, list);
  }

  private static void latentUpscaleModes(Context context) {
    ArrayNode list = Json.array();
    Upscalers.names().forEach(name -> list.addObject().put("name", name));
    Json.answer(context, list);
  }

  private static void embeddings(Context context) {
    ObjectNode none = Json.object();
    none.putObject("loaded");
    none.putObject("skipped");
    Json.answer(context, none);
  }

  private static void scripts(Context context) {
    ObjectNode none = Json.object();
    none.putArray("txt2img");
    none.putArray("img2img");
    Json.answer(context, none);
  }

  private static void nothing(Context context) {
    context.contentType("application/json").result("null");
  }

  private static void memory(Context context) {
    long total = Machine.memory().orElse(0);
    long used = ServerMetrics.residentBytes();
    ObjectNode answer = Json.object();
    answer.putObject("ram").put("free", total - used).put("used", used).put("total", total);
    answer.putObject("cuda").put("error", "unavailable");
    Json.answer(context, answer);
  }
}
