"""Tiny UNets with random weights in the likeness of the diffusion models, and what diffusers computes with them.

`unet/<form>/` holds config.json, diffusion_pytorch_model.safetensors and output.safetensors of
  sd   as SD1.5: one number of heads, 1×1 convolutions around the attention, text states alone
  xl   as SDXL: heads and transformer layers per block, linear projections, pooled text and sizes (text_time)
  lcm  as LCM-SDXL: the same and the guidance scale (time_cond_proj_dim); another order and shift of the sinusoids
The first latents divide by the network's factor; those named `odd…` do not. The guidance scale is embedded as
diffusers' LCM pipeline does it. `output_bf16` is from weights and inputs rounded to bf16, widened for storage.
Tolerance: max abs error 1e-4 in fp32, in bf16 relative root mean square error 5e-2, and from the fp32
output at most 1.5 times that of `output_bf16` (0.031 sd, 0.012 xl, 0.016 lcm): the order of summation decides
single roundings of 2^-8, and these networks amplify them.

`unet/<form>/gradients.safetensors` (sd, xl): of mean(output²), for every parameter the norm (`norm.<name>`), for a
few the whole gradient. Tolerance: relative error of a norm 1e-3, max absolute error of a gradient 1e-4.

`vae-tiles/` is an AutoencoderKL with latents_mean and latents_std whose pictures are larger than its tiles, encoded
and decoded whole and in tiles. Tolerance: max abs error 1e-4.
"""

from common import GOLDEN, normal, randomize, save_tensors

import torch
from diffusers import AutoencoderKL, LatentConsistencyModelPipeline, UNet2DConditionModel

OUT = GOLDEN / "unet"
SIZES = torch.tensor([[64.0, 96, 0, 0, 64, 96], [1024, 1024, 8, 16, 512, 768]])

# Groups of few values amplify rounding: with four groups in `sd`, torch's own gradients in fp32 are 3e-5 from those
# in fp64, with two 1e-6.
FORMS = {
    "sd": ({
        "sample_size": 16, "block_out_channels": (8, 12, 16), "layers_per_block": 1, "norm_num_groups": 2,
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        "cross_attention_dim": 12, "attention_head_dim": 2}, 41),
    "xl": ({
        "sample_size": 16, "block_out_channels": (8, 16, 16), "layers_per_block": 2, "norm_num_groups": 4,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "cross_attention_dim": 20, "attention_head_dim": (1, 2, 4), "transformer_layers_per_block": (1, 1, 2),
        "use_linear_projection": True, "addition_embed_type": "text_time", "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 58}, 42),
    "lcm": ({
        "sample_size": 16, "block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 2,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"), "norm_eps": 1e-4,
        "cross_attention_dim": 20, "attention_head_dim": (2, 4), "transformer_layers_per_block": (1, 2),
        "use_linear_projection": True, "addition_embed_type": "text_time", "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 58, "time_cond_proj_dim": 6, "flip_sin_to_cos": False,
        "freq_shift": 1}, 43),
}
WHOLE = {
    "sd": ("conv_in.weight", "down_blocks.0.attentions.0.proj_in.weight", "up_blocks.0.upsamplers.0.conv.weight",
           "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight", "time_embedding.linear_1.bias"),
    "xl": ("add_embedding.linear_1.weight", "mid_block.attentions.0.transformer_blocks.1.ff.net.0.proj.bias",
           "down_blocks.1.resnets.0.time_emb_proj.weight", "down_blocks.0.downsamplers.0.conv.weight",
           "up_blocks.2.resnets.2.conv_shortcut.weight"),
}


def inputs(name: str, config: dict) -> dict:
    tensors = {"latents": normal((2, 4, 8, 12), 1), "odd_latents": normal((2, 4, 5, 7), 2),
               "timestep": torch.tensor([981.0, 37.25]), "text": normal((2, 7, config["cross_attention_dim"]), 3)}
    if "addition_embed_type" in config:
        tensors |= {"pooled": normal((2, 10), 4), "time_ids": SIZES}
    if "time_cond_proj_dim" in config:
        tensors["guidance"] = torch.tensor([8.0, 1.5])
    return tensors


def run(model, tensors: dict, latents: str):
    dtype = model.dtype
    added, condition = None, None
    if "pooled" in tensors:
        added = {"text_embeds": tensors["pooled"].to(dtype), "time_ids": tensors["time_ids"]}
    if "guidance" in tensors:
        condition = LatentConsistencyModelPipeline.get_guidance_scale_embedding(
            None, tensors["guidance"] - 1, embedding_dim=model.config.time_cond_proj_dim).to(dtype)
    return model(tensors[latents].to(dtype), tensors["timestep"], tensors["text"].to(dtype), timestep_cond=condition,
                 added_cond_kwargs=added, return_dict=False)[0]


def unets():
    for name, (config, seed) in FORMS.items():
        model = randomize(UNet2DConditionModel(**config), seed)
        model.save_pretrained(OUT / name)
        tensors = inputs(name, config)
        outputs = {"output": run(model, tensors, "latents"), "odd_output": run(model, tensors, "odd_latents")}
        if name in WHOLE:
            with torch.enable_grad():
                model.requires_grad_(True)
                run(model, tensors, "latents").square().mean().backward()
            gradients = {n: p.grad for n, p in model.named_parameters()}
            save_tensors(OUT / name / "gradients.safetensors", {f"norm.{n}": g.norm() for n, g in gradients.items()}
                         | {n: gradients[n] for n in WHOLE[name]})
            model.requires_grad_(False)
        outputs["output_bf16"] = run(model.to(torch.bfloat16), tensors, "latents").float()
        save_tensors(OUT / name / "output.safetensors", tensors | outputs)


def tiles():
    model = randomize(AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=(4, 8, 8), layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=32,
        scaling_factor=0.5, latents_mean=(-1.6574, 1.886, -1.383, 2.5155),
        latents_std=(8.4927, 5.9022, 6.5498, 5.2299)), 44)
    folder = GOLDEN / "vae-tiles"
    model.save_pretrained(folder)
    image, latents = normal((1, 3, 52, 36), 5).tanh(), normal((1, 4, 13, 9), 6)
    mean = torch.tensor(model.config.latents_mean).view(1, 4, 1, 1)
    std = torch.tensor(model.config.latents_std).view(1, 4, 1, 1)
    own = latents * std / model.config.scaling_factor + mean  # as the SDXL pipeline decodes
    tensors = {"image": image, "latents": latents, "own": own}
    for name in ("whole", "tiled"):
        posterior = model.encode(image).latent_dist
        tensors |= {f"{name}_mean": posterior.mean, f"{name}_logvar": posterior.logvar,
                    f"{name}_decoded": model.decode(own).sample}
        model.enable_tiling()
    tensors["tiled_mean_denoiser_space"] = (tensors["tiled_mean"] - mean) * model.config.scaling_factor / std
    save_tensors(folder / "output.safetensors", tensors)


if __name__ == "__main__":
    unets()
    tiles()
