package io.lssgen.server.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of requests, a JSON object a line: {@code {custom_id, method, url, body}}. Read line by
 * line.
 */
final class BatchInput implements AutoCloseable {
  /** The address whose requests are made here. */
  static final String ENDPOINT = "/v1/images/generations";

  /** As many as OpenAI takes. */
  static final int MOST_REQUESTS = 50_000;

  private static final int MOST_PROBLEMS = 100;
  private static final int LONGEST_ID = 512;
  private static final String ID = "custom_id";

  private final BufferedReader reader;
  private int number;

  /**
   * One request.
   *
   * @param id what its sender knows it by
   * @param body its fields
   */
  record Request(String id, ObjectNode body) {}

  /**
   * What is wrong with a file.
   *
   * @param code a word for programs
   * @param param the field at fault; null if it is none
   * @param line from 1; null if it is the file as a whole
   */
  record Problem(String code, String message, @Nullable String param, @Nullable Integer line) {}

  /**
   * What a look at all of a file has found.
   *
   * @param total requests
   * @param problems the first of them; empty if all is well
   */
  record Checked(int total, List<Problem> problems) {}

  /** Says what is wrong with a line. */
  private static final class ProblemException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    ProblemException(Problem problem) {
      super(problem.message());
      this.problem = problem;
    }
  }

  /**
   * @param in closed with this
   */
  BatchInput(InputStream in) {
    reader =
        new BufferedReader(
            new InputStreamReader(
                in, UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)));
  }

  /** Looks at all that is left of the file. */
  Checked check() throws IOException {
    List<Problem> problems = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int total = 0;
    try {
      for (String line = nextLine(); line != null; line = nextLine()) {
        total++;
        problem(line, seen, problems);
        if (total > MOST_REQUESTS || problems.size() == MOST_PROBLEMS) {
          break;
        }
      }
    } catch (CharacterCodingException e) {
      String message = "the file wants UTF-8 text, found other bytes in this line or after it";
      problems.add(new Problem("invalid_encoding", message, null, number));
    }
    if (total > MOST_REQUESTS) {
      String message =
          "a batch may have %d requests, found more; divide them among several files"
              .formatted(MOST_REQUESTS);
      problems.add(new Problem("too_many_requests", message, null, null));
    } else if (total == 0 && problems.isEmpty()) {
      problems.add(new Problem("empty_file", "the file holds no requests", null, null));
    }
    return new Checked(total, problems);
  }

  private void problem(String line, Set<String> seen, List<Problem> problems) {
    try {
      String id = parse(line).id();
      if (!seen.add(id)) {
        throw wrong("duplicate_custom_id", ID, "the id was that of an earlier line, too");
      }
    } catch (ProblemException e) {
      problems.add(e.problem);
    }
  }

  /**
   * The next request of a file that was {@linkplain #check checked}.
   *
   * @return null at the end
   * @throws IOException if it cannot be read
   */
  @Nullable Request next() throws IOException {
    String line = nextLine();
    try {
      return line == null ? null : parse(line);
    } catch (ProblemException e) {
      throw new IOException("line %d has changed: %s".formatted(number, e.getMessage()), e);
    }
  }

  /** Passes over requests that are done. */
  void skip(int requests) throws IOException {
    for (int i = 0; i < requests; i++) {
      nextLine();
    }
  }

  private @Nullable String nextLine() throws IOException {
    String line;
    do {
      line = reader.readLine();
      number++;
    } while (line != null && line.isBlank());
    return line;
  }

  private Request parse(String line) throws ProblemException {
    ObjectNode node;
    try {
      node = Json.parse(line.getBytes(UTF_8));
    } catch (ApiException e) {
      throw wrong("invalid_json_line", null, "a line wants a whole JSON object: " + e.getMessage());
    }
    String id = text(node, ID);
    if (id.length() > LONGEST_ID) {
      throw wrong(
          "invalid_custom_id",
          ID,
          "custom_id may have %d characters, found %d".formatted(LONGEST_ID, id.length()));
    }
    String method = text(node, "method");
    if (!method.equals("POST")) {
      throw wrong(
          "invalid_method", "method", "method wants POST, found " + Fields.shortened(method));
    }
    String url = text(node, "url");
    if (!url.equals(ENDPOINT)) {
      throw wrong(
          "invalid_url",
          "url",
          "url wants the batch's own %s, found %s".formatted(ENDPOINT, Fields.shortened(url)));
    }
    if (node.get("body") instanceof ObjectNode body) {
      return new Request(id, body);
    }
    throw wrong("missing_required_parameter", "body", "body wants an object");
  }

  private String text(ObjectNode node, String name) throws ProblemException {
    JsonNode value = node.get(name);
    if (value == null || !value.isTextual() || value.textValue().isEmpty()) {
      throw wrong("missing_required_parameter", name, name + " wants a text");
    }
    return value.textValue();
  }

  private ProblemException wrong(String code, @Nullable String param, String message) {
    return new ProblemException(new Problem(code, message, param, number));
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
