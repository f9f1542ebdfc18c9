package io.lssgen.model.sd3;

import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;

/**
 * From the names that Stable Diffusion 3's authors gave to the transformer's parameters to
 * diffusers'. There query, key and value are one matrix, and modulations of two parts give the
 * shift before the scale.
 */
public final class Sd3Keys {
  private static final String BLOCK = "joint_blocks.{i}.";
  private static final String OUR_BLOCK = "transformer_blocks.{i}.";
  private static final String MODULATION = "context_block.adaLN_modulation.1.*";
  private static final String OUR_MODULATION = "norm1_context.linear.*";

  private Sd3Keys() {}

  /** The table for a transformer of this configuration; diffusers' own names stay as they are. */
  public static KeyMap of(ModelConfig config) {
    int last = Sd3Config.of(config).blocks() - 1;
    KeyMap.Builder table =
        KeyMap.builder()
            .single("pos_embed", "pos_embed.pos_embed")
            .rename("x_embedder.proj.*", "pos_embed.proj.*")
            .rename("final_layer.linear.*", "proj_out.*")
            .swapHalves("final_layer.adaLN_modulation.1.*", "norm_out.linear.*")
            .swapHalves(
                "joint_blocks." + last + "." + MODULATION,
                "transformer_blocks." + last + "." + OUR_MODULATION)
            .rename(BLOCK + MODULATION, OUR_BLOCK + OUR_MODULATION)
            .rename(BLOCK + "x_block.adaLN_modulation.1.*", OUR_BLOCK + "norm1.linear.*");
    embedder(table, "t_embedder", "timestep_embedder");
    embedder(table, "y_embedder", "text_embedder");
    attention(
        table, "x_block.attn.", "attn.", "to_q", "to_k", "to_v", "to_out.0", "norm_q", "norm_k");
    attention(
        table, "x_block.attn2.", "attn2.", "to_q", "to_k", "to_v", "to_out.0", "norm_q", "norm_k");
    attention(
        table,
        "context_block.attn.",
        "attn.",
        "add_q_proj",
        "add_k_proj",
        "add_v_proj",
        "to_add_out",
        "norm_added_q",
        "norm_added_k");
    feedForward(table, "x_block", "ff");
    feedForward(table, "context_block", "ff_context");
    return table.build();
  }

  private static void embedder(KeyMap.Builder table, String theirs, String ours) {
    table
        .rename(theirs + ".mlp.0.*", "time_text_embed." + ours + ".linear_1.*")
        .rename(theirs + ".mlp.2.*", "time_text_embed." + ours + ".linear_2.*");
  }

  /**
   * @param names ours of query, key, value, output and the norms of query and key
   */
  private static void attention(KeyMap.Builder table, String theirs, String ours, String... names) {
    String their = BLOCK + theirs;
    String our = OUR_BLOCK + ours;
    table
        .split(their + "qkv.*", our + names[0] + ".*", our + names[1] + ".*", our + names[2] + ".*")
        .rename(their + "proj.*", our + names[3] + ".*")
        .rename(their + "ln_q.*", our + names[4] + ".*")
        .rename(their + "ln_k.*", our + names[5] + ".*");
  }

  private static void feedForward(KeyMap.Builder table, String theirs, String ours) {
    table
        .rename(BLOCK + theirs + ".mlp.fc1.*", OUR_BLOCK + ours + ".net.0.proj.*")
        .rename(BLOCK + theirs + ".mlp.fc2.*", OUR_BLOCK + ours + ".net.2.*");
  }
}
