package io.lssgen.lora;

import io.lssgen.weights.KeyMap;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of modules in the networks that other programs train, as tables from our names (those of
 * diffusers and transformers) to theirs. Where one of their modules joins several of ours, {@code
 * #1} says which of its parts ours is, counted from 0; {@code #1,0} that ours, cut into two, is
 * first its part 1, then its part 0.
 */
final class NamingSchemes {

  /** The original FLUX.1: queries, keys and values are one module, and so are their neighbours. */
  private static final KeyMap FLUX =
      KeyMap.builder()
          .rename("x_embedder", "img_in")
          .rename("context_embedder", "txt_in")
          .rename("time_text_embed.timestep_embedder.linear_1", "time_in.in_layer")
          .rename("time_text_embed.timestep_embedder.linear_2", "time_in.out_layer")
          .rename("time_text_embed.text_embedder.linear_1", "vector_in.in_layer")
          .rename("time_text_embed.text_embedder.linear_2", "vector_in.out_layer")
          .rename("time_text_embed.guidance_embedder.linear_1", "guidance_in.in_layer")
          .rename("time_text_embed.guidance_embedder.linear_2", "guidance_in.out_layer")
          .rename("transformer_blocks.{i}.attn.to_q", "double_blocks.{i}.img_attn.qkv#0")
          .rename("transformer_blocks.{i}.attn.to_k", "double_blocks.{i}.img_attn.qkv#1")
          .rename("transformer_blocks.{i}.attn.to_v", "double_blocks.{i}.img_attn.qkv#2")
          .rename("transformer_blocks.{i}.attn.to_out.0", "double_blocks.{i}.img_attn.proj")
          .rename("transformer_blocks.{i}.attn.add_q_proj", "double_blocks.{i}.txt_attn.qkv#0")
          .rename("transformer_blocks.{i}.attn.add_k_proj", "double_blocks.{i}.txt_attn.qkv#1")
          .rename("transformer_blocks.{i}.attn.add_v_proj", "double_blocks.{i}.txt_attn.qkv#2")
          .rename("transformer_blocks.{i}.attn.to_add_out", "double_blocks.{i}.txt_attn.proj")
          .rename("transformer_blocks.{i}.ff.net.0.proj", "double_blocks.{i}.img_mlp.0")
          .rename("transformer_blocks.{i}.ff.net.2", "double_blocks.{i}.img_mlp.2")
          .rename("transformer_blocks.{i}.ff_context.net.0.proj", "double_blocks.{i}.txt_mlp.0")
          .rename("transformer_blocks.{i}.ff_context.net.2", "double_blocks.{i}.txt_mlp.2")
          .rename("transformer_blocks.{i}.norm1.linear", "double_blocks.{i}.img_mod.lin")
          .rename("transformer_blocks.{i}.norm1_context.linear", "double_blocks.{i}.txt_mod.lin")
          .rename("single_transformer_blocks.{i}.attn.to_q", "single_blocks.{i}.linear1#0")
          .rename("single_transformer_blocks.{i}.attn.to_k", "single_blocks.{i}.linear1#1")
          .rename("single_transformer_blocks.{i}.attn.to_v", "single_blocks.{i}.linear1#2")
          .rename("single_transformer_blocks.{i}.proj_mlp", "single_blocks.{i}.linear1#3")
          .rename("single_transformer_blocks.{i}.proj_out", "single_blocks.{i}.linear2")
          .rename("single_transformer_blocks.{i}.norm.linear", "single_blocks.{i}.modulation.lin")
          // theirs shifts, then scales; diffusers' the other way round
          .rename("norm_out.linear", "final_layer.adaLN_modulation.1#1,0")
          .rename("proj_out", "final_layer.linear")
          .build();

  /** That which only a Stable Diffusion 3 has. */
  private static final String SD3_MODULE = "pos_embed.proj";

  private static final Pattern BLOCK = Pattern.compile("transformer_blocks\\.(\\d+)\\..*");

  /** Layers of a block of Stable Diffusion 3. */
  private static final Map<String, String> SD3_BLOCK =
      Map.ofEntries(
          Map.entry("attn.to_q", "x_block.attn.qkv#0"),
          Map.entry("attn.to_k", "x_block.attn.qkv#1"),
          Map.entry("attn.to_v", "x_block.attn.qkv#2"),
          Map.entry("attn.to_out.0", "x_block.attn.proj"),
          Map.entry("attn2.to_q", "x_block.attn2.qkv#0"),
          Map.entry("attn2.to_k", "x_block.attn2.qkv#1"),
          Map.entry("attn2.to_v", "x_block.attn2.qkv#2"),
          Map.entry("attn2.to_out.0", "x_block.attn2.proj"),
          Map.entry("attn.add_q_proj", "context_block.attn.qkv#0"),
          Map.entry("attn.add_k_proj", "context_block.attn.qkv#1"),
          Map.entry("attn.add_v_proj", "context_block.attn.qkv#2"),
          Map.entry("attn.to_add_out", "context_block.attn.proj"),
          Map.entry("ff.net.0.proj", "x_block.mlp.fc1"),
          Map.entry("ff.net.2", "x_block.mlp.fc2"),
          Map.entry("ff_context.net.0.proj", "context_block.mlp.fc1"),
          Map.entry("ff_context.net.2", "context_block.mlp.fc2"),
          Map.entry("norm1.linear", "x_block.adaLN_modulation.1"),
          Map.entry("norm1_context.linear", "context_block.adaLN_modulation.1"));

  /** CLIP with the prefix that was published, and without, as transformers 5 has it. */
  private static final KeyMap CLIP =
      KeyMap.builder()
          .rename("text_model.*", "*")
          .rename("encoder.layers.*", "text_model.encoder.layers.*")
          .build();

  /** How the names of attention's projections end in files of diffusers before PEFT. */
  static final Map<String, String> OLD_ENDINGS =
      Map.of(
          ".to_out.0", ".to_out",
          ".q_proj", ".to_q",
          ".k_proj", ".to_k",
          ".v_proj", ".to_v",
          ".out_proj", ".to_out");

  /** Layers of the original UNet's residual blocks. */
  private static final Map<String, String> RESIDUAL =
      Map.of(
          "conv1", "in_layers.2",
          "conv2", "out_layers.3",
          "time_emb_proj", "emb_layers.1",
          "conv_shortcut", "skip_connection");

  private static final Pattern DOWN_RESIDUAL =
      Pattern.compile("down_blocks\\.(\\d+)\\.resnets\\.(\\d+)\\..*");

  private NamingSchemes() {}

  /** The tables that {@code modules}, the names of all modules of one network, may be known by. */
  static List<KeyMap> of(Collection<String> modules) {
    return List.of(modules.contains(SD3_MODULE) ? sd3(modules) : FLUX, CLIP, unet(modules));
  }

  /** The original Stable Diffusion 3; the last block's text is modulated as the output is. */
  private static KeyMap sd3(Collection<String> modules) {
    int last =
        modules.stream()
            .map(BLOCK::matcher)
            .filter(Matcher::matches)
            .mapToInt(block -> Integer.parseInt(block.group(1)))
            .max()
            .orElse(0);
    KeyMap.Builder table =
        KeyMap.builder()
            .rename(SD3_MODULE, "x_embedder.proj")
            .rename("time_text_embed.timestep_embedder.linear_1", "t_embedder.mlp.0")
            .rename("time_text_embed.timestep_embedder.linear_2", "t_embedder.mlp.2")
            .rename("time_text_embed.text_embedder.linear_1", "y_embedder.mlp.0")
            .rename("time_text_embed.text_embedder.linear_2", "y_embedder.mlp.2")
            .rename("norm_out.linear", "final_layer.adaLN_modulation.1#1,0")
            .rename("proj_out", "final_layer.linear")
            .rename(
                "transformer_blocks." + last + ".norm1_context.linear",
                "joint_blocks." + last + ".context_block.adaLN_modulation.1#1,0");
    SD3_BLOCK.forEach(
        (ours, theirs) ->
            table.rename("transformer_blocks.{i}." + ours, "joint_blocks.{i}." + theirs));
    return table.build();
  }

  /**
   * The original UNet of Stable Diffusion and SDXL, which numbers its blocks in one row each way.
   * How many there are to a level follows from the names.
   */
  private static KeyMap unet(Collection<String> modules) {
    int levels = 0;
    int layers = 0;
    for (String module : modules) {
      Matcher residual = DOWN_RESIDUAL.matcher(module);
      if (residual.matches()) {
        levels = Math.max(levels, Integer.parseInt(residual.group(1)) + 1);
        layers = Math.max(layers, Integer.parseInt(residual.group(2)) + 1);
      }
    }
    KeyMap.Builder table =
        KeyMap.builder()
            .rename("conv_in", "input_blocks.0.0")
            .rename("conv_out", "out.2")
            .rename("time_embedding.linear_1", "time_embed.0")
            .rename("time_embedding.linear_2", "time_embed.2")
            .rename("time_embedding.cond_proj", "time_embed.cond_proj")
            .rename("add_embedding.linear_1", "label_emb.0.0")
            .rename("add_embedding.linear_2", "label_emb.0.2");
    residual(table, "mid_block.resnets.0", "middle_block.0");
    table.rename("mid_block.attentions.0.*", "middle_block.1.*");
    residual(table, "mid_block.resnets.1", "middle_block.2");
    int blocks =
        layers + 1; // of a level: on the way down the last halves, on the way up it is one more
    for (int level = 0; level < levels; level++) {
      String down = "down_blocks." + level;
      String up = "up_blocks." + level;
      for (int i = 0; i < blocks; i++) {
        block(table, down, i, "input_blocks." + (1 + blocks * level + i));
        block(table, up, i, "output_blocks." + (blocks * level + i));
      }
      table.rename(down + ".downsamplers.0.conv", "input_blocks." + blocks * (level + 1) + ".0.op");
      boolean attends = modules.stream().anyMatch(name -> name.startsWith(up + ".attentions."));
      table.rename(
          up + ".upsamplers.0.conv",
          "output_blocks." + (blocks * level + layers) + (attends ? ".2.conv" : ".1.conv"));
    }
    return table.build();
  }

  private static void block(KeyMap.Builder table, String level, int index, String theirs) {
    residual(table, level + ".resnets." + index, theirs + ".0");
    table.rename(level + ".attentions." + index + ".*", theirs + ".1.*");
  }

  private static void residual(KeyMap.Builder table, String ours, String theirs) {
    RESIDUAL.forEach(
        (layer, original) -> table.rename(ours + "." + layer, theirs + "." + original));
  }
}
