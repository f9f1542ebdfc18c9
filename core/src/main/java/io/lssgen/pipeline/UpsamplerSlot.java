package io.lssgen.pipeline;

import io.lssgen.errors.ModelException;
import io.lssgen.scaling.LatentUpsampler;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.tensor.DType;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The latent upsampler of a loaded model, read when a run first scales by it: a damaged one does
 * not keep the model from runs that need none. Used on the engine's thread alone.
 */
final class UpsamplerSlot implements AutoCloseable {
  private final Optional<Path> folder;
  private final DType dtype;
  private @Nullable LoadedUpsampler loaded;

  /**
   * @param folder of the upsampler; empty: there is none
   * @param dtype what it computes in
   */
  UpsamplerSlot(Optional<Path> folder, DType dtype) {
    this.folder = folder;
    this.dtype = dtype;
  }

  /**
   * The network.
   *
   * @param model named in the message
   * @throws ModelException if there is none, or it is damaged
   */
  LatentUpsampler network(String model) {
    if (loaded == null) {
      loaded = LoadedUpsampler.open(folder.orElseThrow(() -> missing(model)), dtype);
    }
    return loaded.network();
  }

  private static ModelException missing(String model) {
    return new ModelException(
        "neural scaling wants a latent upsampler, found none in the folder %s of %s; name one with"
                .formatted(PipelineLoader.UPSAMPLER_FOLDER, model)
            + " --upsampler, or scale by bicubic, pixel or none");
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
