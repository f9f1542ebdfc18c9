package io.lssgen.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * Reads requests' bodies with a bound on their size and on the time they take: who sends a byte now
 * and then holds no thread for longer.
 *
 * @param patience from the first to the last byte
 */
public record Bodies(Duration patience) {
  /** Bytes of a body without a picture. */
  public static final int TEXT = 1 << 20;

  /** Bytes of a body with a picture in it, as base64. */
  public static final int PICTURE = 32 << 20;

  /**
   * The body as a JSON object; an empty body is an empty object.
   *
   * @param maximum bytes
   * @throws ApiException 413 if it is larger, 408 if it takes too long, 400 if it is no JSON object
   */
  public ObjectNode json(Context context, int maximum) {
    byte[] bytes = read(context, maximum);
    return bytes.length == 0 ? Json.object() : Json.parse(bytes);
  }

  private byte[] read(Context context, int maximum) {
    if (context.req().getContentLengthLong() > maximum) {
      throw tooLarge(maximum);
    }
    long deadline = System.nanoTime() + patience.toNanos();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    try {
      InputStream in = context.bodyInputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        body.write(buffer, 0, count);
        if (body.size() > maximum) {
          throw tooLarge(maximum);
        }
        if (System.nanoTime() > deadline) {
          throw tooSlow();
        }
      }
      return body.toByteArray();
    } catch (IOException e) {
      throw tooSlow(); // or gone, and then nobody reads the answer
    }
  }

  private static ApiException tooLarge(int maximum) {
    return ApiException.of(
        413, "too_large", "the body may have %d bytes; send less".formatted(maximum));
  }

  private ApiException tooSlow() {
    return ApiException.of(
        408,
        "too_slow",
        "the body took longer than %d seconds; send it faster"
            .formatted(Math.max(1, patience.toSeconds())));
  }
}
