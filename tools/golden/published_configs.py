"""The public configurations of SD1.5, SDXL, Playground v2.5, FLUX.1 and SD3, one for each component, and what lists them.

Imported by single_file_keys.py, which writes them as resources of the library.
"""

from full_size_parameters import (
    BIG_G, CLIP, CONTROL_TRANSFORMER, FILL_TRANSFORMER, PROJECTED_CLIP, SD3_TRANSFORMER, SD3_VAE, SD35_LARGE_TRANSFORMER, SD35_MEDIUM_TRANSFORMER, SD_UNET, T5,
    TRANSFORMER, VAE, XL_UNET, XL_VAE)

SD_VAE = {k: v for k, v in XL_VAE.items() if k not in ("scaling_factor", "shift_factor", "force_upcast")} | {
    "sample_size": 512}
PLAYGROUND_VAE = XL_VAE | {
    "latents_mean": [-1.6574, 1.886, -1.383, 2.5155], "latents_std": [8.4927, 5.9022, 6.5498, 5.2299],
    "scaling_factor": 0.5}
BETAS = {
    "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085, "clip_sample": False,
    "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1,
    "trained_betas": None}
FLOW = {
    "_class_name": "FlowMatchEulerDiscreteScheduler", "base_image_seq_len": 256, "base_shift": 0.5,
    "max_image_seq_len": 4096, "max_shift": 1.15, "num_train_timesteps": 1000}
CONFIGS = {
    "sd15-unet": SD_UNET, "sdxl-unet": XL_UNET,
    "sd15-inpaint-unet": SD_UNET | {"in_channels": 9}, "sdxl-inpaint-unet": XL_UNET | {"in_channels": 9}, "flux-dev-transformer": TRANSFORMER,
    "flux-schnell-transformer": TRANSFORMER | {"guidance_embeds": False},
    "flux-fill-transformer": FILL_TRANSFORMER, "flux-control-transformer": CONTROL_TRANSFORMER,
    "clip-l-text": CLIP, "clip-big-g-text": BIG_G, "t5-xxl-encoder": T5,
    "sd15-vae": SD_VAE, "sdxl-vae": XL_VAE, "playground-vae": PLAYGROUND_VAE, "flux-vae": VAE,
    "clip-tokenizer": {"model_max_length": 77, "pad_token": "<|endoftext|>"},
    "clip-tokenizer-2": {"model_max_length": 77, "pad_token": "!"},
    "sd15-scheduler": BETAS | {"_class_name": "PNDMScheduler"},
    "sdxl-scheduler": BETAS | {
        "_class_name": "EulerDiscreteScheduler", "interpolation_type": "linear", "prediction_type": "epsilon",
        "sample_max_value": 1.0, "timestep_spacing": "leading", "use_karras_sigmas": False},
    "playground-scheduler": {
        "_class_name": "EDMDPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++",
        "dynamic_thresholding_ratio": 0.995, "euler_at_final": False, "final_sigmas_type": "zero",
        "lower_order_final": True, "num_train_timesteps": 1000, "prediction_type": "epsilon", "rho": 7.0,
        "sample_max_value": 1.0, "sigma_data": 0.5, "sigma_max": 80.0, "sigma_min": 0.002, "solver_order": 2,
        "solver_type": "midpoint", "thresholding": False},
    "flux-dev-scheduler": FLOW | {"shift": 3.0, "use_dynamic_shifting": True},
    "flux-schnell-scheduler": FLOW | {"shift": 1.0, "use_dynamic_shifting": False},
    "sd3-scheduler": {k: FLOW[k] for k in ("_class_name", "num_train_timesteps")} | {"shift": 3.0},
    "sd3-medium-transformer": SD3_TRANSFORMER, "sd35-medium-transformer": SD35_MEDIUM_TRANSFORMER,
    "sd35-large-transformer": SD35_LARGE_TRANSFORMER, "sd3-vae": SD3_VAE, "clip-l-projected-text": PROJECTED_CLIP,
}


def index(pipeline: str, settings: dict, **components) -> dict:
    return {"_class_name": pipeline} | settings | {name: list(value) for name, value in components.items()}


ZEROS = {"force_zeros_for_empty_prompt": True}


TEXT = {"text_encoder": ("CLIPTextModel", "clip-l-text"), "tokenizer": ("CLIPTokenizer", "clip-tokenizer")}
XL_TEXT = TEXT | {"text_encoder_2": ("CLIPTextModelWithProjection", "clip-big-g-text"),
                  "tokenizer_2": ("CLIPTokenizer", "clip-tokenizer-2"), "unet": ("UNet2DConditionModel", "sdxl-unet")}
FLUX_TEXT = TEXT | {"text_encoder_2": ("T5EncoderModel", "t5-xxl-encoder"), "tokenizer_2": ("T5TokenizerFast", None),
                    "vae": ("AutoencoderKL", "flux-vae")}
SD3_PARTS = {
    "text_encoder": ("CLIPTextModelWithProjection", "clip-l-projected-text"),
    "tokenizer": ("CLIPTokenizer", "clip-tokenizer"),
    "text_encoder_2": ("CLIPTextModelWithProjection", "clip-big-g-text"),
    "tokenizer_2": ("CLIPTokenizer", "clip-tokenizer-2"), "text_encoder_3": ("T5EncoderModel", "t5-xxl-encoder"),
    "tokenizer_3": ("T5TokenizerFast", None), "vae": ("AutoencoderKL", "sd3-vae"),
    "scheduler": ("FlowMatchEulerDiscreteScheduler", "sd3-scheduler")}
INDICES = {
    "sd15": index("StableDiffusionPipeline", {}, unet=("UNet2DConditionModel", "sd15-unet"), **TEXT,
                  vae=("AutoencoderKL", "sd15-vae"), scheduler=("PNDMScheduler", "sd15-scheduler")),
    "sdxl": index("StableDiffusionXLPipeline", ZEROS, **XL_TEXT, vae=("AutoencoderKL", "sdxl-vae"),
                  scheduler=("EulerDiscreteScheduler", "sdxl-scheduler")),
    "playground": index("StableDiffusionXLPipeline", ZEROS, **XL_TEXT, vae=("AutoencoderKL", "playground-vae"),
                        scheduler=("EDMDPMSolverMultistepScheduler", "playground-scheduler")),
} | {
    f"flux-{kind}": index("FluxPipeline", {}, **FLUX_TEXT,
                          transformer=("FluxTransformer2DModel", f"flux-{kind}-transformer"),
                          scheduler=("FlowMatchEulerDiscreteScheduler", f"flux-{kind}-scheduler"))
    for kind in ("dev", "schnell")
}
INDICES |= {
    kind: index("StableDiffusion3Pipeline", {}, transformer=("SD3Transformer2DModel", f"{kind}-transformer"), **SD3_PARTS)
    for kind in ("sd3-medium", "sd35-medium", "sd35-large")
}
INDICES["flux-fill"] = INDICES["flux-dev"] | {
    "_class_name": "FluxFillPipeline", "transformer": ["FluxTransformer2DModel", "flux-fill-transformer"]}
INDICES["flux-control"] = INDICES["flux-dev"] | {
    "_class_name": "FluxControlPipeline", "transformer": ["FluxTransformer2DModel", "flux-control-transformer"]}
INDICES["flux-kontext"] = INDICES["flux-dev"] | {"_class_name": "FluxKontextPipeline"}
INDICES |= {
    f"{kind}-inpaint": INDICES[kind] | {
        "_class_name": INDICES[kind]["_class_name"].replace("Pipeline", "InpaintPipeline"),
        "unet": ["UNet2DConditionModel", f"{kind}-inpaint-unet"]}
    for kind in ("sd15", "sdxl")
}
