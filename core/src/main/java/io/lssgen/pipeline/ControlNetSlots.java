package io.lssgen.pipeline;

import io.lssgen.errors.ModelException;
import io.lssgen.files.FileStamp;
import io.lssgen.model.ControlNet;
import io.lssgen.model.Denoiser;
import io.lssgen.weights.ParameterTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The ControlNets of a loaded model, read when a run first wants them; those that the last run
 * wanted stay. Used on the engine's thread alone.
 */
final class ControlNetSlots implements AutoCloseable {
  private static final String CONFIG = "config.json";

  private final Denoiser denoiser;
  private final ParameterTree.Kept kept;
  private final Map<Path, Loaded> loaded = new HashMap<>();

  /** With its files as they were. */
  private record Loaded(ControlNet net, Map<Path, FileStamp> files) {}

  /**
   * @param kept how their weights are kept
   */
  ControlNetSlots(Denoiser denoiser, ParameterTree.Kept kept) {
    this.denoiser = denoiser;
    this.kept = kept;
  }

  /**
   * The networks at these places, until the next call; all others are freed.
   *
   * @throws ModelException if one is missing, damaged or for another model
   */
  Map<Path, ControlNet> open(Set<Path> wanted) {
    Map<Path, Map<Path, FileStamp>> files = new HashMap<>();
    wanted.forEach(place -> files.put(place, files(place)));
    loaded
        .entrySet()
        .removeIf(
            each -> {
              boolean stays = each.getValue().files.equals(files.get(each.getKey()));
              if (!stays) {
                each.getValue().net.close();
              }
              return !stays;
            });
    Map<Path, ControlNet> nets = new HashMap<>();
    for (Map.Entry<Path, Map<Path, FileStamp>> each : files.entrySet()) {
      Path place = each.getKey();
      nets.put(
          place,
          loaded.computeIfAbsent(
                  place,
                  missing -> new Loaded(denoiser.openControlNet(missing, kept), each.getValue()))
              .net);
    }
    return nets;
  }

  /** All that may be read of it. */
  private static Map<Path, FileStamp> files(Path place) {
    Map<Path, FileStamp> stamps = new TreeMap<>();
    try (Stream<Path> inside =
        Files.isDirectory(place)
            ? Files.list(place).filter(Files::isRegularFile)
            : Stream.of(place, place.toAbsolutePath().resolveSibling(CONFIG))
                .filter(each -> each.equals(place) || Files.isRegularFile(each))) {
      for (Path each : inside.toList()) {
        stamps.put(each, FileStamp.of(each));
      }
      return stamps;
    } catch (IOException e) {
      throw new ModelException(
          "there is no ControlNet %s: wanted a folder in the diffusers layout or a safetensors file; name another"
              .formatted(place),
          e);
    }
  }

  @Override
  public void close() {
    open(Set.of());
  }
}
