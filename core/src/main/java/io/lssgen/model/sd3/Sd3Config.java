package io.lssgen.model.sd3;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.model.mmdit.Heads;
import io.lssgen.weights.ModelConfig;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The configuration of diffusers' {@code SD3Transformer2DModel}.
 *
 * @param channels of a latent, read and predicted
 * @param blocks how many there are; the last only reads the text
 * @param heads of every block's attention; all together are the model's width
 * @param textWidth width of a text state
 * @param pooledWidth width of the pooled text vectors of both CLIP encoders together
 * @param positions tokens along a side of the table of positions, which is the largest picture
 * @param sampleSide latents along the side of the pictures that it was trained with
 * @param dualBlocks whose image also attends to itself alone
 */
public record Sd3Config(
    int channels,
    int blocks,
    Heads heads,
    int textWidth,
    int pooledWidth,
    int positions,
    int sampleSide,
    Set<Integer> dualBlocks) {

  /** Latents along a token's side. */
  public static final int PATCH = 2;

  static final String CLASS = "SD3Transformer2DModel";
  private static final String RMS = "rms_norm";

  public Sd3Config {
    dualBlocks = Set.copyOf(dualBlocks);
    Sizes.require(CLASS, "in_channels", channels, Sizes.MOST);
    Sizes.require(CLASS, "num_layers", blocks, Sizes.MOST_PARTS);
    Sizes.require(CLASS, "num_attention_heads", heads.count(), Sizes.MOST_PARTS);
    Sizes.require(CLASS, "attention_head_dim", heads.each(), Sizes.MOST_PARTS);
    Sizes.require(CLASS, "joint_attention_dim", textWidth, Sizes.MOST);
    Sizes.require(CLASS, "pooled_projection_dim", pooledWidth, Sizes.MOST);
    Sizes.require(CLASS, "pos_embed_max_size", positions, Sizes.MOST_PARTS);
    Sizes.require(CLASS, "sample_size", sampleSide, Sizes.MOST_PARTS);
    for (int block : dualBlocks) {
      Sizes.require(CLASS, "dual_attention_layers", block, 0, blocks - 1);
    }
  }

  /**
   * Reads diffusers' {@code transformer/config.json}.
   *
   * @throws ModelException if a field is wrong or the class is another one
   */
  public static Sd3Config of(ModelConfig config) {
    String type = config.text("_class_name", CLASS);
    if (!type.equals(CLASS)) {
      throw new ModelException(config.origin() + ": wanted a " + CLASS + ", found " + type);
    }
    Heads heads =
        new Heads(
            config.integer("num_attention_heads", 18),
            config.integer("attention_head_dim", 64),
            isNormalised(config));
    int channels = config.integer("in_channels", 16);
    requireSame(config, "patch_size", PATCH, PATCH);
    requireSame(config, "out_channels", channels, channels);
    requireSame(config, "caption_projection_dim", 1152, heads.width());
    return new Sd3Config(
        channels,
        config.integer("num_layers", 18),
        heads,
        config.integer("joint_attention_dim", 4096),
        config.integer("pooled_projection_dim", 2048),
        config.integer("pos_embed_max_size", 96),
        config.integer("sample_size", 128),
        dualBlocks(config));
  }

  private static boolean isNormalised(ModelConfig config) {
    String norm = config.text("qk_norm", "");
    if (!norm.isEmpty() && !norm.equals(RMS)) {
      throw new ModelException(
          "%s: qk_norm wants null or %s, found %s".formatted(config.origin(), RMS, norm));
    }
    return norm.equals(RMS);
  }

  private static void requireSame(ModelConfig config, String field, int absent, int wanted) {
    int found = config.integer(field, absent);
    if (found != wanted) {
      throw new ModelException(
          "%s: %s must be %d, found %d".formatted(config.origin(), field, wanted, found));
    }
  }

  private static Set<Integer> dualBlocks(ModelConfig config) {
    return config.has("dual_attention_layers")
        ? Arrays.stream(config.integers("dual_attention_layers"))
            .boxed()
            .collect(Collectors.toSet())
        : Set.of();
  }

  /** The width of the token streams. */
  public int width() {
    return heads.width();
  }
}
