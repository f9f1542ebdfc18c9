package io.lssgen.model;

import io.lssgen.errors.ModelException;
import io.lssgen.lora.LoraSummary;
import io.lssgen.weights.Checkpoint;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a file in the original names is, told by a few of its tensors, as diffusers and other
 * programs tell it. Kinds that are not supported are known by name, to be refused by it.
 *
 * @param name what people call it
 * @param published the resource with its published configuration; null if it is not supported
 * @param sign whether a file is of this kind, if none before it in {@link #ALL} is
 */
record CheckpointKind(String name, @Nullable String published, Predicate<Checkpoint> sign) {
  private static final String NETWORK = "model.diffusion_model.";
  private static final String FLUX = "double_blocks.0.img_attn.norm.key_norm.scale";
  private static final String SD3 = "joint_blocks.0.context_block.adaLN_modulation.1.bias";
  private static final String SD35 = "joint_blocks.0.x_block.attn.ln_q.weight";
  private static final String SD35_MEDIUM = "joint_blocks.0.x_block.attn2.qkv.weight";
  private static final String SD35_LARGE = "joint_blocks.37.x_block.mlp.fc1.weight";
  private static final String UNET_IN = "input_blocks.0.0.weight";
  private static final String SD_OUT = "output_blocks.11.0.skip_connection.weight";
  private static final String CLIP_BIG_G = ".model.transformer.resblocks.9.mlp.c_proj.bias";

  private static final String CONTROL_NET =
      "a ControlNet (name it with --control-net beside a model)";

  /** From the most particular to the most general. */
  static final List<CheckpointKind> ALL =
      List.of(
          refused("a LoRA, not a model", LoraSummary::isLora),
          refused("a textual inversion, not a model", has("emb_params")),
          refused("quantised by bitsandbytes", any(n -> n.contains(".bitsandbytes__"))),
          refused("Stable Video Diffusion", any(n -> n.contains(".time_mixer."))),
          refused(CONTROL_NET, has("control_model.time_embed.0.weight")),
          refused(CONTROL_NET, has("controlnet_cond_embedding.conv_in.weight")),
          refused("AnimateDiff", any(n -> n.contains("motion_modules."))),
          refused("FLUX.2", has("single_stream_modulation.lin.weight")),
          refused("FLUX.3", has("early_stream_modulations.image.lin.weight")),
          refused("Chroma", has("distilled_guidance_layer.in_proj.bias")),
          refused(
              "HunyuanVideo",
              has("txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.bias")),
          supported("FLUX.1 Fill dev", "flux-fill", has(FLUX).and(takesMore(384))),
          supported("FLUX.1 Depth or Canny dev", "flux-control", has(FLUX).and(takesMore(128))),
          supported( // the same tensors as dev's: it goes by its file's name
              "FLUX.1 Kontext dev",
              "flux-kontext",
              has(FLUX).and(has("guidance_in.in_layer.bias")).and(named("kontext"))),
          supported("FLUX.1 dev", "flux-dev", has(FLUX).and(has("guidance_in.in_layer.bias"))),
          supported("FLUX.1 schnell", "flux-schnell", has(FLUX)),
          supported("Stable Diffusion 3.5 large", "sd35-large", has(SD3).and(has(SD35_LARGE))),
          supported("Stable Diffusion 3.5 medium", "sd35-medium", has(SD3).and(has(SD35_MEDIUM))),
          supported("Stable Diffusion 3 medium", "sd3-medium", has(SD3).and(has(SD35).negate())),
          refused("Stable Diffusion 3 of another size", has(SD3)),
          refused("AuraFlow", has("double_layers.0.attn.w1q.weight")),
          refused("HiDream", has("double_stream_blocks.0.block.adaLN_modulation.1.bias")),
          refused("HunyuanDiT", has("mlp_t5.0.weight")),
          refused("Sana", has("attention_y_norm.weight")),
          refused("PixArt", has("y_embedder.y_embedding")),
          refused("Wan", has("head.modulation")),
          refused("LTX-Video", has("patchify_proj.weight")),
          refused("Mochi", has("blocks.0.attn.qkv_x.weight")),
          refused("Cosmos", has("net.x_embedder.proj.1.weight")),
          refused("Lumina 2 or Z-Image", has("cap_embedder.0.weight")),
          refused("Qwen-Image", has("txt_norm.weight").or(has("txt_in.text_norm.weight"))),
          refused("Stable Cascade", has("clip_txt_mapper.weight")),
          refused("Stable Cascade", has("down_blocks.1.0.channelwise.0.weight")),
          refused("the SDXL refiner", has("conditioner.embedders.0" + CLIP_BIG_G)),
          refused("the Stable Diffusion upscaler", has("input_blocks.10.0.skip_connection.bias")),
          refused("InstructPix2Pix", extent(UNET_IN, 1, 8)),
          refused("SDXL with v-prediction", has("v_pred")),
          refused("CosXL", has("edm_vpred.sigma_max")),
          supported("Playground v2.5", "playground", has("edm_mean")),
          supported(
              "SDXL inpainting",
              "sdxl-inpaint",
              has("conditioner.embedders.1" + CLIP_BIG_G).and(extent(UNET_IN, 1, 9))),
          supported("SDXL", "sdxl", has("conditioner.embedders.1" + CLIP_BIG_G)),
          supported(
              "SDXL", // as stable-diffusion.cpp converts it, and did before
              "sdxl",
              any(n -> n.matches("(text_encoders\\.clip_g|cond_stage_model\\.1)\\..*"))),
          supported(
              "SDXL inpainting", // its UNet alone
              "sdxl-inpaint",
              extent("label_emb.0.0.weight", 1, 2816).and(extent(UNET_IN, 1, 9))),
          supported(
              "SDXL", // its UNet alone
              "sdxl",
              extent("label_emb.0.0.weight", 1, 2816).and(extent(UNET_IN, 1, 4))),
          refused("Stable Diffusion 2", any(n -> n.startsWith("cond_stage_model.model."))),
          refused(
              "Stable Diffusion 2",
              extent("input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight", 1, 1024)),
          supported(
              "Stable Diffusion 1.5 inpainting",
              "sd15-inpaint",
              has(SD_OUT).and(extent(UNET_IN, 1, 9))),
          refused("Stable Diffusion inpainting", extent(UNET_IN, 1, 9)),
          supported("Stable Diffusion 1.5", "sd15", has(SD_OUT)),
          refused(
              "a component alone in diffusers' names (name the model's folder, or a UNet with --unet"
                  + " beside a model)",
              any(n -> n.matches("(down_blocks|(single_)?transformer_blocks)\\.0\\..*"))),
          refused(
              "an autoencoder alone (name it with --vae beside a model)",
              any(n -> n.matches("(first_stage_model\\.|vae\\.)?decoder\\.conv_in\\.weight"))),
          refused(
              "a text encoder alone (name it with --text-encoder beside a model)",
              any(
                  n ->
                      n.matches(
                          "(text_model\\.|encoder\\.block\\.0\\.|transformer\\.res|enc\\.blk\\.0\\.).*"))));

  private static CheckpointKind supported(
      String name, String published, Predicate<Checkpoint> sign) {
    return new CheckpointKind(name, published, sign);
  }

  private static CheckpointKind refused(String name, Predicate<Checkpoint> sign) {
    return new CheckpointKind(name, null, sign);
  }

  /** There is such a tensor, in the network that denoises or beside it. */
  private static Predicate<Checkpoint> has(String name) {
    return weights -> weights.has(name) || weights.has(NETWORK + name);
  }

  /** The file's name has this word in it, in any case. */
  private static Predicate<Checkpoint> named(String word) {
    return weights ->
        String.valueOf(weights.origin().getFileName()).toLowerCase(Locale.ROOT).contains(word);
  }

  private static Predicate<Checkpoint> any(Predicate<String> name) {
    return weights -> weights.names().stream().anyMatch(name);
  }

  /** There is such a tensor, and it has this extent. */
  private static Predicate<Checkpoint> extent(String name, int dimension, long extent) {
    return weights ->
        Stream.of(name, NETWORK + name)
            .filter(weights::has)
            .map(found -> weights.entry(found).shape())
            .anyMatch(shape -> shape.length > dimension && shape[dimension] == extent);
  }

  /** FLUX with so many channels a token, of which it does not give as many. */
  private static Predicate<Checkpoint> takesMore(long channels) {
    return extent("img_in.weight", 1, channels)
        .and(extent("final_layer.linear.weight", 0, channels).negate());
  }

  /** Whether files of this kind are models that can be read. */
  boolean isSupported() {
    return published != null;
  }

  /** The kind of a file; empty if it is not known. */
  static Optional<CheckpointKind> find(Checkpoint weights) {
    return ALL.stream().filter(kind -> kind.sign.test(weights)).findFirst();
  }

  /**
   * The kind of a file, which is supported.
   *
   * @throws ModelException if it is not, by its name if that is known
   */
  static CheckpointKind of(Checkpoint weights) {
    String supported =
        ALL.stream()
            .filter(CheckpointKind::isSupported)
            .map(CheckpointKind::name)
            .distinct()
            .collect(Collectors.joining(", "));
    CheckpointKind kind =
        find(weights)
            .orElseThrow(
                () ->
                    new ModelException(
                        "%s is of no known kind: none of its %d tensors tells one; supported: %s"
                            .formatted(weights.origin(), weights.names().size(), supported)));
    if (!kind.isSupported()) {
      throw new ModelException(
          "%s cannot be loaded as a model: it is %s; supported: %s"
              .formatted(weights.origin(), kind.name, supported));
    }
    return kind;
  }
}
