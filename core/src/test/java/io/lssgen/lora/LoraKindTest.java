package io.lssgen.lora;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names as they stand in files of each program. */
class LoraKindTest {
  @ParameterizedTest
  @CsvSource({
    "lora_unet_joint_blocks_0_x_block_attn_qkv, 1536, Stable Diffusion 3",
    "transformer.transformer_blocks.0.attn2.to_k, 1536, Stable Diffusion 3",
    "lora_transformer_transformer_blocks_3_attn2_to_k, 1536, Stable Diffusion 3",
    "lora_unet_double_blocks_0_img_attn_qkv, 3072, FLUX.1",
    "transformer.single_transformer_blocks.0.attn.to_q, 3072, FLUX.1",
    "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k, 768, Stable Diffusion 1.x",
    "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k, 2048, SDXL",
    "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k, 2048, SDXL",
    "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.processor.to_k, 1024, Stable Diffusion 2.x"
  })
  void architecturesAreTold(String name, long in, String kind) {
    assertThat(LoraKind.of(List.of(new LoraKind.Module(name, in)))).contains(kind);
  }

  @ParameterizedTest
  @CsvSource({"transformer.transformer_blocks.0.attn.to_q", "lora_te1_text_model_encoder_layers_0"})
  void whatSeveralHaveTellsNothing(String name) {
    assertThat(LoraKind.of(List.of(new LoraKind.Module(name, 768)))).isEmpty();
  }
}
