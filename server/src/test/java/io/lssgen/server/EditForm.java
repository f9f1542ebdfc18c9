package io.lssgen.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Map;

/** A form for {@code /v1/images/edits}, as clients write it (RFC 7578). */
final class EditForm {
  private static final String BOUNDARY = "between-two-parts";

  private EditForm() {}

  static HttpRequest.Builder of(
      TinyServer server, Map<String, byte[]> files, Map<String, String> fields) throws IOException {
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
    return HttpRequest.newBuilder(URI.create(server.address() + "/v1/images/edits"))
        .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
        .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
  }
}
