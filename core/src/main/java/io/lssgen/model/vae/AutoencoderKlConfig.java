package io.lssgen.model.vae;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.weights.ModelConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The configuration of diffusers' {@code AutoencoderKL}.
 *
 * @param imageChannels channels of the image, 3 for RGB
 * @param latentChannels channels of a latent
 * @param blockChannels channels of each level, from the image to the latent; the factor between
 *     image and latent is 2 to the power of their number less one
 * @param layersPerBlock residual blocks of an encoder level; a decoder level has one more
 * @param groups groups of each normalisation
 * @param middleAttention whether the middle blocks hold an attention
 * @param quantConvolution whether a 1×1 convolution follows the encoder
 * @param postQuantConvolution whether a 1×1 convolution precedes the decoder
 * @param latentScale between the autoencoder's own latents and the denoiser's
 * @param sampleSize side of the pictures that the model was trained on, and of tiles
 * @param forceUpcast whether the network is known to overflow in fp16
 */
public record AutoencoderKlConfig(
    int imageChannels,
    int latentChannels,
    List<Integer> blockChannels,
    int layersPerBlock,
    int groups,
    boolean middleAttention,
    boolean quantConvolution,
    boolean postQuantConvolution,
    LatentScale latentScale,
    int sampleSize,
    boolean forceUpcast) {

  /** All fields that diffusers' {@code AutoencoderKL} can have. */
  public static final Set<String> FIELDS =
      Set.of(
          "_class_name",
          "in_channels",
          "out_channels",
          "latent_channels",
          "block_out_channels",
          "down_block_types",
          "up_block_types",
          "layers_per_block",
          "act_fn",
          "norm_num_groups",
          "mid_block_add_attention",
          "use_quant_conv",
          "use_post_quant_conv",
          "scaling_factor",
          "shift_factor",
          "latents_mean",
          "latents_std",
          "sample_size",
          "force_upcast");

  /** Of all normalisations. */
  static final double EPS = 1e-6;

  /** Latents along a tile's side from which on a quarter is an overlap. */
  private static final int LEAST_TILE = 4;

  /** Each halves the picture's sides. */
  static final int MOST_LEVELS = 16;

  private static final String CLASS = "AutoencoderKL";

  public AutoencoderKlConfig {
    blockChannels = List.copyOf(blockChannels);
    Sizes.require(CLASS, "the number of block_out_channels", blockChannels.size(), MOST_LEVELS);
    Sizes.require(CLASS, "norm_num_groups", groups, Sizes.MOST);
    for (int channels : blockChannels) {
      Sizes.require(CLASS, "each of block_out_channels", channels, Sizes.MOST);
      if (channels % groups != 0) {
        throw new ModelException(
            "AutoencoderKL: block_out_channels holds "
                + channels
                + ", which does not divide into norm_num_groups = "
                + groups);
      }
    }
    Sizes.require(CLASS, "in_channels", imageChannels, Sizes.MOST);
    Sizes.require(CLASS, "latent_channels", latentChannels, Sizes.MOST);
    Sizes.require(CLASS, "layers_per_block", layersPerBlock, Sizes.MOST_PARTS);
    Sizes.require(CLASS, "sample_size", sampleSize, Sizes.MOST);
    int described = latentScale.means().size();
    if (described != 0 && described != latentChannels) {
      throw new ModelException(
          "AutoencoderKL: latents_mean and latents_std want a number for each of latent_channels = "
              + latentChannels
              + ", found "
              + described);
    }
  }

  /** Reads diffusers' {@code vae/config.json}. */
  public static AutoencoderKlConfig of(ModelConfig config) {
    requireBlocks(config, "down_block_types", "DownEncoderBlock2D");
    requireBlocks(config, "up_block_types", "UpDecoderBlock2D");
    String activation = config.text("act_fn", "silu");
    if (!activation.equals("silu")) {
      throw new ModelException(config.origin() + ": act_fn wants silu, found " + activation);
    }
    return new AutoencoderKlConfig(
        config.integer("in_channels", 3),
        config.integer("latent_channels"),
        Arrays.stream(config.integers("block_out_channels")).boxed().toList(),
        config.integer("layers_per_block", 1),
        config.integer("norm_num_groups", 32),
        config.flag("mid_block_add_attention", true),
        config.flag("use_quant_conv", true),
        config.flag("use_post_quant_conv", true),
        latentScale(config),
        config.integer("sample_size", 32),
        config.flag("force_upcast", true));
  }

  private static LatentScale latentScale(ModelConfig config) {
    double scaling = config.number("scaling_factor", 0.18215);
    double shift = config.number("shift_factor", 0);
    if (config.has("latents_mean") != config.has("latents_std")) {
      throw new ModelException(
          config.origin() + ": latents_mean and latents_std want each other, found only one");
    }
    return config.has("latents_mean")
        ? new LatentScale(
            scaling, shift, config.numbers("latents_mean"), config.numbers("latents_std"))
        : new LatentScale(scaling, shift);
  }

  private static void requireBlocks(ModelConfig config, String name, String wanted) {
    if (config.has(name)) {
      config
          .fields()
          .get(name)
          .forEach(
              type -> {
                if (!type.asText().equals(wanted)) {
                  throw new ModelException(
                      config.origin() + ": " + name + " wants " + wanted + ", found " + type);
                }
              });
    }
  }

  /**
   * Side of a tile in pixels, where pictures pass in tiles.
   *
   * @throws ModelException if the file names a side that holds too few latents to overlap
   */
  int tileSide() {
    if (sampleSize / factor() < LEAST_TILE) {
      throw new ModelException(
          "AutoencoderKL: tiles want a sample_size of at least %d (%d latents), found %d; decode without tiles"
              .formatted(LEAST_TILE * factor(), LEAST_TILE, sampleSize));
    }
    return sampleSize;
  }

  /** Pixels per latent along a side. */
  public int factor() {
    return 1 << (blockChannels.size() - 1);
  }
}
