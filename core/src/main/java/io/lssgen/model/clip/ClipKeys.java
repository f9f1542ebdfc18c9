package io.lssgen.model.clip;

import io.lssgen.weights.KeyMap;

/**
 * From the names that OpenCLIP gives to its text encoder's parameters to transformers': there
 * query, key and value are one matrix, and the projection is applied from the other side. What old
 * files hold beside a text encoder's weights is dropped.
 */
public final class ClipKeys {
  private static final String BLOCK = "transformer.resblocks.{i}.";
  private static final String LAYER = "text_model.encoder.layers.{i}.";

  /** Without a projection. */
  public static final KeyMap PLAIN =
      encoder()
          .drop("text_projection")
          .drop("text_projection.weight")
          .drop("text_model.text_projection")
          .drop("text_model.text_projection.weight")
          .build();

  /** With a projection. */
  public static final KeyMap PROJECTED =
      encoder()
          .transpose("text_projection", "text_projection.weight")
          .transpose("text_model.text_projection", "text_projection.weight")
          .rename("text_model.text_projection.weight", "text_projection.weight")
          .build();

  private ClipKeys() {}

  private static KeyMap.Builder encoder() {
    return KeyMap.builder()
        .drop("text_model.embeddings.position_ids")
        .drop("embeddings.position_ids")
        .drop("logit_scale")
        .drop("attn_mask")
        .rename("token_embedding.*", "text_model.embeddings.token_embedding.*")
        .rename("positional_embedding", "text_model.embeddings.position_embedding.weight")
        .rename("ln_final.*", "text_model.final_layer_norm.*")
        .rename(BLOCK + "ln_1.*", LAYER + "layer_norm1.*")
        .rename(BLOCK + "ln_2.*", LAYER + "layer_norm2.*")
        .rename(BLOCK + "mlp.c_fc.*", LAYER + "mlp.fc1.*")
        .rename(BLOCK + "mlp.c_proj.*", LAYER + "mlp.fc2.*")
        .rename(BLOCK + "attn.out_proj.*", LAYER + "self_attn.out_proj.*")
        .split(BLOCK + "attn.in_proj_weight", queryKeyValue("weight"))
        .split(BLOCK + "attn.in_proj_bias", queryKeyValue("bias"));
  }

  private static String[] queryKeyValue(String parameter) {
    return new String[] {
      LAYER + "self_attn.q_proj." + parameter,
      LAYER + "self_attn.k_proj." + parameter,
      LAYER + "self_attn.v_proj." + parameter
    };
  }
}
