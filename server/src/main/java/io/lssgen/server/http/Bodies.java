package io.lssgen.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Function;

/**
 * Reads requests' bodies with a bound on their size and on the time they take: who sends a byte now
 * and then holds no thread for longer. Large ones are read few at once, since each takes many times
 * its size. Thread-safe.
 */
public final class Bodies {
  /** Bytes of a body without a picture. */
  public static final int TEXT = 1 << 20;

  /** Bytes of a body with a picture in it, as base64. */
  public static final int PICTURE = 32 << 20;

  private static final int LARGE_AT_ONCE = 2;

  private final Duration patience;
  private final FewAtOnce large;

  /**
   * @param patience from the first to the last byte
   */
  public Bodies(Duration patience) {
    this.patience = patience;
    large =
        new FewAtOnce(
            LARGE_AT_ONCE, patience.dividedBy(2), "too many large bodies are being sent already");
  }

  /**
   * The body as a JSON object; an empty body is an empty object.
   *
   * @param maximum bytes
   * @throws ApiException 413 if it is larger, 408 if it takes too long, 400 if it is no JSON object
   */
  public ObjectNode json(Context context, int maximum) {
    return object(read(context, maximum));
  }

  private static ObjectNode object(byte[] bytes) {
    return bytes.length == 0 ? Json.object() : Json.parse(bytes);
  }

  /**
   * Hands on a body that may hold a picture.
   *
   * @param use what is made of it; of a large one while no more than another is in memory
   * @throws ApiException as {@link #json} does; 503 if large ones keep coming
   */
  public <T> T withPicture(Context context, Function<Fields, T> use) {
    return reading(context, bytes -> use.apply(new Fields(object(bytes))));
  }

  /**
   * Hands on a form with a picture or another file among its fields.
   *
   * @param use as in {@link #withPicture}; files are base64 text there
   * @throws ApiException as {@link #withPicture} does; 415 if it is no such form
   */
  public <T> T form(Context context, Function<Fields, T> use) {
    String type = String.valueOf(context.contentType());
    return reading(context, bytes -> use.apply(Fields.ofForm(MultipartForm.read(bytes, type))));
  }

  private <T> T reading(Context context, Function<byte[], T> use) {
    Incoming incoming = new Incoming(context, PICTURE);
    if (incoming.endsWithin(TEXT)) {
      return use.apply(incoming.bytes());
    }
    return large.run(
        () -> {
          incoming.endsWithin(PICTURE);
          return use.apply(incoming.bytes());
        });
  }

  private byte[] read(Context context, int maximum) {
    Incoming incoming = new Incoming(context, maximum);
    incoming.endsWithin(maximum);
    return incoming.bytes();
  }

  /** A body as it comes. */
  private final class Incoming {
    private final InputStream in;
    private final int maximum;
    private final long deadline = System.nanoTime() + patience.toNanos();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final byte[] buffer = new byte[8192];

    Incoming(Context context, int maximum) {
      if (context.req().getContentLengthLong() > maximum) {
        throw tooLarge(maximum);
      }
      this.in = context.bodyInputStream();
      this.maximum = maximum;
    }

    /** Reads until the body ends or has more than so many bytes; whether it has ended. */
    boolean endsWithin(int count) {
      try {
        while (body.size() <= count) {
          int read = in.read(buffer);
          if (read < 0) {
            return true;
          }
          body.write(buffer, 0, read);
          if (body.size() > maximum) {
            throw tooLarge(maximum);
          }
          if (System.nanoTime() > deadline) {
            throw tooSlow();
          }
        }
        return false;
      } catch (IOException e) {
        throw tooSlow(); // or gone, and then nobody reads the answer
      }
    }

    byte[] bytes() {
      return body.toByteArray();
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
