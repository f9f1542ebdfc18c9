"""Tables of FlowMatchEulerDiscreteScheduler and of FLUX's calculate_shift, as `flow/schedules.json`.

As in diffusers' FLUX pipeline the scheduler is given sigmas from 1 to 1/steps. Tolerance: 1e-6 for
sigmas (fp32), 1e-3 for timesteps (which are 1000 sigma), 1e-9 for mu.
"""

from common import GOLDEN, save_json

import numpy as np
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux.pipeline_flux import calculate_shift

DEV = {"shift": 3.0, "use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15,
       "base_image_seq_len": 256, "max_image_seq_len": 4096}
SCHNELL = {"shift": 1.0, "use_dynamic_shifting": False}
STATIC = {"shift": 3.0, "use_dynamic_shifting": False}
LINEAR = DEV | {"time_shift_type": "linear"}
TERMINAL = DEV | {"shift_terminal": 0.1}
SPREADS = [{f"use_{name}_sigmas": True} for name in ("karras", "exponential", "beta")]
STEPS = [1, 2, 3, 4, 5, 14, 20, 28, 50]
TOKENS = [4, 16, 24, 64, 256, 384, 1024, 2304, 4096, 16384]


def shift_of(config: dict, tokens: int) -> float:
    return calculate_shift(tokens, config["base_image_seq_len"], config["max_image_seq_len"],
                           config["base_shift"], config["max_shift"])


def table(config: dict, steps: int, mu):
    scheduler = FlowMatchEulerDiscreteScheduler(**config)
    scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps), mu=mu)
    return {"config": config, "steps": steps, "mu": mu,
            "sigmas": scheduler.sigmas.tolist(), "timesteps": scheduler.timesteps.tolist()}


def main():
    schedules = [table(c, n, None) for c in (SCHNELL, STATIC) for n in STEPS]
    schedules += [table(DEV, n, shift_of(DEV, t)) for t in (16, 1024, 4096) for n in STEPS]
    schedules += [table(DEV, 4, shift_of(DEV, t)) for t in TOKENS]
    schedules += [table(c, 5, shift_of(DEV, 1024)) for c in (LINEAR, TERMINAL)]
    schedules += [table(c | s, n, shift_of(DEV, 1024) if c is DEV else None)
                  for c in (DEV, SCHNELL) for s in SPREADS for n in (2, 5, 14)]
    shifts = [{"image_tokens": t, "mu": shift_of(DEV, t), "mu_clamped": shift_of(DEV, min(t, 4096))} for t in TOKENS]
    other = DEV | {"base_shift": 0.3, "max_shift": 0.9, "base_image_seq_len": 64, "max_image_seq_len": 1024}
    shifts_other = [{"image_tokens": t, "mu": shift_of(other, t), "mu_clamped": shift_of(other, min(t, 1024))}
                    for t in TOKENS]
    save_json(GOLDEN / "flow" / "schedules.json", {
        "schedules": schedules,
        "calculate_shift": [{"config": DEV, "values": shifts}, {"config": other, "values": shifts_other}]})


if __name__ == "__main__":
    main()
