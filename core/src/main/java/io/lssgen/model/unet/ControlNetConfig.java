package io.lssgen.model.unet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The configuration of diffusers' {@code ControlNetModel}.
 *
 * @param unet that of the UNet whose way down it copies
 * @param pictureChannels channels of the picture that it follows
 * @param pictureWidths channels on the picture's way to the latents' resolution, which halves its
 *     sides between them
 * @param blueFirst whether it reads pictures in blue, green, red
 */
record ControlNetConfig(
    UNetConfig unet, int pictureChannels, List<Integer> pictureWidths, boolean blueFirst) {
  static final String CLASS = "ControlNetModel";

  /** As published, for autoencoders of factor 8. */
  static final List<Integer> PUBLISHED_WIDTHS = List.of(16, 32, 96, 256);

  /** What is said of kinds that are known but not built here. */
  static final String OTHER = ", which is not supported; use a ControlNet for one kind of pictures";

  private static final Set<String> UNION = Set.of("ControlNetUnionModel", "ControlNetModel_Union");

  /** Red, green and blue. */
  static final int PICTURE_CHANNELS = 3;

  private static final String CHANNELS = "conditioning_channels";
  private static final String WIDTHS = "conditioning_embedding_out_channels";
  private static final String ORDER = "controlnet_conditioning_channel_order";
  private static final String POOLS = "global_pool_conditions";

  ControlNetConfig {
    pictureWidths = List.copyOf(pictureWidths);
    Sizes.require(CLASS, CHANNELS, pictureChannels, Sizes.MOST);
    Sizes.require(CLASS, "the number of " + WIDTHS, pictureWidths.size(), Sizes.MOST_PARTS);
    pictureWidths.forEach(width -> Sizes.require(CLASS, "each of " + WIDTHS, width, Sizes.MOST));
  }

  /**
   * One as published, for a UNet of this configuration: how deep its parts are and what enters it,
   * its tensors tell.
   *
   * @param ours the file, in diffusers' names
   */
  static ControlNetConfig beside(UNetConfig unet, Checkpoint ours) {
    List<UNetConfig.Level> levels = new ArrayList<>();
    for (int i = 0; i < unet.levels().size(); i++) {
      UNetConfig.Level level = unet.levels().get(i);
      String attention = "down_blocks." + i + ".attentions.0.";
      boolean attends = ours.names().stream().anyMatch(name -> name.startsWith(attention));
      int blocks = blocks(ours, attends ? attention : "mid_block.attentions.0.");
      levels.add(new UNetConfig.Level(level.channels(), attends, attends, level.heads(), blocks));
    }
    int text =
        ours.names().stream()
            .filter(name -> name.endsWith("attn2.to_k.weight"))
            .findFirst()
            .map(name -> width(ours, name, 0))
            .orElse(unet.textWidth());
    int added = unet.addedWidth() == 0 ? 0 : width(ours, "add_embedding.linear_1.weight", 0);
    return new ControlNetConfig(
        unet.with(width(ours, "conv_in.weight", unet.latentChannels()), levels, text, added),
        width(ours, "controlnet_cond_embedding.conv_in.weight", PICTURE_CHANNELS),
        PUBLISHED_WIDTHS,
        false);
  }

  private static int blocks(Checkpoint ours, String attention) {
    return Math.toIntExact(
        ours.names().stream()
            .filter(name -> name.startsWith(attention + "transformer_blocks."))
            .filter(name -> name.endsWith(".norm1.weight"))
            .count());
  }

  /** What enters the layer of this weight. */
  private static int width(Checkpoint ours, String weight, int absent) {
    return ours.has(weight) && ours.entry(weight).shape().length > 1
        ? Math.toIntExact(ours.entry(weight).shape()[1])
        : absent;
  }

  /**
   * Reads diffusers' {@code config.json}.
   *
   * @throws ModelException if a field is wrong or unknown, asks for what is not built here, or the
   *     class is another one
   */
  static ControlNetConfig of(ModelConfig config) {
    String type = config.text("_class_name", CLASS);
    if (UNION.contains(type) || config.has("num_control_type")) {
      throw new ModelException(
          config.origin() + " is of a ControlNet for several kinds of pictures (union)" + OTHER);
    }
    if (!type.equals(CLASS)) {
      throw new ModelException(config.origin() + ": wanted a " + CLASS + ", found " + type);
    }
    if (config.flag(POOLS, false)) {
      throw new ModelException(config.origin() + ": " + POOLS + " is true (Shuffle)" + OTHER);
    }
    String order = config.text(ORDER, "rgb");
    if (!order.equals("rgb") && !order.equals("bgr")) {
      throw new ModelException(
          config.origin() + ": " + ORDER + " wants rgb or bgr, found " + order);
    }
    return new ControlNetConfig(
        UNetConfig.of(ofUNet(config)),
        config.positive(CHANNELS, PICTURE_CHANNELS),
        config.has(WIDTHS)
            ? Arrays.stream(config.integers(WIDTHS)).boxed().toList()
            : PUBLISHED_WIDTHS,
        order.equals("bgr"));
  }

  /** The fields that it shares with a UNet's, whose way up is like its way down. */
  private static ModelConfig ofUNet(ModelConfig config) {
    ObjectNode fields = config.fields().deepCopy();
    fields.remove(List.of("_class_name", CHANNELS, WIDTHS, ORDER, POOLS));
    ArrayNode up = fields.putArray("up_block_types");
    List<String> down = new ArrayList<>(config.texts("down_block_types"));
    Collections.reverse(down);
    down.forEach(block -> up.add(block.replace("Down", "Up")));
    return new ModelConfig(config.origin(), fields);
  }

  /** How many pixels a latent stands for along a side. */
  int factor() {
    return 1 << (pictureWidths.size() - 1);
  }

  /** Channels of the states that it adds to, in the order of the way down. */
  List<Integer> skipChannels() {
    return unet.skipChannels();
  }
}
