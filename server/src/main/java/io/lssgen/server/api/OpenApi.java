package io.lssgen.server.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.javalin.http.Context;
import io.lssgen.server.http.Json;
import java.io.IOException;
import java.io.InputStream;

/** The document that describes all routes, written by hand as YAML and served as JSON. */
public final class OpenApi {
  private static final String FILE = "/io/lssgen/server/openapi.yaml";

  private OpenApi() {}

  /** The document. */
  public static JsonNode document() {
    try (InputStream in = OpenApi.class.getResourceAsStream(FILE)) {
      if (in == null) {
        throw new IllegalStateException("this build lacks " + FILE);
      }
      return new YAMLMapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + FILE, e);
    }
  }

  static void answer(Context context) {
    Json.answer(context, document());
  }
}
