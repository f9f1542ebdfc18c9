package io.lssgen.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.errors.LssGenException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How each API tells its clients of an error. */
public enum ErrorShape {
  /** {@code {error: {message, type, param, code}}}. */
  OPENAI {
    @Override
    int status(ApiException error) {
      return error.status();
    }

    @Override
    public ObjectNode body(ApiException error) {
      ObjectNode body = Json.object();
      ObjectNode inner = body.putObject("error");
      inner.put("message", error.getMessage());
      inner.put("type", type(error.status()));
      inner.put("param", error.field().orElse(null));
      inner.put("code", error.code());
      return body;
    }

    private static String type(int status) {
      return switch (status) {
        case 401 -> "authentication_error";
        case 403 -> "permission_error";
        case 429 -> "rate_limit_error";
        default -> status >= 500 ? "server_error" : "invalid_request_error";
      };
    }
  },

  /** {@code {detail}}, as FastAPI writes it; whatever is wrong with fields is a 422. */
  FASTAPI {
    @Override
    int status(ApiException error) {
      return error.status() == 400 ? 422 : error.status();
    }

    @Override
    public ObjectNode body(ApiException error) {
      ObjectNode body = Json.object();
      if (status(error) != 422) {
        return body.put("detail", error.getMessage());
      }
      ObjectNode detail = body.putArray("detail").addObject();
      ArrayNode place = detail.putArray("loc").add("body");
      error.field().ifPresent(place::add);
      detail.put("msg", error.getMessage());
      detail.put("type", "value_error");
      return body;
    }
  };

  private static final Logger LOG = LoggerFactory.getLogger(ErrorShape.class);

  /** The paths of AUTOMATIC1111's API begin so. */
  private static final String FASTAPI_PATHS = "/sdapi/";

  /** The shape that clients of {@code path} expect. */
  public static ErrorShape of(String path) {
    return path.startsWith(FASTAPI_PATHS) ? FASTAPI : OPENAI;
  }

  abstract int status(ApiException error);

  /** The error as JSON. */
  public abstract ObjectNode body(ApiException error);

  /** What a client is told of a failure; the log is told what is no client's business. */
  public static ApiException explain(Context context, Exception failure) {
    if (!(failure instanceof LssGenException)) {
      LOG.error("{} {} failed", context.method(), context.path(), failure);
    }
    return ApiException.of(failure);
  }

  /** Makes the error the answer. */
  public static void answer(Context context, ApiException error) {
    ErrorShape shape = of(context.path());
    error
        .retrySeconds()
        .ifPresent(seconds -> context.header("Retry-After", Integer.toString(seconds)));
    if (error.status() == 401) {
      context.header("WWW-Authenticate", "Bearer, Basic realm=\"lssgen\"");
    }
    Json.answer(context.status(shape.status(error)), shape.body(error));
  }
}
