"""One training step of the tiny FLUX model by rectified flow, as diffusers computes it.

Every draw comes from `torch.Generator("cpu")` with seed 7, in this order: noise, then noise levels by
`compute_density_for_timestep_sampling` of diffusers' training utilities (logit-normal, arXiv 2403.03206). The mixture
is FlowMatchEulerDiscreteScheduler's (`scale_noise`). What is to be predicted is noise - data; that is checked here
against the scheduler's own step, which must lead from the mixture to the data.

Then the same with model guidance (arXiv 2502.12154): the generator goes on with two scales w in [1, 3], which the last
two pictures are told; what is to be predicted there is moved by (w - 1) times what the caption changes, as the model
itself says at scale 1.

`flow-training/case.json`: captions, mean of the levels' logit, loss, loss with guidance.
`flow-training/step.safetensors`: `clean`, `noise`, `sigmas`, `shifted` (the same levels, shifted by 2 as the scheduler
does it), `noisy`, `target`, and the norm of the gradient of every parameter, `norm.<component>.<name>`, with guidance
`guided.norm.<component>.<name>`; captions are cut or padded to 16 tokens for T5, the guidance scale is 1 without.
Tolerance: noise exact, levels, mixture and target 1e-6, loss and norms 1e-3 relative. Needs flux_components.py's output.
"""

from common import FLUX_TINY, GOLDEN, generator, normal, save_json, save_tensors

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline
from diffusers.training_utils import compute_density_for_timestep_sampling

OUT = GOLDEN / "flow-training"
SEED, LOGIT_MEAN, T5_LENGTH = 7, 0.4, 16
CAPTIONS = ["a red apple", "", "a dog left of a blue book", "three bananas"]
CLEAN = normal((4, 16, 6, 4), 1)


def mixture(noise, sigmas):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
    scheduler.set_timesteps(sigmas=sigmas.tolist())
    return scheduler.scale_noise(CLEAN, scheduler.timesteps, noise)


def require_leads_to_data(noisy, sigmas, target):
    for i, sigma in enumerate(sigmas.tolist()):
        scheduler = FlowMatchEulerDiscreteScheduler(shift=1.0)
        scheduler.set_timesteps(sigmas=[sigma])
        there = scheduler.step(target[i], scheduler.timesteps[0], noisy[i]).prev_sample
        assert (there - CLEAN[i]).abs().max() < 1e-5


def shifted(sigmas, shift):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
    scheduler.set_timesteps(sigmas=sigmas.tolist())
    return scheduler.sigmas[:-1].clone()


def velocity(pipe, noisy, sigmas, captions, scales):
    count, channels, height, width = noisy.shape
    states, pooled, text_ids = pipe.encode_prompt(captions, max_sequence_length=T5_LENGTH)
    said = pipe.transformer(
        hidden_states=pipe._pack_latents(noisy, count, channels, height, width), timestep=sigmas,
        guidance=scales, pooled_projections=pooled, encoder_hidden_states=states, txt_ids=text_ids,
        img_ids=pipe._prepare_latent_image_ids(count, height // 2, width // 2, "cpu", torch.float32),
        return_dict=False)[0]
    return pipe._unpack_latents(said, height * pipe.vae_scale_factor, width * pipe.vae_scale_factor,
                                pipe.vae_scale_factor)


def guided(pipe, noisy, sigmas, target, scales):
    """The target, whose last pictures are told `scales`."""
    plain, count = len(CAPTIONS) - len(scales), len(scales)
    with torch.no_grad():
        towards, away = (velocity(pipe, noisy[plain:], sigmas[plain:], captions, torch.ones(count))
                         for captions in (CAPTIONS[plain:], [""] * count))
    moved = target[plain:] + (scales - 1).reshape(-1, 1, 1, 1) * (towards - away)
    return torch.cat([target[:plain], moved])


def norms(component: str, module) -> dict:
    found = {}
    for name, parameter in module.named_parameters():
        if parameter.grad is not None:
            path = "text_model." + name.removeprefix("text_model.") if component == "text_encoder" else name
            found[f"norm.{component}.{path}"] = parameter.grad.norm()
    return found


def gradients(pipe, loss) -> dict:
    pipe.transformer.zero_grad(), pipe.text_encoder.zero_grad(), pipe.text_encoder_2.zero_grad()
    loss.backward()
    found = {}
    for name in ("transformer", "text_encoder", "text_encoder_2"):
        found |= norms(name, getattr(pipe, name))
    return found


if __name__ == "__main__":
    torch.set_grad_enabled(True)
    pipe, g = FluxPipeline.from_pretrained(FLUX_TINY), generator(SEED)
    noise = torch.randn(CLEAN.shape, generator=g)
    sigmas = compute_density_for_timestep_sampling(
        "logit_normal", len(CLEAN), logit_mean=LOGIT_MEAN, logit_std=1.0, generator=g)
    noisy, target = mixture(noise, sigmas), noise - CLEAN
    require_leads_to_data(noisy, sigmas, target)
    scales = 1 + 2 * torch.rand(2, generator=g)
    wanted = guided(pipe, noisy, sigmas, target, scales)
    loss = (velocity(pipe, noisy, sigmas, CAPTIONS, torch.ones(4)) - target).square().mean()
    tensors = gradients(pipe, loss)
    guided_loss = (velocity(pipe, noisy, sigmas, CAPTIONS, torch.cat([torch.ones(2), scales])) - wanted).square().mean()
    tensors |= {f"guided.{name}": norm for name, norm in gradients(pipe, guided_loss).items()}
    save_json(OUT / "case.json", {"captions": CAPTIONS, "logit_mean": LOGIT_MEAN, "loss": loss.item(),
                                  "guided_loss": guided_loss.item()})
    save_tensors(OUT / "step.safetensors",
                 {"clean": CLEAN, "noise": noise, "sigmas": sigmas, "shifted": shifted(sigmas, 2.0), "noisy": noisy,
                  "target": target} | tensors)
