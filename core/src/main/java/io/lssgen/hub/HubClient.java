package io.lssgen.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.hub.HubConnections.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/** Asks the hub about one model: what is in it, what its files are, and for their bytes. */
final class HubClient {
  private static final int LARGEST_LISTING = 64 << 20;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HubSettings settings;
  private final HubName name;
  private final Retries retries;
  private final HubConnections connections;
  private final HubFailures failures;

  HubClient(HubSettings settings, HubName name, Retries retries) {
    this.settings = settings;
    this.name = name;
    this.retries = retries;
    connections = new HubConnections(settings);
    failures = new HubFailures(settings, name);
  }

  /**
   * The files of the model's revision.
   *
   * @throws io.lssgen.errors.LssGenException if the hub refuses, answers nonsense or is out of
   *     reach
   */
  RepositoryListing listing() {
    URI uri = uri("/api/models/%s/revision/%s".formatted(name.id(), quoted(name.revision())));
    byte[] answer = retries.run(() -> bytes(ask("GET", uri, 0)));
    try {
      JsonNode json = JSON.readTree(answer);
      return RepositoryListing.of(name, json);
    } catch (JsonProcessingException e) {
      throw notJson(e);
    } catch (IOException e) {
      throw new AssertionError("reading from memory does not fail", e);
    }
  }

  private byte[] bytes(Answer answer) throws TransientFailure {
    try (InputStream body = answer.connection().getInputStream()) {
      byte[] bytes = body.readNBytes(LARGEST_LISTING + 1);
      if (bytes.length > LARGEST_LISTING) {
        throw new ModelException(
            "%s: the hub's list of files has more than %d bytes; check HF_ENDPOINT"
                .formatted(name, LARGEST_LISTING));
      }
      return bytes;
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private ModelException notJson(JsonProcessingException e) {
    return new ModelException(
        "%s: %s does not answer as a hub does: %s; check HF_ENDPOINT"
            .formatted(name, settings.endpoint(), e.getOriginalMessage()),
        e);
  }

  /**
   * Checksum and size of a file.
   *
   * @param commit of the repository, in full
   */
  HubFile file(String commit, String path) {
    Answer answer = retries.run(() -> ask("HEAD", address(commit, path), 0));
    answer.end();
    String served = answer.header("X-Repo-Commit", commit);
    if (!served.equals(commit)) {
      throw new ModelException(
          "%s: wanted %s of commit %s, the hub serves that of '%s'; check HF_ENDPOINT"
              .formatted(name, path, commit, served));
    }
    String etag = answer.header("X-Linked-Etag", answer.header("ETag", ""));
    long linked = answer.number("X-Linked-Size");
    long size = linked >= 0 || answer.status() >= 300 ? linked : answer.number("Content-Length");
    return new HubFile(path, etag.replaceFirst("^W/", "").replace("\"", ""), size);
  }

  /**
   * Begins to get a file's bytes.
   *
   * @param from the first one that is wanted; the server may begin at 0 all the same
   */
  Answer open(String commit, HubFile file, long from) throws TransientFailure {
    return ask("GET", address(commit, file.path()), from);
  }

  private Answer ask(String method, URI uri, long from) throws TransientFailure {
    try {
      Answer answer = connections.request(method, uri, from);
      if (answer.status() != 416) { // no such range: the caller begins anew
        failures.requireSuccess(answer, connections.isHub(answer.uri()));
      }
      return answer;
    } catch (HubConnections.Unreachable e) {
      throw failures.unreachable(e);
    } catch (IOException e) {
      throw broken(e);
    }
  }

  private TransientFailure broken(IOException e) {
    return new TransientFailure(
        ("%s cannot be fetched: no connection to %s, or it broke (%s); check the network and the"
                + " JVM's proxy settings")
            .formatted(name, settings.endpoint(), e));
  }

  private URI address(String commit, String path) {
    String quoted =
        Arrays.stream(path.split("/")).map(HubClient::quoted).collect(Collectors.joining("/"));
    return uri("/%s/resolve/%s/%s".formatted(name.id(), commit, quoted));
  }

  private URI uri(String path) {
    return URI.create(settings.endpoint() + path);
  }

  private static String quoted(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
