"""Whole trajectories of diffusers' schedulers for diffusion models, as `diffusion/schedulers.json`.

The model is a cheap smooth function of its scaled input and timestep, tanh(0.8 x + 0.3 cos(t / 250)), so that errors
accumulate as in life. Every case draws from one generator with the case's seed: of a run from pure noise the noise;
of a run that begins at a later level a clean latent, then the noise; then whatever the steps draw.

diffusers lays the levels out as always, in fp32, but computes the steps in doubles here. Some of its formulas subtract
numbers that are nearly equal: with sigmas in the thousands (cosine betas, zero SNR) fp32 alone moves its results by up
to 1e-3, which would say nothing about either side.

Multi-step schedulers that diffusers cannot begin in the middle (LMS wants a history, PNDM loses its warm-up) are given
the rest of their timesteps as if they were all.

Tolerance: 1e-4 of each level's largest value; whole timesteps exactly, fractional ones 1e-3.
"""

from common import GOLDEN, generator

import contextlib
import functools
import itertools
import json
import operator
from unittest import mock

import diffusers
import numpy as np
import torch

SHAPE = (1, 1, 2, 3)


def axis(name, *values):
    return [{name: value} for value in values]


SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
LINEAR = SD | {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}
COSINE = SD | {"beta_schedule": "squaredcos_cap_v2"}
ZERO_SNR = SD | {"rescale_betas_zero_snr": True}
SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
SDE = {"algorithm_type": "sde-dpmsolver++"}
PLMS = {"skip_prk_steps": True}
PLAYGROUND = {"sigma_min": 0.002, "sigma_max": 80.0, "sigma_data": 0.5, "rho": 7.0}
PREDICTIONS = axis("prediction_type", "epsilon", "v_prediction", "sample")
NOT_SAMPLE = PREDICTIONS[:2]
NOT_EPSILON = PREDICTIONS[1:]
SPACINGS = axis("timestep_spacing", "leading", "linspace", "trailing")
LEADING = SPACINGS[:1]
SPREADS = [{}, *({f"use_{name}_sigmas": True} for name in ("karras", "exponential", "beta"))]
EDM_SCHEDULES = axis("sigma_schedule", "karras", "exponential")
EDM_SHAPES = [{}, {"rho": 5.0}, {"sigma_data": 1.0}]
LAMBDAS = {"lambda_min_clipped": -5.1}

# A scheduler, steps, and axes: every combination of their settings is a case.
CASES = [
    ("EulerDiscreteScheduler", 6, [SD, ZERO_SNR, COSINE], PREDICTIONS, SPACINGS, SPREADS),
    ("EulerDiscreteScheduler", 6, [SD], [SIGMA_MIN], SPREADS),
    ("EulerDiscreteScheduler", 8, [SD], [
        LINEAR, {"timestep_type": "continuous", "prediction_type": "v_prediction"},
        {"use_karras_sigmas": True, "sigma_min": 0.05, "sigma_max": 9.0, "timestep_spacing": "leading"}]),
    ("EulerAncestralDiscreteScheduler", 6, [SD, ZERO_SNR, COSINE, LINEAR], NOT_SAMPLE, SPACINGS),
    ("DDIMScheduler", 6, [{"clip_sample": False}], [SD, COSINE], PREDICTIONS, SPACINGS),
    # Epsilon says nothing of the clean latents where there is only noise: diffusers divides by zero.
    ("DDIMScheduler", 6, [{"clip_sample": False}], [ZERO_SNR], NOT_EPSILON, SPACINGS),
    ("DDIMScheduler", 8, [SD], PREDICTIONS, [{"clip_sample": True}, {"clip_sample": True, "clip_sample_range": 2.0}]),
    ("DDIMScheduler", 8, [{"clip_sample": False}], [LINEAR, SD | {"set_alpha_to_one": False}]),
    ("DPMSolverMultistepScheduler", 6, [{}, SDE], [SD, ZERO_SNR, COSINE], PREDICTIONS, SPACINGS, SPREADS),
    ("DPMSolverMultistepScheduler", 6, [{}, SDE], [SD], [SIGMA_MIN], SPREADS),
    ("DPMSolverMultistepScheduler", 8, [{}, SDE], [SD], [
        LINEAR, {"solver_type": "heun"}, {"solver_order": 1}, {"euler_at_final": True} | SIGMA_MIN,
        {"lower_order_final": False} | SIGMA_MIN, COSINE | LAMBDAS, COSINE | LAMBDAS | {"use_karras_sigmas": True}]),
    ("DPMSolverMultistepScheduler", 16, [{}, SDE], [SD | SIGMA_MIN]),
    ("LCMScheduler", 4, [SD, COSINE], PREDICTIONS, SPACINGS),
    ("LCMScheduler", 4, [ZERO_SNR], NOT_EPSILON),  # as with DDIM
    ("LCMScheduler", 4, [SD], [{"clip_sample": True}, {"original_inference_steps": 20}]),
    ("EDMEulerScheduler", 6, EDM_SCHEDULES, NOT_SAMPLE, [{}, SIGMA_MIN], EDM_SHAPES),
    ("EDMDPMSolverMultistepScheduler", 6, EDM_SCHEDULES, NOT_SAMPLE, [{}, SIGMA_MIN], EDM_SHAPES),
    ("EDMDPMSolverMultistepScheduler", 6, [SDE], EDM_SCHEDULES, NOT_SAMPLE, EDM_SHAPES),
    # Where rounding makes diffusers' last sigma rise, its last noise is the root of a negative number: not at these.
    ("EDMDPMSolverMultistepScheduler", 6, [SDE | SIGMA_MIN], NOT_SAMPLE, [
        {"sigma_schedule": "karras", "rho": 3.0}, {"sigma_schedule": "exponential", "sigma_min": 0.03}]),
    ("EDMDPMSolverMultistepScheduler", 16, [PLAYGROUND], [{}, SDE], [{}, {"solver_type": "heun"}]),
    # Cosine betas, unless spacing is leading, begin at sigmas of ten thousands. From there PNDM, Heun and LMS go on by
    # differences of large numbers, of which fp32 keeps less than the tolerance, diffusers' fp32, too.
    ("PNDMScheduler", 8, [PLMS, {}], [COSINE], NOT_SAMPLE, LEADING),
    ("HeunDiscreteScheduler", 6, [COSINE], PREDICTIONS, LEADING, SPREADS),
    ("LMSDiscreteScheduler", 6, [COSINE], PREDICTIONS, LEADING, SPREADS),
    ("PNDMScheduler", 8, [PLMS, {}], [SD], NOT_SAMPLE, SPACINGS),
    ("PNDMScheduler", 8, [PLMS, {}], [LINEAR]),
    ("PNDMScheduler", 8, [PLMS], [SD | {"set_alpha_to_one": True}]),
    ("PNDMScheduler", 50, [PLMS], [SD]),
    ("HeunDiscreteScheduler", 6, [SD], PREDICTIONS, SPACINGS, SPREADS),
    ("HeunDiscreteScheduler", 8, [SD], [LINEAR, {"clip_sample": True}]),
    ("LMSDiscreteScheduler", 6, [SD], PREDICTIONS, SPACINGS, SPREADS),
    ("LMSDiscreteScheduler", 8, [LINEAR]),
    ("UniPCMultistepScheduler", 6, [{}, {"solver_order": 3}], [SD, ZERO_SNR, COSINE], PREDICTIONS, SPACINGS, SPREADS),
    ("UniPCMultistepScheduler", 6, [SD], [SIGMA_MIN], SPREADS),
    ("UniPCMultistepScheduler", 8, [SD], [
        LINEAR, {"solver_type": "bh1"} | SIGMA_MIN, {"solver_order": 1},
        {"solver_order": 3, "lower_order_final": False} | SIGMA_MIN,
        {"solver_order": 3, "solver_type": "bh1"} | SIGMA_MIN]),
]


def model(x, t):
    return torch.tanh(0.8 * x + 0.3 * torch.cos(t.double() / 250).item())


def levels(scheduler, begin):
    """The timesteps of a run that leaves out `begin` steps, and the scheduler set to that."""
    if isinstance(scheduler, diffusers.PNDMScheduler):
        if begin and not scheduler.config.skip_prk_steps:
            rest = scheduler._timesteps[:-begin]  # rising
            halves = np.tile([0, scheduler.config.num_train_timesteps // scheduler.num_inference_steps // 2], 4)
            scheduler.prk_timesteps = (rest[-4:].repeat(2) + halves)[:-1].repeat(2)[1:-1][::-1].copy()
            return torch.from_numpy(np.concatenate([scheduler.prk_timesteps, rest[:-3][::-1]]).astype(np.int64))
        if begin:
            steps = torch.unique(scheduler.timesteps).flip(0)[begin:]
            return torch.cat([steps[:1], steps[1:2], steps[1:]])
        return scheduler.timesteps
    if isinstance(scheduler, diffusers.LMSDiscreteScheduler):
        scheduler.sigmas, scheduler.timesteps = scheduler.sigmas[begin:], scheduler.timesteps[begin:]
        return scheduler.timesteps
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(begin * scheduler.order)
    if scheduler.order == 2:  # Heun's: the first level once, every other twice
        return scheduler.timesteps[begin * 2:]
    return scheduler.timesteps[begin:]


@contextlib.contextmanager
def doubles():
    """Where diffusers asks for torch.float32 it gets doubles; what it draws stays what fp32 would draw."""
    draw = torch.randn

    def drawn(*shape, dtype=None, **options):
        return draw(*shape, **options).double()

    with mock.patch.object(torch, "float32", torch.float64), mock.patch.object(torch, "randn", drawn):
        yield


def run(name, config, steps, begin, seed, eta):
    scheduler = getattr(diffusers, name)(**config)
    scheduler.set_timesteps(steps)
    g = generator(seed)
    scale = float(scheduler.init_noise_sigma)
    timesteps = levels(scheduler, begin)
    if begin:
        clean = 0.7 * torch.randn(SHAPE, generator=g)
        x = scheduler.add_noise(clean, torch.randn(SHAPE, generator=g), timesteps[:1])
    else:
        x = torch.randn(SHAPE, generator=g) * scale
    trajectory = [x]
    options = {} if name in ("PNDMScheduler", "LMSDiscreteScheduler", "HeunDiscreteScheduler", "UniPCMultistepScheduler") \
        else {"generator": g}
    if name == "DDIMScheduler":
        options["eta"] = eta
    for field in ("sigmas", "alphas_cumprod"):
        if hasattr(scheduler, field):
            setattr(scheduler, field, getattr(scheduler, field).double())
    with doubles():
        x = x.double()
        for t in timesteps:
            x = scheduler.step(model(scheduler.scale_model_input(x, t), t), t, x, **options).prev_sample
            trajectory.append(x)
    if not all(x.isfinite().all() for x in trajectory):
        raise ArithmeticError(f"{name} cannot run with {config} in {steps} steps from {begin}")
    return {"config": {"_class_name": name} | config, "steps": steps, "begin": begin, "seed": seed, "eta": eta,
            "timesteps": rounded(timesteps), "trajectory": [rounded(x.flatten()) for x in trajectory]}


def rounded(values):
    return [float(f"{v:.8g}") for v in values.double().tolist()]


def cases():
    for name, steps, *axes in CASES:
        for settings in itertools.product(*axes):
            for begin in (0, steps - int(steps * 0.75)):
                for eta in (0.0, 0.6) if name == "DDIMScheduler" else (0.0,):
                    yield name, functools.reduce(operator.or_, settings), steps, begin, eta


def main():
    results = [run(name, config, steps, begin, 1000 + index, eta)
               for index, (name, config, steps, begin, eta) in enumerate(cases())]
    path = GOLDEN / "diffusion" / "schedulers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(result, separators=(",", ":")) for result in results)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(results)} trajectories")


if __name__ == "__main__":
    main()
