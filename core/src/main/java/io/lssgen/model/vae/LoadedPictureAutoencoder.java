package io.lssgen.model.vae;

import io.lssgen.errors.ModelException;
import io.lssgen.model.LatentCodec;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import io.lssgen.weights.WeightsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * An autoencoder of either kind, outside any model, with the weights that it owns.
 *
 * @param network for training
 * @param codec for everything else
 * @param weights freed by {@link #close()}
 * @param files that the weights came from
 */
public record LoadedPictureAutoencoder(
    PictureAutoencoder network, LatentCodec codec, ParameterTree weights, List<Path> files)
    implements AutoCloseable {
  private static final String CONFIG = "config.json";

  public LoadedPictureAutoencoder {
    files = List.copyOf(files);
  }

  /**
   * Loads a diffusers {@code vae} folder of the class {@code AutoencoderKL} or {@code
   * AutoencoderTiny}; or a tiny autoencoder's own two files, named by their folder or by what their
   * names have in common, see {@link Checkpoint#hasHalves}.
   *
   * @param type what the weights become, and what is computed in
   * @throws ModelException if files are missing or damaged, or do not belong together
   */
  public static LoadedPictureAutoencoder open(Path place, DType type) {
    boolean halves = Checkpoint.hasHalves(place);
    if (!halves && !Files.exists(place.resolve(CONFIG))) {
      throw absent(place);
    }
    ModelConfig config =
        halves
            ? ModelConfig.parse(place.toString(), "{}")
            : ModelConfig.read(place.resolve(CONFIG));
    try (Checkpoint file = Checkpoint.open(place)) {
      List<Path> files = file.files().stream().map(WeightsFile::path).toList();
      if (halves) {
        AutoencoderTinyConfig sizes = AutoencoderTinyConfig.ofHalves(file);
        ParameterTree tree = load(file, type, p -> AutoencoderTiny.original(p, sizes));
        return tiny(AutoencoderTiny.original(Parameters.of(tree), sizes), type, tree, files);
      }
      if (config.text("_class_name", "").equals(AutoencoderTinyConfig.CLASS)) {
        AutoencoderTinyConfig sizes = AutoencoderTinyConfig.of(config);
        ParameterTree tree = load(file, type, p -> new AutoencoderTiny(p, sizes));
        return tiny(new AutoencoderTiny(Parameters.of(tree), sizes), type, tree, files);
      }
      AutoencoderKlConfig sizes = AutoencoderKlConfig.of(config);
      ParameterTree tree = load(file, type, p -> new AutoencoderKl(p, sizes));
      AutoencoderKl large = new AutoencoderKl(Parameters.of(tree), sizes);
      return new LoadedPictureAutoencoder(
          PictureAutoencoder.of(large), new AutoencoderKlCodec(large, type), tree, files);
    }
  }

  private static ModelException absent(Path place) {
    return new ModelException(
        ("there is no autoencoder at %s: wanted a folder with %s and"
                + " diffusion_pytorch_model.safetensors (the diffusers layout), or a tiny"
                + " autoencoder's two files %s_encoder.safetensors and %s_decoder.safetensors;"
                + " tools/fetch-tae.sh fetches those that configs/upsamplers name")
            .formatted(place, CONFIG, place, place));
  }

  private static ParameterTree load(Checkpoint file, DType type, Consumer<Parameters> model) {
    return ParameterTree.load(file, KeyMap.identity(), type, model);
  }

  private static LoadedPictureAutoencoder tiny(
      AutoencoderTiny network, DType type, ParameterTree tree, List<Path> files) {
    return new LoadedPictureAutoencoder(
        PictureAutoencoder.of(network), new AutoencoderTinyCodec(network, type), tree, files);
  }

  /** Frees the weights. The network can no longer be used. */
  @Override
  public void close() {
    weights.close();
  }
}
