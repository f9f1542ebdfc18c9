package io.lssgen.model.unet;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The fields of diffusers' {@code UNet2DConditionModel}: those that {@link UNetConfig} holds, and
 * those that would change the network into one that is not built here.
 */
final class UNetFields {
  private static final String NOTHING = "null";

  /** Fields that {@link UNetConfig} reads or that say nothing about the network. */
  private static final Set<String> READ =
      Set.of(
          "_class_name",
          "sample_size",
          "in_channels",
          "out_channels",
          "down_block_types",
          "up_block_types",
          "block_out_channels",
          "layers_per_block",
          "norm_num_groups",
          "norm_eps",
          "cross_attention_dim",
          "transformer_layers_per_block",
          "attention_head_dim",
          "use_linear_projection",
          "addition_embed_type",
          "addition_embed_type_num_heads", // of another kind of addition
          "addition_time_embed_dim",
          "projection_class_embeddings_input_dim",
          "time_cond_proj_dim",
          "flip_sin_to_cos",
          "freq_shift");

  /** Fields with an effect, and the only value that is built here; null in a file is the same. */
  private static final Map<String, String> FIXED = fixed();

  /** Where null in a file is not diffusers' default but a network without that part. */
  private static final List<String> NOT_NULL = List.of("mid_block_type", "norm_num_groups");

  private UNetFields() {}

  private static Map<String, String> fixed() {
    Map<String, String> fixed = new TreeMap<>();
    fixed.put("act_fn", "silu");
    fixed.put("attention_type", "default");
    fixed.put("center_input_sample", "false");
    fixed.put("class_embed_type", NOTHING);
    fixed.put("class_embeddings_concat", "false");
    fixed.put("conv_in_kernel", "3");
    fixed.put("conv_out_kernel", "3");
    fixed.put("cross_attention_norm", NOTHING);
    fixed.put("downsample_padding", "1");
    fixed.put("dropout", "0");
    fixed.put("dual_cross_attention", "false");
    fixed.put("encoder_hid_dim", NOTHING);
    fixed.put("encoder_hid_dim_type", NOTHING);
    fixed.put("mid_block_only_cross_attention", "false");
    fixed.put("mid_block_scale_factor", "1");
    fixed.put("mid_block_type", "UNetMidBlock2DCrossAttn");
    fixed.put("num_attention_heads", NOTHING);
    fixed.put("num_class_embeds", NOTHING);
    fixed.put("only_cross_attention", "false");
    fixed.put("resnet_out_scale_factor", "1");
    fixed.put("resnet_skip_time_act", "false");
    fixed.put("resnet_time_scale_shift", "default");
    fixed.put("reverse_transformer_layers_per_block", NOTHING);
    fixed.put("time_embedding_act_fn", NOTHING);
    fixed.put("time_embedding_dim", NOTHING);
    fixed.put("time_embedding_type", "positional");
    fixed.put("timestep_post_act", NOTHING);
    fixed.put("upcast_attention", "false");
    return fixed;
  }

  /** All names. */
  static Set<String> names() {
    Set<String> names = new HashSet<>(READ);
    names.addAll(FIXED.keySet());
    return Set.copyOf(names);
  }

  /**
   * @throws ModelException if a field is unknown, or asks for what is not built here
   */
  static void require(ModelConfig config) {
    for (String name : NOT_NULL) {
      if (config.fields().has(name) && !config.has(name)) {
        throw new ModelException(
            config.origin() + ": " + name + " is null; a network without it is not supported");
      }
    }
    config.fields().fields().forEachRemaining(f -> require(config, f.getKey(), f.getValue()));
  }

  private static void require(ModelConfig config, String name, JsonNode value) {
    if (value.isNull() || name.startsWith("_") || READ.contains(name)) {
      return; // names that begin with _ are notes of the program that wrote the file
    }
    String wanted = FIXED.get(name);
    if (wanted == null) {
      throw new ModelException(
          config.origin() + ": the field " + name + " is unknown in a UNet2DConditionModel");
    }
    if (!wanted.equals(plain(value))) {
      throw new ModelException(
          config.origin() + ": " + name + " wants " + wanted + ", found " + value);
    }
  }

  private static String plain(JsonNode value) {
    if (value.isNumber()) {
      return value.decimalValue().stripTrailingZeros().toPlainString();
    }
    return value.isValueNode() ? value.asText() : value.toString();
  }
}
