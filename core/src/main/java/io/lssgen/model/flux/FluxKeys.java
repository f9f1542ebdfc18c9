package io.lssgen.model.flux;

import io.lssgen.weights.KeyMap;

/**
 * From the names that FLUX's authors gave to the transformer's parameters to diffusers'. There
 * query, key and value are one matrix, in single blocks together with the feed-forward part, and
 * the last modulation gives the shift before the scale.
 */
public final class FluxKeys {
  private static final String DOUBLE = "double_blocks.{i}.";
  private static final String OUR_DOUBLE = "transformer_blocks.{i}.";
  private static final String SINGLE = "single_blocks.{i}.";
  private static final String OUR_SINGLE = "single_transformer_blocks.{i}.";

  /** Rows of query, key, value and the feed-forward part, which is four times as wide. */
  private static final int[] SINGLE_SHARES = {1, 1, 1, 4};

  /** The table; diffusers' own names stay as they are. */
  public static final KeyMap TABLE = table();

  private FluxKeys() {}

  private static KeyMap table() {
    KeyMap.Builder table =
        KeyMap.builder()
            .rename("img_in.*", "x_embedder.*")
            .rename("txt_in.*", "context_embedder.*")
            .rename("final_layer.linear.*", "proj_out.*")
            .swapHalves("final_layer.adaLN_modulation.1.*", "norm_out.linear.*");
    embedder(table, "time_in", "timestep_embedder");
    embedder(table, "vector_in", "text_embedder");
    embedder(table, "guidance_in", "guidance_embedder");
    stream(table, "img", "", "to_q", "to_k", "to_v", "to_out.0", "norm_q", "norm_k");
    stream(
        table,
        "txt",
        "_context",
        "add_q_proj",
        "add_k_proj",
        "add_v_proj",
        "to_add_out",
        "norm_added_q",
        "norm_added_k");
    single(table);
    return table.build();
  }

  private static void embedder(KeyMap.Builder table, String theirs, String ours) {
    table
        .rename(theirs + ".in_layer.*", "time_text_embed." + ours + ".linear_1.*")
        .rename(theirs + ".out_layer.*", "time_text_embed." + ours + ".linear_2.*");
  }

  /**
   * One of a double block's two streams.
   *
   * @param suffix of our names of its modulation and feed-forward part
   * @param attention our names of query, key, value, output and the norms of query and key
   */
  private static void stream(
      KeyMap.Builder table, String theirs, String suffix, String... attention) {
    String their = DOUBLE + theirs;
    String ours = OUR_DOUBLE + "attn.";
    table
        .rename(their + "_mod.lin.*", OUR_DOUBLE + "norm1" + suffix + ".linear.*")
        .rename(their + "_mlp.0.*", OUR_DOUBLE + "ff" + suffix + ".net.0.proj.*")
        .rename(their + "_mlp.2.*", OUR_DOUBLE + "ff" + suffix + ".net.2.*")
        .split(
            their + "_attn.qkv.*",
            ours + attention[0] + ".*",
            ours + attention[1] + ".*",
            ours + attention[2] + ".*")
        .rename(their + "_attn.proj.*", ours + attention[3] + ".*")
        .rename(their + "_attn.norm.query_norm.scale", ours + attention[4] + ".weight")
        .rename(their + "_attn.norm.key_norm.scale", ours + attention[5] + ".weight");
  }

  private static void single(KeyMap.Builder table) {
    table
        .rename(SINGLE + "modulation.lin.*", OUR_SINGLE + "norm.linear.*")
        .rename(SINGLE + "linear2.*", OUR_SINGLE + "proj_out.*")
        .rename(SINGLE + "norm.query_norm.scale", OUR_SINGLE + "attn.norm_q.weight")
        .rename(SINGLE + "norm.key_norm.scale", OUR_SINGLE + "attn.norm_k.weight")
        .split(
            SINGLE + "linear1.*",
            SINGLE_SHARES,
            OUR_SINGLE + "attn.to_q.*",
            OUR_SINGLE + "attn.to_k.*",
            OUR_SINGLE + "attn.to_v.*",
            OUR_SINGLE + "proj_mlp.*");
  }
}
