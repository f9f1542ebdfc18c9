"""Whole runs of diffusers' image-to-image and inpainting pipelines on the tiny folders, as
`picture-pipelines/*.safetensors`.

The folders are those of flux_components.py and diffusion_pipelines.py, which come first. Per case: the picture that is
begun with (`picture`, [H, W, 3] in 8 bits), and the `final` latents in the denoiser's space, [1, C, h, w]. The generator
first draws the autoencoder's sample, then the noise. Cases in `cases.json`, named as in diffusion_pipelines.py;
`strength` is the share of the steps that are taken. Where a case has a `mask` (left, top, right, bottom), what lies in
it is made anew and the rest is kept; its edges are those of latents, so that all ways of reducing it agree. What only UNets of nine
channels see, the latents of what is kept, is given, since diffusers would draw for it between the noise and the steps. `inpaint` cases have such a
UNet, or a transformer as FLUX.1 Fill's: the model's own with another first layer (`conv_in.weight`, `x_embedder.weight`), which is in the case's file. Where a case has a `padding`, a larger
picture (`sides`) is looked at only so far around the mask (`padding_mask_crop`), in a part that is as large as the run's
pictures; `image_uint8` is the whole result. `crop-regions.json` has what diffusers looks at of other masks.
Of `loras`, layers for latents alone change nothing of what further channels do.
`kontext` cases are FLUX.1 Kontext's, whose transformer is FLUX.1-dev's and looks at the picture all the way,
in that picture's own size.
LMS and PNDM are left out where steps are: diffusers goes on with the count of the steps that it left out there, as if it had their
derivatives; here they begin anew, as in diffusion_pipelines.py's staged runs.
Tolerance: max abs error 1e-4 of the result's largest magnitude, at least of 1 (fp32).
"""

from common import GOLDEN, HERE, generator, save_json, save_tensors

import itertools
import sys

import numpy as np
import torch
from diffusers import (FluxFillPipeline, FluxImg2ImgPipeline, FluxInpaintPipeline, FluxKontextInpaintPipeline,
                       FluxKontextPipeline, FluxTransformer2DModel, StableDiffusionImg2ImgPipeline,
                       StableDiffusionInpaintPipeline, StableDiffusionXLImg2ImgPipeline,
                       StableDiffusionXLInpaintPipeline, UNet2DConditionModel)
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

sys.path.append(str(HERE))  # common.py takes it away, so that libraries come first

import diffusion_pipelines
import flux_pipelines

OUT = GOLDEN / "picture-pipelines"
DEFAULTS = {"prompt": diffusion_pipelines.APPLE, "negative": "", "width": 64, "height": 64, "steps": 5,
            "cfg_scale": 2.5, "seed": 42, "strength": 0.6}
CASES = [
    {"name": "flux", "model": "flux", "guidance": 3.5, "cfg_scale": 1.0},
    {"name": "flux-rounding", "model": "flux", "guidance": 3.5, "cfg_scale": 1.0, "strength": 0.33, "width": 96},
    {"name": "flux-whole", "model": "flux", "guidance": 3.5, "cfg_scale": 1.0, "strength": 1.0},
    {"name": "sd-rounding", "model": "sd", "method": "ddim", "strength": 0.5, "height": 96},
    {"name": "sd-whole", "model": "sd", "method": "ddim", "strength": 1.0},
    *({"name": f"sd-{m}", "model": "sd", "method": m}
      for m in ("euler", "euler_a", "heun", "dpm++2m", "dpm++2m_sde", "ddim", "unipc")),
    {"name": "sdxl", "model": "sdxl", "negative": "a dog"},
    {"name": "playground-euler", "model": "playground", "method": "euler"},
    {"name": "flux-mask", "model": "flux", "guidance": 3.5, "cfg_scale": 1.0, "mask": [16, 0, 48, 32]},
    {"name": "flux-mask-whole", "model": "flux", "guidance": 3.5, "cfg_scale": 1.0, "strength": 1.0, "width": 96,
     "mask": [32, 16, 96, 64]},
    *({"name": f"sd-mask-{m}", "model": "sd", "method": m, "mask": [16, 8, 56, 48]}
      for m in ("euler", "euler_a", "heun", "dpm++2m", "dpm++2m_sde", "ddim", "unipc")),
    *({"name": f"sd-mask-whole-{m}", "model": "sd", "method": m, "strength": 1.0, "mask": [16, 8, 56, 48]}
      for m in ("euler", "heun", "pndm", "lms", "lcm")),
    {"name": "sdxl-mask", "model": "sdxl", "negative": "a dog", "mask": [0, 16, 40, 64]},
    {"name": "sd-inpaint-begun", "model": "sd", "method": "euler_a", "inpaint": True, "mask": [16, 8, 56, 48]},
    {"name": "sd-inpaint", "model": "sd", "method": "dpm++2m", "strength": 1.0, "inpaint": True,
     "mask": [16, 8, 56, 48]},
    {"name": "sdxl-inpaint", "model": "sdxl", "strength": 1.0, "inpaint": True, "mask": [0, 16, 40, 64]},
    {"name": "flux-fill", "model": "flux", "guidance": 30.0, "cfg_scale": 1.0, "strength": 1.0, "inpaint": True,
     "width": 96, "mask": [19, 8, 57, 45]},
    {"name": "flux-fill-begun", "model": "flux", "guidance": 30.0, "cfg_scale": 1.0, "inpaint": True,
     "mask": [16, 0, 48, 32]},
    {"name": "flux-fill-lora", "model": "flux", "guidance": 30.0, "cfg_scale": 1.0, "strength": 1.0, "inpaint": True,
     "mask": [16, 0, 48, 32], "loras": {"flux-peft": 0.8}},
    {"name": "flux-kontext", "model": "flux", "guidance": 2.5, "cfg_scale": 1.0, "kontext": True, "width": 96},
    {"name": "flux-kontext-turned", "model": "flux", "guidance": 2.5, "cfg_scale": 1.0, "kontext": True, "width": 96,
     "sides": [64, 96]},
    {"name": "flux-kontext-mask", "model": "flux", "guidance": 2.5, "cfg_scale": 1.0, "kontext": True,
     "mask": [16, 0, 48, 32]},
    {"name": "flux-mask-only", "model": "flux", "guidance": 3.5, "cfg_scale": 1.0, "sides": [160, 128],
     "mask": [56, 40, 88, 72], "padding": 16},
    {"name": "sdxl-mask-whole", "model": "sdxl", "strength": 1.0, "mask": [0, 16, 40, 64]},
]
PIPELINES = {"flux": (FluxImg2ImgPipeline, FluxInpaintPipeline),
             "sd": (StableDiffusionImg2ImgPipeline, StableDiffusionInpaintPipeline),
             "sdxl": (StableDiffusionXLImg2ImgPipeline, StableDiffusionXLInpaintPipeline)}


def picture(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 9 + c) * np.cos(y / 7 - 2 * c) for c in range(3)]
    return np.round(127.5 + 120 * np.stack(waves, axis=2)).astype(np.uint8)


def mask(width: int, height: int, left: int, top: int, right: int, bottom: int) -> np.ndarray:
    levels = np.zeros((height, width), np.uint8)
    levels[top:bottom, left:right] = 255
    return levels


def inpainting(unet: UNet2DConditionModel) -> UNet2DConditionModel:
    """The same UNet for nine channels: latents, mask, and the latents of what is kept."""
    wide = UNet2DConditionModel.from_config(dict(unet.config) | {"in_channels": 9})
    state = unet.state_dict()
    shape = wide.conv_in.weight.shape
    state["conv_in.weight"] = torch.randn(shape, generator=generator(9)) * state["conv_in.weight"].std()
    wide.load_state_dict(state)
    return wide.eval()


def filling(transformer: FluxTransformer2DModel, side: int) -> FluxTransformer2DModel:
    """The same transformer that is shown latents of a picture and, for each, `side`² pixels of a mask, too."""
    out = transformer.config.in_channels
    wide = FluxTransformer2DModel.from_config(
        dict(transformer.config) | {"in_channels": 2 * out + 4 * side ** 2, "out_channels": out})
    state = transformer.state_dict()
    shape = wide.x_embedder.weight.shape
    state["x_embedder.weight"] = torch.randn(shape, generator=generator(9)) * state["x_embedder.weight"].std()
    wide.load_state_dict(state)
    return wide.eval()


def run(case: dict) -> dict:
    case = DEFAULTS | case
    width, height = case["width"], case["height"]
    begun = picture(*case.get("sides", (width, height)))
    saved = {"picture": torch.from_numpy(begun)}
    common = {"prompt": case["prompt"], "image": Image.fromarray(begun), "strength": case["strength"],
              "num_inference_steps": case["steps"], "generator": generator(case["seed"]), "output_type": "latent"}
    if "mask" in case:
        levels = mask(*case.get("sides", (width, height)), *case["mask"])
        saved["mask"] = torch.from_numpy(levels)
        common |= {"mask_image": Image.fromarray(levels), "width": width, "height": height}
    kind = PIPELINES["sdxl" if case["model"] == "playground" else case["model"]]["mask" in case]
    if case["model"] == "flux":
        pipe = flux_pipelines.pipeline("dev")
        if "inpaint" in case:
            pipe.transformer = filling(pipe.transformer, pipe.vae_scale_factor)
            saved["x_embedder.weight"] = pipe.transformer.x_embedder.weight.detach()
            kind = FluxFillPipeline
        if "kontext" in case:
            kind = FluxKontextInpaintPipeline if "mask" in case else FluxKontextPipeline
            common |= {"_auto_resize": False, "max_area": width * height}
            if "mask" not in case:
                del common["strength"]
        pipe = kind.from_pipe(pipe)
        diffusion_pipelines.add_loras(pipe, case)
        pipe.set_progress_bar_config(disable=True)
        common |= {"width": width, "height": height, "guidance_scale": case["guidance"],
                   "max_sequence_length": flux_pipelines.T5_LENGTH}
        if "padding" in case:
            seen = []
            whole = pipe(**common | {"output_type": "pil", "padding_mask_crop": case["padding"],
                                     "callback_on_step_end": lambda _, i, t, v: seen.append(v["latents"]) or {}}).images[0]
            saved["image_uint8"] = torch.from_numpy(np.array(whole))
            packed = seen[-1]
        else:
            packed = pipe(**common).images
        final = pipe._unpack_latents(packed, height, width, pipe.vae_scale_factor)
    else:
        plain = diffusion_pipelines.pipeline(case)
        pipe = kind.from_pipe(plain, **({"requires_safety_checker": False} if case["model"] == "sd" else {}))
        pipe.scheduler = diffusion_pipelines.pipeline(case).scheduler  # from_pipe() changes clip_sample
        pipe.watermark = None
        pipe.set_progress_bar_config(disable=True)
        if "inpaint" in case:
            pipe.unet = inpainting(pipe.unet)
            saved["conv_in.weight"] = pipe.unet.conv_in.weight.detach()
        elif "mask" in case:
            common["masked_image_latents"] = torch.zeros(1, 4, height // 8, width // 8)
        negative = case["negative"] or (None if case["model"] != "sd" else "")
        final = pipe(**common, negative_prompt=negative, guidance_scale=case["cfg_scale"]).images
    save_tensors(OUT / f"{case['name']}.safetensors", saved | {"final": final})
    return case


def crop_regions() -> list:
    """Masks of one or two rectangles in pictures of any shape, and what is looked at of them."""
    sides, wanted = [(200, 120), (64, 300), (97, 61)], [(64, 64), (128, 64), (64, 160)]
    rectangles = [[(10, 10, 20, 30)], [(0, 0, 5, 5)], [(60, 50, 64, 61), (3, 40, 9, 44)], [(20, 20, 21, 21)],
                  [(1, 2, 63, 60)]]
    regions = []
    for (width, height), (wide, high), parts in itertools.product(sides, wanted, rectangles):
        levels = np.zeros((height, width), np.uint8)
        for left, top, right, bottom in parts:
            levels[top:bottom, left:right] = 1
        for padding in (0, 7, 500):
            region = VaeImageProcessor.get_crop_region(Image.fromarray(levels), wide, high, pad=padding)
            regions.append({"sides": [width, height], "mask": parts, "wanted": [wide, high], "padding": padding,
                            "region": list(region)})
    return regions


if __name__ == "__main__":
    save_json(OUT / "crop-regions.json", crop_regions())
    save_json(OUT / "cases.json", [run(case) for case in CASES])
