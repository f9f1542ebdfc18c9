package io.lssgen.model.unet;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

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
  private static final List<Integer> PUBLISHED_WIDTHS = List.of(16, 32, 96, 256);

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

  /** One as published, for a UNet of this configuration: files say nothing of themselves. */
  static ControlNetConfig beside(UNetConfig unet) {
    return new ControlNetConfig(unet.ofLatents(), 3, PUBLISHED_WIDTHS, false);
  }

  /**
   * Reads diffusers' {@code config.json}.
   *
   * @throws ModelException if a field is wrong or unknown, asks for what is not built here, or the
   *     class is another one
   */
  static ControlNetConfig of(ModelConfig config) {
    String type = config.text("_class_name", CLASS);
    if (!type.equals(CLASS)) {
      throw new ModelException(config.origin() + ": wanted a " + CLASS + ", found " + type);
    }
    if (config.flag(POOLS, false)) {
      throw new ModelException(
          config.origin() + ": " + POOLS + " is true (Shuffle), which is not supported");
    }
    String order = config.text(ORDER, "rgb");
    if (!order.equals("rgb") && !order.equals("bgr")) {
      throw new ModelException(
          config.origin() + ": " + ORDER + " wants rgb or bgr, found " + order);
    }
    return new ControlNetConfig(
        UNetConfig.of(ofUNet(config)),
        config.positive(CHANNELS, 3),
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
