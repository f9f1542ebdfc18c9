"""Every parameter's name and shape in FLUX.1's, SD3's, SD1.5's and SDXL's components at full size, on the meta device.

`full-size/<component>.json` is the published config, `full-size/<component>.txt.gz` has one line per parameter,
sorted by name: the name, a tab, the sides joined by commas. `full-size/counts.json` has the number of parameters.
Nothing is allocated. Tolerance: none, names and shapes are exact. A tensor that is shared by two modules (T5's
embedding) is listed once, under its first name; CLIP's names carry the published prefix `text_model.`. SD3's table of
positions, which diffusers keeps in its files though it is no parameter, is listed as well, but not counted.
"""

from common import GOLDEN, save_json

import gzip

import torch
from diffusers import (AutoencoderKL, ControlNetModel, FluxTransformer2DModel, SD3Transformer2DModel,
                       UNet2DConditionModel)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

OUT = GOLDEN / "full-size"

TRANSFORMER = {
    "_class_name": "FluxTransformer2DModel", "attention_head_dim": 128, "guidance_embeds": True, "in_channels": 64,
    "joint_attention_dim": 4096, "num_attention_heads": 24, "num_layers": 19, "num_single_layers": 38,
    "patch_size": 1, "pooled_projection_dim": 768}
FILL_TRANSFORMER = TRANSFORMER | {"in_channels": 384, "out_channels": 64}
CONTROL_TRANSFORMER = TRANSFORMER | {"in_channels": 128, "out_channels": 64}
VAE = {
    "_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4, "force_upcast": True, "in_channels": 3, "latent_channels": 16,
    "latents_mean": None, "latents_std": None, "layers_per_block": 2, "mid_block_add_attention": True,
    "norm_num_groups": 32, "out_channels": 3, "sample_size": 1024, "scaling_factor": 0.3611, "shift_factor": 0.1159,
    "up_block_types": ["UpDecoderBlock2D"] * 4, "use_post_quant_conv": False, "use_quant_conv": False}
CLIP = {
    "architectures": ["CLIPTextModel"], "attention_dropout": 0.0, "bos_token_id": 0, "dropout": 0.0, "eos_token_id": 2,
    "hidden_act": "quick_gelu", "hidden_size": 768, "intermediate_size": 3072, "layer_norm_eps": 1e-05,
    "max_position_embeddings": 77, "model_type": "clip_text_model", "num_attention_heads": 12,
    "num_hidden_layers": 12, "pad_token_id": 1, "projection_dim": 768, "vocab_size": 49408}
T5 = {
    "architectures": ["T5EncoderModel"], "d_ff": 10240, "d_kv": 64, "d_model": 4096, "decoder_start_token_id": 0,
    "dense_act_fn": "gelu_new", "dropout_rate": 0.1, "eos_token_id": 1, "feed_forward_proj": "gated-gelu",
    "is_encoder_decoder": True, "is_gated_act": True, "layer_norm_epsilon": 1e-06, "model_type": "t5",
    "num_decoder_layers": 24, "num_heads": 64, "num_layers": 24, "pad_token_id": 0,
    "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32, "tie_word_embeddings": False,
    "use_cache": True, "vocab_size": 32128}
BIG_G = CLIP | {
    "architectures": ["CLIPTextModelWithProjection"], "hidden_act": "gelu", "hidden_size": 1280,
    "intermediate_size": 5120, "num_attention_heads": 20, "num_hidden_layers": 32, "projection_dim": 1280}
SD_UNET = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu", "attention_head_dim": 8,
    "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": False, "cross_attention_dim": 768,
    "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
    "downsample_padding": 1, "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2,
    "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32, "out_channels": 4, "sample_size": 64,
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]}
XL_UNET = SD_UNET | {
    "_diffusers_version": "0.19.0.dev0", "addition_embed_type": "text_time", "addition_embed_type_num_heads": 64,
    "addition_time_embed_dim": 256, "attention_head_dim": [5, 10, 20], "block_out_channels": [320, 640, 1280],
    "class_embed_type": None, "class_embeddings_concat": False, "conv_in_kernel": 3, "conv_out_kernel": 3,
    "cross_attention_dim": 2048, "cross_attention_norm": None,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "dual_cross_attention": False, "encoder_hid_dim": None, "encoder_hid_dim_type": None,
    "mid_block_only_cross_attention": None, "mid_block_type": "UNetMidBlock2DCrossAttn", "num_attention_heads": None,
    "num_class_embeds": None, "only_cross_attention": False, "projection_class_embeddings_input_dim": 2816,
    "resnet_out_scale_factor": 1.0, "resnet_skip_time_act": False, "resnet_time_scale_shift": "default",
    "sample_size": 128, "time_cond_proj_dim": None, "time_embedding_act_fn": None, "time_embedding_dim": None,
    "time_embedding_type": "positional", "timestep_post_act": None, "transformer_layers_per_block": [1, 2, 10],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], "upcast_attention": None,
    "use_linear_projection": True}
CONTROL = {
    "_class_name": "ControlNetModel", "class_embed_type": None, "conditioning_embedding_out_channels": [16, 32, 96, 256],
    "controlnet_conditioning_channel_order": "rgb", "num_class_embeds": None, "only_cross_attention": False,
    "projection_class_embeddings_input_dim": None, "resnet_time_scale_shift": "default", "upcast_attention": False,
    "use_linear_projection": False}
OF_UNET_ALONE = ("center_input_sample", "out_channels", "sample_size", "up_block_types")
SD_CONTROL = {k: v for k, v in SD_UNET.items() if k not in OF_UNET_ALONE} | CONTROL
XL_CONTROL = SD_CONTROL | {
    "addition_embed_type": "text_time", "addition_embed_type_num_heads": 64, "addition_time_embed_dim": 256,
    "attention_head_dim": [5, 10, 20], "block_out_channels": [320, 640, 1280], "conditioning_channels": 3,
    "cross_attention_dim": 2048, "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "encoder_hid_dim": None, "encoder_hid_dim_type": None, "global_pool_conditions": False,
    "num_attention_heads": None, "projection_class_embeddings_input_dim": 2816,
    "transformer_layers_per_block": [1, 2, 10], "upcast_attention": None, "use_linear_projection": True}
XL_VAE = VAE | {
    "latent_channels": 4, "scaling_factor": 0.13025, "shift_factor": None, "use_post_quant_conv": True,
    "use_quant_conv": True}

SD3_TRANSFORMER = {
    "_class_name": "SD3Transformer2DModel", "attention_head_dim": 64, "caption_projection_dim": 1536, "in_channels": 16,
    "joint_attention_dim": 4096, "num_attention_heads": 24, "num_layers": 24, "out_channels": 16, "patch_size": 2,
    "pooled_projection_dim": 2048, "pos_embed_max_size": 192, "sample_size": 128}
SD35_MEDIUM_TRANSFORMER = SD3_TRANSFORMER | {
    "dual_attention_layers": list(range(13)), "pos_embed_max_size": 384, "qk_norm": "rms_norm"}
SD35_LARGE_TRANSFORMER = SD3_TRANSFORMER | {
    "caption_projection_dim": 2432, "dual_attention_layers": [], "num_attention_heads": 38, "num_layers": 38,
    "qk_norm": "rms_norm"}
SD3_VAE = VAE | {"scaling_factor": 1.5305, "shift_factor": 0.0609}
PROJECTED_CLIP = CLIP | {"architectures": ["CLIPTextModelWithProjection"]}

COMPONENTS = {
    "flux-dev-transformer": (TRANSFORMER, FluxTransformer2DModel.from_config),
    "flux-schnell-transformer": (TRANSFORMER | {"guidance_embeds": False}, FluxTransformer2DModel.from_config),
    "flux-fill-transformer": (FILL_TRANSFORMER, FluxTransformer2DModel.from_config),
    "flux-control-transformer": (CONTROL_TRANSFORMER, FluxTransformer2DModel.from_config),
    "flux-vae": (VAE, AutoencoderKL.from_config),
    "clip-l-text": (CLIP, lambda c: CLIPTextModel(CLIPTextConfig(**c))),
    "t5-xxl-encoder": (T5, lambda c: T5EncoderModel(T5Config(**c))),
    "clip-big-g-text": (BIG_G, lambda c: CLIPTextModelWithProjection(CLIPTextConfig(**c))),
    "sd3-medium-transformer": (SD3_TRANSFORMER, SD3Transformer2DModel.from_config),
    "sd35-medium-transformer": (SD35_MEDIUM_TRANSFORMER, SD3Transformer2DModel.from_config),
    "sd35-large-transformer": (SD35_LARGE_TRANSFORMER, SD3Transformer2DModel.from_config),
    "sd15-unet": (SD_UNET, UNet2DConditionModel.from_config),
    "sdxl-unet": (XL_UNET, UNet2DConditionModel.from_config),
    "lcm-sdxl-unet": (XL_UNET | {"time_cond_proj_dim": 256}, UNet2DConditionModel.from_config),
    "sd15-controlnet": (SD_CONTROL, ControlNetModel.from_config),
    "sdxl-controlnet": (XL_CONTROL, ControlNetModel.from_config),
    "sdxl-vae": (XL_VAE, AutoencoderKL.from_config),
}


def parameters(name: str, module) -> dict:
    kept = {n: b for n, b in module.named_buffers() if n == "pos_embed.pos_embed"}
    return {published(name, n): list(p.shape) for n, p in (dict(module.named_parameters()) | kept).items()}


def published(component: str, name: str) -> str:
    bare = component in ("clip-l-text", "clip-l-projected-text", "clip-big-g-text") and not name.startswith(("text_model.", "text_projection."))
    return "text_model." + name if bare else name


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name, (config, build) in COMPONENTS.items():
        with torch.device("meta"):
            module = build(config)
        assert all(p.is_meta for p in module.parameters())
        shapes = parameters(name, module)
        counts[name] = {"parameters": sum(p.numel() for p in module.parameters()), "tensors": len(shapes)}
        save_json(OUT / f"{name}.json", config)
        text = "".join(f"{n}\t{','.join(map(str, shapes[n]))}\n" for n in sorted(shapes))
        (OUT / f"{name}.txt.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        print(name, counts[name])
    assert round(counts["flux-dev-transformer"]["parameters"] / 1e9, 1) == 11.9
    assert round(counts["sd3-medium-transformer"]["parameters"] / 1e9, 2) == 2.03
    assert round(counts["sd35-large-transformer"]["parameters"] / 1e9, 1) == 8.1
    assert counts["sd15-unet"]["parameters"] == 859_520_964
    assert counts["sdxl-unet"]["parameters"] == 2_567_463_684
    assert counts["sd15-controlnet"]["parameters"] == 361_279_120
    save_json(OUT / "counts.json", counts)


if __name__ == "__main__":
    main()
