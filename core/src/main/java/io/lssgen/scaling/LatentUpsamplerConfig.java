package io.lssgen.scaling;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import io.lssgen.nn.Parameters;
import io.lssgen.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The shape of a {@link LatentUpsampler}, as its published {@code config.json} has it, with {@link
 * UpsamplerConfig}'s extensions.
 *
 * @param channels channels of the latents, in and out alike
 * @param blockChannels channels after each residual block; the first is also that of the input
 *     convolution
 * @param upsamples which block doubles the sides: exactly one
 * @param groups groups of each normalisation; a divisor of every width
 * @param residual whether the output is added to the interpolated input; not in published files
 * @param space that it was trained in; not in published files
 */
public record LatentUpsamplerConfig(
    int channels,
    List<Integer> blockChannels,
    List<Boolean> upsamples,
    int groups,
    boolean residual,
    Optional<LatentSpace> space)
    implements UpsamplerConfig {

  private static final String CLASS_NAME = "LatentUpSampler";

  public LatentUpsamplerConfig {
    blockChannels = List.copyOf(blockChannels);
    upsamples = List.copyOf(upsamples);
    if (channels < 1) {
      throw new ModelException("upsampler: in_channels must be at least 1, found " + channels);
    }
    if (blockChannels.isEmpty() || blockChannels.size() != upsamples.size()) {
      throw new ModelException(
          "upsampler: block_out_channels and is_up_samples must name the same blocks, found %d and"
                  .formatted(blockChannels.size())
              + " %d".formatted(upsamples.size()));
    }
    if (upsamples.stream().filter(up -> up).count() != 1) {
      throw new ModelException(
          "upsampler: exactly one entry of is_up_samples must be true, found " + upsamples);
    }
    for (int width : blockChannels) {
      if (groups < 1 || width < 1 || width % groups != 0) {
        throw new ModelException(
            "upsampler: block_out_channels holds %d, which does not divide into norm_num_groups = %d"
                .formatted(width, groups));
      }
    }
  }

  /** As published, without extensions. */
  public LatentUpsamplerConfig(
      int channels, List<Integer> blockChannels, List<Boolean> upsamples, int groups) {
    this(channels, blockChannels, upsamples, groups, false, Optional.empty());
  }

  /**
   * The published widths for latents of 4 channels (64, 32) and 16 channels (128, 64); beyond 16
   * channels twice those.
   */
  public static LatentUpsamplerConfig forChannels(int channels) {
    int width = channels <= 4 ? 64 : channels <= 16 ? 128 : 256;
    return new LatentUpsamplerConfig(channels, List.of(width, width / 2), List.of(true, false), 32);
  }

  /**
   * Reads the published {@code config.json}.
   *
   * @throws ModelException if a field is missing, invalid or not supported
   */
  public static LatentUpsamplerConfig of(ModelConfig config) {
    if (!config.has("is_up_samples")) {
      throw new ModelException(
          config.origin()
              + ": the field 'is_up_samples' is missing, so this is no latent upsampler's");
    }
    int in = config.integer("in_channels");
    int out = config.integer("out_channels", in);
    if (in != out) {
      throw new ModelException(
          "%s: in_channels and out_channels must be equal, found %d and %d"
              .formatted(config.origin(), in, out));
    }
    require(config, "act_fn", "silu");
    require(config, "interpolate", "bilinear");
    List<Boolean> upsamples = upsamples(config);
    requireStrides(config, upsamples);
    return new LatentUpsamplerConfig(
        in,
        Arrays.stream(config.integers("block_out_channels")).boxed().toList(),
        upsamples,
        config.integer("norm_num_groups", 32),
        UpsamplerConfig.residual(config),
        UpsamplerConfig.space(config));
  }

  @Override
  public LatentUpsamplerConfig withSpace(LatentSpace value) {
    return new LatentUpsamplerConfig(
        channels, blockChannels, upsamples, groups, residual, Optional.of(value));
  }

  @Override
  public Upsampler network(Parameters parameters) {
    return new LatentUpsampler(parameters, this);
  }

  private static void require(ModelConfig config, String name, String wanted) {
    String found = config.text(name, wanted);
    if (!found.equals(wanted)) {
      throw new ModelException(
          "%s: %s wants %s, found %s".formatted(config.origin(), name, wanted, found));
    }
  }

  private static List<Boolean> upsamples(ModelConfig config) {
    JsonNode node = config.fields().path("is_up_samples");
    List<Boolean> values = new ArrayList<>();
    for (JsonNode value : node) {
      if (value.isBoolean()) {
        values.add(value.booleanValue());
      }
    }
    if (!node.isArray() || values.size() != node.size()) {
      throw new ModelException(
          "%s: is_up_samples wants a list of true and false, found %s"
              .formatted(config.origin(), node));
    }
    return values;
  }

  private static void requireStrides(ModelConfig config, List<Boolean> upsamples) {
    List<Integer> wanted = strides(upsamples);
    if (config.has("strides")) {
      List<Integer> found = Arrays.stream(config.integers("strides")).boxed().toList();
      if (!found.equals(wanted)) {
        throw new ModelException(
            "%s: strides wants %s (2 where is_up_samples is true), found %s"
                .formatted(config.origin(), wanted, found));
      }
    }
  }

  private static List<Integer> strides(List<Boolean> upsamples) {
    return upsamples.stream().map(up -> up ? 2 : 1).toList();
  }

  @Override
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("_class_name", CLASS_NAME);
    fields.put("act_fn", "silu");
    fields.put("block_out_channels", blockChannels);
    fields.put("in_channels", channels);
    fields.put("interpolate", "bilinear");
    fields.put("is_up_samples", upsamples);
    fields.put("norm_num_groups", groups);
    fields.put("out_channels", channels);
    fields.put("strides", strides(upsamples));
    if (residual) {
      fields.put(RESIDUAL, BICUBIC);
    }
    space.ifPresent(value -> fields.put(SPACE, value.label()));
    return fields;
  }
}
