package io.lssgen.model.unet;

import io.lssgen.errors.ModelException;
import io.lssgen.model.ControlNet;
import io.lssgen.nn.Parameters;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A ControlNet with the weights that it owns.
 *
 * @param network the network
 * @param weights freed by {@link #close()}
 */
record LoadedControlNet(ControlNetwork network, ParameterTree weights) implements ControlNet {
  private static final String CONFIG = "config.json";

  /** How the names of the method's authors begin. */
  private static final String ORIGINAL = "control_model.";

  private static final String LORA = "lora_controlnet";
  private static final Set<String> UNION =
      Set.of("task_embedding", "control_type_proj.weight", "control_add_embedding.linear_1.weight");

  /**
   * Reads one for a UNet.
   *
   * @param place a folder with {@code config.json} and weights; or a file in diffusers' or the
   *     original names, which the {@code config.json} beside it or else the UNet's own
   *     configuration describes
   * @param factor pixels per latent along a side
   * @param kept how the weights are kept
   * @throws ModelException if it is missing, damaged, of another kind or for another UNet
   */
  static LoadedControlNet open(Path place, UNetConfig unet, int factor, ParameterTree.Kept kept) {
    ControlNetConfig config = config(place, unet);
    requireFits(place, traits(config.unet(), config.factor()), traits(unet, factor));
    try (Checkpoint file = Checkpoint.open(place)) {
      requireKind(file);
      boolean original = file.names().stream().anyMatch(name -> name.startsWith(ORIGINAL));
      ParameterTree tree =
          ParameterTree.load(
              original ? file.within(ORIGINAL) : file,
              UNetKeys.of(config),
              kept,
              p -> new ControlNetwork(p, config));
      return new LoadedControlNet(new ControlNetwork(Parameters.of(tree), config), tree);
    }
  }

  private static ControlNetConfig config(Path place, UNetConfig unet) {
    if (Files.isDirectory(place)) {
      return ControlNetConfig.of(ModelConfig.read(place.resolve(CONFIG)));
    }
    Path beside = place.toAbsolutePath().resolveSibling(CONFIG);
    if (Files.isRegularFile(beside)) {
      ModelConfig config = ModelConfig.read(beside);
      if (config.text("_class_name", "").equals(ControlNetConfig.CLASS)) {
        return ControlNetConfig.of(config);
      }
    }
    return ControlNetConfig.beside(unet);
  }

  private static void requireKind(Checkpoint file) {
    if (file.has(LORA)) {
      throw notSupported(file.origin(), "a Control-LoRA");
    }
    if (UNION.stream().anyMatch(file::has)) {
      throw notSupported(file.origin(), "a ControlNet for several kinds of pictures (union)");
    }
  }

  private static ModelException notSupported(Path file, String kind) {
    return new ModelException(
        "%s is %s, which is not supported; use a ControlNet for one kind of pictures"
            .formatted(file, kind));
  }

  private static void requireFits(Path place, String found, String wanted) {
    if (!found.equals(wanted)) {
      throw new ModelException(
          "the ControlNet %s is for another UNet than this model's: wanted %s, found %s; use one that was made for it"
              .formatted(place, wanted, found));
    }
  }

  private static String traits(UNetConfig unet, int factor) {
    return "%d channels of latents of %d pixels a side, text states of %d, states of %s"
        .formatted(unet.latentChannels(), factor, unet.textWidth(), unet.skipChannels());
  }

  @Override
  public void close() {
    weights.close();
  }
}
