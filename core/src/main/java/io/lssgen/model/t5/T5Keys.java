package io.lssgen.model.t5;

import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;

/** From the names in which T5 encoders are published to those of transformers. */
public final class T5Keys {
  private static final String BLOCK = "enc.blk.{i}.";
  private static final String LAYERS = "encoder.block.{i}.layer.";
  private static final String ATTENTION = LAYERS + "0.SelfAttention.";
  private static final String FEED_FORWARD = LAYERS + "1.DenseReluDense.";

  /** From llama.cpp's names, in GGUF files; transformers' own stay as they are. */
  public static final KeyMap TABLE =
      KeyMap.builder()
          .rename("token_embd.weight", "shared.weight")
          .rename(BLOCK + "attn_norm.weight", LAYERS + "0.layer_norm.weight")
          .rename(BLOCK + "attn_q.weight", ATTENTION + "q.weight")
          .rename(BLOCK + "attn_k.weight", ATTENTION + "k.weight")
          .rename(BLOCK + "attn_v.weight", ATTENTION + "v.weight")
          .rename(BLOCK + "attn_o.weight", ATTENTION + "o.weight")
          .rename(BLOCK + "attn_rel_b.weight", ATTENTION + "relative_attention_bias.weight")
          .rename(BLOCK + "ffn_norm.weight", LAYERS + "1.layer_norm.weight")
          .rename(BLOCK + "ffn_gate.weight", FEED_FORWARD + "wi_0.weight")
          .rename(BLOCK + "ffn_up.weight", FEED_FORWARD + "wi_1.weight")
          .rename(BLOCK + "ffn_down.weight", FEED_FORWARD + "wo.weight")
          .rename("enc.output_norm.weight", "encoder.final_layer_norm.weight")
          .build();

  /** Some files hold the table of embeddings twice. */
  private static final KeyMap ONE_TABLE =
      KeyMap.builder().drop("encoder.embed_tokens.weight").build();

  private T5Keys() {}

  /** Leaves the second out where there are two. */
  public static KeyMap once(Checkpoint weights) {
    return weights.has("shared.weight") ? ONE_TABLE : KeyMap.identity();
  }
}
