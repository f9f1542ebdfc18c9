package io.lssgen.scaling;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.nn.Parameters;
import io.lssgen.weights.ModelConfig;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The shape of a {@link ShuffleUpsampler}. Its {@code config.json} holds {@code "_class_name":
 * "ShuffleUpsampler"}, {@code in_channels}, {@code width}, {@code blocks} and, since its output is
 * always added to the interpolated input, {@code "residual": "bicubic"}.
 *
 * @param channels channels of the latents, in and out alike
 * @param width channels inside
 * @param blocks residual blocks
 * @param space that it was trained in
 */
public record ShuffleUpsamplerConfig(
    int channels, int width, int blocks, Optional<LatentSpace> space) implements UpsamplerConfig {

  static final String CLASS_NAME = "ShuffleUpsampler";

  private static final int BLOCKS = 4;

  public ShuffleUpsamplerConfig {
    Sizes.require(CLASS_NAME, "in_channels", channels, Sizes.MOST);
    Sizes.require(CLASS_NAME, "width", width, Sizes.MOST);
    Sizes.require(CLASS_NAME, "blocks", blocks, Sizes.MOST_PARTS);
  }

  /** Four blocks of the published network's first width, at about its cost. */
  public static ShuffleUpsamplerConfig forChannels(int channels) {
    int width = LatentUpsamplerConfig.forChannels(channels).blockChannels().get(0);
    return new ShuffleUpsamplerConfig(channels, width, BLOCKS, Optional.empty());
  }

  /**
   * Reads {@code config.json}.
   *
   * @throws ModelException if a field is missing, invalid or not supported
   */
  static ShuffleUpsamplerConfig of(ModelConfig config) {
    if (!UpsamplerConfig.residual(config)) {
      throw new ModelException(
          "%s: a %s wants the field 'residual' to be bicubic, found none"
              .formatted(config.origin(), CLASS_NAME));
    }
    return new ShuffleUpsamplerConfig(
        config.integer("in_channels"),
        config.integer("width"),
        config.integer("blocks"),
        UpsamplerConfig.space(config));
  }

  @Override
  public ShuffleUpsamplerConfig withSpace(LatentSpace value) {
    return new ShuffleUpsamplerConfig(channels, width, blocks, Optional.of(value));
  }

  @Override
  public Upsampler network(Parameters parameters) {
    return new ShuffleUpsampler(parameters, this);
  }

  @Override
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("_class_name", CLASS_NAME);
    fields.put("blocks", blocks);
    fields.put("in_channels", channels);
    fields.put(RESIDUAL, BICUBIC);
    fields.put("width", width);
    space.ifPresent(value -> fields.put(SPACE, value.label()));
    return fields;
  }
}
