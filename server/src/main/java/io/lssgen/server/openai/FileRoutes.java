package io.lssgen.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Guard;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.Query;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.store.FileStore;
import io.lssgen.server.store.StoredFile;
import io.lssgen.server.store.StoredFile.Purpose;
import java.util.Base64;
import java.util.List;

/**
 * OpenAI's files: requests of batches, and their answers. Source: <a
 * href="https://platform.openai.com/docs/api-reference/files">OpenAI API reference, files</a>.
 *
 * @param bodies reads requests
 * @param files all of them
 */
public record FileRoutes(Bodies bodies, FileStore files) {
  /** What names of files begin with where clients see them. */
  static final String PREFIX = "file-";

  private static final int MOST_LISTED = 10_000;
  private static final int LONGEST_NAME = 255;
  private static final long MOST_BYTES = 1L << 30;

  /** Adds the routes. */
  public void addTo(RouteTable routes) {
    routes
        .post(Guard.FILES, this::upload)
        .get("/v1/files", this::list)
        .get("/v1/files/{id}", context -> Json.answer(context, view(find(context))))
        .get("/v1/files/{id}/content", this::content)
        .delete("/v1/files/{id}", this::delete);
  }

  private void upload(Context context) {
    Json.answer(context, bodies.form(context, fields -> view(keep(context, fields))));
  }

  private StoredFile keep(Context context, Fields fields) {
    if (fields.oneOf("purpose", Purpose.BATCH.label()).isEmpty()) {
      throw ApiException.malformed("purpose", "purpose wants batch");
    }
    String name =
        fields
            .fileName("file")
            .orElseThrow(() -> ApiException.malformed("file", "file wants a file of requests"));
    byte[] content = Base64.getDecoder().decode(fields.node().get("file").textValue());
    fields.drop("file");
    if (name.length() > LONGEST_NAME) {
      throw ApiException.unprocessable(
          "file",
          "its name may have %d characters, found %d".formatted(LONGEST_NAME, name.length()));
    }
    fields.withoutEffect("expires_after");
    if (files.bytes(Purpose.BATCH) + content.length > MOST_BYTES) {
      throw ApiException.of(
          507,
          "storage_full",
          "files of requests may have %d bytes together; delete some".formatted(MOST_BYTES));
    }
    fields.answerWarnings(context);
    return files.add(name, content);
  }

  private void list(Context context) {
    Listing listing = Listing.read(context, MOST_LISTED, MOST_LISTED);
    String purpose = Query.text(context, "purpose").orElse(null);
    List<StoredFile> found = files.page(listing.page(PREFIX, files::number), purpose);
    Json.answer(context, listing.answer(found.stream().map(FileRoutes::view).toList()));
  }

  private void content(Context context) {
    StoredFile file = find(context);
    context.header(
        "Content-Disposition", "attachment; filename=\"" + PREFIX + file.id() + ".jsonl\"");
    context.contentType("application/jsonl").result(files.content(file));
  }

  private void delete(Context context) {
    StoredFile file = find(context);
    if (!files.delete(file.id())) {
      throw ApiException.of(
          409, "file_in_use", "a batch reads the file; cancel it, or wait for it");
    }
    Json.answer(
        context,
        Json.object().put("id", PREFIX + file.id()).put("object", "file").put("deleted", true));
  }

  private StoredFile find(Context context) {
    return find(files, context.pathParam("id"));
  }

  /**
   * A file by the name that clients know.
   *
   * @throws ApiException 404 if there is none
   */
  static StoredFile find(FileStore files, String name) {
    return Listing.id(PREFIX, name).flatMap(files::find).orElseThrow(FileRoutes::missing);
  }

  static ApiException missing() {
    return ApiException.notFound("file_not_found", "there is no such file");
  }

  private static ObjectNode view(StoredFile file) {
    return Json.object()
        .put("id", PREFIX + file.id())
        .put("object", "file")
        .put("bytes", file.bytes())
        .put("created_at", file.created() / 1000)
        .put("filename", file.name())
        .put("purpose", file.purpose().label())
        .put("status", "processed");
  }
}
