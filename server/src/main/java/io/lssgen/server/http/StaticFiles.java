package io.lssgen.server.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Files of the web page, from the class path below {@code io/lssgen/server/page}: {@code
 * index.html} at the root, all others below {@code /assets}.
 */
public final class StaticFiles {
  private static final String ROOT = "/io/lssgen/server/page/";

  /** No name of these leads out of its folder. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "woff2", "font/woff2",
          "webmanifest", "application/manifest+json");

  private StaticFiles() {}

  /** Whether there is a page. */
  public static boolean hasPage() {
    return StaticFiles.class.getResource(ROOT + "index.html") != null;
  }

  /** Answers with {@code index.html}. */
  public static void page(Context context) {
    file(context, "index.html");
  }

  /**
   * Answers with the file of this name.
   *
   * @throws ApiException 404 if there is none
   */
  public static void file(Context context, String name) {
    byte[] content =
        find(name).orElseThrow(() -> ApiException.notFound("not_found", "there is no such file"));
    String extension = name.substring(name.lastIndexOf('.') + 1);
    context.header("Cache-Control", "no-cache");
    context.contentType(TYPES.getOrDefault(extension, "application/octet-stream")).result(content);
  }

  /** The content of the file of this name, and of none outside the page's folder. */
  static Optional<byte[]> find(String name) {
    return Optional.of(name)
        .filter(each -> NAME.matcher(each).matches())
        .flatMap(StaticFiles::read);
  }

  private static Optional<byte[]> read(String name) {
    try (InputStream in = StaticFiles.class.getResourceAsStream(ROOT + name)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
