package io.lssgen.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;

/** A form with files, as clients write it (RFC 7578). */
final class FileForm {
  private static final String BOUNDARY = "between-two-parts";

  private FileForm() {}

  /** For {@code /v1/images/edits}. */
  static HttpRequest.Builder edit(
      TinyServer server, Map<String, byte[]> files, Map<String, String> fields) throws IOException {
    return of(server.address() + "/v1/images/edits", files, fields);
  }

  /** For any address; the files are called a.png. */
  static HttpRequest.Builder of(
      String address, Map<String, byte[]> files, Map<String, String> fields) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (Map.Entry<String, String> field : fields.entrySet()) {
      String head = "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n";
      body.write(head.formatted(BOUNDARY, field.getKey(), field.getValue()).getBytes(UTF_8));
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      String head =
          "--%s\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"a.png\"\r\n"
              + "Content-Type: image/png\r\n\r\n";
      body.write(head.formatted(BOUNDARY, file.getKey()).getBytes(UTF_8));
      body.write(file.getValue());
      body.write("\r\n".getBytes(UTF_8));
    }
    body.write("--%s--\r\n".formatted(BOUNDARY).getBytes(UTF_8));
    return HttpRequest.newBuilder(URI.create(address))
        .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
        .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
  }
}
