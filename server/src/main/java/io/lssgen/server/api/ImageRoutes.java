package io.lssgen.server.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.JobViews;
import io.lssgen.server.pictures.PictureFormat;
import io.lssgen.server.store.StoredImage;
import java.util.List;
import java.util.Optional;

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
    long before = query(context, "before", Long.MAX_VALUE);
    int count = (int) Math.max(1, Math.min(LARGEST_PAGE, query(context, "count", PAGE)));
    boolean starred = "true".equals(context.queryParam("starred"));
    List<StoredImage> images = services.images().page(before, count, starred);
    ObjectNode answer = Json.object().put("object", "list");
    ArrayNode data = answer.putArray("data");
    images.forEach(image -> data.add(JobViews.image(image)));
    answer.put("has_more", images.size() == count);
    Json.answer(context, answer);
  }

  private static long query(Context context, String name, long absent) {
    String text = context.queryParam(name);
    if (text == null) {
      return absent;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiException.malformed(name, name + " wants a whole number");
    }
  }

  private void picture(Context context) {
    StoredImage image = find(context);
    PictureFormat format = format(context);
    int quality = (int) Math.max(0, Math.min(100, query(context, "quality", PictureFormat.BEST)));
    byte[] file = file(services, image, format, quality);
    context.header("Cache-Control", "private, max-age=31536000, immutable");
    context.header("Content-Disposition", disposition(context, image, format));
    context.contentType(format.type()).result(file);
  }

  private static String disposition(Context context, StoredImage image, PictureFormat format) {
    String kind = "true".equals(context.queryParam("download")) ? "attachment" : "inline";
    return kind + "; filename=\"lssgen-" + image.seed() + "." + format.label() + "\"";
  }

  private static PictureFormat format(Context context) {
    String label = Optional.ofNullable(context.queryParam("format")).orElse("png");
    if (!List.of(PictureFormat.labels()).contains(label)) {
      throw ApiException.malformed(
          "format", "format wants one of " + String.join(", ", PictureFormat.labels()));
    }
    return PictureFormat.of(label);
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
    Json.answer(context, JobViews.image(find(context)));
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
