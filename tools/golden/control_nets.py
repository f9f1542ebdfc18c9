"""ControlNets (arXiv 2302.05543) with random weights for the tiny diffusion models, and diffusers' runs with them.

`control-nets/<name>/` is a folder in the diffusers layout, `control-nets/<name>.safetensors` the inputs of one call and
what it gives: `skip0`, … in the order of the way down, and `middle`, for a `scale` of 0.7
  sd    for `diffusion-tiny/sd`, four sizes of the picture's embedding
  sd-b  for the same, which reads blue first
  sdxl, lcm, small  for `diffusion-tiny/sdxl` and `diffusion-tiny/lcm`; small, for sdxl, without transformers
`control-nets/sd-original.safetensors` holds `sd` in the names of the method's authors, which diffusers reads back.

`control-pipelines/<case>.safetensors`: whole runs; `final` latents in the denoiser's space, [1, 4, h, w], the control
pictures `control0`, … ([H, W, 3] in 8 bits), and what picture_pipelines.py saves of those that begin with one. Cases in
`cases.json`, named as in diffusion_pipelines.py; `nets` are [name, scale, start, end]. Cases of `flux` follow a picture
without one, as FLUX.1 Depth and Canny do: their transformer is that of `flux-tiny` with the first layer in the file.
Tolerance: max abs error 1e-4 of the result's largest magnitude, at least of 1 (fp32).
"""

from common import GOLDEN, HERE, generator, normal, randomize, save_json, save_tensors

import shutil
import sys

import numpy as np
import torch
from diffusers import (ControlNetModel, FluxControlImg2ImgPipeline, FluxControlPipeline, MultiControlNetModel, StableDiffusionControlNetImg2ImgPipeline,
                       StableDiffusionControlNetInpaintPipeline, StableDiffusionControlNetPipeline,
                       StableDiffusionXLControlNetImg2ImgPipeline, StableDiffusionXLControlNetPipeline,
                       UNet2DConditionModel)
from diffusers.loaders.single_file_utils import convert_controlnet_checkpoint
from PIL import Image
from safetensors.torch import save_file

sys.path.append(str(HERE))  # common.py takes it away, so that libraries come first

import diffusion_pipelines
import flux_pipelines
import picture_pipelines

NETS = GOLDEN / "control-nets"
OUT = GOLDEN / "control-pipelines"
DEFAULTS = diffusion_pipelines.DEFAULTS | {"steps": 5}
CASES = [
    {"name": "sd", "model": "sd", "method": "ddim", "nets": [["sd", 0.8, 0.0, 1.0]]},
    {"name": "sd-range", "model": "sd", "method": "euler", "nets": [["sd", 1.0, 0.2, 0.7]], "width": 96},
    {"name": "sd-heun", "model": "sd", "method": "heun", "nets": [["sd", 1.0, 0.0, 1.0]], "cfg_scale": 1.0},
    {"name": "sd-two", "model": "sd", "method": "dpm++2m", "nets": [["sd", 0.6, 0.0, 1.0], ["sd-b", 0.9, 0.0, 0.5]]},
    {"name": "sd-resized", "model": "sd", "method": "unipc", "nets": [["sd-b", 1.0, 0.0, 1.0]], "sides": [160, 160]},
    {"name": "sd-picture", "model": "sd", "method": "dpm++2m", "nets": [["sd", 0.8, 0.0, 1.0]], "strength": 0.6},
    {"name": "sd-mask", "model": "sd", "method": "ddim", "nets": [["sd", 0.8, 0.0, 1.0]], "strength": 1.0,
     "mask": [16, 8, 56, 48]},
    {"name": "sd-inpaint", "model": "sd", "method": "ddim", "nets": [["sd", 0.8, 0.0, 1.0]], "strength": 1.0,
     "mask": [16, 8, 56, 48], "inpaint": True},
    {"name": "sdxl", "model": "sdxl", "negative": "a dog", "nets": [["sdxl", 0.7, 0.0, 1.0]]},
    {"name": "sdxl-picture", "model": "sdxl", "nets": [["sdxl", 1.0, 0.0, 1.0]], "strength": 0.6},
    {"name": "flux", "model": "flux", "guidance": 10.0, "cfg_scale": 1.0, "nets": [], "width": 96},
    {"name": "flux-picture", "model": "flux", "guidance": 10.0, "cfg_scale": 1.0, "nets": [], "strength": 0.6},
    {"name": "lcm", "model": "lcm", "guidance": 8.0, "cfg_scale": 1.0, "nets": [["lcm", 0.5, 0.0, 1.0]]},
]


# ---- the networks -----------------------------------------------------------------------------


def nets():
    for name, model, seed, changes in (
            ("sd", "sd", 71, {"conditioning_embedding_out_channels": (4, 6, 8, 12)}),
            ("sd-b", "sd", 72, {"conditioning_embedding_out_channels": (4, 4, 8, 8),
                                "controlnet_conditioning_channel_order": "bgr"}),
            ("sdxl", "sdxl", 73, {"conditioning_embedding_out_channels": (4, 6, 8, 12)}),
            ("lcm", "lcm", 74, {"conditioning_embedding_out_channels": (4, 4, 4, 4)}),
            ("small", "sdxl", 75, {})):
        unet = UNet2DConditionModel.from_pretrained(diffusion_pipelines.TINY / model / "unet")
        if name == "small":  # as controlnet-canny-sdxl-1.0-small
            unet.register_to_config(transformer_layers_per_block=(0, 0, 0), down_block_types=("DownBlock2D",) * 3)
        net = randomize(ControlNetModel.from_unet(unet, load_weights_from_unet=False, **changes), seed)
        shutil.rmtree(NETS / name, ignore_errors=True)
        net.save_pretrained(NETS / name)
        inputs = {"latents": normal((2, 4, 8, 12), 1), "timestep": torch.tensor([981.0, 37.25]),
                  "text": normal((2, 7, net.config.cross_attention_dim), 3),
                  "picture": normal((1, 3, 64, 96), 4).sigmoid()}
        added = None
        if net.config.addition_embed_type:
            inputs |= {"pooled": normal((2, 10), 5), "time_ids": torch.tensor([[64.0, 96, 0, 0, 64, 96]] * 2)}
            added = {"text_embeds": inputs["pooled"], "time_ids": inputs["time_ids"]}
        skips, middle = net(inputs["latents"], inputs["timestep"], inputs["text"], inputs["picture"].expand(2, 3, 64, 96),
                            conditioning_scale=0.7, added_cond_kwargs=added, return_dict=False)
        save_tensors(NETS / f"{name}.safetensors",
                     inputs | {f"skip{i}": s for i, s in enumerate(skips)} | {"middle": middle})
        if name == "sd":
            original(net)


def original(net: ControlNetModel):
    """With a name for each tensor that diffusers translates back to its own."""
    state = net.state_dict()
    layers = net.config.layers_per_block
    names = {}
    for ours in state:
        part = ours.split(".")
        theirs = ours
        if ours.startswith("controlnet_down_blocks"):
            theirs = f"zero_convs.{part[1]}.0.{part[2]}"
        elif ours.startswith("controlnet_mid_block"):
            theirs = f"middle_block_out.0.{part[1]}"
        elif ours.startswith("controlnet_cond_embedding"):
            last = 2 * (len(net.controlnet_cond_embedding.blocks) + 1)
            number = {"conv_in": 0, "conv_out": last}.get(part[1]) if part[1] != "blocks" else 2 * (int(part[2]) + 1)
            theirs = f"input_hint_block.{number}.{part[-1]}"
        elif part[0] == "conv_in":
            theirs = f"input_blocks.0.0.{part[1]}"
        elif part[0] == "time_embedding":
            theirs = f"time_embed.{0 if part[1] == 'linear_1' else 2}.{part[2]}"
        else:
            middle = part[0] == "mid_block"
            kind, index = (part[1], int(part[2])) if middle else (part[2], int(part[3]))
            rest = part[3:] if middle else part[4:]
            if middle:
                place = f"middle_block.{1 if kind == 'attentions' else 2 * index}"
            else:
                block = 1 + int(part[1]) * (layers + 1) + (layers if kind == "downsamplers" else index)
                place = f"input_blocks.{block}.{1 if kind == 'attentions' else 0}"
            if kind == "resnets":
                rest[0] = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
                           "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}[rest[0]]
            elif kind == "downsamplers":
                rest[0] = "op"
            theirs = ".".join([place, *rest])
        names["control_model." + theirs] = ours
    assert len(names) == len(state)
    file = {theirs: state[ours].contiguous() for theirs, ours in sorted(names.items())}
    back = convert_controlnet_checkpoint(dict(file), net.config)
    if last := 2 * (len(net.controlnet_cond_embedding.blocks) + 1):  # diffusers knows of the published count alone
        for end in ("weight", "bias"):
            back[f"controlnet_cond_embedding.conv_out.{end}"] = file[f"control_model.input_hint_block.{last}.{end}"]
    assert back.keys() == state.keys(), back.keys() ^ state.keys()
    assert all(torch.equal(back[name], state[name]) for name in state)
    save_file(file, str(NETS / "sd-original.safetensors"))


# ---- diffusers' own runs ----------------------------------------------------------------------


def control(width: int, height: int, index: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([(x * 3 + index * 40) % 256, (y * 5) % 256, 255 * ((x // 8 + y // 8 + index) % 2)], 2).astype(np.uint8)


def pipeline(case: dict):
    plain = diffusion_pipelines.pipeline(case)
    loaded = [ControlNetModel.from_pretrained(NETS / name) for name, *_ in case["nets"]]
    kinds = {"sd": (StableDiffusionControlNetPipeline, StableDiffusionControlNetImg2ImgPipeline,
                    StableDiffusionControlNetInpaintPipeline)}
    kind = kinds.get(case["model"], (StableDiffusionXLControlNetPipeline, StableDiffusionXLControlNetImg2ImgPipeline))[
        0 if "strength" not in case else 2 if "mask" in case else 1]
    extra = {"requires_safety_checker": False} if case["model"] == "sd" else {}
    pipe = kind.from_pipe(plain, controlnet=loaded[0] if len(loaded) == 1 else MultiControlNetModel(loaded), **extra)
    pipe.scheduler = diffusion_pipelines.pipeline(case).scheduler  # from_pipe() changes clip_sample
    pipe.watermark = None
    pipe.set_progress_bar_config(disable=True)
    return pipe


def flux(case: dict) -> dict:
    width, height = case["width"], case["height"]
    pipe = flux_pipelines.pipeline("dev")
    pipe.transformer = picture_pipelines.filling(pipe.transformer, 0)
    pipe = (FluxControlImg2ImgPipeline if "strength" in case else FluxControlPipeline).from_pipe(pipe)
    pipe.set_progress_bar_config(disable=True)
    shown = control(width, height, 0)
    saved = {"control0": torch.from_numpy(shown), "x_embedder.weight": pipe.transformer.x_embedder.weight.detach()}
    extra = {"control_image": Image.fromarray(shown)}
    if "strength" in case:
        begun = picture_pipelines.picture(width, height)
        saved["picture"] = torch.from_numpy(begun)
        extra |= {"image": Image.fromarray(begun), "strength": case["strength"]}
    packed = pipe(case["prompt"], width=width, height=height, num_inference_steps=case["steps"],
                  guidance_scale=case["guidance"], generator=generator(case["seed"]), output_type="latent",
                  max_sequence_length=flux_pipelines.T5_LENGTH, **extra).images
    final = pipe._unpack_latents(packed, height, width, pipe.vae_scale_factor)
    save_tensors(OUT / f"{case['name']}.safetensors", saved | {"final": final})
    return case


def run(case: dict) -> dict:
    case = DEFAULTS | case
    if case["model"] == "flux":
        return flux(case)
    width, height = case["width"], case["height"]
    pipe, saved = pipeline(case), {}
    shown = [control(*case.get("sides", (width, height)), i) for i in range(len(case["nets"]))]
    saved |= {f"control{i}": torch.from_numpy(image) for i, image in enumerate(shown)}
    columns = [list(column) if len(shown) > 1 else column[0] for column in zip(*(net[1:] for net in case["nets"]))]
    pictures = [Image.fromarray(image) for image in shown]
    extra = dict(zip(("controlnet_conditioning_scale", "control_guidance_start", "control_guidance_end"), columns))
    extra["image"] = pictures if len(pictures) > 1 else pictures[0]
    if "strength" in case:
        begun = picture_pipelines.picture(width, height)
        saved["picture"] = torch.from_numpy(begun)
        extra |= {"control_image": extra["image"], "image": Image.fromarray(begun), "strength": case["strength"]}
    if "mask" in case:
        levels = picture_pipelines.mask(width, height, *case["mask"])
        saved["mask"] = torch.from_numpy(levels)
        extra["mask_image"] = Image.fromarray(levels)
    if "inpaint" in case:
        pipe.unet = picture_pipelines.inpainting(pipe.unet)
        saved["conv_in.weight"] = pipe.unet.conv_in.weight.detach()
    final = pipe(case["prompt"], negative_prompt=case["negative"] or (None if case["model"] != "sd" else ""),
                 width=width, height=height, num_inference_steps=case["steps"],
                 guidance_scale=case.get("guidance", case["cfg_scale"]), generator=generator(case["seed"]),
                 output_type="latent", **extra).images
    save_tensors(OUT / f"{case['name']}.safetensors", saved | {"final": final})
    return case


if __name__ == "__main__":
    nets()
    save_json(OUT / "cases.json", [run(case) for case in CASES])
