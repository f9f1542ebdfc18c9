"""Tiny Stable Diffusion 3 models with random weights, and what diffusers and the method make with them.

`sd3-tiny` is a complete diffusers folder in the likeness of Stable Diffusion 3.5 medium: queries and keys are
normalised, and the image of the first block also attends to itself alone. Its tokenizers are `flux-tiny`'s, not written
again. `sd3-tiny-3` has only the transformer in the likeness of Stable Diffusion 3, without both.

`sd3/transformer-<kind>.safetensors`: inputs and outputs, latents [B, C, h, w]; `sd3/text.safetensors`: prompts of
`sd3/cases.json` read with T5, without it and with another layer of CLIP; `sd3/<case>.safetensors`: whole runs, plain
ones by StableDiffusion3Pipeline, scaled ones by the reference in lssgen_reference.py with guidance: clean latents of each
stage as `stage0`, …, the last also as `final`, and `image_uint8`.
Tolerance: max absolute error 1e-4 in fp32; bf16 (`output_bf16`) as in flux_components.py.
"""

from lssgen_reference import Autoencoded, load_upsampler, plan, sample
from common import FLUX_TINY, GOLDEN, SD3_TINY, generator, normal, randomize, save_json, save_tensors

import shutil

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    FlowMatchEulerDiscreteScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
)
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer, T5Config, T5EncoderModel, T5Tokenizer

SD3_TINY_3 = GOLDEN / "sd3-tiny-3"
OUT = GOLDEN / "sd3"
T5_LENGTH = 48  # the tokenizer's model_max_length
WORDS = 40  # joint_attention_dim: more than both CLIP widths together, so that there is something to fill up
APPLE = "a red apple left of a blue book"
DOGS = "Three dogs, and a CAT's hat on a yellow background!"


def transformer(newer: bool, seed: int):
    model = randomize(SD3Transformer2DModel(
        sample_size=16, patch_size=2, in_channels=16, num_layers=3, attention_head_dim=8, num_attention_heads=4,
        joint_attention_dim=WORDS, caption_projection_dim=32, pooled_projection_dim=28, out_channels=16,
        pos_embed_max_size=12, dual_attention_layers=(0,) if newer else (), qk_norm="rms_norm" if newer else None), seed)
    return model


def clip(vocabulary: int, width: int, projection: int, act: str, seed: int):
    return randomize(CLIPTextModelWithProjection(CLIPTextConfig(
        architectures=["CLIPTextModelWithProjection"], vocab_size=vocabulary, hidden_size=width, intermediate_size=24,
        num_hidden_layers=3, num_attention_heads=2, max_position_embeddings=77, hidden_act=act,
        projection_dim=projection, bos_token_id=0, eos_token_id=2, pad_token_id=1)), seed)


def t5(vocabulary: int, seed: int):
    model = randomize(T5EncoderModel(T5Config(
        vocab_size=vocabulary, d_model=WORDS, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
        relative_attention_num_buckets=32, relative_attention_max_distance=128, feed_forward_proj="gated-gelu",
        layer_norm_epsilon=1e-6, is_encoder_decoder=False, use_cache=False, pad_token_id=0, eos_token_id=1,
        tie_word_embeddings=False)), seed)
    for block in model.encoder.block:  # as in flux_components.py
        block.layer[0].SelfAttention.q.weight.mul_(8 ** -0.5)
    return model


def autoencoder(seed: int):
    return randomize(AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(4, 4, 8, 8), layers_per_block=1, latent_channels=16, norm_num_groups=2, sample_size=64,
        scaling_factor=1.5305, shift_factor=0.0609, use_quant_conv=False, use_post_quant_conv=False), seed)


def write_folders():
    for folder in (SD3_TINY, SD3_TINY_3):
        shutil.rmtree(folder, ignore_errors=True)
    words = CLIPTokenizer.from_pretrained(FLUX_TINY / "tokenizer")
    pieces = T5Tokenizer.from_pretrained(FLUX_TINY / "tokenizer_2")
    pipeline = StableDiffusion3Pipeline(
        transformer=transformer(True, 201), scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0), vae=autoencoder(202),
        text_encoder=clip(len(words), 16, 16, "quick_gelu", 203), tokenizer=words,
        text_encoder_2=clip(len(words), 12, 12, "gelu", 204), tokenizer_2=words,
        text_encoder_3=t5(len(pieces), 205), tokenizer_3=pieces)
    pipeline.save_pretrained(SD3_TINY)
    for tokenizer in ("tokenizer", "tokenizer_2", "tokenizer_3"):
        shutil.rmtree(SD3_TINY / tokenizer)
    transformer(False, 206).save_pretrained(SD3_TINY_3 / "transformer")


def pipeline(kind: str, with_t5: bool = True) -> StableDiffusion3Pipeline:
    words = CLIPTokenizer.from_pretrained(FLUX_TINY / "tokenizer")
    parts = {"tokenizer": words, "tokenizer_2": words,
             "tokenizer_3": T5Tokenizer.from_pretrained(FLUX_TINY / "tokenizer_2")}
    if not with_t5:
        parts |= {"text_encoder_3": None, "tokenizer_3": None}
    if kind == "3":
        parts["transformer"] = SD3Transformer2DModel.from_pretrained(SD3_TINY_3 / "transformer")
    result = StableDiffusion3Pipeline.from_pretrained(SD3_TINY, **parts)
    result.set_progress_bar_config(disable=True)
    return result


def transformer_goldens(kind: str, folder):
    model = SD3Transformer2DModel.from_pretrained(folder / "transformer")
    inputs = {"hidden_states": normal((2, 16, 8, 12), 211), "encoder_hidden_states": normal((2, 9, WORDS), 212),
              "pooled_projections": normal((2, 28), 213), "timestep": torch.tensor([759.5109, 104.25])}
    output = model(**inputs, return_dict=False)[0]
    half = {k: v.to(torch.bfloat16).float() for k, v in inputs.items()} | {"timestep": torch.tensor([500.0, 125.0])}
    exact = model(**half, return_dict=False)[0]
    model.to(torch.bfloat16)
    rounded = model(**{k: v if k == "timestep" else v.to(torch.bfloat16) for k, v in half.items()}, return_dict=False)[0]
    save_tensors(OUT / f"transformer-{kind}.safetensors", inputs | {"output": output} | {
        f"half.{k}": v for k, v in half.items()} | {"output_fp32": exact, "output_bf16": rounded.float()})


def text_goldens():
    saved = {}
    for name, with_t5, skip in (("with", True, None), ("without", False, None), ("skipped", True, 1)):
        states, _, pooled, _ = pipeline("3.5", with_t5).encode_prompt(
            [APPLE, DOGS], None, None, do_classifier_free_guidance=False, clip_skip=skip,
            max_sequence_length=T5_LENGTH if with_t5 else 256)
        saved |= {f"{name}.states": states, f"{name}.pooled": pooled}
    save_tensors(OUT / "text.safetensors", saved)


# ---- runs -------------------------------------------------------------------------------------

DEFAULTS = {"kind": "3.5", "t5": True, "prompt": APPLE, "negative": "a dog", "width": 64, "height": 64, "steps": 4,
            "cfg_scale": 4.0, "seed": 42, "plain": True, "min_size": 32, "start_sigma": 0.75, "shorten": False,
            "base": [128, 128], "scaling": "neural"}
CASES = [
    {"name": "plain"},
    {"name": "plain-3", "kind": "3", "width": 96, "negative": "", "seed": 7},
    {"name": "plain-without-t5", "t5": False, "prompt": DOGS, "seed": 3},
    {"name": "plain-unguided", "cfg_scale": 1.0, "negative": ""},
    {"name": "staged", "plain": False, "width": 128, "steps": 6},
    {"name": "staged-twice", "plain": False, "width": 128, "steps": 8, "min_size": 16, "shorten": True},
    {"name": "staged-pixel-3", "plain": False, "kind": "3", "scaling": "pixel", "seed": 8},
]


class Sd3(Autoencoded):
    """As lssgen_reference.py's Flux, and guided: the second of its texts is the negative one."""

    def __init__(self, pipe: StableDiffusion3Pipeline, scale: float, negative):
        self.pipe, self.scale, self.negative = pipe, scale, negative
        self.scheduler_config = FlowMatchEulerDiscreteScheduler.load_config(SD3_TINY / "scheduler") | {
            "own_sigmas": True}
        self.vae = pipe.vae
        self.upsampler = load_upsampler("upsampler-tiny")

    def once(self, z, time, embeds, pooled):
        return self.pipe.transformer(
            hidden_states=z, encoder_hidden_states=embeds, pooled_projections=pooled, timestep=time.expand(len(z)),
            return_dict=False)[0]

    def velocity(self, z, time, embeds, pooled):
        wanted = self.once(z, time, embeds, pooled)
        if self.scale == 1:
            return wanted
        other = self.once(z, time, *self.negative)
        return other + self.scale * (wanted - other)


def run(case: dict):
    request = DEFAULTS | case
    pipe = pipeline(request["kind"], request["t5"])
    length = T5_LENGTH if request["t5"] else 256
    embeds, negative, pooled, negative_pooled = pipe.encode_prompt(
        request["prompt"], None, None, negative_prompt=request["negative"], max_sequence_length=length)
    if request["plain"]:
        final = pipe(
            request["prompt"], negative_prompt=request["negative"], guidance_scale=request["cfg_scale"],
            width=request["width"], height=request["height"], num_inference_steps=request["steps"],
            generator=generator(request["seed"]), max_sequence_length=length, output_type="latent").images
        saved = {"final": final}
    else:
        model = Sd3(pipe, request["cfg_scale"], (negative, negative_pooled))
        stages = plan(request, model.scheduler_config, 8)
        assert len(stages) > 1
        saved = {k: v for k, v in sample(model, request, stages, embeds, pooled).items()
                 if k.startswith(("stage", "final"))}
    config = pipe.vae.config
    image = pipe.vae.decode(saved["final"] / config.scaling_factor + config.shift_factor).sample
    saved["image_uint8"] = torch.from_numpy(np.stack([np.array(p) for p in pipe.image_processor.postprocess(image)]))
    save_tensors(OUT / f"{request['name']}.safetensors", saved)
    return request


def check():
    """Without scaling the reference is diffusers' own run, guidance included."""
    request = DEFAULTS | {"scaling": "none", "plain": False}
    pipe = pipeline("3.5")
    embeds, negative, pooled, negative_pooled = pipe.encode_prompt(
        request["prompt"], None, None, negative_prompt=request["negative"], max_sequence_length=T5_LENGTH)
    model = Sd3(pipe, request["cfg_scale"], (negative, negative_pooled))
    found = sample(model, request, plan(request, model.scheduler_config, 8), embeds, pooled)["final"]
    wanted = pipe(
        request["prompt"], negative_prompt=request["negative"], guidance_scale=request["cfg_scale"], width=64, height=64,
        num_inference_steps=4, generator=generator(42), max_sequence_length=T5_LENGTH, output_type="latent").images
    torch.testing.assert_close(found, wanted, rtol=0, atol=2e-5)


if __name__ == "__main__":
    write_folders()
    transformer_goldens("3.5", SD3_TINY)
    transformer_goldens("3", SD3_TINY_3)
    text_goldens()
    check()
    save_json(OUT / "cases.json", [run(case) for case in CASES])
