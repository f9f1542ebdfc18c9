package io.lssgen.model.vae;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;

/**
 * The configuration of diffusers' {@code AutoencoderTiny}.
 *
 * @param imageChannels channels of the image, 3 for RGB
 * @param latentChannels channels of a latent
 * @param encoderWidth channels inside the encoder, equal at all levels
 * @param decoderWidth channels inside the decoder, equal at all levels
 * @param encoderBlocks residual blocks of each encoder level, from the image to the latent
 * @param decoderBlocks residual blocks of each decoder level, from the latent to the image
 * @param scalingFactor what a shifted latent is multiplied by for the denoiser
 * @param shiftFactor what is subtracted from a latent for the denoiser
 */
public record AutoencoderTinyConfig(
    int imageChannels,
    int latentChannels,
    int encoderWidth,
    int decoderWidth,
    List<Integer> encoderBlocks,
    List<Integer> decoderBlocks,
    double scalingFactor,
    double shiftFactor) {
  private static final List<Integer> ENCODER_BLOCKS = List.of(1, 3, 3, 3);
  private static final List<Integer> DECODER_BLOCKS = List.of(3, 3, 3, 1);

  private static final int MOST_LEVELS = AutoencoderKlConfig.MOST_LEVELS;

  /** The class in diffusers. */
  public static final String CLASS = "AutoencoderTiny";

  public AutoencoderTinyConfig {
    encoderBlocks = List.copyOf(encoderBlocks);
    decoderBlocks = List.copyOf(decoderBlocks);
    if (encoderBlocks.isEmpty() || encoderBlocks.size() != decoderBlocks.size()) {
      throw new ModelException(
          "AutoencoderTiny: num_encoder_blocks and num_decoder_blocks must have as many levels,"
              + " found %s and %s".formatted(encoderBlocks, decoderBlocks));
    }
    Sizes.require(CLASS, "the number of levels", encoderBlocks.size(), MOST_LEVELS);
    Sizes.require(CLASS, "in_channels", imageChannels, Sizes.MOST);
    Sizes.require(CLASS, "latent_channels", latentChannels, Sizes.MOST);
    Sizes.require(CLASS, "encoder_block_out_channels", encoderWidth, Sizes.MOST);
    Sizes.require(CLASS, "decoder_block_out_channels", decoderWidth, Sizes.MOST);
    for (int blocks : encoderBlocks) {
      Sizes.require(CLASS, "each of num_encoder_blocks", blocks, 0, Sizes.MOST_PARTS);
    }
    for (int blocks : decoderBlocks) {
      Sizes.require(CLASS, "each of num_decoder_blocks", blocks, 0, Sizes.MOST_PARTS);
    }
    if (!(scalingFactor > 0)) {
      throw new ModelException(
          "AutoencoderTiny: scaling_factor must be above 0, found " + scalingFactor);
    }
  }

  /**
   * Reads diffusers' {@code vae/config.json}.
   *
   * @throws ModelException if a field is missing, invalid or not supported
   */
  public static AutoencoderTinyConfig of(ModelConfig config) {
    require(config, "act_fn", "relu");
    require(config, "upsample_fn", "nearest");
    if (config.integer("upsampling_scaling_factor", 2) != 2) {
      throw new ModelException(config.origin() + ": upsampling_scaling_factor wants 2");
    }
    List<Integer> encoderBlocks = list(config, "num_encoder_blocks", ENCODER_BLOCKS);
    List<Integer> decoderBlocks = list(config, "num_decoder_blocks", DECODER_BLOCKS);
    return new AutoencoderTinyConfig(
        config.integer("in_channels", 3),
        config.integer("latent_channels", 4),
        width(config, "encoder_block_out_channels", encoderBlocks.size()),
        width(config, "decoder_block_out_channels", decoderBlocks.size()),
        encoderBlocks,
        decoderBlocks,
        config.number("scaling_factor", 1),
        config.number("shift_factor", 0));
  }

  /**
   * Reads the configuration off a tiny autoencoder's own two files, which carry none: the
   * architecture is the published one, and the first convolutions' shapes say how wide it is and
   * how many channels its latents have.
   *
   * @param halves see {@link Checkpoint#hasHalves}
   * @throws ModelException if the files are no such autoencoder's
   */
  public static AutoencoderTinyConfig ofHalves(Checkpoint halves) {
    long[] image = kernel(halves, "encoder.0.weight"); // [width, 3, 3, 3]
    long[] latent = kernel(halves, "decoder.1.weight"); // [width, C, 3, 3]
    if (image[0] != latent[0]) {
      throw new ModelException(
          "%s holds no pair: the layers of its encoder and decoder have %d and %d channels"
              .formatted(halves.origin(), image[0], latent[0]));
    }
    return original(Math.toIntExact(image[0]), Math.toIntExact(latent[1]));
  }

  private static long[] kernel(Checkpoint halves, String name) {
    long[] shape = halves.has(name) ? halves.entry(name).shape() : new long[0];
    if (shape.length != 4) {
      throw new ModelException(
          "%s is no tiny autoencoder's: it wants a kernel '%s', found shape %s"
              .formatted(halves.origin(), name, Arrays.toString(shape)));
    }
    return shape;
  }

  /**
   * The architecture that the tiny autoencoders' own files have; their latents are already in the
   * denoiser's space.
   */
  static AutoencoderTinyConfig original(int width, int latentChannels) {
    return new AutoencoderTinyConfig(
        3, latentChannels, width, width, ENCODER_BLOCKS, DECODER_BLOCKS, 1, 0);
  }

  private static void require(ModelConfig config, String name, String wanted) {
    String found = config.text(name, wanted);
    if (!found.equals(wanted)) {
      throw new ModelException(
          "%s: %s wants %s, found %s".formatted(config.origin(), name, wanted, found));
    }
  }

  private static List<Integer> list(ModelConfig config, String name, List<Integer> absent) {
    return config.has(name) ? Arrays.stream(config.integers(name)).boxed().toList() : absent;
  }

  /** The layers in between keep the number of channels, so all levels must have the same. */
  private static int width(ModelConfig config, String name, int levels) {
    List<Integer> widths = list(config, name, Collections.nCopies(levels, 64));
    if (widths.size() != levels || new HashSet<>(widths).size() != 1) {
      throw new ModelException(
          "%s: %s wants %d equal numbers, found %s"
              .formatted(config.origin(), name, levels, widths));
    }
    return widths.get(0);
  }

  /** Pixels per latent along a side. */
  public int factor() {
    return 1 << (encoderBlocks.size() - 1);
  }

  /** From and to the denoiser's space. */
  public LatentScale latentScale() {
    return new LatentScale(scalingFactor, shiftFactor);
  }
}
