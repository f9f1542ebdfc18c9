package io.lssgen.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.UsageException;
import io.lssgen.files.Sha256;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A file of requests, one a line: an object with the fields of {@code POST /v1/images/generations},
 * one as OpenAI's batches have it ({@code custom_id}, {@code url}, {@code body}), or a prompt
 * alone. Read line by line; what is kept of each is its id.
 *
 * @param path UTF-8
 */
record BatchFile(Path path) {
  private static final String ENDPOINT = "/v1/images/generations";
  private static final String ID = "custom_id";
  private static final Set<String> ENVELOPE = Set.of(ID, "method", "url", "body");

  /** Of the digests of lines and settings that tell whether a result is still right. */
  static final int DIGEST_DIGITS = 16;

  private static final Pattern IDS = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  /** Which Windows takes for devices, whatever their ending. */
  private static final Pattern DEVICES =
      Pattern.compile("(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?");

  /**
   * One request.
   *
   * @param number of its line, from 1
   * @param position among the requests, from 1
   * @param id its own, or the line's number
   * @param body its fields
   * @param digest tells it apart from others
   */
  record Line(long number, long position, String id, ObjectNode body, String digest) {}

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
    if (!Files.isRegularFile(path)) {
      throw new UsageException(
          Files.exists(path)
              ? "%s is no plain file; it is read more than once, so save the requests first"
                  .formatted(path)
              : "cannot read %s: there is no such file".formatted(path));
    }
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
   * @return whether it came to the end
   * @throws UsageException if one of them is no request
   */
  boolean each(Action action) {
    try (BufferedReader reader = Files.newBufferedReader(path, UTF_8)) {
      long position = 0;
      String text = reader.readLine();
      for (long number = 1; text != null; number++) {
        String line = number == 1 ? PromptFile.withoutMark(text) : text;
        if (!line.isBlank() && !action.take(line(number, ++position, line.strip()))) {
          return false;
        }
        text = reader.readLine();
      }
      return true;
    } catch (CharacterCodingException e) {
      throw new UsageException("%s is no UTF-8 text; save it as such".formatted(path));
    } catch (IOException e) {
      throw new UsageException("cannot read %s: %s".formatted(path, IoReason.of(e)));
    }
  }

  private Line line(long number, long position, String text) {
    String own = String.format(Locale.ROOT, "%06d", number);
    String digest = Sha256.digits(text, DIGEST_DIGITS);
    if (text.startsWith("[") || text.startsWith("\"")) {
      throw wrong(
          number,
          "a line is a prompt or a JSON object, found one that begins with %s; write such a prompt as {\"prompt\": …}"
              .formatted(text.charAt(0)));
    }
    if (!text.startsWith("{")) {
      return new Line(number, position, own, Json.object().put("prompt", text), digest);
    }
    ObjectNode node = parsed(number, text);
    JsonNode id = node.get(ID);
    boolean named = id != null && !id.isNull();
    if (named) {
      requireId(number, id);
    }
    ObjectNode body = body(number, node);
    body.remove(ID);
    return new Line(number, position, named ? id.textValue() : own, body, digest);
  }

  private void requireId(long number, JsonNode id) {
    if (!id.isTextual()
        || !IDS.matcher(id.textValue()).matches()
        || DEVICES.matcher(id.textValue()).matches()) {
      throw wrong(
          number,
          "%s names the picture's file: wanted a text of up to 100 of A-Z, a-z, 0-9, '.', '_' and '-' that begins with a letter or digit and is no device, found %s"
              .formatted(ID, id));
    }
  }

  private ObjectNode parsed(long number, String text) {
    try {
      return Json.parse(text.getBytes(UTF_8));
    } catch (ApiException e) {
      throw wrong(
          number,
          "a line that begins with { wants a whole JSON object; write such a prompt as {\"prompt\": …}");
    }
  }

  /** What lies in an object of OpenAI's batches; other objects are requests themselves. */
  private ObjectNode body(long number, ObjectNode node) {
    if (!node.has("body")) {
      return node;
    }
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!ENVELOPE.contains(name)) {
        throw wrong(number, "%s stands beside body, where it is not read".formatted(name));
      }
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
}
