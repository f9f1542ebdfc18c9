"""Whole trajectories of diffusers' schedulers for diffusion models, as `diffusion/schedulers.json`.

The model is a cheap smooth function of its scaled input and timestep, tanh(0.8 x + 0.3 cos(t / 250)), so that errors
accumulate as in life. Every case draws from one generator with the case's seed: of a run from pure noise the noise;
of a run that begins at a later level a clean latent, then the noise; then whatever the steps draw.

Multi-step schedulers that diffusers cannot begin in the middle (LMS wants a history, PNDM loses its warm-up) are given
the rest of their timesteps as if they were all.

Tolerance: 1e-4 of each level's largest value; whole timesteps exactly, fractional ones 1e-3.
"""

from common import GOLDEN, generator

import json

import diffusers
import numpy as np
import torch

SHAPE = (1, 1, 2, 3)
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
SPACINGS = ["leading", "linspace", "trailing"]
ALL = ["epsilon", "v_prediction", "sample"]
TWO = ALL[:2]
SPREADS = ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"]


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
    for t in timesteps:
        x = scheduler.step(model(scheduler.scale_model_input(x, t), t), t, x, **options).prev_sample
        trajectory.append(x)
    return {"config": {"_class_name": name} | config, "steps": steps, "begin": begin, "seed": seed, "eta": eta,
            "timesteps": rounded(timesteps), "trajectory": [rounded(x.flatten()) for x in trajectory]}


def rounded(values):
    return [float(f"{v:.8g}") for v in values.double().tolist()]


def cases():
    def each(name, predictions, *variants, steps=8):
        for prediction in predictions:
            for spacing in SPACINGS:
                yield name, SD | {"prediction_type": prediction, "timestep_spacing": spacing}, steps
        for variant in variants:
            yield name, SD | variant, steps

    zero = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
    spread = [{s: True} for s in SPREADS]
    linear = {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}
    cosine = {"beta_schedule": "squaredcos_cap_v2"}
    ends = {"final_sigmas_type": "sigma_min"}
    yield from each("EulerDiscreteScheduler", ALL, zero, ends, linear, *spread,
                    {"use_karras_sigmas": True, "sigma_min": 0.05, "sigma_max": 9.0, "timestep_spacing": "leading"},
                    {"timestep_type": "continuous", "prediction_type": "v_prediction"})
    yield from each("EulerAncestralDiscreteScheduler", TWO, zero, linear)
    plain = {"clip_sample": False}
    yield from ((n, plain | c, s) for n, c, s in each("DDIMScheduler", ALL, zero, linear, cosine,
                                                      {"set_alpha_to_one": False}, {"clip_sample": True},
                                                      {"clip_sample": True, "clip_sample_range": 2.0}))
    sde = {"algorithm_type": "sde-dpmsolver++"}
    for kind in ({}, sde):
        yield from ((n, kind | c, s) for n, c, s in each(
            "DPMSolverMultistepScheduler", ALL, zero, ends, linear, *spread, {"solver_type": "heun"},
            {"solver_order": 1}, {"euler_at_final": True} | ends, {"lower_order_final": False} | ends,
            cosine | {"lambda_min_clipped": -5.1}, cosine | {"lambda_min_clipped": -5.1, "use_karras_sigmas": True}))
        yield "DPMSolverMultistepScheduler", kind | SD | ends, 16
    yield from each("LCMScheduler", ALL, zero, {"clip_sample": True}, {"original_inference_steps": 20}, steps=4)
    for name in ("EDMEulerScheduler", "EDMDPMSolverMultistepScheduler"):
        for schedule in ("karras", "exponential"):
            for prediction in TWO:
                for end in ({}, ends):
                    yield name, {"sigma_schedule": schedule, "prediction_type": prediction} | end, 8
    playground = {"sigma_min": 0.002, "sigma_max": 80.0, "sigma_data": 0.5, "rho": 7.0}
    for variant in ({}, sde, {"solver_type": "heun"}, {"solver_type": "heun"} | sde):
        yield "EDMDPMSolverMultistepScheduler", playground | variant, 16
    yield from ((n, {"skip_prk_steps": True} | c, s) for n, c, s in each("PNDMScheduler", TWO, linear, cosine,
                                                                         {"set_alpha_to_one": True}))
    yield from each("PNDMScheduler", TWO, linear)
    yield "PNDMScheduler", SD | {"skip_prk_steps": True}, 50
    yield from each("HeunDiscreteScheduler", ALL, linear, {"clip_sample": True}, *spread)
    yield from each("LMSDiscreteScheduler", ALL, linear, *spread)
    yield from each("UniPCMultistepScheduler", ALL, zero, ends, linear, *spread, {"solver_type": "bh1"} | ends,
                    {"solver_order": 1}, {"solver_order": 3}, {"solver_order": 3, "lower_order_final": False} | ends,
                    {"solver_order": 3, "solver_type": "bh1"} | ends, {"use_karras_sigmas": True} | ends)


def main():
    results = []
    for name, config, steps in cases():
        for begin in (0, steps - int(steps * 0.75)):
            etas = (0.0, 0.6) if name == "DDIMScheduler" and config.get("prediction_type", "epsilon") == "epsilon" else (0.0,)
            for eta in etas:
                results.append(run(name, config, steps, begin, 1000 + len(results), eta))
    path = GOLDEN / "diffusion" / "schedulers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(result, separators=(",", ":")) for result in results)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(results)} trajectories")


if __name__ == "__main__":
    main()
