"""Tiny model folders of the diffusion families, whole runs of diffusers' pipelines on them, and latent space scaling.

Folders, `diffusion-tiny/<name>` (diffusers layout, fp32):
  sd          as SD1.5: StableDiffusionPipeline, PNDM
  sdxl        as SDXL: two text encoders, Euler, sizes as conditions; its text_encoder is that of sd
  playground  as Playground v2.5: what differs from sdxl, an EDM scheduler and an autoencoder with means
  lcm         as LCM-SDXL: a UNet alone that is told the guidance scale, for sdxl
and `upsampler-4ch`, a latent upsampler for all of them.

`diffusion-pipelines/<case>.safetensors`: `final` latents in the denoiser's space, [1, 4, h, w]; with `image` also
the decoded picture before clamping (`image`) and in 8 bits (`image_uint8`), with `tiles` decoded in tiles. Cases in
`cases.json`; `method` and `schedule` are the names that users give, `clip_skip` counts 1 as the last layer; `loras` are
files of lora.py, which comes between the folders and the runs, with their weights.
`diffusion-lssgen/<case>.safetensors`: the clean latents `stage0`, … and `final` of staged runs (arXiv 2507.16154) on
the same components; later stages keep the last floor(N s) timesteps, re-noised by the scheduler's own add_noise.
Tolerance: max abs error 1e-4 of the result's largest magnitude; 8-bit pictures differ by at most 1.
"""

from common import FLUX_TINY, GOLDEN, HERE, generator, randomize, save_json, save_tensors

import json
import shutil
import sys

import numpy as np
import scipy.fft
import torch
from diffusers import (
    AutoencoderKL, DDIMScheduler, DPMSolverMultistepScheduler, EDMDPMSolverMultistepScheduler, EDMEulerScheduler,
    EulerAncestralDiscreteScheduler, EulerDiscreteScheduler, HeunDiscreteScheduler, LCMScheduler, LMSDiscreteScheduler,
    PNDMScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel, UniPCMultistepScheduler)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

sys.path.append(str(HERE))  # common.py takes it away, so that libraries come first

import lssgen_reference as reference
from diffusion_schedulers import levels
from unet_components import FORMS

TINY = GOLDEN / "diffusion-tiny"
PLAIN = GOLDEN / "diffusion-pipelines"
STAGED = GOLDEN / "diffusion-lssgen"
UPSAMPLER = "upsampler-4ch"
FACTOR = 8
NOISE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
METHODS = {
    "euler": (EulerDiscreteScheduler, {}), "euler_a": (EulerAncestralDiscreteScheduler, {}),
    "heun": (HeunDiscreteScheduler, {}), "dpm++2m": (DPMSolverMultistepScheduler, {"algorithm_type": "dpmsolver++"}),
    "dpm++2m_sde": (DPMSolverMultistepScheduler, {"algorithm_type": "sde-dpmsolver++"}), "ddim": (DDIMScheduler, {}),
    "pndm": (PNDMScheduler, {"skip_prk_steps": True}), "lms": (LMSDiscreteScheduler, {}),
    "unipc": (UniPCMultistepScheduler, {}), "lcm": (LCMScheduler, {})}
# What diffusers' documentation of schedulers says of these names.
SCHEDULES = {
    "karras": {"use_karras_sigmas": True}, "exponential": {"timestep_spacing": "linspace", "use_exponential_sigmas": True},
    "beta": {"timestep_spacing": "linspace", "use_beta_sigmas": True}, "sgm_uniform": {"timestep_spacing": "trailing"}}


# ---- the folders ------------------------------------------------------------------------------


def clip(kind, vocabulary: int, seed: int, **changes):
    return randomize(kind(CLIPTextConfig(**({
        "vocab_size": vocabulary, "intermediate_size": 40, "num_hidden_layers": 3, "num_attention_heads": 2,
        "max_position_embeddings": 77, "projection_dim": 10, "bos_token_id": vocabulary - 2,
        "eos_token_id": vocabulary - 1, "pad_token_id": vocabulary - 1} | changes))), seed)


def autoencoder(**changes):
    return randomize(AutoencoderKL(**({
        "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
        "block_out_channels": (4, 8, 8, 8), "layers_per_block": 1, "latent_channels": 4, "norm_num_groups": 4,
        "sample_size": 64, "scaling_factor": 0.18215} | changes)), 63)


def unet(form: str, seed: int, width: int):
    return randomize(UNet2DConditionModel(**(FORMS[form][0] | {"cross_attention_dim": width})), seed)


def folders():
    for name in ("sd", "sdxl", "playground", "lcm"):
        shutil.rmtree(TINY / name, ignore_errors=True)
    tokenizer = CLIPTokenizer.from_pretrained(FLUX_TINY / "tokenizer")
    first = clip(CLIPTextModel, len(tokenizer), 61, hidden_size=24)
    second = clip(CLIPTextModelWithProjection, len(tokenizer), 62, hidden_size=20, hidden_act="gelu")
    StableDiffusionPipeline(
        vae=autoencoder(), text_encoder=first, tokenizer=tokenizer, unet=unet("sd", 64, 24),
        scheduler=PNDMScheduler(**NOISE, skip_prk_steps=True, set_alpha_to_one=False), safety_checker=None,
        feature_extractor=None, requires_safety_checker=False).save_pretrained(TINY / "sd")
    euler = EulerDiscreteScheduler(**NOISE, timestep_spacing="leading")
    xl = {"text_encoder": first, "text_encoder_2": second, "tokenizer": tokenizer, "tokenizer_2": tokenizer,
          "unet": unet("xl", 65, 44)}
    StableDiffusionXLPipeline(vae=autoencoder(scaling_factor=0.13025), scheduler=euler, **xl).save_pretrained(
        TINY / "sdxl")
    playground = autoencoder(
        scaling_factor=0.5, latents_mean=(-1.6574, 1.886, -1.383, 2.5155), latents_std=(8.4927, 5.9022, 6.5498, 5.2299))
    pipe = StableDiffusionXLPipeline(
        vae=playground, scheduler=EDMDPMSolverMultistepScheduler(sigma_max=80.0, sigma_min=0.002, sigma_data=0.5), **xl)
    pipe.save_pretrained(TINY / "playground")
    for part in ("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "unet"):
        shutil.rmtree(TINY / "playground" / part)
    (TINY / "playground" / "vae" / "diffusion_pytorch_model.safetensors").unlink()  # the weights are those of sdxl
    unet("lcm", 66, 44).save_pretrained(TINY / "lcm" / "unet")
    for name in ("sdxl",):  # kept once, in sd
        for part in ("text_encoder", "tokenizer", "tokenizer_2"):
            shutil.rmtree(TINY / name / part)
        (TINY / name / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    reference.write_upsampler(UPSAMPLER, reference.upsampler_config(4, (16, 8), 4), 67, torch.float32)


def pipeline(case: dict):
    """The case's model with the scheduler that the user asks for."""
    tokenizer = CLIPTokenizer.from_pretrained(TINY / "sd" / "tokenizer")
    text = CLIPTextModel.from_pretrained(TINY / "sd" / "text_encoder")
    name = case["model"]
    if name == "sd":
        pipe = StableDiffusionPipeline.from_pretrained(TINY / "sd", safety_checker=None, feature_extractor=None)
    else:
        config = json.loads((TINY / ("playground" if name == "playground" else "sdxl") / "vae/config.json").read_text())
        vae = AutoencoderKL.from_config(config)
        vae.load_state_dict(AutoencoderKL.from_pretrained(TINY / "sd" / "vae").state_dict())
        kind, folder = ((EDMDPMSolverMultistepScheduler, "playground") if name == "playground"
                        else (EulerDiscreteScheduler, "sdxl"))
        scheduler = kind.from_pretrained(TINY / folder / "scheduler")
        pipe = StableDiffusionXLPipeline(
            vae=vae.eval(), text_encoder=text, tokenizer=tokenizer, tokenizer_2=tokenizer, scheduler=scheduler,
            text_encoder_2=CLIPTextModelWithProjection.from_pretrained(TINY / "sdxl" / "text_encoder_2"),
            unet=UNet2DConditionModel.from_pretrained(TINY / ("lcm" if name == "lcm" else "sdxl") / "unet"))
        pipe.watermark = None
    pipe.scheduler = chosen(pipe.scheduler, case)
    pipe.set_progress_bar_config(disable=True)
    # gone in transformers 5; the pipeline's clip skip still reads it, and LoRAs would take it for part of their names
    if "clip_skip" in case and not hasattr(pipe.text_encoder, "text_model"):
        object.__setattr__(pipe.text_encoder, "text_model", pipe.text_encoder)
    return pipe


def chosen(scheduler, case: dict):
    kind, changes = type(scheduler), {}
    if "method" in case:
        kind, changes = METHODS[case["method"]]
        if case["model"] == "playground":
            kind = EDMEulerScheduler if case["method"] == "euler" else EDMDPMSolverMultistepScheduler
    if "schedule" in case:
        changes = changes | SCHEDULES[case["schedule"]]
    if case["model"] == "lcm":
        kind = LCMScheduler
    return kind.from_config(scheduler.config, **changes)


# ---- diffusers' own runs ----------------------------------------------------------------------

APPLE = "a red apple left of a blue book"
DOGS = "Three dogs, and a CAT's hat on a yellow background!"
DEFAULTS = {"prompt": APPLE, "negative": "", "width": 64, "height": 64, "steps": 4, "cfg_scale": 2.5, "seed": 42}
CASES = [
    {"name": "sd", "model": "sd", "image": True},
    {"name": "sd-96x64", "model": "sd", "prompt": DOGS, "negative": "a dog", "width": 96, "seed": 7, "steps": 6},
    {"name": "sd-tiles", "model": "sd", "method": "euler", "width": 96, "tiles": True, "image": True},
    {"name": "sd-no-guidance", "model": "sd", "cfg_scale": 1.0},
    {"name": "sd-rescale", "model": "sd", "guidance_rescale": 0.7, "method": "ddim"},
    {"name": "sd-clip-skip", "model": "sd", "clip_skip": 2, "method": "ddim"},
    *({"name": f"sd-{m}", "model": "sd", "method": m}
      for m in ("euler", "euler_a", "heun", "dpm++2m", "dpm++2m_sde", "ddim", "lms", "unipc", "lcm")),
    *({"name": f"sd-{m}-{s}", "model": "sd", "method": m, "schedule": s}
      for m, s in (("euler", "karras"), ("dpm++2m", "karras"), ("dpm++2m", "exponential"), ("euler", "beta"),
                   ("unipc", "karras"), ("euler_a", "sgm_uniform"), ("ddim", "sgm_uniform"))),
    {"name": "sd-loras", "model": "sd", "method": "ddim", "loras": {"sd-tiny-kohya": 0.8, "sd-tiny-peft": -0.5}},
    {"name": "sdxl", "model": "sdxl", "image": True},
    {"name": "sdxl-loras", "model": "sdxl", "loras": {"sdxl-tiny-kohya": 0.8, "sdxl-tiny-peft": -0.5}},
    {"name": "sdxl-64x96", "model": "sdxl", "prompt": DOGS, "negative": "a dog", "height": 96, "seed": 7},
    {"name": "sdxl-clip-skip", "model": "sdxl", "clip_skip": 3, "negative": "a dog"},
    {"name": "sdxl-no-guidance", "model": "sdxl", "cfg_scale": 1.0},
    {"name": "sdxl-dpm++2m-karras", "model": "sdxl", "method": "dpm++2m", "schedule": "karras"},
    {"name": "playground", "model": "playground", "image": True},
    {"name": "playground-euler", "model": "playground", "method": "euler"},
    {"name": "playground-sde", "model": "playground", "method": "dpm++2m_sde"},
    {"name": "lcm", "model": "lcm", "guidance": 8.0, "cfg_scale": 1.0, "image": True},
]


def skipping(pipe, case: dict) -> dict:
    """Both prompts' states with clip skip: diffusers gives it to the prompt alone, here the negative one has it, too.

    diffusers counts the layers left out from the family's own on: SD's last, SDXL's last but one."""
    if case["model"] == "sd":
        positive, negative = (pipe.encode_prompt(text, "cpu", 1, False, clip_skip=case["clip_skip"] - 1)[0]
                              for text in (case["prompt"], case["negative"]))
        return {"prompt_embeds": positive, "negative_prompt_embeds": negative}
    (positive, _, pooled, _), (negative, _, negative_pooled, _) = (
        pipe.encode_prompt(text, device="cpu", do_classifier_free_guidance=False, clip_skip=case["clip_skip"] - 2)
        for text in (case["prompt"], case["negative"]))
    return {"prompt_embeds": positive, "pooled_prompt_embeds": pooled, "negative_prompt_embeds": negative,
            "negative_pooled_prompt_embeds": negative_pooled}


def add_loras(pipe, case: dict):
    for name in case.get("loras", {}):
        pipe.load_lora_weights(GOLDEN / "lora", weight_name=f"{name}.safetensors", adapter_name=name)
    if "loras" in case:
        pipe.set_adapters(list(case["loras"]), list(case["loras"].values()))


def plain(case: dict) -> dict:
    pipe = pipeline(case)
    add_loras(pipe, case)
    extra = {"negative_prompt": case["negative"] or (None if case["model"] != "sd" else "")}
    if "clip_skip" in case:
        extra = skipping(pipe, case)
    final = pipe(
        None if "clip_skip" in case else case["prompt"], **extra,
        width=case["width"], height=case["height"], num_inference_steps=case["steps"],
        guidance_scale=case.get("guidance", case["cfg_scale"]), guidance_rescale=case.get("guidance_rescale", 0.0),
        generator=generator(case["seed"]), output_type="latent").images
    saved = {"final": final}
    if case.get("image"):
        image = decode(pipe, final)
        if case.get("tiles"):
            whole = image
            pipe.vae.enable_tiling()
            image = decode(pipe, final)
            assert (image - whole).abs().mean() > 0.01  # tiles show, so that the case can tell
        saved |= {"image": image, "image_uint8": torch.from_numpy(np.array(pipe.image_processor.postprocess(image)[0]))}
    save_tensors(PLAIN / f"{case['name']}.safetensors", saved)
    return case


# ---- latent space scaling ---------------------------------------------------------------------


def scale(pipe):
    """Between the denoiser's space and the autoencoder's: mean, factor."""
    config = pipe.vae.config
    if getattr(config, "latents_mean", None) is None:
        return 0.0, 1 / config.scaling_factor
    mean = torch.tensor(config.latents_mean).view(1, 4, 1, 1)
    return mean, torch.tensor(config.latents_std).view(1, 4, 1, 1) / config.scaling_factor


def decode(pipe, z):
    mean, factor = scale(pipe)
    return pipe.vae.decode(z * factor + mean).sample


def doubled(pipe, z, scaling: str, g):
    if scaling == "bicubic":
        return reference.bicubic(z)
    if scaling == "neural":
        return reference.load_upsampler(UPSAMPLER)(z)
    if scaling == "dct":  # zeros for the frequencies that are not known yet; a constant stays what it is
        grown = np.zeros((*z.shape[:2], 2 * z.shape[2], 2 * z.shape[3]))
        grown[:, :, :z.shape[2], :z.shape[3]] = 2 * scipy.fft.dctn(z.double().numpy(), axes=(2, 3), norm="ortho")
        return torch.from_numpy(scipy.fft.idctn(grown, axes=(2, 3), norm="ortho")).float()
    mean, factor = scale(pipe)
    posterior = pipe.vae.encode(reference.bicubic(decode(pipe, z))).latent_dist
    drawn = torch.randn(posterior.mean.shape, generator=g)
    return (posterior.mean + posterior.std * drawn - mean) / factor


def conditions(pipe, case: dict, width: int, height: int):
    """(states, added conditions) for the prompt and, with guidance, for the negative prompt."""
    guided = case["cfg_scale"] > 1
    if case["model"] == "sd":
        positive, negative = pipe.encode_prompt(case["prompt"], "cpu", 1, guided, negative_prompt=case["negative"])
        return [(states, None) for states in ([positive, negative] if guided else [positive])]
    result = pipe.encode_prompt(
        case["prompt"], device="cpu", do_classifier_free_guidance=guided, negative_prompt=case["negative"] or None)
    sizes = torch.tensor([[height, width, 0, 0, height, width]], dtype=torch.float32)
    return [(states, {"text_embeds": pooled, "time_ids": sizes})
            for states, pooled in list(zip(result[:2], result[2:]))[:2 if guided else 1]]


def predict(pipe, case: dict, parts, z, time):
    condition = None
    if pipe.unet.config.time_cond_proj_dim:
        condition = pipe.get_guidance_scale_embedding(
            torch.tensor([case["guidance"] - 1]), embedding_dim=pipe.unet.config.time_cond_proj_dim)
    outputs = [pipe.unet(z, time, states, timestep_cond=condition, added_cond_kwargs=added).sample
               for states, added in parts]
    return outputs[0] if len(outputs) == 1 else outputs[1] + case["cfg_scale"] * (outputs[0] - outputs[1])


def staged(case: dict) -> dict:
    pipe, g = pipeline(case), generator(case["seed"])
    count = reference.stage_count(
        case["width"], case["height"], case["min_size"], case["start_sigma"], case["scaling"])
    z, saved = None, {}
    for index, halvings in enumerate(range(count, -1, -1)):
        width, height = case["width"] >> halvings, case["height"] >> halvings
        _, steps = reference.shortened(case["steps"], width, height, case["base"], case["shorten"])
        kept = steps if index == 0 else int(steps * case["start_sigma"])
        scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
        scheduler.set_timesteps(steps)
        times = levels(scheduler, steps - kept)  # multi-step methods begin anew there
        noise = torch.randn((1, 4, height // FACTOR, width // FACTOR), generator=g)
        if index == 0:
            z = noise * scheduler.init_noise_sigma
        else:
            z = scheduler.add_noise(doubled(pipe, z, case["scaling"], g), noise, times[:1])
        parts = conditions(pipe, case, width, height)
        draws = {"generator": g} if case.get("method") in ("euler_a", "dpm++2m_sde", "lcm") or case["model"] == "lcm" else {}
        for time in times:
            shown = scheduler.scale_model_input(z, time)
            z = scheduler.step(predict(pipe, case, parts, shown, time), time, z, **draws).prev_sample
        saved[f"stage{index}"] = z
    save_tensors(STAGED / f"{case['name']}.safetensors", saved | {"final": z})
    return case


STAGED_DEFAULTS = DEFAULTS | {"width": 128, "steps": 6, "min_size": 32, "start_sigma": 0.75, "shorten": False,
                              "base": [64, 64], "scaling": "neural"}
STAGED_CASES = [
    *({"name": f"sd-{m}", "model": "sd", "method": m}
      for m in ("ddim", "pndm", "euler", "euler_a", "heun", "lms", "dpm++2m", "dpm++2m_sde", "unipc", "lcm")),
    {"name": "sd-two-stages", "model": "sd", "method": "ddim", "min_size": 16},
    {"name": "sd-two-stages-shorten", "model": "sd", "min_size": 16, "shorten": True, "steps": 12},
    {"name": "sd-bicubic", "model": "sd", "method": "ddim", "scaling": "bicubic"},
    {"name": "sd-pixel", "model": "sd", "method": "ddim", "scaling": "pixel"},
    {"name": "sd-dct", "model": "sd", "method": "ddim", "scaling": "dct"},
    {"name": "sdxl", "model": "sdxl"},
    {"name": "sdxl-half", "model": "sdxl", "start_sigma": 0.5},
    {"name": "sdxl-two-stages", "model": "sdxl", "min_size": 16, "prompt": DOGS, "negative": "a dog"},
    {"name": "sdxl-pixel", "model": "sdxl", "scaling": "pixel"},
    {"name": "sdxl-dpm++2m-karras", "model": "sdxl", "method": "dpm++2m", "schedule": "karras"},
    {"name": "sdxl-euler_a", "model": "sdxl", "method": "euler_a"},
    {"name": "sdxl-dct", "model": "sdxl", "scaling": "dct"},
    {"name": "playground", "model": "playground"},
    {"name": "playground-euler", "model": "playground", "method": "euler"},
    {"name": "playground-sde", "model": "playground", "method": "dpm++2m_sde"},
    {"name": "playground-pixel", "model": "playground", "scaling": "pixel"},
    {"name": "lcm", "model": "lcm", "guidance": 8.0, "cfg_scale": 1.0, "steps": 4},
]


if __name__ == "__main__":
    folders()
    save_json(PLAIN / "cases.json", [plain(DEFAULTS | case) for case in CASES])
    save_json(STAGED / "cases.json", [staged(STAGED_DEFAULTS | case) for case in STAGED_CASES])
