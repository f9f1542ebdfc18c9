package io.lssgen.sampling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.schedule.Scheduler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** Reads the golden files of whole runs, made by tools/golden/lssgen_reference.py. */
final class Goldens {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Goldens() {}

  /** A file or folder below the golden resources. */
  static Path path(String name) {
    try {
      return Path.of(Goldens.class.getResource("/golden/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static JsonNode json(String name) {
    try {
      return JSON.readTree(path(name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The plan for a golden request, for a model with 8 pixels a latent and 2 latents a token. */
  static StagePlan plan(JsonNode request, Scheduler scheduler) {
    StageOptions options =
        StageOptions.flux()
            .withMinSize(request.get("min_size").asInt())
            .withStartSigma(request.get("start_sigma").asDouble())
            .withShorten(request.get("shorten").asBoolean())
            .withBase(request.get("base").get(0).asInt(), request.get("base").get(1).asInt())
            .withScale(!request.path("scaling").asText().equals("none"));
    return new StagePlanner(scheduler, 8, 2)
        .plan(
            request.get("width").asInt(),
            request.get("height").asInt(),
            request.get("steps").asInt(),
            options);
  }
}
