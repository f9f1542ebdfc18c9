package io.lssgen.model.unet;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The configuration of diffusers' {@code UNet2DConditionModel}, as Stable Diffusion 1.5, SDXL,
 * Playground v2.5 and LCM-SDXL have it.
 *
 * @param sampleSize side of the latents that the model was trained on; 0 if the file does not say
 * @param inChannels channels of the latents, and of what an inpainting model is shown beside them
 * @param outChannels channels of the prediction
 * @param levels from the latents' resolution down; each halves the one before
 * @param layersPerBlock residual blocks on the way down at each level; on the way up one more
 * @param groups groups of each normalisation
 * @param eps of the residual blocks' normalisations and the last one
 * @param textWidth width of a text state
 * @param linearProjection whether the layers around the attention are stored as linear layers
 *     rather than as 1×1 convolutions
 * @param cosinesFirst order of the sinusoids that tell the time
 * @param frequencyShift see {@link io.lssgen.nn.Sinusoids#of(io.lssgen.tensor.Tensor, int, boolean,
 *     double)}
 * @param sizeSinusoids width of the sinusoids that tell each size, 0 in models without added
 *     conditions
 * @param addedWidth width of the added conditions, the pooled text and the sizes, or 0
 * @param guidanceSinusoids width of the sinusoids that tell the guidance scale, 0 in models that
 *     are not distilled from guidance
 */
public record UNetConfig(
    int sampleSize,
    int inChannels,
    int outChannels,
    List<Level> levels,
    int layersPerBlock,
    int groups,
    double eps,
    int textWidth,
    boolean linearProjection,
    boolean cosinesFirst,
    double frequencyShift,
    int sizeSinusoids,
    int addedWidth,
    int guidanceSinusoids) {

  /** All fields that diffusers' {@code UNet2DConditionModel} can have. */
  public static final Set<String> FIELDS = UNetFields.names();

  private static final String CLASS = "UNet2DConditionModel";
  private static final int MOST_LEVELS = 16;

  /**
   * One resolution.
   *
   * @param channels its channels
   * @param attentionDown whether text is attended to on the way down
   * @param attentionUp whether text is attended to on the way up
   * @param heads attention heads
   * @param transformers transformer blocks in each attention part; small ControlNets have none
   */
  public record Level(
      int channels, boolean attentionDown, boolean attentionUp, int heads, int transformers) {
    public Level {
      Sizes.require(CLASS, "each of block_out_channels", channels, Sizes.MOST);
      Sizes.require(CLASS, "attention_head_dim", heads, Sizes.MOST_PARTS);
      Sizes.require(CLASS, "transformer_layers_per_block", transformers, 0, Sizes.MOST_PARTS);
    }
  }

  public UNetConfig {
    levels = List.copyOf(levels);
    Sizes.require(CLASS, "the number of block_out_channels", levels.size(), MOST_LEVELS);
    Sizes.require(CLASS, "sample_size", sampleSize, 0, Sizes.MOST);
    Sizes.require(CLASS, "in_channels", inChannels, Sizes.MOST);
    Sizes.require(CLASS, "out_channels", outChannels, Sizes.MOST);
    Sizes.require(CLASS, "layers_per_block", layersPerBlock, Sizes.MOST_PARTS);
    Sizes.require(CLASS, "norm_num_groups", groups, Sizes.MOST);
    Sizes.require(CLASS, "cross_attention_dim", textWidth, Sizes.MOST);
    Sizes.require(CLASS, "time_cond_proj_dim", guidanceSinusoids, 0, Sizes.MOST);
    if (!(eps > 0)) {
      throw new ModelException(CLASS + ": norm_eps must be above 0, found " + eps);
    }
    requireLevels(levels, groups);
    requireEven("the first of block_out_channels", levels.get(0).channels());
    requireEven("time_cond_proj_dim", guidanceSinusoids);
    requireAdded(sizeSinusoids, addedWidth);
  }

  private static void requireAdded(int sizeSinusoids, int addedWidth) {
    Sizes.require(CLASS, "addition_time_embed_dim", sizeSinusoids, 0, Sizes.MOST);
    Sizes.require(CLASS, "projection_class_embeddings_input_dim", addedWidth, 0, Sizes.MOST);
    requireEven("addition_time_embed_dim", sizeSinusoids);
    if ((sizeSinusoids == 0) != (addedWidth == 0) || addedWidth < sizeSinusoids) {
      throw new ModelException(
          CLASS
              + ": text_time wants addition_time_embed_dim = "
              + sizeSinusoids
              + " to be at most projection_class_embeddings_input_dim = "
              + addedWidth);
    }
  }

  private static void requireLevels(List<Level> levels, int groups) {
    Level deepest = levels.get(levels.size() - 1);
    for (Level level : levels) {
      requireDivisible(level.channels(), "norm_num_groups", groups);
      if (level.attentionDown() || level.attentionUp() || level == deepest) {
        requireDivisible(
            level.channels(), "attention_head_dim (the number of heads)", level.heads());
      }
    }
  }

  private static void requireDivisible(int channels, String name, int divisor) {
    if (channels % divisor != 0) {
      throw new ModelException(
          "%s: block_out_channels holds %d, which does not divide into %s = %d"
              .formatted(CLASS, channels, name, divisor));
    }
  }

  private static void requireEven(String name, int value) {
    if (value % 2 != 0) {
      throw new ModelException(CLASS + ": " + name + " must be even, found " + value);
    }
  }

  /**
   * Reads diffusers' {@code unet/config.json}.
   *
   * @throws ModelException if a field is wrong or unknown, asks for what is not built here, or the
   *     class is another one
   */
  public static UNetConfig of(ModelConfig config) {
    String type = config.text("_class_name", CLASS);
    if (!type.equals(CLASS)) {
      throw new ModelException(config.origin() + ": wanted a " + CLASS + ", found " + type);
    }
    UNetFields.require(config);
    boolean added = hasAddedConditions(config);
    return new UNetConfig(
        config.integer("sample_size", 0),
        config.integer("in_channels", 4),
        config.integer("out_channels", 4),
        levels(config),
        config.integer("layers_per_block", 2),
        config.integer("norm_num_groups", 32),
        config.number("norm_eps", 1e-5),
        config.integer("cross_attention_dim", 1280),
        config.flag("use_linear_projection", false),
        config.flag("flip_sin_to_cos", true),
        config.number("freq_shift", 0),
        added ? config.positive("addition_time_embed_dim") : 0,
        added ? config.positive("projection_class_embeddings_input_dim") : 0,
        config.integer("time_cond_proj_dim", 0));
  }

  private static boolean hasAddedConditions(ModelConfig config) {
    if (!config.has("addition_embed_type")) {
      return false;
    }
    String type = config.text("addition_embed_type");
    if (!type.equals("text_time")) {
      throw new ModelException(
          config.origin() + ": addition_embed_type wants text_time or null, found " + type);
    }
    return true;
  }

  private static List<Level> levels(ModelConfig config) {
    int[] channels = config.integers("block_out_channels");
    int count = channels.length;
    List<Boolean> down = attends(config, "down_block_types", "Down", count);
    List<Boolean> up = attends(config, "up_block_types", "Up", count);
    int[] heads = config.integers("attention_head_dim", count, 8); // the field's name misleads
    int[] transformers = config.integers("transformer_layers_per_block", count, 1);
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      levels.add(
          new Level(channels[i], down.get(i), up.get(count - 1 - i), heads[i], transformers[i]));
    }
    return levels;
  }

  /** For each block in the file's order, whether it is the kind that attends to the text. */
  private static List<Boolean> attends(
      ModelConfig config, String name, String direction, int count) {
    String plain = direction + "Block2D";
    String attending = "CrossAttn" + plain;
    List<String> types = config.texts(name);
    if (types.size() != count) {
      throw new ModelException(
          "%s: %s wants as many blocks as block_out_channels, %d, found %d"
              .formatted(config.origin(), name, count, types.size()));
    }
    for (String type : types) {
      if (!type.equals(plain) && !type.equals(attending)) {
        throw new ModelException(
            "%s: %s wants %s or %s, found %s"
                .formatted(config.origin(), name, plain, attending, type));
      }
    }
    return types.stream().map(attending::equals).toList();
  }

  /**
   * Whether it is an inpainting model: it is shown a mask and the latents of what that keeps beside
   * the latents themselves.
   */
  public boolean takesMask() {
    return inChannels == 2 * outChannels + 1;
  }

  /** Channels of the latents. */
  public int latentChannels() {
    return takesMask() ? outChannels : inChannels;
  }

  /** Channels of the states that the way up wants to see again, in the order of the way down. */
  List<Integer> skipChannels() {
    List<Integer> channels = new ArrayList<>(List.of(levels.get(0).channels()));
    for (Level level : levels) {
      boolean deepest = level == levels.get(levels.size() - 1);
      channels.addAll(Collections.nCopies(layersPerBlock + (deepest ? 0 : 1), level.channels()));
    }
    return channels;
  }

  /** The same network without the guidance scale as an input. */
  public UNetConfig withoutGuidance() {
    return with(inChannels, levels, textWidth, addedWidth);
  }

  /**
   * The same network with other parts, without the guidance scale as an input.
   *
   * @param added width of the added conditions, or 0
   */
  UNetConfig with(int channels, List<Level> parts, int text, int added) {
    return new UNetConfig(
        sampleSize,
        channels,
        outChannels,
        parts,
        layersPerBlock,
        groups,
        eps,
        text,
        linearProjection,
        cosinesFirst,
        frequencyShift,
        added == 0 ? 0 : sizeSinusoids,
        added,
        0);
  }

  /** Width of the vector that tells every residual block the time and the added conditions. */
  int timeWidth() {
    return 4 * levels.get(0).channels();
  }
}
