package io.lssgen.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real server with the tiny models of the golden files, and a client for it. As an extension it
 * serves all tests of a class:
 *
 * <pre>{@code
 * @RegisterExtension static final TinyServer server = new TinyServer();
 * }</pre>
 */
final class TinyServer implements BeforeAllCallback, AfterAllCallback, AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  /** A job that takes long enough to be looked at and ended. */
  static final String LONG =
      "{'prompt': 'a red apple', 'n': 10, 'steps': 200, 'lssgen': {'plain': true}}";

  private final HttpClient http = HttpClient.newHttpClient();
  private final UnaryOperator<ServerOptions> change;
  private Path data;
  private LssGenServer server;

  TinyServer(UnaryOperator<ServerOptions> change) {
    this.change = change;
  }

  TinyServer() {
    this(options -> options);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    start(Files.createTempDirectory("lssgen-server-"));
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    close();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** A server on the caller's folder, to be closed by the caller. */
  TinyServer start(Path folder) {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    data = folder;
    List<Path> models = List.of(resource("/tiny-flux"), resource("/tiny-sd"));
    server = LssGenServer.start(change.apply(ServerOptions.local(models, data)));
    server.ready().join();
    return this;
  }

  static Path resource(String name) {
    try {
      return Path.of(TinyServer.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * An answer.
   *
   * @param raw as it came
   */
  record Answer(HttpResponse<byte[]> raw) {
    int status() {
      return raw.statusCode();
    }

    String header(String name) {
      return raw.headers().firstValue(name).orElse("");
    }

    JsonNode json() {
      try {
        return JSON.readTree(raw.body());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** An event of a stream. */
  record Event(String name, JsonNode data) {}

  Path data() {
    return data;
  }

  LssGenServer server() {
    return server;
  }

  String address() {
    return server.address();
  }

  int port() {
    return URI.create(address()).getPort();
  }

  Answer get(String path, String... headers) {
    return send("GET", path, null, headers);
  }

  /** Posts JSON, written with single quotes. */
  Answer post(String path, String json, String... headers) {
    return send("POST", path, json.replace('\'', '"'), headers);
  }

  Answer send(String method, String path, String body, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address() + path));
    if (body == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request.method(method, HttpRequest.BodyPublishers.ofString(body));
      request.header("Content-Type", "application/json");
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  Answer send(HttpRequest.Builder request) {
    try {
      return new Answer(http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All events of a stream, to its end. */
  List<Event> events(HttpRequest request) {
    List<Event> events = new ArrayList<>();
    String[] name = {""};
    lines(request)
        .forEach(
            line -> {
              if (line.startsWith("event: ")) {
                name[0] = line.substring(7);
              } else if (line.startsWith("data: ")) {
                events.add(new Event(name[0], parse(line.substring(6))));
              }
            });
    return events;
  }

  /** Lines of an answer as they come; closing them hangs up. */
  Stream<String> lines(String path) {
    return lines(HttpRequest.newBuilder(URI.create(address() + path)).build());
  }

  private Stream<String> lines(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofLines()).body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  List<Event> eventsOf(String job) {
    return events(
        HttpRequest.newBuilder(URI.create(address() + "/v1/jobs/" + job + "/events")).build());
  }

  List<Event> postStream(String path, String json) {
    return events(
        HttpRequest.newBuilder(URI.create(address() + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json.replace('\'', '"')))
            .build());
  }

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Submits a job and gives its name. */
  String submit(String json) {
    Answer answer = post("/v1/jobs", json);
    if (answer.status() != 202) {
      throw new AssertionError(answer.status() + " " + answer.json());
    }
    return answer.json().get("id").asText();
  }

  JsonNode job(String id) {
    return get("/v1/jobs/" + id).json();
  }

  /** Waits until the job has one of these statuses. */
  JsonNode await(String id, String... statuses) throws InterruptedException {
    for (int i = 0; i < 3000; i++) {
      JsonNode job = job(id);
      if (List.of(statuses).contains(job.get("status").asText())) {
        return job;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("still " + job(id));
  }

  @Override
  public void close() {
    server.close();
  }
}
