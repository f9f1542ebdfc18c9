package io.lssgen.server.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.Query;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.JobViews;
import io.lssgen.server.pictures.PictureFormat;
import io.lssgen.server.pictures.PictureSettings;
import io.lssgen.server.store.StoredImage;
import java.util.List;

/**
 * The gallery: pictures by names that cannot be guessed, page by page, with stars.
 *
 * @param services what they work with
 */
public record ImageRoutes(Services services) {
  private static final int PAGE = 50;
  private static final int LARGEST_PAGE = 200;

  /** Adds the routes. */
  public void addTo(RouteTable routes) {
    routes
        .get("/v1/images", this::page)
        .get("/v1/images/{id}", this::picture)
        .get("/v1/images/{id}/info", this::info)
        .patch("/v1/images/{id}", this::star)
        .delete("/v1/images/{id}", this::delete);
  }

  private void page(Context context) {
    long before = Query.whole(context, "before", 0, Long.MAX_VALUE).orElse(Long.MAX_VALUE);
    int count = (int) Query.whole(context, "count", 1, LARGEST_PAGE).orElse(PAGE);
    boolean starred = Query.flag(context, "starred");
    List<StoredImage> images = services.images().page(before, count, starred);
    ObjectNode answer = Json.object().put("object", "list");
    ArrayNode data = answer.putArray("data");
    images.forEach(image -> data.add(JobViews.image(image)));
    answer.put("has_more", images.size() == count);
    Json.answer(context, answer);
  }

  private void picture(Context context) {
    StoredImage image = find(context);
    PictureFormat format =
        PictureFormat.of(Query.oneOf(context, "format", PictureFormat.labels()).orElse("png"));
    int quality = (int) Query.whole(context, "quality", 0, 100).orElse(PictureFormat.BEST);
    byte[] file = file(services, image, format, quality);
    context.header("Content-Disposition", disposition(context, image, format));
    context.header("Cache-Control", "private, max-age=31536000, immutable");
    context.contentType(format.type()).result(file);
  }

  private static String disposition(Context context, StoredImage image, PictureFormat format) {
    String kind = Query.flag(context, "download") ? "attachment" : "inline";
    return kind + "; filename=\"lssgen-" + image.seed() + "." + format.label() + "\"";
  }

  /**
   * A picture's file in a format.
   *
   * @throws ApiException 410 if its file is gone
   */
  public static byte[] file(
      Services services, StoredImage image, PictureFormat format, int quality) {
    byte[] png =
        services
            .images()
            .bytes(image)
            .orElseThrow(() -> ApiException.of(410, "gone", "the picture's file is gone"));
    return format == PictureFormat.PNG
        ? png
        : format.encode(PictureFormat.decode(png), image.parameters(), quality);
  }

  private void info(Context context) {
    StoredImage image = find(context);
    ObjectNode view = JobViews.image(image);
    view.set("settings", PictureSettings.of(image.parameters()));
    Json.answer(context, view);
  }

  private void star(Context context) {
    StoredImage image = find(context);
    Fields fields = new Fields(services.bodies().json(context, Bodies.TEXT));
    boolean starred =
        fields
            .flag("starred")
            .orElseThrow(() -> ApiException.malformed("starred", "starred wants true or false"));
    fields.answerWarnings(context);
    services.images().star(image.id(), starred);
    Json.answer(context, JobViews.image(find(context)));
  }

  private void delete(Context context) {
    services.images().delete(find(context).id());
    context.status(204);
  }

  private StoredImage find(Context context) {
    String id = context.pathParam("id");
    return services
        .images()
        .find(id)
        .orElseThrow(
            () ->
                services.images().isDeleted(id)
                    ? ApiException.of(410, "gone", "the picture was deleted")
                    : ApiException.notFound("image_not_found", "there is no such picture"));
  }
}
