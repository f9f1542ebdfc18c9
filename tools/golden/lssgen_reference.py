"""Latent space scaling (arXiv 2507.16154) on diffusers' components: plans, and whole runs on `flux-tiny`.

An implementation of its own, written from the description of the method, as plain as possible, to hold the
Java code against. Output: `lssgen/cases.json` (requests and plans), `lssgen/<case>.safetensors` (the clean
latents of each stage as `stage0`, `stage1`, … in the order of the run, the last one also as `final`: unpacked
[B, C, h, w], denoiser's space; `scaled1`, … what the scaler made of the stage before; `image` and each stage's `noise0`, … where the
case says `image`),
`lssgen/published.json` (plans at published sizes, checked here against the published pipelines' numbers),
the latent upsamplers `upsampler-tiny` and `upsampler-16ch`, and `lssgen/upsamplers.safetensors`.
Tolerance: max absolute error 1e-4 in fp32; timesteps 1e-3.

Choices where the description leaves one:
- bicubic, in latent space and in pixel space alike: F.interpolate(scale_factor=2, mode="bicubic",
  align_corners=False, antialias=False); that is Keys' kernel with a = -0.75.
- pixel: decode (image not clamped, not rounded) -> bicubic -> encode -> sample the posterior with the request's
  generator; so the generator yields the stage's noise first, then the posterior's.
- the upsampler's bilinear skip: F.interpolate(scale_factor=2, mode="bilinear", align_corners=False).
- none: no intermediate stages, whatever the size.
- batches: image i has its own generator with seed + i, so that its draws do not depend on its neighbours.
  (`batch-one-generator` shows the other way: one generator for the whole batch.)
- start sigma 1 and scaling none leave the stage's own shortening in force, as for any single stage.
- sigma of the noise compensation is the scheduler's own fp32 sigma, which is t / 1000 up to rounding.
"""

from common import FLUX_TINY, FLUX_TINY_SCHNELL, GOLDEN, generator, normal, randomize, save_json, save_tensors

import json
import math
import shutil

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)
from diffusers.pipelines.flux.pipeline_flux import calculate_shift
from safetensors.torch import load_file, save_file

OUT = GOLDEN / "lssgen"
PATCH = 2
PROMPTS = ["a red apple left of a blue book", "Three dogs, and a CAT's hat on a yellow background!"]


# ---- the latent upsampler ---------------------------------------------------------------------


class ResidualBlock(torch.nn.Module):
    """GroupNorm -> conv1 -> SiLU -> GroupNorm -> conv2 -> SiLU, plus the skip. Doubles the sides if `up`."""

    def __init__(self, channels_in: int, channels_out: int, up: bool, groups: int):
        super().__init__()
        self.up = up
        self.norm1 = torch.nn.GroupNorm(groups, channels_in, eps=1e-6)
        if up:
            self.conv1 = torch.nn.ConvTranspose2d(channels_in, channels_out, 4, stride=2, padding=1)
        else:
            self.conv1 = torch.nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.norm2 = torch.nn.GroupNorm(groups, channels_out, eps=1e-6)
        self.conv2 = torch.nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.skip_proj = None
        if channels_in != channels_out:
            self.skip_proj = torch.nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x):
        skip = x
        if self.up:
            skip = F.interpolate(skip, scale_factor=2, mode="bilinear", align_corners=False)
        if self.skip_proj is not None:
            skip = self.skip_proj(skip)
        y = F.silu(self.conv1(self.norm1(x)))
        y = F.silu(self.conv2(self.norm2(y)))
        return y + skip


class LatentUpsampler(torch.nn.Module):
    def __init__(self, in_channels, out_channels, block_out_channels, is_up_samples, norm_num_groups, **_):
        super().__init__()
        body = torch.nn.Module()
        body.conv_in = torch.nn.Conv2d(in_channels, block_out_channels[0], 3, padding=1)
        body.up_blocks = torch.nn.ModuleList()
        width = block_out_channels[0]
        for out, up in zip(block_out_channels, is_up_samples):
            body.up_blocks.append(ResidualBlock(width, out, up, norm_num_groups))
            width = out
        body.norm_out = torch.nn.GroupNorm(norm_num_groups, width, eps=1e-5)
        body.conv_out = torch.nn.Conv2d(width, out_channels, 3, padding=1)
        self.upsampler = body

    def forward(self, z):
        z = self.upsampler.conv_in(z)
        for block in self.upsampler.up_blocks:
            z = block(z)
        return self.upsampler.conv_out(F.silu(self.upsampler.norm_out(z)))


def upsampler_config(channels: int, widths, groups: int):
    return {"_class_name": "LatentUpSampler", "act_fn": "silu", "block_out_channels": list(widths),
            "in_channels": channels, "interpolate": "bilinear", "is_up_samples": [True, False],
            "norm_num_groups": groups, "out_channels": channels, "strides": [2, 1]}


def write_upsampler(name: str, config: dict, seed: int, dtype):
    folder = GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    model = randomize(LatentUpsampler(**config), seed)
    save_json(folder / "config.json", config)
    tensors = {k: v.to(dtype).clone() for k, v in model.state_dict().items()}
    save_file(tensors, str(folder / "diffusion_pytorch_model.safetensors"), metadata={"format": "pt"})


def load_upsampler(name: str) -> LatentUpsampler:
    folder = GOLDEN / name
    model = LatentUpsampler(**json.loads((folder / "config.json").read_text()))
    tensors = load_file(folder / "diffusion_pytorch_model.safetensors")
    model.load_state_dict({k: v.float() for k, v in tensors.items()})
    return model.eval()


def upsampler_goldens():
    write_upsampler("upsampler-tiny", upsampler_config(16, (16, 8), 4), 31, torch.float32)
    write_upsampler("upsampler-16ch", upsampler_config(16, (128, 64), 32), 32, torch.bfloat16)
    tiny, full = normal((2, 16, 4, 6), 33), normal((1, 16, 8, 6), 34)
    published = load_upsampler("upsampler-16ch")
    count = sum(p.numel() for p in published.parameters())
    assert round(count / 1e6, 2) == 0.56, count
    save_tensors(OUT / "upsamplers.safetensors", {
        "tiny_input": tiny, "tiny_output": load_upsampler("upsampler-tiny")(tiny),
        "16ch_input": full, "16ch_output": published(full)})


# ---- planning ---------------------------------------------------------------------------------


def stage_count(width: int, height: int, min_size: int, start_sigma: float, scaling: str) -> int:
    """Intermediate stages, the last one (of full size) not counted."""
    ratio = min(width, height) // min_size
    if start_sigma == 1 or scaling == "none" or ratio < 1:
        return 0
    return int(math.floor(math.log2(ratio)))


def shortened(steps: int, width: int, height: int, base, shorten: bool) -> tuple:
    """Factor and steps of a stage of the given size in pixels. The factor is the log2 of the area's ratio."""
    factor = math.log2(max(2.0, (base[0] / width) * (base[1] / height))) if shorten else 1.0
    return factor, max(1, math.floor(steps / factor))


def flow_stage_schedule(config: dict, tokens: int, steps: int, first: bool, start_sigma: float):
    """The scheduler with its full schedule, mu, and the index at which the stage begins.

    `own_sigmas` beside its settings says that the model's pipeline leaves the levels to it, as Stable Diffusion 3's does.
    """
    scheduler = FlowMatchEulerDiscreteScheduler.from_config({k: v for k, v in config.items() if k != "own_sigmas"})
    mu = None
    if config["use_dynamic_shifting"]:
        longest = config["max_image_seq_len"]
        mu = calculate_shift(min(tokens, longest), config["base_image_seq_len"], longest,
                             config["base_shift"], config["max_shift"])
    if config.get("own_sigmas"):
        scheduler.set_timesteps(steps, mu=mu)
    else:
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
    begin = 0
    if not first:  # the smallest timestep that is not below 1000 s; timesteps fall
        begin = int((scheduler.timesteps.double() >= 1000 * start_sigma).sum()) - 1
    return scheduler, mu, begin


def plan(request: dict, scheduler_config: dict, factor: int):
    width, height = request["width"], request["height"]
    intermediate = stage_count(width, height, request["min_size"], request["start_sigma"], request["scaling"])
    unit = factor * PATCH * 2**intermediate
    if width % unit or height % unit:
        raise ValueError(f"{width}x{height} is not a multiple of {unit}")
    stages = []
    for k in range(intermediate, -1, -1):
        w = 2**intermediate * PATCH * (width // unit) // 2**k
        h = 2**intermediate * PATCH * (height // unit) // 2**k
        f, steps = shortened(request["steps"], factor * w, factor * h, request["base"], request["shorten"])
        tokens = (h // PATCH) * (w // PATCH)
        scheduler, mu, begin = flow_stage_schedule(
            scheduler_config, tokens, steps, k == intermediate, request["start_sigma"])
        stages.append({
            "width": factor * w, "height": factor * h, "latent_width": w, "latent_height": h, "image_tokens": tokens,
            "shorten_factor": f, "schedule_steps": steps, "begin_index": begin, "steps": steps - begin, "mu": mu,
            "timesteps": scheduler.timesteps[begin:].tolist(), "sigmas": scheduler.sigmas[begin:].tolist()})
    return stages


# ---- the loop ---------------------------------------------------------------------------------


class Autoencoded:
    """What has an autoencoder `vae` with a shift and a scale."""

    def decode(self, z):
        return self.vae.decode(z / self.vae.config.scaling_factor + self.vae.config.shift_factor).sample

    def encode(self, image, draw):
        posterior = self.vae.encode(image).latent_dist
        z = posterior.mean + posterior.std * draw(posterior.mean.shape)
        return (z - self.vae.config.shift_factor) * self.vae.config.scaling_factor


class Flux(Autoencoded):
    """The tiny FLUX parts, with latents as [B, C, h, w]."""

    def __init__(self, model: str, guidance: float):
        folder = FLUX_TINY if model == "dev" else FLUX_TINY_SCHNELL
        self.transformer = FluxTransformer2DModel.from_pretrained(folder / "transformer")
        self.scheduler_config = FlowMatchEulerDiscreteScheduler.load_config(folder / "scheduler")
        self.vae = AutoencoderKL.from_pretrained(FLUX_TINY / "vae")
        self.upsampler = load_upsampler("upsampler-tiny")
        self.guidance = guidance if model == "dev" else None

    def velocity(self, z, time, embeds, pooled):
        b, c, h, w = z.shape
        guidance = None if self.guidance is None else torch.full((b,), self.guidance)
        out = self.transformer(
            hidden_states=FluxPipeline._pack_latents(z, b, c, h, w), encoder_hidden_states=embeds,
            pooled_projections=pooled, timestep=time.expand(b) / 1000, guidance=guidance,
            img_ids=FluxPipeline._prepare_latent_image_ids(b, h // 2, w // 2, "cpu", torch.float32),
            txt_ids=torch.zeros(embeds.shape[1], 3), return_dict=False)[0]
        return FluxPipeline._unpack_latents(out, 8 * h, 8 * w, 8)


def double(flux: Flux, z, scaling: str, draw):
    if scaling == "neural":
        return flux.upsampler(z)
    if scaling == "bicubic":
        return bicubic(z)
    if scaling == "pixel":
        return flux.encode(bicubic(flux.decode(z)), draw)
    raise ValueError(scaling)


def bicubic(x):
    return F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False, antialias=False)


def draws(request: dict, count: int):
    if request.get("one_generator"):
        g = generator(request["seed"])
        return lambda shape: torch.randn(tuple(shape), generator=g)
    generators = [generator(request["seed"] + i) for i in range(count)]
    return lambda shape: torch.cat([torch.randn((1, *shape[1:]), generator=g) for g in generators])


def sample(flux: Flux, request: dict, stages: list, embeds, pooled):
    draw = draws(request, len(embeds))
    z, saved = None, {}
    for index, stage in enumerate(stages):
        noise = draw((len(embeds), 16, stage["latent_height"], stage["latent_width"]))
        scheduler, _, begin = flow_stage_schedule(
            flux.scheduler_config, stage["image_tokens"], stage["schedule_steps"], index == 0, request["start_sigma"])
        if index == 0:
            z = noise
        else:
            z = double(flux, z, request["scaling"], draw)
            saved[f"scaled{index}"] = z
            sigma = scheduler.sigmas[begin]
            z = (1 - sigma) * z + sigma * noise
        scheduler.set_begin_index(begin)
        for time in scheduler.timesteps[begin:]:
            z = scheduler.step(flux.velocity(z, time, embeds, pooled), time, z).prev_sample
        saved |= {f"noise{index}": noise, f"stage{index}": z}
    return saved | {"final": z}


# ---- runs on the tiny model -------------------------------------------------------------------

DEFAULTS = {"model": "dev", "prompts": PROMPTS[:1], "width": 128, "height": 64, "steps": 8, "guidance": 3.5,
            "seed": 42, "min_size": 32, "start_sigma": 0.75, "shorten": False, "base": [1024, 1024],
            "scaling": "neural"}

CASES = [
    {"name": "one-stage", "image": True},
    {"name": "one-stage-portrait", "width": 64, "height": 96, "seed": 3},
    {"name": "one-stage-shorten", "shorten": True, "steps": 28},
    {"name": "one-stage-shorten-base", "shorten": True, "base": [128, 64]},
    {"name": "two-stages", "min_size": 16},
    {"name": "two-stages-shorten", "min_size": 16, "shorten": True, "steps": 28, "width": 192},
    {"name": "start-sigma-0.667", "start_sigma": 0.667},
    {"name": "start-sigma-0.5", "start_sigma": 0.5},
    {"name": "bicubic", "scaling": "bicubic"},
    {"name": "bicubic-two-stages", "scaling": "bicubic", "min_size": 16},
    {"name": "pixel", "scaling": "pixel"},
    {"name": "pixel-two-stages", "scaling": "pixel", "min_size": 16, "seed": 8},
    {"name": "none", "scaling": "none", "width": 64, "steps": 4},
    {"name": "start-sigma-1", "start_sigma": 1.0, "width": 64, "steps": 4},
    {"name": "below-min-size", "min_size": 512, "width": 64, "steps": 4},
    {"name": "batch", "prompts": PROMPTS, "seed": 9},
    {"name": "batch-two-stages", "prompts": PROMPTS, "seed": 9, "min_size": 16, "steps": 4},
    {"name": "batch-pixel", "prompts": PROMPTS, "seed": 9, "scaling": "pixel", "width": 64, "steps": 4},
    {"name": "batch-one-generator", "prompts": PROMPTS, "seed": 9, "one_generator": True, "steps": 4},
    {"name": "schnell", "model": "schnell", "guidance": 0.0, "steps": 4},
    {"name": "schnell-shorten", "model": "schnell", "guidance": 0.0, "steps": 4, "shorten": True, "base": [128, 64]},
]


def run_cases():
    text = FluxPipeline.from_pretrained(FLUX_TINY)
    results = []
    for case in CASES:
        request = DEFAULTS | case
        embeds, pooled, _ = text.encode_prompt(request["prompts"], max_sequence_length=48)
        flux = Flux(request["model"], request["guidance"])
        stages = plan(request, flux.scheduler_config, 8)
        saved = sample(flux, request, stages, embeds, pooled)
        if request.get("image"):
            saved["image"] = flux.decode(saved["final"])
        else:
            saved = {k: v for k, v in saved.items() if not k.startswith("noise")}
        save_tensors(OUT / f"{case['name']}.safetensors", saved)
        results.append(request | {"max_sequence_length": 48, "stages": stages})
    save_json(OUT / "cases.json", results)
    check_runs()


def check_runs():
    """Properties that hold whatever the numbers: plain runs are diffusers' own; batches do not mix."""
    plain = load_file(GOLDEN / "flux-pipeline" / "dev-64x64.safetensors")["final"]
    for name in ("none", "start-sigma-1", "below-min-size"):
        torch.testing.assert_close(load_file(OUT / f"{name}.safetensors")["final"], plain, rtol=0, atol=2e-5)
    flux = Flux("dev", 3.5)
    text = FluxPipeline.from_pretrained(FLUX_TINY)
    request = DEFAULTS | {"prompts": PROMPTS[1:], "seed": 10}
    embeds, pooled, _ = text.encode_prompt(request["prompts"], max_sequence_length=48)
    alone = sample(flux, request, plan(request, flux.scheduler_config, 8), embeds, pooled)["final"]
    batch = load_file(OUT / "batch.safetensors")["final"]
    torch.testing.assert_close(batch[1:], alone, rtol=0, atol=2e-5)


# ---- the published pipelines' numbers ---------------------------------------------------------

FLUX_DEV = {"num_train_timesteps": 1000, "shift": 3.0, "use_dynamic_shifting": True, "base_shift": 0.5,
            "max_shift": 1.15, "base_image_seq_len": 256, "max_image_seq_len": 4096}
FLUX_SCHNELL = {"num_train_timesteps": 1000, "shift": 1.0, "use_dynamic_shifting": False}

# Per stage: steps run, first timestep, last timestep, mu; None where the publication's description says nothing.
PUBLISHED_FLOW = [
    ("dev-1024-28", "dev", 1024, 28, 0.75, True, [(14, 1000, 126.2038, 0.63), (14, 759.5109, 104.7209, 1.15)]),
    ("dev-1024-28-not-shortened", "dev", 1024, 28, 0.75, False,
     [(28, 1000, 65.0196, 0.63), (14, 759.5109, 104.7209, 1.15)]),
    ("dev-1024-28-0.667", "dev", 1024, 28, 0.667, True, [(14, 1000, 126.2038, 0.63), (11, 671.4348, None, 1.15)]),
    ("dev-1024-50", "dev", 1024, 50, 0.75, True, [(25, 1000, None, 0.63), (25, None, None, 1.15)]),
    ("dev-1024-4", "dev", 1024, 4, 0.75, True, [(2, 1000, None, 0.63), (2, 759.5109, 512.8441, 1.15)]),
    ("dev-2048-28", "dev", 2048, 28, 0.75, True,
     [(14, 1000, 126.2038, 0.63), (14, 759.5109, 104.7209, 1.15), (14, 759.5109, 104.7209, 1.15)]),
    ("schnell-1024-4", "schnell", 1024, 4, 0.75, True, [(2, 1000, 500, None), (3, 750, 250, None)]),
    ("schnell-1024-4-not-shortened", "schnell", 1024, 4, 0.75, False, [(4, 1000, 250, None), (3, 750, 250, None)]),
]


def published_flow():
    results = []
    for name, model, side, steps, sigma, shorten, expected in PUBLISHED_FLOW:
        request = DEFAULTS | {"model": model, "width": side, "height": side, "steps": steps, "min_size": 512,
                              "start_sigma": sigma, "shorten": shorten}
        stages = plan(request, FLUX_DEV if model == "dev" else FLUX_SCHNELL, 8)
        for stage, (count, first, last, mu) in zip(stages, expected, strict=True):
            assert stage["steps"] == count, (name, stage)
            close(stage["timesteps"][0], first)
            close(stage["timesteps"][-1], last)
            if mu is not None:
                assert abs(stage["mu"] - mu) < 1e-9, (name, stage["mu"])
        for stage in stages:
            del stage["sigmas"]
        results.append({k: request[k] for k in
                        ("model", "width", "height", "steps", "min_size", "start_sigma", "shorten", "base")}
                       | {"name": name, "stages": stages})
    first, second = (next(r for r in results if r["name"] == "dev-1024-28")["stages"][i]["timesteps"] for i in (0, 1))
    for found, wanted in zip(first[:3] + second[:2], [1000, 960.6438, 918.4716, 759.5109, 732.4128]):
        close(found, wanted)
    return results


def close(found, wanted):
    assert wanted is None or abs(found - wanted) < 1e-4, (found, wanted)


def published_draws():
    results = []
    for shapes, expected in (([[1, 16, 64, 64], [1, 16, 128, 128]], [-0.48033929, -0.98823494]),
                             ([[1, 4, 32, 32], [1, 4, 64, 64]], [-0.69486135, 0.43877089])):
        g = generator(42)
        for shape in shapes:
            torch.randn(shape, generator=g)
        values = [torch.randn(1, generator=g).item() for _ in range(2)]
        for found, wanted in zip(values, expected):
            assert abs(found - wanted) < 1e-8, (found, wanted)
        results.append({"seed": 42, "shapes": shapes, "next_two_single_draws": values})
    return results


def diffusion_stages(scheduler, sizes, steps, shorten, start_sigma, base):
    """Diffusion keeps the last floor(N_k s) timesteps in later stages (as img2img's strength)."""
    stages = []
    for index, side in enumerate(sizes):
        factor, count = shortened(steps, side, side, (base, base), shorten)
        scheduler.set_timesteps(count)
        kept = count if index == 0 else int(count * start_sigma)
        times = scheduler.timesteps[len(scheduler.timesteps) - kept:]
        noise = scheduler.init_noise_sigma if index == 0 else scheduler.add_noise(
            torch.zeros(1), torch.ones(1), times[:1])  # what noise of 1 becomes before the stage's first step
        stages.append({"side": side, "shorten_factor": factor, "schedule_steps": count, "timesteps": times.tolist(),
                       "noise": float(noise)})
        if hasattr(scheduler, "sigmas"):
            stages[-1]["first_sigma"] = scheduler.sigmas[len(scheduler.timesteps) - kept].item()
    return stages


def published_diffusion():
    betas = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
    ddim = DDIMScheduler, betas | {"clip_sample": False, "set_alpha_to_one": False}
    euler = EulerDiscreteScheduler, betas | {"timestep_spacing": "leading"}
    table = [
        ("sd15-512", ddim, (256, 512), 50, False, 512, [(50, 981, 1), (37, 721, 1)]),
        ("sd15-512-shortened", ddim, (256, 512), 50, True, 512, [(25, 961, 1), (37, 721, 1)]),
        ("sd15-1024-shortened", ddim, (512, 1024), 50, True, 512, [(50, 981, 1), (37, 721, 1)]),
        ("sd15-512-from-128-shortened", ddim, (128, 256, 512), 20, True, 512,
         [(5, 801, None), (7, 601, None), (15, 701, None)]),
        ("sdxl-1024", euler, (512, 1024), 50, False, 1024, [(50, 981, 1), (37, 721, 1)]),
        ("sdxl-1024-shortened", euler, (512, 1024), 50, True, 1024, [(25, 961, 1), (37, 721, 1)]),
    ]
    results = []
    for name, (kind, config), sizes, steps, shorten, base, expected in table:
        stages = diffusion_stages(kind(**config), sizes, steps, shorten, 0.75, base)
        for stage, (count, first, last) in zip(stages, expected, strict=True):
            assert len(stage["timesteps"]) == count and stage["timesteps"][0] == first, (name, stage)
            assert last is None or stage["timesteps"][-1] == last, (name, stage)
            if kind is EulerDiscreteScheduler:  # SDXL: original height and width, crop, target height and width
                stage["size_ids"] = [stage["side"], stage["side"], 0, 0, stage["side"], stage["side"]]
        results.append({"name": name, "config": {"_class_name": kind.__name__} | config, "steps": steps,
                        "shorten": shorten, "base": base, "start_sigma": 0.75, "stages": stages})
    sdxl, short = results[-2]["stages"][0], results[-1]["stages"][0]
    for found, wanted in ((sdxl["first_sigma"], 13.1204157), (sdxl["noise"], 13.158469),
                          (short["first_sigma"], 11.6760502), (short["noise"], 11.718795)):
        assert abs(found - wanted) < 1e-5, (found, wanted)
    return results


if __name__ == "__main__":
    save_json(OUT / "published.json", {
        "flow": published_flow(), "diffusion": published_diffusion(), "draws": published_draws()})
    upsampler_goldens()
    run_cases()
