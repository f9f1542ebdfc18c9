package io.lssgen.lora;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Tells the architectures apart that LoRAs are made for, by names and the width of the text. */
final class LoraKind {
  /** Parts of names, dots and underscores being the same, that one architecture alone has. */
  private static final Map<String, String> BY_NAME =
      Map.of(
          "double_blocks_", "FLUX.1",
          "single_blocks_", "FLUX.1",
          "single_transformer_blocks_", "FLUX.1",
          "joint_blocks_", "Stable Diffusion 3",
          "pos_embed_pos_embed", "Stable Diffusion 3"); // our own network's table of positions

  private static final String TEXT_KEYS = "_attn2_to_k";

  /** A transformer's own blocks, which in UNets lie within numbered ones. */
  private static final Pattern DUAL = Pattern.compile("(?<!\\d_)transformer_blocks_\\d+_attn2_");

  private static final Map<Long, String> BY_TEXT_WIDTH =
      Map.of(768L, "Stable Diffusion 1.x", 1024L, "Stable Diffusion 2.x", 2048L, "SDXL");

  private LoraKind() {}

  /**
   * A module or one of its parameters.
   *
   * @param name as its file or our network has it
   * @param in how many channels enter it
   */
  record Module(String name, long in) {}

  /** The architecture with these modules; empty if they do not tell. */
  static Optional<String> of(List<Module> modules) {
    for (Module module : modules) {
      String name = module.name.replace(".processor.", ".").replace('.', '_');
      for (Map.Entry<String, String> entry : BY_NAME.entrySet()) {
        if (name.contains(entry.getKey())) {
          return Optional.of(entry.getValue());
        }
      }
      if (DUAL.matcher(name).find()) {
        return Optional.of("Stable Diffusion 3");
      }
      if (name.contains(TEXT_KEYS)) {
        return Optional.of(
            BY_TEXT_WIDTH.getOrDefault(module.in, "a UNet with texts of width " + module.in));
      }
    }
    return Optional.empty();
  }
}
