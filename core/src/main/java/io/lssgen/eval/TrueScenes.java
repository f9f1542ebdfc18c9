package io.lssgen.eval;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.LoadedAutoencoder;
import io.lssgen.scenes.EmojiArtwork;
import io.lssgen.scenes.SceneRenderer;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;

/** Painters that do not generate: they draw the scenes that prompts were made from. */
public final class TrueScenes {
  private TrueScenes() {}

  /**
   * Draws each prompt's own scene.
   *
   * @param artwork folder that {@code tools/fetch-emoji.sh} filled
   * @param side pixels of the pictures' sides
   */
  public static SceneEvaluation.Painter drawn(SceneVocabulary vocabulary, Path artwork, int side) {
    SceneRenderer renderer = new SceneRenderer(vocabulary, EmojiArtwork.load(artwork, vocabulary));
    return (prompt, index) -> renderer.render(prompt.scene(), side);
  }

  /** An autoencoder that pictures pass through, as everything generated does. */
  public static final class Autoencoder implements AutoCloseable {
    /** The one class of autoencoders that can be measured. */
    public static final String CLASS = "AutoencoderKL";

    private static final String CONFIG = "config.json";

    private final LoadedAutoencoder loaded;

    /**
     * Loads a diffusers {@code vae} folder; computes in fp32.
     *
     * @throws ModelException if it is missing or damaged, or not of the class {@link #CLASS}
     */
    public Autoencoder(Path folder) {
      String found = classOf(folder);
      if (!found.equals(CLASS)) {
        throw new ModelException(
            "%s: only an %s can be measured, found an %s"
                .formatted(folder.resolve(CONFIG), CLASS, found));
      }
      loaded = LoadedAutoencoder.open(folder, DType.F32);
    }

    /**
     * The class that the folder's configuration names.
     *
     * @throws ModelException if it is missing or damaged
     */
    public static String classOf(Path folder) {
      return ModelConfig.read(folder.resolve(CONFIG)).text("_class_name", CLASS);
    }

    /** What is left of the pictures of {@code painter} after encoding and decoding. */
    public SceneEvaluation.Painter decoded(SceneEvaluation.Painter painter) {
      return (prompt, index) -> pass(painter.paint(prompt, index));
    }

    /**
     * Checks that pictures of this side can be encoded.
     *
     * @throws UsageException if it is no multiple of the autoencoder's factor
     */
    public void requireSide(int side) {
      int factor = loaded.network().config().factor();
      if (side < factor || side % factor != 0) {
        throw new UsageException(
            "the side must be a multiple of %d, found %d".formatted(factor, side));
      }
    }

    /** What is left of a picture after encoding and decoding, rounded to 8 bits. */
    public RgbImage pass(RgbImage image) {
      try (TensorScope scope = TensorScope.open();
          GradMode off = GradMode.disabled()) {
        Tensor latent = loaded.network().encode(ImageTensors.toTensor(List.of(image))).mean();
        return ImageTensors.toImages(loaded.network().decode(latent)).get(0);
      }
    }

    @Override
    public void close() {
      loaded.close();
    }
  }
}
