package io.lssgen.hub;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Single requests. Redirects are followed by hand: the token goes to the hub alone, never to the
 * hosts that it sends us to for large files.
 *
 * <p>Java's older client is used for its time limit on each read: a download of hours must not be
 * limited as a whole, and yet end when nothing comes any more. It takes the JVM's proxy settings.
 */
final class HubConnections {
  private static final int CONNECT_MILLISECONDS = 10_000;
  private static final int READ_MILLISECONDS = 30_000;
  private static final int MOST_REDIRECTS = 10;

  private final HubSettings settings;

  HubConnections(HubSettings settings) {
    this.settings = settings;
  }

  /**
   * An answer, whose body is still to be read.
   *
   * @param uri where it came from, after redirects
   */
  record Answer(URI uri, int status, HttpURLConnection connection) {

    @Nullable String header(String name) {
      return connection.getHeaderField(name);
    }

    String header(String name, String absent) {
      String value = header(name);
      return value == null ? absent : value;
    }

    /** A whole number; -1 if there is none. */
    long number(String name) {
      try {
        return Long.parseLong(header(name, "").strip());
      } catch (NumberFormatException e) {
        return -1;
      }
    }

    /** Ends the answer, whatever is unread of it, and keeps the connection for the next one. */
    void end() {
      try (InputStream rest =
          status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
        // Closing is all there is to do.
      } catch (IOException e) {
        connection.disconnect();
      }
    }
  }

  /** The host could not be reached at all, and will not be a second later. */
  static final class Unreachable extends IOException {
    private static final long serialVersionUID = 1L;

    Unreachable(URI uri, IOException cause) {
      super(uri.getHost() + ": " + cause, cause);
    }
  }

  /**
   * Makes a request.
   *
   * @param method {@code HEAD}, which stops at a redirect to another host, since what it is about
   *     is said on the way; or {@code GET}
   * @param from the first byte that is wanted
   * @throws Unreachable if there is no such host, or it is not to be trusted
   * @throws IOException if the connection fails
   */
  Answer request(String method, URI uri, long from) throws IOException {
    URI at = uri;
    for (int i = 0; i < MOST_REDIRECTS; i++) {
      Answer answer = single(method, at, from);
      Optional<URI> next = next(answer);
      if (next.isEmpty() || method.equals("HEAD") && !sameOrigin(next.get(), at)) {
        return answer;
      }
      answer.end();
      at = next.get();
    }
    throw new IOException("more than %d redirects from %s".formatted(MOST_REDIRECTS, uri));
  }

  private Answer single(String method, URI uri, long from) throws IOException {
    HttpURLConnection connection = open(uri);
    connection.setRequestMethod(method);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout(CONNECT_MILLISECONDS);
    connection.setReadTimeout(READ_MILLISECONDS);
    connection.setRequestProperty("User-Agent", "lssgen; java/" + Runtime.version().feature());
    connection.setRequestProperty("Accept", "*/*");
    connection.setRequestProperty("Accept-Encoding", "identity");
    if (isHub(uri)) {
      settings
          .token()
          .ifPresent(token -> connection.setRequestProperty("Authorization", "Bearer " + token));
    }
    if (from > 0) {
      connection.setRequestProperty("Range", "bytes=" + from + "-");
    }
    try {
      return new Answer(uri, connection.getResponseCode(), connection);
    } catch (UnknownHostException | SSLException e) {
      throw new Unreachable(uri, e);
    }
  }

  private static HttpURLConnection open(URI uri) throws IOException {
    try {
      return (HttpURLConnection) uri.toURL().openConnection();
    } catch (MalformedURLException | IllegalArgumentException e) {
      throw new IOException("no address to ask: " + uri, e);
    }
  }

  /** Where an answer sends us to; empty unless it does. */
  private static Optional<URI> next(Answer answer) throws IOException {
    String location = answer.header("Location");
    if (answer.status() / 100 != 3 || answer.status() == 304 || location == null) {
      return Optional.empty();
    }
    try {
      URI next = answer.uri().resolve(new URI(location));
      boolean secure = "https".equals(next.getScheme());
      boolean allowed = secure || "http".equals(next.getScheme()) && !isSecure(answer.uri());
      if (!allowed || next.getHost() == null) {
        throw new IOException(
            "%s redirects to %s, which is refused".formatted(answer.uri(), location));
      }
      return Optional.of(next);
    } catch (URISyntaxException e) {
      throw new IOException(answer.uri() + " redirects to what is no address", e);
    }
  }

  private static boolean isSecure(URI uri) {
    return "https".equals(uri.getScheme());
  }

  /** Whether {@code uri} is the hub's own, which alone may see the token. */
  boolean isHub(URI uri) {
    return sameOrigin(uri, settings.endpoint());
  }

  private static boolean sameOrigin(URI a, URI b) {
    return origin(a).equals(origin(b));
  }

  private static String origin(URI uri) {
    int port = uri.getPort() >= 0 ? uri.getPort() : isSecure(uri) ? 443 : 80;
    return uri.getScheme() + "://" + uri.getHost().toLowerCase(Locale.ROOT) + ":" + port;
  }
}
