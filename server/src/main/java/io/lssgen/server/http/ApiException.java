package io.lssgen.server.http;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.MemoryException;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.sampling.CancelledException;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** An answer that is not what the client asked for. The message is one line and meant for it. */
public final class ApiException extends LssGenException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final @Nullable String field;
  private final int retrySeconds;

  private ApiException(
      int status, String code, @Nullable String field, int retrySeconds, String message) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field;
    this.retrySeconds = retrySeconds;
  }

  /** An answer with this HTTP status. */
  public static ApiException of(int status, String code, String message) {
    return new ApiException(status, code, null, 0, message);
  }

  /** A field of the wrong kind, or a body that cannot be read: 400. */
  public static ApiException malformed(@Nullable String field, String message) {
    return new ApiException(400, "invalid_value", field, 0, message);
  }

  /** A field beyond its range, or a request that cannot be carried out: 422. */
  public static ApiException unprocessable(@Nullable String field, String message) {
    return new ApiException(422, "unsupported_value", field, 0, message);
  }

  /** There is no such thing: 404. */
  public static ApiException notFound(String code, String message) {
    return of(404, code, message);
  }

  /** Later it may work: 429 or 503, with {@code Retry-After}. */
  public static ApiException later(int status, String code, int seconds, String message) {
    return new ApiException(status, code, null, seconds, message);
  }

  /** What a failure of the library means to a client. */
  public static ApiException of(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof ApiException api) {
      return api;
    }
    if (failure instanceof UsageException) {
      return unprocessable(null, message);
    }
    if (failure instanceof CancelledException) {
      return of(409, "cancelled", "the job was cancelled");
    }
    if (failure instanceof MemoryException) {
      return of(507, "out_of_memory", message);
    }
    if (failure instanceof ModelException) {
      return of(500, "model_error", message);
    }
    return failure instanceof LssGenException
        ? of(500, "failed", message)
        : of(500, "internal_error", "the server failed; its log says how");
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** A word for programs. */
  public String code() {
    return code;
  }

  /** The field of the request that is at fault. */
  public Optional<String> field() {
    return Optional.ofNullable(field);
  }

  /** After how many seconds the client may try again. */
  public OptionalInt retrySeconds() {
    return retrySeconds > 0 ? OptionalInt.of(retrySeconds) : OptionalInt.empty();
  }
}
