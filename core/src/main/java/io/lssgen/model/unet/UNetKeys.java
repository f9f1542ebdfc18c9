package io.lssgen.model.unet;

import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * From the names that Stable Diffusion's authors gave to the UNet's parameters to diffusers'. There
 * blocks are counted through all levels: {@code input_blocks.0} is the first convolution, then each
 * level has its layers and, but for the deepest, a block that halves; {@code output_blocks} has one
 * layer more at each level, the last of which doubles.
 */
public final class UNetKeys {
  /** Within a residual block. */
  private static final Map<String, String> RESIDUAL = residual();

  private static final KeyMap ENDS =
      KeyMap.builder()
          .rename("time_embed.0.*", "time_embedding.linear_1.*")
          .rename("time_embed.2.*", "time_embedding.linear_2.*")
          .rename("time_embed.cond_proj.*", "time_embedding.cond_proj.*")
          .rename("label_emb.0.0.*", "add_embedding.linear_1.*")
          .rename("label_emb.0.2.*", "add_embedding.linear_2.*")
          .rename("input_blocks.0.0.*", "conv_in.*")
          .rename("out.0.*", "conv_norm_out.*")
          .rename("out.2.*", "conv_out.*")
          .build();

  private UNetKeys() {}

  private static Map<String, String> residual() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put("in_layers.0", "norm1");
    names.put("in_layers.2", "conv1");
    names.put("emb_layers.1", "time_emb_proj");
    names.put("out_layers.0", "norm2");
    names.put("out_layers.3", "conv2");
    names.put("skip_connection", "conv_shortcut");
    return names;
  }

  /** The table for a network of this configuration; diffusers' own names stay as they are. */
  public static KeyMap of(ModelConfig config) {
    int levels = config.integers("block_out_channels").length;
    int layers = config.positive("layers_per_block", 2);
    boolean linear = config.flag("use_linear_projection", false);
    KeyMap.Builder table = KeyMap.builder();
    wayDown(table, levels, layers, linear);
    up(table, levels, layers, linear);
    return table.build();
  }

  /**
   * That for a ControlNet beside such a network, but for what its names begin with.
   *
   * @param pictureWidths as in {@link ControlNetConfig}
   */
  static KeyMap of(UNetConfig unet, List<Integer> pictureWidths) {
    KeyMap.Builder table = KeyMap.builder();
    String theirs = "input_hint_block.";
    String ours = "controlnet_cond_embedding.";
    int blocks = 2 * (pictureWidths.size() - 1);
    table.rename(theirs + "0.*", ours + "conv_in.*");
    for (int i = 0; i < blocks; i++) {
      table.rename(theirs + 2 * (i + 1) + ".*", ours + "blocks." + i + ".*");
    }
    table.rename(theirs + 2 * (blocks + 1) + ".*", ours + "conv_out.*");
    table.rename("zero_convs.{i}.0.*", "controlnet_down_blocks.{i}.*");
    table.rename("middle_block_out.0.*", "controlnet_mid_block.*");
    wayDown(table, unet.levels().size(), unet.layersPerBlock(), unet.linearProjection());
    return table.build();
  }

  private static void wayDown(KeyMap.Builder table, int levels, int layers, boolean linear) {
    table.addAll(ENDS);
    down(table, levels, layers, linear);
    middle(table, linear);
  }

  private static void down(KeyMap.Builder table, int levels, int layers, boolean linear) {
    int block = 1;
    for (int level = 0; level < levels; level++) {
      String ours = "down_blocks." + level;
      for (int layer = 0; layer < layers; layer++, block++) {
        residual(table, "input_blocks." + block + ".0", ours + ".resnets." + layer);
        attention(table, "input_blocks." + block + ".1", ours + ".attentions." + layer, linear);
      }
      if (level < levels - 1) {
        table.rename("input_blocks." + block++ + ".0.op.*", ours + ".downsamplers.0.conv.*");
      }
    }
  }

  /** Converters may write linear projections as 1×1 convolutions. */
  private static void attention(KeyMap.Builder table, String theirs, String ours, boolean linear) {
    if (linear) {
      table
          .matrix(theirs + ".proj_in.weight", ours + ".proj_in.weight")
          .matrix(theirs + ".proj_out.weight", ours + ".proj_out.weight");
    }
    table.rename(theirs + ".*", ours + ".*");
  }

  private static void middle(KeyMap.Builder table, boolean linear) {
    residual(table, "middle_block.0", "mid_block.resnets.0");
    attention(table, "middle_block.1", "mid_block.attentions.0", linear);
    residual(table, "middle_block.2", "mid_block.resnets.1");
  }

  private static void up(KeyMap.Builder table, int levels, int layers, boolean linear) {
    int block = 0;
    for (int level = 0; level < levels; level++) {
      String ours = "up_blocks." + level;
      for (int layer = 0; layer <= layers; layer++, block++) {
        String theirs = "output_blocks." + block;
        residual(table, theirs + ".0", ours + ".resnets." + layer);
        if (layer == layers && level < levels - 1) {
          // Where there is no attention, the convolution that doubles moves up.
          table.rename(theirs + ".1.conv.*", ours + ".upsamplers.0.conv.*");
          table.rename(theirs + ".2.conv.*", ours + ".upsamplers.0.conv.*");
        }
        attention(table, theirs + ".1", ours + ".attentions." + layer, linear);
      }
    }
  }

  private static void residual(KeyMap.Builder table, String theirs, String ours) {
    RESIDUAL.forEach(
        (foreign, own) -> table.rename(theirs + "." + foreign + ".*", ours + "." + own + ".*"));
  }
}
