package io.lssgen.scaling;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;

/**
 * A trained upsampler with the weights that it owns.
 *
 * @param network the network
 * @param weights freed by {@link #close()}
 */
public record LoadedUpsampler(Upsampler network, ParameterTree weights) implements AutoCloseable {

  /**
   * Loads a folder in the published layout: {@code config.json} and {@code
   * diffusion_pytorch_model.safetensors}.
   *
   * @param type what the weights become
   * @throws ModelException if files are missing or damaged, or do not belong together
   */
  public static LoadedUpsampler open(Path folder, DType type) {
    return open(folder, ParameterTree.Kept.as(type));
  }

  /**
   * As {@link #open(Path, DType)}.
   *
   * @param kept how the weights are kept
   */
  public static LoadedUpsampler open(Path folder, ParameterTree.Kept kept) {
    UpsamplerConfig config = UpsamplerConfig.of(ModelConfig.read(folder.resolve("config.json")));
    try (Checkpoint file = Checkpoint.open(folder)) {
      ParameterTree tree = ParameterTree.load(file, KeyMap.identity(), kept, config::network);
      return new LoadedUpsampler(config.network(Parameters.of(tree)), tree);
    }
  }

  /** Frees the weights. The network can no longer be used. */
  @Override
  public void close() {
    weights.close();
  }
}
