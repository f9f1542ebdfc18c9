package io.lssgen.scaling;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;
import java.util.Map;
import java.util.Optional;

/**
 * The shape of an {@link Upsampler}, as its {@code config.json} has it.
 *
 * <p>Two fields extend the published layout; a file without them is as published. {@code
 * "residual": "bicubic"}: the network's output is added to the interpolated input. {@code
 * "latent_space"}: the {@link LatentSpace} that the network was trained in, so that models with
 * other latents refuse it.
 */
public sealed interface UpsamplerConfig permits LatentUpsamplerConfig, ShuffleUpsamplerConfig {
  /** The field of {@link #space()}. */
  String SPACE = "latent_space";

  /** The field that says what the output is added to. */
  String RESIDUAL = "residual";

  /** The one value of {@link #RESIDUAL}. */
  String BICUBIC = "bicubic";

  /** Channels of the latents, in and out alike. */
  int channels();

  /** The space that the network was trained in; empty: the file does not say. */
  Optional<LatentSpace> space();

  /** The same in another space. */
  UpsamplerConfig withSpace(LatentSpace space);

  /** Makes the network. */
  Upsampler network(Parameters parameters);

  /** The fields of {@code config.json}, for writing a trained upsampler. */
  Map<String, Object> fields();

  /**
   * Reads {@code config.json}.
   *
   * @throws ModelException if a field is missing, invalid or not supported
   */
  static UpsamplerConfig of(ModelConfig config) {
    return config.text("_class_name", "").equals(ShuffleUpsamplerConfig.CLASS_NAME)
        ? ShuffleUpsamplerConfig.of(config)
        : LatentUpsamplerConfig.of(config);
  }

  /** The space that {@code config} names. */
  static Optional<LatentSpace> space(ModelConfig config) {
    return config.has(SPACE)
        ? Optional.of(LatentSpace.parse(config.origin(), config.text(SPACE)))
        : Optional.empty();
  }

  /** Whether the output is added to the interpolated input. */
  static boolean residual(ModelConfig config) {
    if (!config.has(RESIDUAL)) {
      return false;
    }
    String found = config.text(RESIDUAL);
    if (!found.equals(BICUBIC)) {
      throw new ModelException(
          "%s: %s wants %s, found %s".formatted(config.origin(), RESIDUAL, BICUBIC, found));
    }
    return true;
  }

  /** Refuses latents [B, C, h, w] whose C is not {@code channels}. */
  static void requireChannels(Tensor latents, int channels) {
    if (latents.size(1) != channels) {
      throw new ModelException(
          "the upsampler wants latents of %d channels, found %d"
              .formatted(channels, latents.size(1)));
    }
  }
}
