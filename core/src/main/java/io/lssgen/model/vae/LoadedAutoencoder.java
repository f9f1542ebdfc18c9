package io.lssgen.model.vae;

import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;

/**
 * A trained autoencoder with the weights that it owns.
 *
 * @param network the network
 * @param weights freed by {@link #close()}
 */
public record LoadedAutoencoder(AutoencoderKl network, ParameterTree weights)
    implements AutoCloseable {

  /**
   * Loads a diffusers {@code vae} folder of the class {@code AutoencoderKL}.
   *
   * @param type what the weights become
   * @throws io.lssgen.errors.ModelException if files are missing or damaged, or do not belong
   *     together
   */
  public static LoadedAutoencoder open(Path folder, DType type) {
    ModelConfig json = ModelConfig.read(folder.resolve("config.json"));
    AutoencoderKlConfig config = AutoencoderKlConfig.of(json);
    try (Checkpoint file = Checkpoint.open(folder)) {
      ParameterTree tree =
          ParameterTree.load(
              file,
              AutoencoderKlKeys.of(json),
              type,
              parameters -> new AutoencoderKl(parameters, config));
      return new LoadedAutoencoder(new AutoencoderKl(Parameters.of(tree), config), tree);
    }
  }

  /** Frees the weights. The network can no longer be used. */
  @Override
  public void close() {
    weights.close();
  }
}
