package io.lssgen.hub;

import io.lssgen.model.ModelIndex;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What well-known repositories hold: their {@code model_index.json} and the names of files. */
enum PublishedModels {
  STABLE_DIFFUSION(
      """
      {"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.6.0",
       "feature_extractor": ["transformers", "CLIPImageProcessor"],
       "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
       "scheduler": ["diffusers", "PNDMScheduler"],
       "text_encoder": ["transformers", "CLIPTextModel"],
       "tokenizer": ["transformers", "CLIPTokenizer"],
       "unet": ["diffusers", "UNet2DConditionModel"],
       "vae": ["diffusers", "AutoencoderKL"]}
      """,
      """
      .gitattributes README.md v1-5-pruned-emaonly.safetensors v1-inference.yaml
      feature_extractor/preprocessor_config.json
      safety_checker/config.json safety_checker/model.fp16.safetensors
      safety_checker/model.safetensors safety_checker/pytorch_model.bin
      scheduler/scheduler_config.json
      text_encoder/config.json text_encoder/model.fp16.safetensors text_encoder/model.safetensors
      text_encoder/pytorch_model.bin text_encoder/pytorch_model.fp16.bin
      tokenizer/merges.txt tokenizer/special_tokens_map.json tokenizer/tokenizer_config.json
      tokenizer/vocab.json
      unet/config.json unet/diffusion_pytorch_model.bin unet/diffusion_pytorch_model.fp16.bin
      unet/diffusion_pytorch_model.fp16.safetensors
      unet/diffusion_pytorch_model.non_ema.safetensors
      unet/diffusion_pytorch_model.safetensors
      vae/config.json vae/diffusion_pytorch_model.bin
      vae/diffusion_pytorch_model.fp16.safetensors vae/diffusion_pytorch_model.safetensors
      """),

  SDXL(
      """
      {"_class_name": "StableDiffusionXLPipeline", "_diffusers_version": "0.19.0.dev0",
       "force_zeros_for_empty_prompt": true, "add_watermarker": null,
       "scheduler": ["diffusers", "EulerDiscreteScheduler"],
       "text_encoder": ["transformers", "CLIPTextModel"],
       "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
       "tokenizer": ["transformers", "CLIPTokenizer"],
       "tokenizer_2": ["transformers", "CLIPTokenizer"],
       "unet": ["diffusers", "UNet2DConditionModel"],
       "vae": ["diffusers", "AutoencoderKL"]}
      """,
      """
      01.png LICENSE.md sd_xl_base_1.0.safetensors sd_xl_offset_example-lora_1.0.safetensors
      scheduler/scheduler_config.json
      text_encoder/config.json text_encoder/flax_model.msgpack
      text_encoder/model.fp16.safetensors text_encoder/model.onnx text_encoder/model.safetensors
      text_encoder/openvino_model.bin text_encoder/openvino_model.xml
      text_encoder_2/config.json text_encoder_2/model.fp16.safetensors text_encoder_2/model.onnx
      text_encoder_2/model.onnx_data text_encoder_2/model.safetensors
      tokenizer/merges.txt tokenizer/special_tokens_map.json tokenizer/tokenizer_config.json
      tokenizer/vocab.json
      tokenizer_2/merges.txt tokenizer_2/special_tokens_map.json
      tokenizer_2/tokenizer_config.json tokenizer_2/vocab.json
      unet/config.json unet/diffusion_flax_model.msgpack
      unet/diffusion_pytorch_model.fp16.safetensors unet/diffusion_pytorch_model.safetensors
      unet/model.onnx unet/openvino_model.xml
      vae/config.json vae/diffusion_pytorch_model.fp16.safetensors
      vae/diffusion_pytorch_model.safetensors
      vae_1_0/config.json vae_1_0/diffusion_pytorch_model.safetensors
      vae_decoder/config.json vae_decoder/model.onnx
      """),

  PLAYGROUND(
      """
      {"_class_name": "StableDiffusionXLPipeline", "_diffusers_version": "0.27.0.dev0",
       "feature_extractor": [null, null], "force_zeros_for_empty_prompt": true,
       "image_encoder": [null, null],
       "scheduler": ["diffusers", "EDMDPMSolverMultistepScheduler"],
       "text_encoder": ["transformers", "CLIPTextModel"],
       "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
       "tokenizer": ["transformers", "CLIPTokenizer"],
       "tokenizer_2": ["transformers", "CLIPTokenizer"],
       "unet": ["diffusers", "UNet2DConditionModel"],
       "vae": ["diffusers", "AutoencoderKL"]}
      """,
      """
      playground-v2.5-1024px-aesthetic.fp16.safetensors
      scheduler/scheduler_config.json
      text_encoder/config.json text_encoder/model.fp16.safetensors text_encoder/model.safetensors
      text_encoder_2/config.json text_encoder_2/model-00001-of-00002.safetensors
      text_encoder_2/model-00002-of-00002.safetensors text_encoder_2/model.fp16.safetensors
      text_encoder_2/model.safetensors.index.json
      tokenizer/merges.txt tokenizer/special_tokens_map.json tokenizer/tokenizer_config.json
      tokenizer/vocab.json
      tokenizer_2/merges.txt tokenizer_2/special_tokens_map.json
      tokenizer_2/tokenizer_config.json tokenizer_2/vocab.json
      unet/config.json unet/diffusion_pytorch_model-00001-of-00002.safetensors
      unet/diffusion_pytorch_model-00002-of-00002.safetensors
      unet/diffusion_pytorch_model.fp16.safetensors
      unet/diffusion_pytorch_model.safetensors.index.json
      vae/config.json vae/diffusion_pytorch_model.fp16.safetensors
      vae/diffusion_pytorch_model.safetensors
      """),

  FLUX(
      """
      {"_class_name": "FluxPipeline", "_diffusers_version": "0.30.0.dev0",
       "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
       "text_encoder": ["transformers", "CLIPTextModel"],
       "text_encoder_2": ["transformers", "T5EncoderModel"],
       "tokenizer": ["transformers", "CLIPTokenizer"],
       "tokenizer_2": ["transformers", "T5TokenizerFast"],
       "transformer": ["diffusers", "FluxTransformer2DModel"],
       "vae": ["diffusers", "AutoencoderKL"]}
      """,
      """
      LICENSE.md ae.safetensors flux1-dev.safetensors
      scheduler/scheduler_config.json
      text_encoder/config.json text_encoder/model.safetensors
      text_encoder_2/config.json text_encoder_2/model-00001-of-00002.safetensors
      text_encoder_2/model-00002-of-00002.safetensors text_encoder_2/model.safetensors.index.json
      tokenizer/merges.txt tokenizer/special_tokens_map.json tokenizer/tokenizer_config.json
      tokenizer/vocab.json
      tokenizer_2/special_tokens_map.json tokenizer_2/spiece.model tokenizer_2/tokenizer.json
      tokenizer_2/tokenizer_config.json
      transformer/config.json
      transformer/diffusion_pytorch_model-00001-of-00003.safetensors
      transformer/diffusion_pytorch_model-00002-of-00003.safetensors
      transformer/diffusion_pytorch_model-00003-of-00003.safetensors
      transformer/diffusion_pytorch_model.safetensors.index.json
      vae/config.json vae/diffusion_pytorch_model.safetensors
      """),

  SD3(
      """
      {"_class_name": "StableDiffusion3Pipeline", "_diffusers_version": "0.29.0.dev0",
       "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
       "text_encoder": ["transformers", "CLIPTextModelWithProjection"],
       "text_encoder_2": ["transformers", "CLIPTextModelWithProjection"],
       "text_encoder_3": ["transformers", "T5EncoderModel"],
       "tokenizer": ["transformers", "CLIPTokenizer"],
       "tokenizer_2": ["transformers", "CLIPTokenizer"],
       "tokenizer_3": ["transformers", "T5TokenizerFast"],
       "transformer": ["diffusers", "SD3Transformer2DModel"],
       "vae": ["diffusers", "AutoencoderKL"]}
      """,
      """
      LICENSE.md scheduler/scheduler_config.json
      text_encoder/config.json text_encoder/model.fp16.safetensors text_encoder/model.safetensors
      text_encoder_2/config.json text_encoder_2/model.fp16.safetensors
      text_encoder_2/model.safetensors
      text_encoder_3/config.json text_encoder_3/model-00001-of-00002.safetensors
      text_encoder_3/model-00002-of-00002.safetensors
      text_encoder_3/model.fp16-00001-of-00002.safetensors
      text_encoder_3/model.fp16-00002-of-00002.safetensors
      text_encoder_3/model.safetensors.index.fp16.json
      text_encoder_3/model.safetensors.index.json
      tokenizer/merges.txt tokenizer/special_tokens_map.json tokenizer/tokenizer_config.json
      tokenizer/vocab.json
      tokenizer_2/merges.txt tokenizer_2/special_tokens_map.json
      tokenizer_2/tokenizer_config.json tokenizer_2/vocab.json
      tokenizer_3/special_tokens_map.json tokenizer_3/spiece.model tokenizer_3/tokenizer.json
      tokenizer_3/tokenizer_config.json
      transformer/config.json transformer/diffusion_pytorch_model.safetensors
      vae/config.json vae/diffusion_pytorch_model.safetensors
      """);

  static final Path ORIGIN = Path.of("org/name");

  final String index;
  private final String names;

  PublishedModels(String index, String names) {
    this.index = index;
    this.names = names;
  }

  /** All files of the repository, in an order of their own. */
  List<String> files() {
    List<String> files = new ArrayList<>(Arrays.asList(names.strip().split("\\s+")));
    files.add(NeededFiles.INDEX);
    return files;
  }

  ModelIndex read() {
    return ModelIndex.of(ORIGIN, ModelConfig.parse(NeededFiles.INDEX, index));
  }
}
