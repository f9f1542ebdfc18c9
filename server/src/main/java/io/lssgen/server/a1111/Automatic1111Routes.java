package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.image.RgbImage;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.Query;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.JobRequest;
import io.lssgen.server.jobs.LiveJob;
import io.lssgen.server.jobs.Wanted;
import io.lssgen.server.pictures.PictureFormat;
import io.lssgen.server.pictures.SentPicture;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Making pictures as the AUTOMATIC1111 web UI's API does. It knows one job at a time and no names
 * for jobs: here each client sees its own, the one that it asked for first.
 *
 * @param services what they work with
 */
public record Automatic1111Routes(Services services) {
  private static final String SOURCE = "a1111";

  /** Adds the routes. */
  public void addTo(RouteTable routes) {
    routes
        .post("/sdapi/v1/txt2img", this::txt2img)
        .post("/sdapi/v1/img2img", this::img2img)
        .get("/sdapi/v1/progress", this::progress)
        .post("/sdapi/v1/interrupt", this::interrupt)
        .post("/sdapi/v1/skip", this::skip);
    new Automatic1111Lists(services).addTo(routes);
    routes.post("/sdapi/v1/png-info", new PngInfo(services.bodies())::answer);
  }

  private void txt2img(Context context) {
    answered(context, words -> ask(context, words, words.translated(models()), () -> null));
  }

  private void img2img(Context context) {
    answered(
        context,
        words -> {
          Img2Img wanted = new Img2Img(words);
          return ask(context, words, wanted.translated(models()), wanted::picture);
        });
  }

  private void answered(Context context, Function<Txt2Img, Asked> ask) {
    services.queue().requireRoom(context.ip());
    Asked asked =
        services
            .bodies()
            .withPicture(context, fields -> ask.apply(new Txt2Img(fields, services.limits())));
    answer(context, asked);
  }

  private Models models() {
    return new Models(services.shelf());
  }

  /**
   * What a client waits for.
   *
   * @param fields the client's, without pictures
   * @param sends whether the answer shall hold the pictures
   * @param saves whether they are wanted even where nobody waits
   * @param request what the fields mean
   * @param job its job
   */
  private record Asked(
      Fields fields, boolean sends, boolean saves, JobRequest request, LiveJob job) {}

  private Asked ask(
      Context context, Txt2Img words, ObjectNode own, Supplier<@Nullable SentPicture> picture) {
    boolean sends = words.sendsImages();
    boolean saves = words.savesImages();
    Wanted wanted = services.reader().read(new Fields(own), false, picture);
    words.fields().drop(Img2Img.PICTURES);
    words.fields().drop(SentPicture.MASK);
    words.fields().drop(Txt2Img.SCRIPTS);
    LiveJob job = services.queue().submit(wanted, SOURCE, context.ip());
    context.header("X-LSSGen-Job", job.id());
    return new Asked(words.fields(), sends, saves, wanted.request(), job);
  }

  private void answer(Context context, Asked asked) {
    LiveJob job = asked.job();
    if (asked.saves()) {
      services.await(job); // one that was interrupted answers with what it has
    } else {
      services.await(job, context);
    }
    Fields fields = asked.fields();
    services.warnings(services.job(job.id())).forEach(fields::warn);
    fields.answerWarnings(context);
    Txt2ImgAnswer answer =
        new Txt2ImgAnswer(services, asked.request(), services.images().ofJob(job.id()));
    Json.answer(context, answer.body(fields.node(), asked.sends()));
  }

  private Optional<LiveJob> current(Context context) {
    return services.queue().of(SOURCE, context.ip()).stream().findFirst();
  }

  private void interrupt(Context context) {
    services.bodies().json(context, Bodies.TEXT);
    current(context).ifPresent(services.queue()::cancel);
    Json.answer(context, Json.object());
  }

  private void skip(Context context) {
    services.bodies().json(context, Bodies.TEXT);
    current(context).ifPresent(LiveJob::skip);
    Json.answer(context, Json.object());
  }

  private void progress(Context context) {
    Optional<LiveJob> job = current(context);
    boolean withImage = !Query.flag(context, "skip_current_image");
    if (withImage) {
      job.ifPresent(LiveJob::look);
    }
    ObjectNode answer = Json.object();
    LiveJob.Progress at = job.map(LiveJob::progress).orElse(null);
    int images = job.map(each -> each.request().images()).orElse(0);
    double share =
        at == null ? 0 : (at.image() + (double) at.done() / at.total()) / Math.max(1, images);
    answer.put("progress", Math.min(1, share));
    Double remaining = at == null ? null : at.remainingSeconds();
    answer.put("eta_relative", remaining == null ? 0 : remaining);
    ObjectNode state = answer.putObject("state");
    state.put("skipped", false).put("stopping_generation", false);
    state.put("interrupted", job.map(LiveJob::isCancelled).orElse(false));
    state.put("job", job.map(LiveJob::id).orElse("")).put("job_count", images);
    state.put("job_timestamp", "0").put("job_no", at == null ? 0 : at.image());
    state.put("sampling_step", at == null ? 0 : at.done());
    state.put("sampling_steps", at == null ? 0 : at.total());
    RgbImage latest = withImage ? job.map(LiveJob::latest).orElse(null) : null;
    answer.put("current_image", latest == null ? null : base64(latest));
    answer.put("textinfo", job.isPresent() && at == null ? "Waiting..." : null);
    Json.answer(context, answer);
  }

  private static String base64(RgbImage picture) {
    return Base64.getEncoder().encodeToString(PictureFormat.PNG.encode(picture, "", 100));
  }
}
