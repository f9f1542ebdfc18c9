package io.lssgen.server;

import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.PipelineLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a server makes pictures with.
 *
 * @param models folders or files; the first is the default
 * @param loading how one of them is loaded, but for its folder of LoRAs
 * @param loras folder of the LoRAs that prompts may name
 * @param controlNets folder of the ControlNets that requests may name
 * @param atStart whether the default model is loaded before the first request needs it
 */
public record ServedModels(
    List<Path> models,
    Function<Path, PipelineLoader> loading,
    Optional<Path> loras,
    Optional<Path> controlNets,
    boolean atStart) {

  public ServedModels {
    models = List.copyOf(models);
    if (models.isEmpty()) {
      throw new UsageException("the server wants at least one model folder, found none");
    }
  }

  /** Models as their folders are, the first of them loaded at the start. */
  public static ServedModels of(List<Path> models) {
    return new ServedModels(models, PipelineLoader::of, Optional.empty(), Optional.empty(), true);
  }

  public ServedModels withLoras(Path value) {
    return new ServedModels(models, loading, Optional.of(value), controlNets, atStart);
  }

  public ServedModels withControlNets(Path value) {
    return new ServedModels(models, loading, loras, Optional.of(value), atStart);
  }
}
