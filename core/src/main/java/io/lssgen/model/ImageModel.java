package io.lssgen.model;

import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;

/**
 * A loaded model: all that a picture is made with, and the owner of its weights.
 *
 * @param family the family's name, for instance {@code FLUX.1}
 * @param denoiserName the component that the denoiser is, {@code transformer} or {@code unet}
 * @param latents the shape of its latents
 * @param prompts encodes prompts
 * @param denoiser the network that denoises
 * @param codec between images and latents
 * @param scheduler the settings of the scheduler that the model was published with
 * @param defaults what to use where a request says nothing
 * @param components the weights of its parts, freed by {@link #close()}
 */
public record ImageModel(
    String family,
    String denoiserName,
    LatentSpec latents,
    PromptEncoder prompts,
    Denoiser denoiser,
    LatentCodec codec,
    ModelConfig scheduler,
    Defaults defaults,
    LoadedComponents components)
    implements AutoCloseable {

  /**
   * What to use where a request says nothing.
   *
   * @param steps denoising steps
   * @param guidance guidance scale; of no use where the denoiser takes none
   * @param cfgScale the scale of classifier-free guidance, at least 1 (off)
   * @param side of a square picture in pixels, the model's native size; also the base size, below
   *     which stages may be shortened
   * @param minSize the smallest side of a stage
   * @param shorten whether stages below the base size get fewer steps
   */
  public record Defaults(
      int steps, double guidance, double cfgScale, int side, int minSize, boolean shorten) {}

  /** Something that holds native memory. */
  @FunctionalInterface
  public interface Resource extends AutoCloseable {
    @Override
    void close();
  }

  public ImageModel {
    if (codec.channels() != latents.channels() || codec.factor() != latents.factor()) {
      throw new ModelException(
          "the autoencoder and the denoiser do not belong together: latents of %d channels, factor"
                  .formatted(codec.channels())
              + " %d against %d channels, factor %d"
                  .formatted(codec.factor(), latents.channels(), latents.factor()));
    }
  }

  /** Frees the weights. The parts can no longer be used. */
  @Override
  public void close() {
    components.close();
  }
}
