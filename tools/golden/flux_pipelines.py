"""Whole runs of diffusers' FluxPipeline on the tiny folders, as `flux-pipeline/*.safetensors` and `cases.json`.

Per case: prompt embeddings, the initial noise, the latents after each step (`step0` …; the last one is
`final`), the decoded image before clamping, and the 8-bit image. Latents are unpacked [B, C, h, w] in
the denoiser's space. Seeds: image i of a batch has its own generator with seed + i.
Tolerance: max absolute error 1e-4 (fp32), 8-bit images differ by at most 1.
"""

from common import FLUX_TINY, FLUX_TINY_SCHNELL, GOLDEN, generator, save_json, save_tensors

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

OUT = GOLDEN / "flux-pipeline"
T5_LENGTH = 48
APPLE = "a red apple left of a blue book"
DOGS = "Three dogs, and a CAT's hat on a yellow background!"

CASES = [
    {"name": "dev-64x64", "model": "dev", "prompts": [APPLE], "width": 64, "height": 64, "steps": 4,
     "guidance": 3.5, "seed": 42},
    {"name": "dev-96x64", "model": "dev", "prompts": [DOGS], "width": 96, "height": 64, "steps": 4,
     "guidance": 3.5, "seed": 7},
    {"name": "dev-batch", "model": "dev", "prompts": [APPLE, DOGS], "width": 32, "height": 64, "steps": 3,
     "guidance": 2.0, "seed": 5},
    {"name": "dev-true-cfg", "model": "dev", "prompts": [APPLE], "width": 32, "height": 32, "steps": 3,
     "guidance": 3.5, "seed": 6, "negative_prompts": ["a dog"], "true_cfg_scale": 2.5},
    {"name": "schnell-64x64", "model": "schnell", "prompts": [APPLE], "width": 64, "height": 64, "steps": 4,
     "guidance": 0.0, "seed": 42},
]


def pipeline(model: str) -> FluxPipeline:
    parts = {}
    if model == "schnell":
        parts["transformer"] = FluxTransformer2DModel.from_pretrained(FLUX_TINY_SCHNELL / "transformer")
        parts["scheduler"] = FlowMatchEulerDiscreteScheduler.from_pretrained(FLUX_TINY_SCHNELL / "scheduler")
    result = FluxPipeline.from_pretrained(FLUX_TINY, **parts)
    result.set_progress_bar_config(disable=True)
    return result


def run(case: dict):
    pipe = pipeline(case["model"])
    width, height, count = case["width"], case["height"], len(case["prompts"])

    def unpacked(latents):
        return pipe._unpack_latents(latents, height, width, pipe.vae_scale_factor)

    steps, times = {}, []

    def record(_, index, time, values):
        steps[f"step{index}"] = unpacked(values["latents"])
        times.append(time.item())
        return {}

    embeds, pooled, _ = pipe.encode_prompt(case["prompts"], max_sequence_length=T5_LENGTH)
    generators = [generator(case["seed"] + i) for i in range(count)]
    noise = torch.cat([torch.randn((1, 16, height // 8, width // 8), generator=generator(case["seed"] + i))
                       for i in range(count)])
    packed = pipe(
        case["prompts"], negative_prompt=case.get("negative_prompts"), true_cfg_scale=case.get("true_cfg_scale", 1.0),
        width=width, height=height, num_inference_steps=case["steps"], guidance_scale=case["guidance"],
        generator=generators, max_sequence_length=T5_LENGTH, output_type="latent", callback_on_step_end=record).images
    final = unpacked(packed)
    image = pipe.vae.decode(final / pipe.vae.config.scaling_factor + pipe.vae.config.shift_factor).sample
    bytes_ = torch.from_numpy(np.stack([np.array(p) for p in pipe.image_processor.postprocess(image)]))
    steps.pop(f"step{case['steps'] - 1}")  # equal to `final`
    save_tensors(OUT / f"{case['name']}.safetensors", steps | {
        "prompt_embeds": embeds, "pooled_prompt_embeds": pooled, "noise": noise, "final": final, "image": image,
        "image_uint8": bytes_})
    return case | {"max_sequence_length": T5_LENGTH, "timesteps": times}


if __name__ == "__main__":
    save_json(OUT / "cases.json", [run(case) for case in CASES])
