package io.lssgen.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A server on this machine that behaves as the hub: it lists files, answers HEAD with checksums and
 * sizes, serves small files after a redirect within itself and large ones after a redirect to a
 * second server, which knows ranges. It can be told to misbehave.
 */
final class FakeHub implements AutoCloseable {
  static {
    // Else each answer waits for the acknowledgement of the one before.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  static final String ID = "lssgen/tiny";
  static final String COMMIT = "1".repeat(40);

  /** Key of {@link #fail} for the list of files. */
  static final String LISTING = "the list of files";

  private static final String GIT_HEAD = "blob %d\0";

  /** What is in the repository at each commit; changed by tests as they like. */
  final Map<String, Map<String, byte[]>> commits = new ConcurrentHashMap<>();

  /** Commits by branch or tag. */
  final Map<String, String> revisions = new ConcurrentHashMap<>();

  /** Headers of HEAD answers that replace the true ones, by file. */
  final Map<String, Map<String, String>> falseHeaders = new ConcurrentHashMap<>();

  /** The token without which no file is given; empty: all are free. */
  Optional<String> gate = Optional.empty();

  /** All requests in their order. */
  final List<Seen> seen = new CopyOnWriteArrayList<>();

  private final Map<String, Deque<Fault>> faults = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub = start(this::answer);
  private final HttpServer storage = start(this::answerFromStorage);

  /**
   * A request.
   *
   * @param from the first byte asked for
   */
  record Seen(String method, String path, boolean atStorage, Optional<String> token, long from) {}

  /** Answers a request for content instead of the server. */
  interface Fault {
    void answer(HttpExchange exchange, byte[] content, int from) throws IOException;

    static Fault status(int code, String... headers) {
      return (exchange, content, from) -> {
        for (int i = 0; i < headers.length; i += 2) {
          exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
        }
        exchange.sendResponseHeaders(code, -1);
      };
    }

    /** Promises everything and breaks the connection after {@code bytes}. */
    static Fault cut(int bytes) {
      return (exchange, content, from) -> {
        begin(exchange, from, content.length, content.length - from);
        exchange.getResponseBody().write(content, from, bytes);
        exchange.getResponseBody().flush();
        exchange.close();
      };
    }

    /** Cares for no range and breaks the connection after {@code bytes}. */
    static Fault cutWhole(int bytes) {
      return (exchange, content, from) -> cut(bytes).answer(exchange, content, 0);
    }

    /** A whole answer of other content, whatever range was asked for. */
    static Fault instead(byte[] other) {
      return (exchange, content, from) -> {
        exchange.sendResponseHeaders(200, other.length);
        try (OutputStream body = exchange.getResponseBody()) {
          body.write(other);
        }
      };
    }

    /** Cares for no range. */
    static Fault whole() {
      return (exchange, content, from) -> instead(content).answer(exchange, content, from);
    }
  }

  FakeHub(Path model) {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(model)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        files.put(model.relativize(path).toString().replace('\\', '/'), Files.readAllBytes(path));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    commits.put(COMMIT, files);
    revisions.put("main", COMMIT);
  }

  private interface Handler {
    void handle(HttpExchange exchange, String path) throws IOException;
  }

  private HttpServer start(Handler handler) {
    try {
      InetAddress here = InetAddress.getLoopbackAddress();
      HttpServer server = HttpServer.create(new InetSocketAddress(here, 0), 0);
      server.setExecutor(threads);
      server.createContext(
          "/", exchange -> handler.handle(exchange, exchange.getRequestURI().getRawPath()));
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI endpoint() {
    return address(hub);
  }

  private static URI address(HttpServer server) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  Map<String, byte[]> files() {
    return Objects.requireNonNull(commits.get(COMMIT));
  }

  /** The next requests for a file's content, or {@link #LISTING}, are answered by these. */
  void fail(String file, Fault... next) {
    faults.computeIfAbsent(file, f -> new ArrayDeque<>()).addAll(List.of(next));
  }

  /** Requests for the content of {@code file}, at the server that has it. */
  List<Seen> gets(String file) {
    return seen.stream()
        .filter(s -> s.method.equals("GET") && s.path.endsWith("/" + file))
        .filter(s -> s.atStorage || !isLarge(file) && s.path.startsWith("/api/resolve-cache/"))
        .toList();
  }

  static boolean isLarge(String file) {
    return file.endsWith(".safetensors") || file.endsWith(".model");
  }

  static String etag(String file, byte[] content) {
    try {
      MessageDigest sum = MessageDigest.getInstance(isLarge(file) ? "SHA-256" : "SHA-1");
      if (!isLarge(file)) {
        sum.update(GIT_HEAD.formatted(content.length).getBytes(StandardCharsets.US_ASCII));
      }
      return HexFormat.of().formatHex(sum.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void note(HttpExchange exchange, String path, boolean atStorage) {
    seen.add(
        new Seen(
            exchange.getRequestMethod(),
            path,
            atStorage,
            Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")),
            from(exchange)));
  }

  private static int from(HttpExchange exchange) {
    String range = exchange.getRequestHeaders().getFirst("Range");
    return range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
  }

  private void answer(HttpExchange exchange, String path) throws IOException {
    note(exchange, path, false);
    String api = "/api/models/" + ID + "/revision/";
    String resolve = "/" + ID + "/resolve/";
    String small = "/api/resolve-cache/";
    if (path.startsWith(api)) {
      list(exchange, URLDecoder.decode(path.substring(api.length()), StandardCharsets.UTF_8));
    } else if (path.startsWith(resolve)) {
      resolve(exchange, path.substring(resolve.length()));
    } else if (path.startsWith(small)) {
      small(exchange, path.substring(small.length()));
    } else {
      boolean known = exchange.getRequestHeaders().containsKey("Authorization");
      Fault.status(known ? 404 : 401, "X-Error-Code", "RepoNotFound").answer(exchange, null, 0);
    }
  }

  private void list(HttpExchange exchange, String revision) throws IOException {
    String commit = commits.containsKey(revision) ? revision : revisions.get(revision);
    if (commit == null) {
      Fault.status(404, "X-Error-Code", "RevisionNotFound").answer(exchange, null, 0);
      return;
    }
    String siblings =
        commits.get(commit).keySet().stream()
            .map(file -> "{\"rfilename\": \"%s\"}".formatted(file.replace("\\", "\\\\")))
            .collect(Collectors.joining(", "));
    String json =
        "{\"id\": \"%s\", \"sha\": \"%s\", \"siblings\": [%s]}".formatted(ID, commit, siblings);
    send(exchange, LISTING, json.getBytes(StandardCharsets.UTF_8));
  }

  private void resolve(HttpExchange exchange, String place) throws IOException {
    if (gate.isPresent()) {
      String token = exchange.getRequestHeaders().getFirst("Authorization");
      if (!("Bearer " + gate.get()).equals(token)) {
        Fault.status(token == null ? 401 : 403, "X-Error-Code", "GatedRepo")
            .answer(exchange, null, 0);
        return;
      }
    }
    String commit = place.substring(0, place.indexOf('/'));
    String file = place.substring(place.indexOf('/') + 1);
    byte[] content = commits.get(commit).get(file);
    exchange.getResponseHeaders().set("X-Repo-Commit", commit);
    if (isLarge(file)) {
      exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + etag(file, content) + "\"");
      exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(content.length));
    }
    falseHeaders.getOrDefault(file, Map.of()).forEach(exchange.getResponseHeaders()::set);
    String location = isLarge(file) ? address(storage) + "/" : "/api/resolve-cache/";
    exchange.getResponseHeaders().set("Location", location + place);
    exchange.sendResponseHeaders(isLarge(file) ? 302 : 307, -1);
  }

  private void small(HttpExchange exchange, String place) throws IOException {
    String commit = place.substring(0, place.indexOf('/'));
    String file = place.substring(place.indexOf('/') + 1);
    byte[] content = commits.get(commit).get(file);
    exchange.getResponseHeaders().set("ETag", "W/\"" + etag(file, content) + "\"");
    exchange.getResponseHeaders().set("X-Repo-Commit", commit);
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(content.length));
      falseHeaders.getOrDefault(file, Map.of()).forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(200, -1);
    } else {
      send(exchange, file, content);
    }
  }

  private void answerFromStorage(HttpExchange exchange, String path) throws IOException {
    note(exchange, path, true);
    String place = path.substring(1);
    String file = place.substring(place.indexOf('/') + 1);
    send(exchange, file, commits.get(place.substring(0, place.indexOf('/'))).get(file));
  }

  private void send(HttpExchange exchange, String file, byte[] content) throws IOException {
    Deque<Fault> next = faults.get(file);
    Fault fault = next == null ? null : next.poll();
    int from = from(exchange);
    if (fault != null) {
      fault.answer(exchange, content, from);
    } else if (from >= content.length) {
      exchange.sendResponseHeaders(416, -1);
    } else {
      begin(exchange, from, content.length, content.length - from);
      try (OutputStream body = exchange.getResponseBody()) {
        body.write(content, from, content.length - from);
      }
    }
  }

  private static void begin(HttpExchange exchange, int from, int size, int length)
      throws IOException {
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(from, size - 1, size));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, length);
  }

  @Override
  public void close() {
    hub.stop(0);
    storage.stop(0);
    threads.shutdownNow();
  }
}
