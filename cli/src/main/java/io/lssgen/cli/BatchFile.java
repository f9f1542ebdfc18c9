package io.lssgen.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.UsageException;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A file of requests, one a line: an object with the fields of {@code POST /v1/images/generations},
 * one as OpenAI's batches have it ({@code custom_id}, {@code url}, {@code body}), or a prompt
 * alone. Read line by line: it may be larger than memory.
 *
 * @param path UTF-8
 */
record BatchFile(Path path) {
  private static final String ENDPOINT = "/v1/images/generations";
  private static final String ID = "custom_id";

  /** What is a file's name everywhere, and no other one's ending. */
  private static final Pattern IDS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private static final int HEX_DIGITS = 16;

  /**
   * One request.
   *
   * @param number of its line, from 1
   * @param id its own, or the line's number
   * @param body its fields
   * @param digest tells it apart from others
   */
  record Line(long number, String id, ObjectNode body, String digest) {}

  /** What is done with each. */
  @FunctionalInterface
  interface Action {
    /** Whether to go on. */
    boolean take(Line line);
  }

  /**
   * Reads all lines before anything is made of them.
   *
   * @throws UsageException if one of them is no request, or two have one id
   */
  void check() {
    Map<String, Long> seen = new HashMap<>();
    each(
        line -> {
          Long before = seen.put(line.id().toLowerCase(Locale.ROOT), line.number());
          if (before != null) {
            throw wrong(
                line.number(), "the id '%s' is that of line %d".formatted(line.id(), before));
          }
          return true;
        });
    if (seen.isEmpty()) {
      throw new UsageException("%s holds no requests, wanted one a line".formatted(path));
    }
  }

  /**
   * Hands on line after line.
   *
   * @throws UsageException if one of them is no request
   */
  void each(Action action) {
    try (BufferedReader reader = Files.newBufferedReader(path, UTF_8)) {
      String text = reader.readLine();
      for (long number = 1; text != null; number++) {
        if (!text.isBlank() && !action.take(line(number, text.strip()))) {
          return;
        }
        text = reader.readLine();
      }
    } catch (CharacterCodingException e) {
      throw new UsageException("%s is no UTF-8 text; save it as such".formatted(path));
    } catch (IOException e) {
      throw new UsageException("cannot read %s: %s".formatted(path, IoReason.of(e)));
    }
  }

  private Line line(long number, String text) {
    String own = String.format(Locale.ROOT, "%06d", number);
    if (!text.startsWith("{")) {
      return new Line(number, own, Json.object().put("prompt", text), digest(text));
    }
    ObjectNode node = parsed(number, text);
    JsonNode id = node.remove(ID);
    if (id != null && !(id.isTextual() && IDS.matcher(id.textValue()).matches())) {
      throw wrong(
          number,
          "%s names the picture's file: wanted up to 100 letters, digits, '.', '_' and '-', found %s"
              .formatted(ID, id));
    }
    return new Line(number, id == null ? own : id.textValue(), body(number, node), digest(text));
  }

  private ObjectNode parsed(long number, String text) {
    try {
      return Json.parse(text.getBytes(UTF_8));
    } catch (ApiException e) {
      throw wrong(number, String.valueOf(e.getMessage()));
    }
  }

  /** What lies in an object of OpenAI's batches; other objects are requests themselves. */
  private ObjectNode body(long number, ObjectNode node) {
    if (!node.has("body")) {
      return node;
    }
    String url = node.path("url").asText(ENDPOINT);
    String method = node.path("method").asText("POST");
    if (!url.equals(ENDPOINT) || !method.equals("POST")) {
      throw wrong(number, "wanted POST %s, found %s %s".formatted(ENDPOINT, method, url));
    }
    if (node.get("body") instanceof ObjectNode body) {
      return body;
    }
    throw wrong(number, "body wants an object");
  }

  private UsageException wrong(long number, String problem) {
    return new UsageException("%s, line %d: %s".formatted(path, number, problem));
  }

  private static String digest(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, HEX_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
