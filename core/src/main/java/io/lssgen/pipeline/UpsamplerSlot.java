package io.lssgen.pipeline;

import io.lssgen.errors.ModelException;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.scaling.Upsampler;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The latent upsampler of a loaded model, read when a run first scales by it: a damaged one does
 * not keep the model from runs that need none. Used on the engine's thread alone.
 */
final class UpsamplerSlot implements AutoCloseable {
  private final Optional<Path> folder;
  private final String latents;
  private final ParameterTree.Kept kept;
  private @Nullable LoadedUpsampler loaded;

  /**
   * @param folder of the upsampler; empty: there is none
   * @param latents describes the model's latents, for the message that there is none
   * @param kept how its weights are kept
   */
  UpsamplerSlot(Optional<Path> folder, String latents, ParameterTree.Kept kept) {
    this.folder = folder;
    this.latents = latents;
    this.kept = kept;
  }

  /**
   * The network.
   *
   * @param model named in the message
   * @throws ModelException if there is none, or it is damaged
   */
  Upsampler network(String model) {
    if (loaded == null) {
      loaded = LoadedUpsampler.open(folder.orElseThrow(() -> missing(model)), kept);
    }
    return loaded.network();
  }

  private ModelException missing(String model) {
    return new ModelException(
        "neural scaling wants a latent upsampler, found none in the folder %s of %s, and none comes"
                .formatted(PipelineLoader.UPSAMPLER_FOLDER, model)
            + " along for %s; name one with --upsampler, or scale by bicubic, pixel, dct or none"
                .formatted(latents));
  }

  /** Frees it, if it was loaded. */
  @Override
  public void close() {
    if (loaded != null) {
      loaded.close();
      loaded = null;
    }
  }
}
