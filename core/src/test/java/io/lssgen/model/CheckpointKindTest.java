package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenSingleFiles.Original;
import io.lssgen.weights.Checkpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Telling keys as diffusers and other programs use them. */
class CheckpointKindTest {
  private static final String FLUX = "double_blocks.0.img_attn.norm.key_norm.scale";

  @TempDir Path folder;

  /** A file with tensors of these names, each with its shape behind a colon, or of one element. */
  private Path file(String tensors) {
    List<Original> originals = new ArrayList<>();
    for (String tensor : tensors.split(" ")) {
      String[] parts = tensor.split(":");
      List<Long> shape =
          parts.length == 1
              ? List.of(1L)
              : Arrays.stream(parts[1].split("x")).map(Long::valueOf).toList();
      originals.add(new Original(parts[0], shape, List.of()));
    }
    Path file = folder.resolve("model.safetensors");
    GoldenSingleFiles.writeHollow(file, originals);
    return file;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cond_stage_model.model.token_embedding.weight output_blocks.11.0.skip_connection.weight | Stable Diffusion 2",
        "model.diffusion_model.input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight:320x1024 | Stable Diffusion 2",
        "conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias | the SDXL refiner",
        "model.diffusion_model.input_blocks.0.0.weight:320x9x3x3 | Stable Diffusion inpainting",
        "model.diffusion_model.input_blocks.0.0.weight:320x8x3x3 | InstructPix2Pix",
        "joint_blocks.0.context_block.adaLN_modulation.1.bias joint_blocks.0.x_block.attn.ln_q.weight | Stable Diffusion 3 of another size",
        "double_layers.0.attn.w1q.weight | AuraFlow",
        "attention_y_norm.weight y_embedder.y_embedding | Sana",
        "y_embedder.y_embedding blocks.0.cross_attn.q_linear.weight | PixArt",
        "model.diffusion_model.head.modulation | Wan",
        "clip_txt_mapper.weight | Stable Cascade",
        "v_pred conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias | SDXL with v-prediction",
        "edm_vpred.sigma_max conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias | CosXL",
        "model.diffusion_model.input_blocks.1.0.time_mixer.mix_factor | Stable Video Diffusion",
        "double_blocks.0.img_mod.lin.weight.quant_state.bitsandbytes__nf4 | quantised by bitsandbytes",
        "control_model.time_embed.0.weight | a ControlNet",
        "lora_unet_mid_block.lora_down.weight lora_unet_mid_block.alpha | a LoRA",
        "transformer.x_embedder.lora_A.weight | a LoRA",
        "unet.conv_in.lora.down.weight unet.conv_in.lora.up.weight | a LoRA",
        "first_stage_model.decoder.conv_in.weight | an autoencoder alone",
        "decoder.conv_in.weight | an autoencoder alone",
        "text_model.embeddings.token_embedding.weight | a text encoder alone",
        "down_blocks.0.resnets.0.norm1.weight | a component alone in diffusers' names"
      })
  void othersAreRefusedByName(String tensors, String name) {
    Path file = file(tensors);
    assertThatThrownBy(() -> ModelIndex.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("model.safetensors", "it is " + name, "supported: FLUX.1 Fill dev")
        .hasMessageNotContaining("\n");
    try (Checkpoint weights = Checkpoint.open(file)) {
      assertThat(ModelIndex.whyNoModel(weights)).isPresent().get().asString().startsWith(name);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', FLUX.1 schnell",
    "guidance_in.in_layer.bias, FLUX.1 dev",
    "img_in.weight:3072x64, FLUX.1 schnell",
    "img_in.weight:3072x384, FLUX.1 Fill dev",
    "img_in.weight:3072x128, FLUX.1 Depth or Canny dev",
    "img_in.weight:256x128 final_layer.linear.weight:128x256, FLUX.1 schnell"
  })
  void kindsOfFlux(String more, String name) {
    for (String prefix : new String[] {"", "model.diffusion_model."}) {
      String names = (FLUX + " " + more).strip();
      Path file = file(prefix + names.replace(" ", " " + prefix));
      assertThat(ModelIndex.read(file).kind()).isEqualTo(name);
    }
  }

  @Test
  void theUnetOfSdxlAlone() {
    for (String prefix : new String[] {"", "model.diffusion_model."}) {
      Path file =
          file(
              "%1$slabel_emb.0.0.weight:1280x2816 %1$sinput_blocks.0.0.weight:320x4x3x3"
                  .formatted(prefix));
      assertThat(ModelIndex.read(file).kind()).isEqualTo("SDXL");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text_encoders.clip_g.transformer.", "cond_stage_model.1.transformer."})
  void sdxlAsConvertedByOthers(String prefix) {
    Path file =
        file(
            "model.diffusion_model.label_emb.0.0.weight:1280x2816 %stext_model.x"
                .formatted(prefix));
    assertThat(ModelIndex.read(file).kind()).isEqualTo("SDXL");
    try (Checkpoint weights = ModelIndex.read(file).weights("text_encoder_2")) {
      assertThat(weights.names()).containsExactly("text_model.x");
    }
  }

  @Test
  void relativesOfFluxAreRefused() {
    Path file = file(FLUX + " distilled_guidance_layer.in_proj.bias");
    assertThatThrownBy(() -> ModelIndex.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("Chroma");
  }

  @Test
  void anUnknownFileIsToldAsSuch() {
    Path file = file("a.weight b.weight");
    assertThatThrownBy(() -> ModelIndex.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("no known kind", "2 tensors", "Stable Diffusion 1.5");
  }

  @ParameterizedTest
  @CsvSource({
    "model.ckpt, pickle",
    "model.pt, pickle",
    "model.pth, pickle",
    "model.bin, pickle",
    "model.safetensors, zip archive"
  })
  void picklesAreRefusedWithTheReason(String name, String reason) throws Exception {
    byte[] zip = "PK\3\4\24\0\0\0\0\0 and more".getBytes(StandardCharsets.ISO_8859_1);
    Path file = Files.write(folder.resolve(name), zip);
    assertThatThrownBy(() -> ModelIndex.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(name, reason, "run any code")
        .hasMessageNotContaining("\n");
  }
}
