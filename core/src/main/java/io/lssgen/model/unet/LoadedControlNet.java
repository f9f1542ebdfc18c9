package io.lssgen.model.unet;

import io.lssgen.errors.ModelException;
import io.lssgen.model.ControlNet;
import io.lssgen.nn.Parameters;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

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

  private static final String SKIP = "controlnet_down_blocks.%d.bias";
  private static final String REPOSITORY = "models--";
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
    requireKnownName(place);
    Optional<ControlNetConfig> described = described(place);
    try (Checkpoint file = Checkpoint.open(place)) {
      requireKind(file);
      boolean original = file.names().stream().anyMatch(name -> name.startsWith(ORIGINAL));
      Checkpoint bare = original ? file.within(ORIGINAL) : file;
      Checkpoint ours = bare.renamed(UNetKeys.of(unet, ControlNetConfig.PUBLISHED_WIDTHS));
      ControlNetConfig config = described.orElseGet(() -> ControlNetConfig.beside(unet, ours));
      List<Integer> skips = described.isPresent() ? config.skipChannels() : skips(ours);
      requireFits(place, traits(config, skips), unet, factor);
      ParameterTree tree =
          ParameterTree.load(
              bare,
              UNetKeys.of(config.unet(), config.pictureWidths()),
              kept,
              p -> new ControlNetwork(p, config));
      return new LoadedControlNet(new ControlNetwork(Parameters.of(tree), config), tree);
    }
  }

  /** Channels of the states that a file's last layers give, in the order of the way down. */
  private static List<Integer> skips(Checkpoint ours) {
    return IntStream.iterate(0, i -> ours.has(SKIP.formatted(i)), i -> i + 1)
        .mapToObj(i -> Math.toIntExact(ours.entry(SKIP.formatted(i)).shape()[0]))
        .toList();
  }

  /** By the {@code config.json} in a folder, or beside a file if it is one of a ControlNet. */
  private static Optional<ControlNetConfig> described(Path place) {
    if (Files.isDirectory(place)) {
      return Optional.of(ControlNetConfig.of(ModelConfig.read(place.resolve(CONFIG))));
    }
    return Optional.of(place.toAbsolutePath().resolveSibling(CONFIG))
        .filter(Files::isRegularFile)
        .map(ModelConfig::read)
        .filter(config -> config.text("_class_name", "").equals(ControlNetConfig.CLASS))
        .map(ControlNetConfig::of);
  }

  /** Those that nothing but their names tells apart from others. */
  private static void requireKnownName(Path place) {
    String name = names(place);
    if (name.contains("shuffle")) {
      throw notSupported(place, "for contents without their places (Shuffle)");
    }
    if (name.contains("inpaint")) {
      throw notSupported(place, "for inpainting, which wants a mask in its picture");
    }
  }

  /** Its own and, in the hub's cache, its repository's. */
  private static String names(Path place) {
    StringBuilder names = new StringBuilder(String.valueOf(place.getFileName()));
    place.forEach(part -> names.append(part.toString().startsWith(REPOSITORY) ? part : ""));
    return names.toString().toLowerCase(Locale.ROOT);
  }

  private static void requireKind(Checkpoint file) {
    if (file.has(LORA)) {
      throw notSupported(file.origin(), "a Control-LoRA");
    }
    if (UNION.stream().anyMatch(file::has)) {
      throw notSupported(file.origin(), "for several kinds of pictures (union)");
    }
  }

  private static ModelException notSupported(Path file, String kind) {
    return new ModelException(
        "the ControlNet %s is %s%s".formatted(file, kind, ControlNetConfig.OTHER));
  }

  private static void requireFits(Path place, String found, UNetConfig unet, int factor) {
    String wanted =
        traits(
            unet.with(unet.latentChannels(), unet.levels(), unet.textWidth(), unet.addedWidth()),
            factor,
            ControlNetConfig.PICTURE_CHANNELS,
            unet.skipChannels());
    if (!found.equals(wanted)) {
      throw new ModelException(
          "the ControlNet %s is for another UNet than this model's: wanted %s, found %s; use one that was made for it"
              .formatted(place, wanted, found));
    }
  }

  private static String traits(ControlNetConfig config, List<Integer> skips) {
    return traits(config.unet(), config.factor(), config.pictureChannels(), skips);
  }

  private static String traits(
      UNetConfig unet, int factor, int pictureChannels, List<Integer> skips) {
    return "%d channels of latents of %d pixels a side, pictures of %d channels, text states of %d, %d added conditions, states of %s"
        .formatted(
            unet.inChannels(), factor, pictureChannels, unet.textWidth(), unet.addedWidth(), skips);
  }

  @Override
  public void close() {
    weights.close();
  }
}
