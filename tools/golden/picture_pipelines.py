"""Whole runs of diffusers' image-to-image pipelines on the tiny folders, as `picture-pipelines/*.safetensors`.

The folders are those of flux_components.py and diffusion_pipelines.py, which come first. Per case: the picture that is
begun with (`picture`, [H, W, 3] in 8 bits), and the `final` latents in the denoiser's space, [1, C, h, w]. The generator
first draws the autoencoder's sample, then the noise. Cases in `cases.json`, named as in diffusion_pipelines.py;
`strength` is the share of the steps that are taken.
LMS and PNDM are left out: diffusers goes on with the count of the steps that it left out there, as if it had their
derivatives; here they begin anew, as in diffusion_pipelines.py's staged runs.
Tolerance: max abs error 1e-4 of the result's largest magnitude, at least of 1 (fp32).
"""

from common import GOLDEN, HERE, generator, save_json, save_tensors

import sys

import numpy as np
import torch
from diffusers import FluxImg2ImgPipeline, StableDiffusionImg2ImgPipeline, StableDiffusionXLImg2ImgPipeline
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
]


def picture(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 9 + c) * np.cos(y / 7 - 2 * c) for c in range(3)]
    return np.round(127.5 + 120 * np.stack(waves, axis=2)).astype(np.uint8)


def run(case: dict) -> dict:
    case = DEFAULTS | case
    width, height = case["width"], case["height"]
    begun = picture(width, height)
    common = {"prompt": case["prompt"], "image": Image.fromarray(begun), "strength": case["strength"],
              "num_inference_steps": case["steps"], "generator": generator(case["seed"]), "output_type": "latent"}
    if case["model"] == "flux":
        pipe = FluxImg2ImgPipeline.from_pipe(flux_pipelines.pipeline("dev"))
        pipe.set_progress_bar_config(disable=True)
        packed = pipe(**common, width=width, height=height, guidance_scale=case["guidance"],
                      max_sequence_length=flux_pipelines.T5_LENGTH).images
        final = pipe._unpack_latents(packed, height, width, pipe.vae_scale_factor)
    else:
        plain = diffusion_pipelines.pipeline(case)
        kind = StableDiffusionImg2ImgPipeline if case["model"] == "sd" else StableDiffusionXLImg2ImgPipeline
        pipe = kind.from_pipe(plain, **({"requires_safety_checker": False} if case["model"] == "sd" else {}))
        pipe.scheduler = diffusion_pipelines.pipeline(case).scheduler  # from_pipe() changes clip_sample
        pipe.watermark = None
        pipe.set_progress_bar_config(disable=True)
        negative = case["negative"] or (None if case["model"] != "sd" else "")
        final = pipe(**common, negative_prompt=negative, guidance_scale=case["cfg_scale"]).images
    save_tensors(OUT / f"{case['name']}.safetensors", {"picture": torch.from_numpy(begun), "final": final})
    return case


if __name__ == "__main__":
    save_json(OUT / "cases.json", [run(case) for case in CASES])
