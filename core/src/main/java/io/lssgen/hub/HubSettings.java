package io.lssgen.hub;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the hub and its cache are and how they are used, by the environment variables that Hugging
 * Face's own library reads, so that both share one cache.
 *
 * @param cache folder of the cached repositories: {@code HF_HUB_CACHE}, else {@code hub} in {@code
 *     HF_HOME}, which is {@code ~/.cache/huggingface} unless it or {@code XDG_CACHE_HOME} is set
 * @param endpoint the hub's address, without a slash at its end: {@code HF_ENDPOINT}
 * @param token sent to the endpoint alone: {@code HF_TOKEN}, else from the file {@code token} in
 *     {@code HF_HOME} (or {@code HF_TOKEN_PATH})
 * @param offline whether nobody is asked: {@code HF_HUB_OFFLINE}
 * @param symlinks whether snapshots may consist of symbolic links: not {@code
 *     HF_HUB_DISABLE_SYMLINKS}
 * @param progress whether progress may be shown: not {@code HF_HUB_DISABLE_PROGRESS_BARS}
 */
public record HubSettings(
    Path cache,
    URI endpoint,
    Optional<String> token,
    boolean offline,
    boolean symlinks,
    boolean progress) {

  private static final String HUB = "https://huggingface.co";
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{([^}]*)\\})");

  /** Those of this process. */
  public static HubSettings ofEnvironment() {
    return of(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * Those that {@code environment} gives.
   *
   * @param home the user's folder
   * @throws UsageException if a variable makes no sense
   */
  static HubSettings of(Map<String, String> environment, Path home) {
    Environment variables = new Environment(environment, home);
    Path caches = variables.path("XDG_CACHE_HOME", home.resolve(".cache"));
    Path ours = variables.path("HF_HOME", caches.resolve("huggingface"));
    Path cache = variables.path("HUGGINGFACE_HUB_CACHE", ours.resolve("hub"));
    return new HubSettings(
        variables.path("HF_HUB_CACHE", cache).toAbsolutePath(),
        endpoint(environment.getOrDefault("HF_ENDPOINT", HUB)),
        variables.isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN")
            ? Optional.empty()
            : variables.token(variables.path("HF_TOKEN_PATH", ours.resolve("token"))),
        variables.isOn("HF_HUB_OFFLINE") || variables.isOn("TRANSFORMERS_OFFLINE"),
        !variables.isOn("HF_HUB_DISABLE_SYMLINKS"),
        !variables.isOn("HF_HUB_DISABLE_PROGRESS_BARS"));
  }

  private static URI endpoint(String text) {
    String address = text.isEmpty() ? HUB : text.replaceAll("/+$", "");
    try {
      URI uri = new URI(address);
      boolean http = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      if (http && uri.getHost() != null && uri.getUserInfo() == null && uri.getQuery() == null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // told below
    }
    throw new UsageException(
        "HF_ENDPOINT wants the address of a hub, as https://huggingface.co; found " + text);
  }

  /** With or without asking anybody. */
  public HubSettings offline(boolean value) {
    return new HubSettings(cache, endpoint, token, value, symlinks, progress);
  }

  /** All but the token, which is a secret. */
  @Override
  public String toString() {
    return "HubSettings[cache=%s, endpoint=%s, token=%s, offline=%s, symlinks=%s, progress=%s]"
        .formatted(cache, endpoint, token.map(t -> "***"), offline, symlinks, progress);
  }

  /** Environment variables, read as Python's library reads them. */
  private record Environment(Map<String, String> variables, Path home) {

    boolean isOn(String name) {
      return TRUE.contains(variables.getOrDefault(name, "").toUpperCase(Locale.ROOT));
    }

    /** A path, in which {@code ~} and {@code $NAME} stand for what they do in a shell. */
    Path path(String name, Path absent) {
      String text = variables.getOrDefault(name, "");
      if (text.isEmpty()) {
        return absent;
      }
      String expanded =
          VARIABLE
              .matcher(text)
              .replaceAll(
                  found -> {
                    String inner = found.group(1) != null ? found.group(1) : found.group(2);
                    return Matcher.quoteReplacement(variables.getOrDefault(inner, found.group()));
                  });
      return expanded.equals("~") || expanded.startsWith("~/")
          ? home.resolve(expanded.substring(Math.min(2, expanded.length())))
          : Path.of(expanded);
    }

    Optional<String> token(Path file) {
      Optional<String> named =
          Stream.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
              .map(name -> variables.getOrDefault(name, "").strip())
              .filter(value -> !value.isEmpty())
              .findFirst();
      return (named.isPresent() ? named : read(file)).map(Environment::checked);
    }

    private static Optional<String> read(Path file) {
      try {
        return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
      } catch (NoSuchFileException e) {
        return Optional.empty();
      } catch (IOException e) {
        throw new LssGenException(
            "cannot read the token in %s: %s; correct the file or set HF_TOKEN"
                .formatted(file, IoReason.of(e)),
            e);
      }
    }

    /** The token goes into a header, where anything else could become further headers. */
    private static String checked(String token) {
      if (token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
        return token;
      }
      throw new UsageException(
          "the Hugging Face token (HF_TOKEN, or the file token in HF_HOME) wants visible ASCII"
              + " characters, found others; copy it anew from the hub's settings");
    }
  }
}
