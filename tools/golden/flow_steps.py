"""Whole trajectories along FLUX's noise levels by diffusers' solvers for flow models, as `flow/steps.json`.

The levels are those of FlowMatchEulerDiscreteScheduler as diffusers' FLUX pipeline asks for them, with 1,024 image
tokens; the other classes, which have levels of their own, are given these. `method` is what users call the solver.
Model, draws and doubles are those of `diffusion_schedulers.py`. Tolerance: 1e-4 of each level's largest value,
timesteps 1e-3.
"""

from common import GOLDEN, HERE, generator

import json
import sys

import diffusers
import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

sys.path.append(str(HERE))  # common.py takes it away, so that libraries come first

from diffusion_schedulers import SHAPE, doubles, model, rounded
from flow_schedule import DEV, SCHNELL, SPREADS, shift_of

STEPS = 6
TOKENS = 1024
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
SOLVERS = {
    "euler": lambda config: FlowMatchEulerDiscreteScheduler(**config),
    "lcm": lambda config: FlowMatchEulerDiscreteScheduler(**config, stochastic_sampling=True),
    "heun": lambda config: diffusers.FlowMatchHeunDiscreteScheduler(),
    "dpm++2m": lambda config: diffusers.DPMSolverMultistepScheduler(**FLOW),
    "dpm++2m_sde": lambda config: diffusers.DPMSolverMultistepScheduler(**FLOW, algorithm_type="sde-dpmsolver++"),
}
DRAWS = {"lcm", "dpm++2m_sde"}


def levels(config, steps):
    scheduler = FlowMatchEulerDiscreteScheduler(**config)
    mu = shift_of(config, TOKENS) if config["use_dynamic_shifting"] else None
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
    return scheduler.sigmas, scheduler.timesteps


def set_levels(scheduler, sigmas, timesteps, begin):
    """Gives `scheduler` the levels from `begin` on."""
    sigmas, timesteps = sigmas[begin:], timesteps[begin:]
    if scheduler.order == 2:
        if len(timesteps) == 1:
            raise ArithmeticError("Heun's method wants two steps")
        sigmas = torch.cat([sigmas[:1], sigmas[1:-1].repeat_interleave(2), sigmas[-1:]])
        timesteps = torch.cat([timesteps[:1], timesteps[1:].repeat_interleave(2)])
    scheduler.set_timesteps(len(timesteps), **({"mu": 1.0} if scheduler.config.get("use_dynamic_shifting") else {}))
    scheduler.sigmas, scheduler.timesteps = sigmas.double(), timesteps
    scheduler.set_begin_index(0)
    return timesteps


def run(method, config, begin, seed):
    scheduler = SOLVERS[method](config)
    sigmas, timesteps = levels(config, STEPS)
    timesteps = set_levels(scheduler, sigmas, timesteps, begin)
    g = generator(seed)
    x = torch.randn(SHAPE, generator=g)
    if begin:
        x = (1 - sigmas[begin]) * (0.7 * x) + sigmas[begin] * torch.randn(SHAPE, generator=g)
    trajectory = [x]
    with doubles():
        x = x.double()
        for t in timesteps:
            x = scheduler.step(model(x, t), t, x, **({"generator": g} if method in DRAWS else {})).prev_sample
            trajectory.append(x)
    if not all(x.isfinite().all() for x in trajectory):
        raise ArithmeticError(f"{method} cannot run with {config} from {begin}")
    return {"config": {"_class_name": "FlowMatchEulerDiscreteScheduler"} | config, "method": method, "steps": STEPS,
            "image_tokens": TOKENS, "begin": begin, "seed": seed, "timesteps": rounded(timesteps),
            "trajectory": [rounded(x.flatten()) for x in trajectory]}


def main():
    cases = [(method, config, begin) for method in SOLVERS for config in (DEV, SCHNELL, DEV | SPREADS[0])
             for begin in (0, STEPS - int(STEPS * 0.75))]
    results = [run(*case, 2000 + index) for index, case in enumerate(cases)]
    lines = ",\n".join(json.dumps(result, separators=(",", ":")) for result in results)
    (GOLDEN / "flow" / "steps.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    print(f"{len(results)} trajectories")


if __name__ == "__main__":
    main()
