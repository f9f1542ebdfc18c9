package io.lssgen.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Promise;

/**
 * A body of the type {@code multipart/form-data} (RFC 7578). {@code lssgen[min_size]} is a field of
 * the object {@code lssgen}; {@code image[]}, by which clients send lists, is {@code image}.
 *
 * @param fields texts, and files as base64 text
 * @param fileNames of the fields that are files
 */
record MultipartForm(ObjectNode fields, Map<String, String> fileNames) {
  private static final int MAXIMUM_PARTS = 100;
  private static final Pattern NAME = Pattern.compile("(\\w{1,100})(?:\\[(\\w{0,100})\\])?");

  /**
   * Reads a whole body.
   *
   * @param type its content type, which says what parts are told apart by
   * @throws ApiException 415 if it is of another type, 400 if it cannot be read, 422 if a field is
   *     there twice
   */
  static MultipartForm read(byte[] body, String type) {
    MultiPartFormData.Parser parser = new MultiPartFormData.Parser(boundary(type));
    parser.setMaxMemoryFileSize(-1); // none of it goes to the disk
    parser.setMaxParts(MAXIMUM_PARTS);
    CompletableFuture<MultiPartFormData.Parts> received = new CompletableFuture<>();
    parser.parse(Content.Source.from(ByteBuffer.wrap(body)), Promise.Invocable.toPromise(received));
    try (MultiPartFormData.Parts parts = received.join()) {
      MultipartForm form = new MultipartForm(Json.object(), new HashMap<>());
      for (MultiPart.Part part : parts) {
        form.add(part);
      }
      return form;
    } catch (CompletionException | IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw ApiException.malformed(
          null,
          "the form cannot be read: wanted at most %d whole parts, found %s"
              .formatted(MAXIMUM_PARTS, cause.getMessage()));
    }
  }

  private static String boundary(String type) {
    try {
      String found =
          type.toLowerCase(Locale.ROOT).startsWith("multipart/form-data")
              ? MultiPart.extractBoundary(type)
              : null;
      if (found != null) {
        return found;
      }
    } catch (IllegalArgumentException e) {
      // A quote that does not end: as if there were none.
    }
    throw ApiException.of(
        415,
        "wrong_type",
        "the body wants the type multipart/form-data with a boundary, found " + type);
  }

  private void add(MultiPart.Part part) throws IOException {
    Matcher name = NAME.matcher(part.getName() == null ? "" : part.getName());
    if (!name.matches()) {
      throw ApiException.malformed(null, "fields of the form want names of letters and digits");
    }
    boolean inner = name.group(2) != null && !name.group(2).isEmpty();
    ObjectNode target = inner ? object(fields, name.group(1)) : fields;
    String field = inner ? name.group(2) : name.group(1);
    if (target.has(field)) {
      throw twice(field);
    }
    ByteBuffer content = Content.Source.asByteBuffer(part.getContentSource());
    byte[] bytes = new byte[content.remaining()];
    content.get(bytes);
    boolean file = part.getFileName() != null;
    if (file && !inner) {
      fileNames.put(field, part.getFileName());
    }
    target.put(field, file ? Base64.getEncoder().encodeToString(bytes) : new String(bytes, UTF_8));
  }

  private static ObjectNode object(ObjectNode fields, String name) {
    if (!fields.has(name)) {
      return fields.putObject(name);
    }
    if (fields.get(name) instanceof ObjectNode object) {
      return object;
    }
    throw twice(name);
  }

  private static ApiException twice(String field) {
    return ApiException.unprocessable(field, field + " is wanted once, found more");
  }
}
