package io.lssgen.pipeline;

import io.lssgen.errors.ModelException;
import io.lssgen.files.FileStamp;
import io.lssgen.model.ControlNet;
import io.lssgen.model.Denoiser;
import io.lssgen.weights.ParameterTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The ControlNets of a loaded model, read when a run first wants them; those that the last run
 * wanted stay. Used on the engine's thread alone.
 */
final class ControlNetSlots implements AutoCloseable {
  private final Denoiser denoiser;
  private final ParameterTree.Kept kept;
  private final Map<Path, Loaded> loaded = new HashMap<>();

  private record Loaded(ControlNet net, FileStamp stamp) {}

  /**
   * @param kept how their weights are kept
   */
  ControlNetSlots(Denoiser denoiser, ParameterTree.Kept kept) {
    this.denoiser = denoiser;
    this.kept = kept;
  }

  /** Frees all but {@code wanted}. */
  void retain(Set<Path> wanted) {
    loaded.forEach(
        (place, each) -> {
          if (!wanted.contains(place)) {
            each.net.close();
          }
        });
    loaded.keySet().retainAll(wanted);
  }

  /**
   * The network at a place.
   *
   * @throws ModelException if it is missing, damaged or for another model
   */
  ControlNet net(Path place) {
    FileStamp stamp = stamp(place);
    Loaded known = loaded.get(place);
    if (known != null && !known.stamp.equals(stamp)) {
      known.net.close();
      loaded.remove(place);
    }
    return loaded.computeIfAbsent(
            place, missing -> new Loaded(denoiser.openControlNet(missing, kept), stamp))
        .net;
  }

  private static FileStamp stamp(Path place) {
    try {
      return FileStamp.of(place);
    } catch (IOException e) {
      throw new ModelException(
          "there is no ControlNet %s: wanted a folder in the diffusers layout or a safetensors file; name another"
              .formatted(place),
          e);
    }
  }

  @Override
  public void close() {
    retain(Set.of());
  }
}
