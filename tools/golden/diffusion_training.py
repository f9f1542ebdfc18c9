"""One training step of an SDXL-like model, and one of its latent consistency distillation, as diffusers computes them.

The parts are those of `diffusion-tiny`: the UNet of sdxl, its two text encoders, the tokenizer of sd. Every draw comes
from `torch.Generator("cpu")` with seed 7, in this order: noise, timesteps (floor of uniform numbers times their count),
guidance scales.

`diffusion-training/cases.json`: losses of one micro-batch for kinds of prediction, noise and weights of the errors
(`compute_snr` of diffusers' training utilities; arXiv 2303.09556), and the timesteps.
`diffusion-training/epsilon.safetensors`: the clean latents and the noise; of the first case, the norm of the gradient of
every parameter, `norm.<component>.<name>`.
`diffusion-training/consistency.safetensors`: the distillation (arXiv 2310.04378). Teacher is the UNet, student the same
with `cond_proj` beside it, which is told the guidance scale. Solver is DDIMScheduler with 50 trailing timesteps, the
boundary condition LCMScheduler's, the target the student itself without gradients, the distance a pseudo-Huber of
0.001. `loss`, `timesteps`, `scales`, and norms of the gradients of the student's parameters.
`diffusion-training/phased.safetensors`: the same in phases (arXiv 2405.18407): 4 parts of all timesteps with 2 of the
solver's 8 steps each, the last without noise at its end; a student with the teacher's weights, which is not told a scale.
The error is that of the clean latents that lead to the landing place in one step of the solver; errors are small there,
so its distance bends at 0.1, that no processor's rounding decides the sign of a gradient.
Tolerance: losses and norms 1e-3 relative, the noise and timesteps exact. Needs diffusion_pipelines.py's output.
"""

from common import GOLDEN, generator, normal, save_json, save_tensors

import torch
from diffusers import (
    DDIMScheduler, DDPMScheduler, LatentConsistencyModelPipeline, LCMScheduler, UNet2DConditionModel)
from diffusers.training_utils import compute_snr
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

TINY = GOLDEN / "diffusion-tiny"
OUT = GOLDEN / "diffusion-training"
SEED, FACTOR, SOLVER_STEPS, HUBER, PHASES_HUBER, LOW, HIGH = 7, 8, 50, 1e-3, 0.1, 1.0, 5.0
NOISE = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
CAPTIONS = ["a red apple", "", "a dog left of a blue book", "three bananas"]
CLEAN = normal((4, 4, 8, 12), 1)
CASES = [
    {"name": "epsilon", "scheduler": NOISE},
    {"name": "epsilon-min-snr", "scheduler": NOISE, "min_snr": 5.0},
    {"name": "stronger-noise", "scheduler": NOISE | {"beta_end": 0.03, "beta_schedule": "linear"}},
    {"name": "v-zero-snr", "scheduler": NOISE | {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}},
    {"name": "v-min-snr", "scheduler": NOISE | {"prediction_type": "v_prediction"}, "min_snr": 5.0},
    {"name": "sample", "scheduler": NOISE | {"prediction_type": "sample"}},
]


class Parts:
    def __init__(self):
        self.tokenizer = CLIPTokenizer.from_pretrained(TINY / "sd" / "tokenizer")
        self.first = CLIPTextModel.from_pretrained(TINY / "sd" / "text_encoder")
        self.second = CLIPTextModelWithProjection.from_pretrained(TINY / "sdxl" / "text_encoder_2")
        self.unet = UNet2DConditionModel.from_pretrained(TINY / "sdxl" / "unet")

    def components(self):
        return {"unet": self.unet, "text_encoder": self.first, "text_encoder_2": self.second}

    def encode(self, captions):
        length = self.first.config.max_position_embeddings
        ids = self.tokenizer(captions, padding="max_length", max_length=length, truncation=True,
                             return_tensors="pt").input_ids
        first = self.first(ids, output_hidden_states=True)
        second = self.second(ids, output_hidden_states=True)
        states = torch.cat([first.hidden_states[-2], second.hidden_states[-2]], dim=-1)
        return states, second.text_embeds


def call(unet, latents, timesteps, text, condition=None):
    states, pooled = text
    height, width = (float(side * FACTOR) for side in latents.shape[2:])
    sizes = torch.tensor([[height, width, 0, 0, height, width]]).expand(len(latents), 6)
    return unet(latents, timesteps, states, timestep_cond=condition,
                added_cond_kwargs={"text_embeds": pooled, "time_ids": sizes}, return_dict=False)[0]


def draw(g, below: int):
    noise = torch.randn(CLEAN.shape, generator=g)
    return noise, (torch.rand(len(CLEAN), generator=g).double() * below).long()


def diffusion_loss(parts: Parts, case: dict):
    scheduler = DDPMScheduler(**case["scheduler"])
    kind = scheduler.config.prediction_type
    noise, timesteps = draw(generator(SEED), scheduler.config.num_train_timesteps)
    said = call(parts.unet, scheduler.add_noise(CLEAN, noise, timesteps), timesteps, parts.encode(CAPTIONS))
    target = {"epsilon": noise, "sample": CLEAN}.get(kind)
    if kind == "v_prediction":
        target = scheduler.get_velocity(CLEAN, noise, timesteps)
    errors = (said - target).square().mean(dim=(1, 2, 3))
    if "min_snr" in case:
        snr = compute_snr(scheduler, timesteps)
        errors = errors * snr.clamp(max=case["min_snr"]) / (snr + 1 if kind == "v_prediction" else snr)
    return errors.mean(), noise, timesteps


def norms(component: str, module) -> dict:
    found = {}
    for name, parameter in module.named_parameters():
        if parameter.grad is not None:
            path = name.removeprefix("text_model.")
            if component != "unet" and not path.startswith("text_projection"):
                path = "text_model." + path
            found[f"norm.{component}.{path}"] = parameter.grad.norm()
    return found


def diffusion():
    parts, cases = Parts(), []
    for case in CASES:
        loss, noise, timesteps = diffusion_loss(parts, case)
        cases.append(case | {"loss": loss.item(), "timesteps": timesteps.tolist()})
        if case["name"] == "epsilon":
            loss.backward()
            gradients = {k: v for name, module in parts.components().items() for k, v in norms(name, module).items()}
            save_tensors(OUT / "epsilon.safetensors", {"clean": CLEAN, "noise": noise} | gradients)
    save_json(OUT / "cases.json", {"captions": CAPTIONS, "cases": cases})


def steps(scheduler, latents, said, timesteps, what: str):
    """A scheduler's step knows one timestep for all: so picture by picture."""
    return torch.cat([getattr(scheduler.step(said[i:i + 1], int(t), latents[i:i + 1]), what)
                      for i, t in enumerate(timesteps)])


def huber(error, bend=HUBER):
    return (torch.sqrt(error.square() + bend**2) - bend).mean()


def consistency():
    parts = Parts()
    config = dict(parts.unet.config) | {"time_cond_proj_dim": 6}
    student = UNet2DConditionModel.from_config(config)
    projection = normal((8, 6), 8) * 0.3
    student.load_state_dict(parts.unet.state_dict() | {"time_embedding.cond_proj.weight": projection})
    solver = DDIMScheduler(**NOISE, clip_sample=False, set_alpha_to_one=False, timestep_spacing="trailing")
    solver.set_timesteps(SOLVER_STEPS)
    boundary = LCMScheduler(**NOISE)
    g = generator(SEED)
    noise, index = draw(g, SOLVER_STEPS)
    scales = torch.rand(len(CLEAN), generator=g) * (HIGH - LOW) + LOW
    start = solver.timesteps.flip(0)[index]
    end = (start - 1000 // SOLVER_STEPS).clamp(min=0)
    noisy = solver.add_noise(CLEAN, noise, start)
    condition = LatentConsistencyModelPipeline.get_guidance_scale_embedding(None, scales - 1, embedding_dim=6)
    with torch.no_grad():
        text, empty = parts.encode(CAPTIONS), parts.encode([""] * len(CAPTIONS))

    def jump(latents, timesteps):
        said = call(student, latents, timesteps, text, condition)
        clean = steps(solver, latents, said, timesteps, "pred_original_sample")
        skip, out = boundary.get_scalings_for_boundary_condition_discrete(timesteps)
        return skip.view(-1, 1, 1, 1) * latents + out.view(-1, 1, 1, 1) * clean

    with torch.no_grad():
        towards, away = (call(parts.unet, noisy, start, each_text) for each_text in (text, empty))
        guided = away + scales.view(-1, 1, 1, 1) * (towards - away)
        target = jump(steps(solver, noisy, guided, start, "prev_sample"), end)
    loss = huber(jump(noisy, start) - target)
    loss.backward()
    save_tensors(OUT / "consistency.safetensors", {
        "clean": CLEAN, "cond_proj": projection, "timesteps": start, "scales": scales, "loss": loss.reshape(1)}
        | norms("unet", student))


def phased(count=8, phases=4):
    parts, student = Parts(), Parts().unet
    solver = DDIMScheduler(**NOISE, clip_sample=False, set_alpha_to_one=True, timestep_spacing="trailing")
    solver.set_timesteps(count)
    g = generator(SEED)
    noise, index = draw(g, count)
    scales = torch.rand(len(CLEAN), generator=g) * (HIGH - LOW) + LOW
    start = solver.timesteps.flip(0)[index]
    end = index * phases // count * (1000 // phases) - 1
    noisy = solver.add_noise(CLEAN, noise, start)
    with torch.no_grad():
        text, empty = parts.encode(CAPTIONS), parts.encode([""] * len(CAPTIONS))
        towards, away = (call(parts.unet, noisy, start, each_text) for each_text in (text, empty))
        led = steps(solver, noisy, away + scales.view(-1, 1, 1, 1) * (towards - away), start, "prev_sample")
        then = start - 1000 // count
        said = call(student, led, then.clamp(min=0), text)
        landed = torch.where((then == end).view(-1, 1, 1, 1), led, steps(solver, led, said, then.clamp(min=0), "prev_sample"))
        alphas = torch.cat([torch.ones(1), solver.alphas_cumprod])  # the first is that of latents without noise
        first, last = (alphas[t + 1].view(-1, 1, 1, 1) for t in (start, end))
        kept = ((1 - last) / (1 - first)).sqrt()
        target = (landed - kept * noisy) / (last.sqrt() - kept * first.sqrt())
    said = steps(solver, noisy, call(student, noisy, start, text), start, "pred_original_sample")
    loss = huber(said - target, PHASES_HUBER)
    loss.backward()
    save_tensors(OUT / "phased.safetensors", {"timesteps": start, "ends": end, "scales": scales, "loss": loss.reshape(1)}
                 | norms("unet", student))


if __name__ == "__main__":
    torch.set_grad_enabled(True)
    diffusion()
    consistency()
    phased()
