package io.lssgen.model.vae;

import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;

/**
 * From the names that the authors of Stable Diffusion and FLUX gave to the autoencoder's parameters
 * to diffusers', and from diffusers' old names of the attention, which SD1.5's own folder has, to
 * its new ones. In the original the attention's layers are 1×1 convolutions, and the decoder's
 * levels are counted from the picture.
 */
public final class AutoencoderKlKeys {
  private AutoencoderKlKeys() {}

  /** The table for a network of this configuration; diffusers' own names stay as they are. */
  public static KeyMap of(ModelConfig config) {
    int levels = config.integers("block_out_channels").length;
    KeyMap.Builder table = KeyMap.builder().drop("loss.*").drop("model_ema.*");
    for (String side : new String[] {"encoder.", "decoder."}) {
      table
          .rename(side + "norm_out.*", side + "conv_norm_out.*")
          .rename(side + "mid.block_1.*", side + "mid_block.resnets.0.*")
          .rename(side + "mid.block_2.*", side + "mid_block.resnets.1.*");
      String attention = side + "mid_block.attentions.0.";
      attention(table, side + "mid.attn_1.", attention, "q", "k", "v", "proj_out");
      table.rename(side + "mid.attn_1.norm.*", attention + "group_norm.*");
      attention(table, attention, attention, "query", "key", "value", "proj_attn");
    }
    for (int level = 0; level < levels; level++) {
      String down = "encoder.down." + level;
      level(table, down, "encoder.down_blocks." + level);
      table.rename(
          down + ".downsample.conv.*", "encoder.down_blocks." + level + ".downsamplers.0.conv.*");
      String up = "decoder.up." + level;
      String ours = "decoder.up_blocks." + (levels - 1 - level);
      level(table, up, ours);
      table.rename(up + ".upsample.conv.*", ours + ".upsamplers.0.conv.*");
    }
    return table.build();
  }

  private static void level(KeyMap.Builder table, String theirs, String ours) {
    table
        .rename(theirs + ".block.{i}.nin_shortcut.*", ours + ".resnets.{i}.conv_shortcut.*")
        .rename(theirs + ".block.{i}.*", ours + ".resnets.{i}.*");
  }

  private static void attention(
      KeyMap.Builder table,
      String theirs,
      String ours,
      String query,
      String key,
      String value,
      String out) {
    table
        .matrix(theirs + query + ".*", ours + "to_q.*")
        .matrix(theirs + key + ".*", ours + "to_k.*")
        .matrix(theirs + value + ".*", ours + "to_v.*")
        .matrix(theirs + out + ".*", ours + "to_out.0.*");
  }
}
