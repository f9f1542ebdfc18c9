package io.lssgen;

import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import java.nio.file.Path;

/**
 * The way in: text to image with latent space scaling.
 *
 * <pre>{@code
 * try (TextToImage model = LssGen.embedded()) {
 *   GenerationResult result = model.generate(GenerationRequest.of("a red apple"));
 *   result.write(0, Path.of("apple.png"));
 * }
 * }</pre>
 *
 * <p>More choices (element type, another upsampler or autoencoder) are on {@link PipelineLoader}.
 */
public final class LssGen {
  private LssGen() {}

  /**
   * Opens a model.
   *
   * @param folder of a model in the diffusers layout, or a model that is one file
   * @throws io.lssgen.errors.ModelException if it is missing, incomplete, damaged or of a family
   *     that is not supported
   */
  public static TextToImage open(Path folder) {
    return PipelineLoader.of(folder).load();
  }

  /**
   * Opens a model by its folder, by the name of one that comes along, or by its name on the Hugging
   * Face hub, which is asked only for what its cache does not have yet.
   *
   * @param pathOrName a folder, {@code emoji-flux}, or {@code org/name[@revision]}
   * @throws io.lssgen.errors.ModelException if it is missing, incomplete, damaged or of a family
   *     that is not supported
   * @throws io.lssgen.errors.LssGenException if a download fails
   */
  public static TextToImage open(String pathOrName) {
    return PipelineLoader.named(pathOrName).load();
  }

  /**
   * Opens the model that comes with this library.
   *
   * @throws io.lssgen.errors.ModelException if this build has none
   */
  public static TextToImage embedded() {
    return open(EmbeddedModel.folder());
  }
}
