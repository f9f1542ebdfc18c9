package io.lssgen.model.flux;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.model.mmdit.Heads;
import io.lssgen.weights.ModelConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The configuration of diffusers' {@code FluxTransformer2DModel}.
 *
 * @param inChannels channels of a token: those of a latent, and of what the model is shown beside
 *     it, times {@link #PATCH}²
 * @param outChannels channels of a predicted token: those of a latent times {@link #PATCH}²
 * @param doubleBlocks blocks that keep text and image apart
 * @param singleBlocks blocks over text and image as one sequence
 * @param heads attention heads
 * @param headWidth width of a head; {@code heads · headWidth} is the model's width
 * @param textWidth width of a text state
 * @param pooledWidth width of the pooled text vector
 * @param guidance whether the guidance scale is an input, as in FLUX.1-dev
 * @param rotaryAxes how many of a head's channels turn with (0, row, column)
 */
public record FluxConfig(
    int inChannels,
    int outChannels,
    int doubleBlocks,
    int singleBlocks,
    int heads,
    int headWidth,
    int textWidth,
    int pooledWidth,
    boolean guidance,
    List<Integer> rotaryAxes) {

  /** All fields that diffusers' {@code FluxTransformer2DModel} can have. */
  public static final Set<String> FIELDS =
      Set.of(
          "_class_name",
          "patch_size",
          "in_channels",
          "out_channels",
          "num_layers",
          "num_single_layers",
          "num_attention_heads",
          "attention_head_dim",
          "joint_attention_dim",
          "pooled_projection_dim",
          "guidance_embeds",
          "axes_dims_rope");

  /** Latents along a token's side. */
  public static final int PATCH = 2;

  private static final String CLASS = "FluxTransformer2DModel";

  public FluxConfig {
    rotaryAxes = List.copyOf(rotaryAxes);
    Sizes.require(CLASS, "in_channels", inChannels, Sizes.MOST);
    Sizes.require(CLASS, "num_attention_heads", heads, Sizes.MOST_PARTS);
    Sizes.require(CLASS, "attention_head_dim", headWidth, Sizes.MOST_PARTS);
    Sizes.require(CLASS, "joint_attention_dim", textWidth, Sizes.MOST);
    Sizes.require(CLASS, "pooled_projection_dim", pooledWidth, Sizes.MOST);
    Sizes.require(CLASS, "num_layers", doubleBlocks, 0, Sizes.MOST_PARTS);
    Sizes.require(CLASS, "num_single_layers", singleBlocks, 0, Sizes.MOST_PARTS);
    if (doubleBlocks + singleBlocks == 0) {
      throw new ModelException(
          CLASS + ": wanted at least one block, found none in num_layers and num_single_layers");
    }
    Sizes.require(CLASS, "out_channels", outChannels, Sizes.MOST);
    if (inChannels % (PATCH * PATCH) != 0 || outChannels % (PATCH * PATCH) != 0) {
      throw new ModelException(
          CLASS
              + ": in_channels and out_channels must be multiples of 4 (2×2 latents a token), found"
              + " %d and %d".formatted(inChannels, outChannels));
    }
    if (inChannels != outChannels
        && !follows(inChannels, outChannels)
        && maskSide(inChannels, outChannels) == 0) {
      throw new ModelException(
          CLASS
              + ": wanted in_channels equal to out_channels, twice as many (FLUX.1 Depth and Canny), or"
              + " twice as many and a square (FLUX.1 Fill), found %d and %d"
                  .formatted(inChannels, outChannels));
    }
    requireAxes(rotaryAxes, headWidth);
  }

  private static boolean follows(int in, int out) {
    return in == 2 * out;
  }

  /** The side of a square of mask pixels that is shown for each latent; 0 if there is none. */
  private static int maskSide(int in, int out) {
    int pixels = in / (PATCH * PATCH) - 2 * (out / (PATCH * PATCH));
    int side = (int) Math.round(Math.sqrt(Math.max(0, pixels)));
    return side * side == pixels ? side : 0;
  }

  private static void requireAxes(List<Integer> axes, int headWidth) {
    long sum = axes.stream().mapToLong(Integer::longValue).sum(); // of ints, this could wrap
    if (axes.size() != 3 || axes.stream().anyMatch(a -> a < 0 || a % 2 != 0) || sum != headWidth) {
      throw new ModelException(
          CLASS
              + ": axes_dims_rope wants three even numbers that add up to attention_head_dim = "
              + headWidth
              + ", found "
              + axes);
    }
  }

  /**
   * Reads diffusers' {@code transformer/config.json}.
   *
   * @throws ModelException if a field is wrong or the class is another one
   */
  public static FluxConfig of(ModelConfig config) {
    String type = config.text("_class_name", CLASS);
    if (!type.equals(CLASS)) {
      throw new ModelException(config.origin() + ": wanted a " + CLASS + ", found " + type);
    }
    int patch = config.integer("patch_size", 1);
    if (patch != 1) {
      throw new ModelException(config.origin() + ": patch_size wants 1, found " + patch);
    }
    int in = config.integer("in_channels", 64);
    return new FluxConfig(
        in,
        config.integer("out_channels", in),
        config.integer("num_layers", 19),
        config.integer("num_single_layers", 38),
        config.integer("num_attention_heads", 24),
        config.integer("attention_head_dim", 128),
        config.integer("joint_attention_dim", 4096),
        config.integer("pooled_projection_dim", 768),
        config.flag("guidance_embeds", false),
        config.has("axes_dims_rope")
            ? Arrays.stream(config.integers("axes_dims_rope")).boxed().toList()
            : List.of(16, 56, 56));
  }

  /** The width of the token streams. */
  public int width() {
    return heads * headWidth;
  }

  /** The heads of every block's attention. */
  Heads blockHeads() {
    return new Heads(heads, headWidth, true);
  }

  /** Channels of a latent. */
  public int latentChannels() {
    return outChannels / (PATCH * PATCH);
  }

  /** Channels of a latent with what is shown beside it. */
  int shownChannels() {
    return inChannels / (PATCH * PATCH);
  }

  /** Whether it is shown the latents of a picture to follow, as FLUX.1 Depth and Canny are. */
  public boolean followsPicture() {
    return follows(inChannels, outChannels);
  }

  /**
   * Pixels along a latent's side of the mask that FLUX.1 Fill is shown, with the latents of a
   * picture; 0 in text-to-image.
   */
  public int maskSide() {
    return maskSide(inChannels, outChannels);
  }
}
