package io.lssgen.server.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.io.IOException;

/** JSON of this server: bounded where it is read, names in snake case where it is written. */
public final class Json {
  private static final int MAXIMUM_DEPTH = 16;
  private static final int MAXIMUM_NUMBER = 40;
  private static final int MAXIMUM_NAME = 200;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAXIMUM_DEPTH)
                          .maxNumberLength(MAXIMUM_NUMBER)
                          .maxNameLength(MAXIMUM_NAME)
                          .maxStringLength(Bodies.PICTURE)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_ABSENT, JsonInclude.Include.NON_ABSENT))
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /** An empty object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** An empty list. */
  public static ArrayNode array() {
    return MAPPER.createArrayNode();
  }

  /** A record, map or list as JSON. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** JSON text. */
  public static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write " + value.getClass() + " as JSON", e);
    }
  }

  /** Text that this server wrote. */
  public static <T> T read(String text, Class<T> type) {
    try {
      return MAPPER.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the database holds JSON that is no " + type, e);
    }
  }

  /** A client's text as JSON, or what is given instead where it is none. */
  static JsonNode readOr(String text, JsonNode otherwise) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return otherwise;
    }
  }

  /**
   * A client's object.
   *
   * @throws ApiException 400 if it is none, nested too deeply or has a name twice
   */
  public static ObjectNode parse(byte[] bytes) {
    try {
      JsonNode node = MAPPER.readTree(bytes);
      if (node instanceof ObjectNode object) {
        return object;
      }
      throw ApiException.malformed(null, "the body wants a JSON object");
    } catch (JsonProcessingException e) {
      // The message's own first line says what; the rest quotes the client's text.
      throw ApiException.malformed(null, "the body is not the JSON it should be: " + reason(e));
    } catch (IOException e) {
      throw ApiException.malformed(null, "the body cannot be read");
    }
  }

  /** Without what the library says of itself and its settings. */
  private static String reason(JsonProcessingException e) {
    String message =
        e.getOriginalMessage()
            .replaceAll("\\s*\\((?:for \\w+ )?(?:starting|start marker) at \\[.*", "")
            .replaceAll("; enable .*|: enable .*| \\(?use .*Feature.*| to allow$", "");
    JsonLocation at = e.getLocation();
    return at == null
        ? message
        : "%s, in line %d, column %d".formatted(message, at.getLineNr(), at.getColumnNr());
  }

  /** Makes {@code body} the answer. */
  public static void answer(Context context, JsonNode body) {
    context.contentType("application/json").result(write(body));
  }
}
