package io.lssgen.server;

import io.lssgen.errors.UsageException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * How a server runs.
 *
 * @param host address to listen on
 * @param port TCP port; 0 takes any that is free
 * @param apiKey what clients must present; without one only loopback addresses may be listened on
 * @param hosts names, beside {@code localhost} and IP addresses, that requests may be addressed to
 * @param models what it makes pictures with
 * @param data folder of the database and the pictures; made if it is not there
 * @param limits what clients may ask for
 * @param afterCrash what becomes of jobs that were running when an earlier process died
 * @param patience how long a request's body may take, and a silent connection may stay
 * @param drain how long a running job may go on once the server is asked to stop
 */
public record ServerOptions(
    String host,
    int port,
    Optional<String> apiKey,
    Set<String> hosts,
    ServedModels models,
    Path data,
    Limits limits,
    AfterCrash afterCrash,
    Duration patience,
    Duration drain) {

  /** The port that AUTOMATIC1111's clients try first. */
  public static final int DEFAULT_PORT = 7860;

  /** A shorter key could be guessed by trying. */
  private static final int SHORTEST_KEY = 16;

  /** What becomes of a job that was running when its process died. */
  public enum AfterCrash {
    /** It is queued again, and makes the pictures that are missing. */
    REQUEUE,
    /** It has failed; the pictures that it had made stay. */
    FAIL
  }

  public ServerOptions {
    hosts = Set.copyOf(lowerCase(hosts));
    if (port < 0 || port > 65535) {
      throw new UsageException("the port must be between 0 and 65535, found " + port);
    }
    if (apiKey.isPresent() && apiKey.get().length() < SHORTEST_KEY) {
      throw new UsageException(
          "the API key wants at least %d characters, found %d; make one with: openssl rand -hex 24"
              .formatted(SHORTEST_KEY, apiKey.get().length()));
    }
    if (apiKey.isEmpty() && !isLoopback(host)) {
      throw new UsageException(
          "without an API key the server listens on loopback addresses alone, found the host %s;"
                  .formatted(host)
              + " set --api-key-file, or use --host 127.0.0.1");
    }
  }

  /** A server on this machine alone, on any free port, with the usual limits. */
  public static ServerOptions local(List<Path> models, Path data) {
    return new ServerOptions(
        "127.0.0.1",
        0,
        Optional.empty(),
        Set.of(),
        ServedModels.of(models),
        data,
        Limits.usual(),
        AfterCrash.REQUEUE,
        Duration.ofSeconds(30),
        Duration.ofMinutes(2));
  }

  public ServerOptions withApiKey(String key) {
    return new ServerOptions(
        host, port, Optional.of(key), hosts, models, data, limits, afterCrash, patience, drain);
  }

  public ServerOptions withHosts(Set<String> value) {
    return new ServerOptions(
        host, port, apiKey, value, models, data, limits, afterCrash, patience, drain);
  }

  public ServerOptions withModels(ServedModels value) {
    return new ServerOptions(
        host, port, apiKey, hosts, value, data, limits, afterCrash, patience, drain);
  }

  public ServerOptions withLimits(Limits value) {
    return new ServerOptions(
        host, port, apiKey, hosts, models, data, value, afterCrash, patience, drain);
  }

  public ServerOptions withAfterCrash(AfterCrash value) {
    return new ServerOptions(
        host, port, apiKey, hosts, models, data, limits, value, patience, drain);
  }

  public ServerOptions withPatience(Duration value) {
    return new ServerOptions(
        host, port, apiKey, hosts, models, data, limits, afterCrash, value, drain);
  }

  private static Set<String> lowerCase(Set<String> names) {
    Set<String> lower = new HashSet<>();
    names.forEach(name -> lower.add(name.toLowerCase(Locale.ROOT)));
    return lower;
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new UsageException(
          "cannot listen on %s: there is no such address; name one of this machine's"
              .formatted(host));
    }
  }
}
