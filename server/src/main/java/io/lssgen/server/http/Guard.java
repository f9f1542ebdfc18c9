package io.lssgen.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.http.Context;
import io.lssgen.files.Sha256;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every route. A web page that someone visits can make their browser call servers on
 * their machine and in their network; what gives that away is checked here: the host that was asked
 * for (DNS rebinding), the page's origin, and the type of what is sent.
 */
public final class Guard {
  /** Names no one else's DNS can give to this machine: numbers. */
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+]");

  private static final Pattern HOST = Pattern.compile("(\\[[^\\]]*]|[^:]*)(:[0-9]{1,5})?");

  /** Needs no key: pictures' ids cannot be guessed, and the page itself holds nothing. */
  private static final Pattern OPEN =
      Pattern.compile("/|/livez|/readyz|/assets/.*|/v1/images/[0-9a-f]{32}");

  /** Takes a form with pictures. */
  public static final String EDITS = "/v1/images/edits";

  /** Takes a form with a file of requests. */
  public static final String FILES = "/v1/files";

  /** The paths of the routes that take a form, as OpenAI's clients send it. */
  private static final Set<String> FORMS = Set.of(EDITS, FILES);

  private static final String CONTENT_POLICY =
      "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none';"
          + " form-action 'self'; frame-ancestors 'none'";

  private final Set<String> hosts;
  private final byte @Nullable [] key;

  /**
   * @param hosts names that requests may be addressed to, in lower case, beside localhost and
   *     addresses
   */
  public Guard(Set<String> hosts, Optional<String> apiKey) {
    this.hosts = hosts;
    this.key = apiKey.map(Sha256::of).orElse(null);
  }

  /**
   * Lets a request pass.
   *
   * @throws ApiException if it does not come from where it may, or without the key
   */
  public void check(Context context) {
    headers(context);
    String host = String.valueOf(context.header("Host")).toLowerCase(Locale.ROOT);
    checkHost(host);
    checkOrigin(context, host);
    checkType(context);
    if (key != null && !(isRead(context) && OPEN.matcher(context.path()).matches())) {
      checkKey(context, key);
    }
  }

  private static void headers(Context context) {
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Content-Security-Policy", CONTENT_POLICY);
    context.header("Cross-Origin-Resource-Policy", "same-origin");
    context.header("Cross-Origin-Opener-Policy", "same-origin");
    context.header("Referrer-Policy", "no-referrer");
    context.header("Cache-Control", "no-store");
  }

  private void checkHost(String host) {
    var parts = HOST.matcher(host);
    String name = parts.matches() ? parts.group(1) : "";
    if (!name.equals("localhost") && !ADDRESS.matcher(name).matches() && !hosts.contains(name)) {
      throw ApiException.of(
          403,
          "host_not_allowed",
          "the host %s is not allowed here; the server's --allow-host NAME adds one"
              .formatted(name.isEmpty() ? "that was asked for" : name));
    }
  }

  private static void checkOrigin(Context context, String host) {
    String origin = context.header("Origin");
    boolean foreign = origin != null && !host.equals(authority(origin));
    if (foreign || "cross-site".equals(context.header("Sec-Fetch-Site"))) {
      throw ApiException.of(
          403, "cross_site", "requests from pages of other sites are not answered");
    }
  }

  /** Host and port of an origin; empty for {@code null}, which hides one. */
  private static String authority(String origin) {
    try {
      URI uri = new URI(origin.toLowerCase(Locale.ROOT));
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      return web && uri.getAuthority() != null ? uri.getAuthority() : "";
    } catch (URISyntaxException e) {
      return "";
    }
  }

  /** Forms of other sites can send anything but this type; few routes take a form. */
  private static void checkType(Context context) {
    boolean hasBody =
        context.req().getContentLengthLong() > 0 || context.header("Transfer-Encoding") != null;
    if (isRead(context) || !hasBody) {
      return;
    }
    if (FORMS.contains(context.path())) {
      return; // other sites are refused by their origin
    }
    String type = String.valueOf(context.contentType()).toLowerCase(Locale.ROOT);
    if (!type.split(";", 2)[0].strip().equals("application/json")) {
      throw ApiException.of(
          415, "wrong_type", "the body wants the type application/json, found " + type);
    }
  }

  private static boolean isRead(Context context) {
    String method = context.req().getMethod();
    return method.equals("GET") || method.equals("HEAD");
  }

  private static void checkKey(Context context, byte[] wanted) {
    String found = presented(String.valueOf(context.header("Authorization")));
    // Digests have one length, so that the comparison's time tells nothing of the key.
    if (!MessageDigest.isEqual(Sha256.of(found), wanted)) {
      throw ApiException.of(
          401,
          "invalid_api_key",
          "the API key is missing or wrong; send Authorization: Bearer KEY");
    }
  }

  /** A bearer's key, or the password where a client knows names and passwords alone. */
  private static String presented(String authorization) {
    String[] parts = authorization.split(" ", 2);
    if (parts.length < 2) {
      return "";
    }
    if (parts[0].equalsIgnoreCase("bearer")) {
      return parts[1].strip();
    }
    if (!parts[0].equalsIgnoreCase("basic")) {
      return "";
    }
    try {
      String pair = new String(Base64.getDecoder().decode(parts[1].strip()), UTF_8);
      return pair.substring(pair.indexOf(':') + 1);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }
}
