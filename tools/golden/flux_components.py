"""Tiny FLUX model folders with random weights, and what diffusers and transformers compute with them.

Folders (diffusers layout, fp32): `flux-tiny` is complete, in the likeness of FLUX.1-dev (guidance
embedding, dynamic shifting); `flux-tiny-schnell` has only the two folders in which FLUX.1-schnell
differs (transformer, scheduler); `vae16-quant` and `vae16-plain` are factor-16 autoencoders with 32
latent channels; `tiny-autoencoder` is an AutoencoderTiny, also written in the original single-file
naming (`tae_encoder.safetensors`, `tae_decoder.safetensors`).

Component goldens are in `flux/*.safetensors`; inputs and outputs stand side by side. Tolerance: max
absolute error 1e-4 in fp32. For bf16 (`output_bf16`, weights and inputs rounded to bf16, the output
widened to fp32 for storage) the tolerance is a relative root mean square error of 2e-2 against the
bf16 output and against the fp32 output alike: the order of summation decides single roundings of 2^-8.
"""

from common import (
    FLUX_TINY,
    FLUX_TINY_SCHNELL,
    GOLDEN,
    normal,
    randomize,
    save_json,
    save_tensors,
)

import json
import shutil

import sentencepiece
import torch
from safetensors.torch import load_file, save_file
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
)
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers, Regex
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Config, T5EncoderModel, T5Tokenizer

OUT = GOLDEN / "flux"
PROMPTS = ["a red apple left of a blue book", "Three dogs, and a CAT's hat on a yellow background!"]
T5_LENGTH = 48  # what the goldens pass as max_sequence_length; also the tokenizer's model_max_length

CORPUS = [
    f"{count} {size} {colour} {thing} {place} a {other} on a {ground} background"
    for count in ("a", "two", "three", "four")
    for size in ("small", "big", "")
    for colour in ("red", "blue", "green", "yellow", "white")
    for thing in ("apple", "book", "dog", "cat", "tree", "house", "car", "hat")
    for place in ("left of", "right of", "above", "below", "next to")
    for other, ground in (("penguin", "pink"), ("strawberry", "black"))
][::7] + [
    "The quick brown fox jumps over the lazy dog, while 1234567890 vexed wizards (and Sphinxes) watch.",
    "A painting of mountains by the sea at sunset; warm light, soft clouds - \"very detailed\", it's wonderful!",
    "PACK MY BOX WITH FIVE DOZEN LIQUOR JUGS? Don't: we'll, they've, I'm, you're, she'd.",
    "an astronaut riding a horse on the moon, photograph, 35mm & film grain, 100% sharp",
    "portrait of an old fisherman with a grey beard standing near his boat in the harbour",
    "watercolour drawing of seven yellow birds sitting on wires under heavy rain/snow",
]


# ---- tokenizers -------------------------------------------------------------------------------


def clip_tokenizer(folder):
    """Byte-level BPE with `</w>`, laid out as CLIP's: 256 bytes, 256 bytes with </w>, merges, two specials."""
    folder.mkdir(parents=True, exist_ok=True)
    alphabet = clip_byte_order()
    trainer = trainers.BpeTrainer(
        vocab_size=640, min_frequency=2, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False
    )
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    merges = [tuple(m) for m in json.loads(tokenizer.to_str())["model"]["merges"]]
    names = alphabet + [b + "</w>" for b in alphabet] + ["".join(m) for m in merges]
    names += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {}
    for name in names:
        vocab.setdefault(name, len(vocab))
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["#version: 0.2"] + [" ".join(m) for m in merges]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>",
               "pad_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    save_json(folder / "special_tokens_map.json", special)
    save_json(folder / "tokenizer_config.json", special | {
        "add_prefix_space": False, "do_lower_case": True, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"})
    return CLIPTokenizer.from_pretrained(folder), vocab


def clip_byte_order():
    """The 256 byte characters in CLIP's order: printable ones first, then the others shifted to 256 + n."""
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    rest = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + n) for n in range(len(rest))]


def t5_tokenizer(folder):
    """SentencePiece unigram with T5's layout: pad 0, eos 1, unk 2, no bos; a few sentinels at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_prefix=str(folder / "spiece"), model_type="unigram", vocab_size=240,
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>", character_coverage=1.0, num_threads=1,
        normalization_rule_name="identity", hard_vocab_limit=False, minloglevel=2)
    (folder / "spiece.vocab").unlink()
    return T5Tokenizer.from_pretrained(folder, extra_ids=4, model_max_length=T5_LENGTH)


# ---- weights ----------------------------------------------------------------------------------


def transformer(guidance: bool, seed: int):
    return randomize(FluxTransformer2DModel(
        in_channels=64, num_layers=2, num_single_layers=2, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=24, pooled_projection_dim=32, guidance_embeds=guidance, axes_dims_rope=(4, 6, 6)), seed)


def flux_vae(seed: int):
    return randomize(AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 12, 16), layers_per_block=2, latent_channels=16, norm_num_groups=4, sample_size=64,
        scaling_factor=0.3611, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False), seed)


def factor16_vae(quant: bool, seed: int):
    return randomize(AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 5, up_block_types=("UpDecoderBlock2D",) * 5,
        block_out_channels=(8, 8, 16, 16, 16), layers_per_block=1, latent_channels=32, norm_num_groups=4,
        sample_size=64, scaling_factor=0.8, shift_factor=0.05, use_quant_conv=quant, use_post_quant_conv=quant,
        mid_block_add_attention=False), seed)


def tiny_autoencoder(seed: int):
    return randomize(AutoencoderTiny(
        encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4, latent_channels=16), seed)


def clip_model(vocab, seed: int):
    # eos_token_id 2 is what CLIP-L's published config says; transformers then pools at the highest id.
    model = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(vocab), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=32, bos_token_id=0, eos_token_id=2,
        pad_token_id=1))
    return randomize(model, seed)


def t5_model(vocab_size: int, seed: int):
    # d_model 24 differs from heads x d_kv = 32 on purpose, though the two are equal in T5-XXL.
    model = T5EncoderModel(T5Config(
        vocab_size=vocab_size, d_model=24, d_kv=8, d_ff=48, num_layers=2, num_heads=4,
        relative_attention_num_buckets=32, relative_attention_max_distance=128, feed_forward_proj="gated-gelu",
        layer_norm_epsilon=1e-6, is_encoder_decoder=False, use_cache=False, pad_token_id=0, eos_token_id=1,
        tie_word_embeddings=False))
    randomize(model, seed)
    for block in model.encoder.block:  # T5 does not divide scores by sqrt(d_kv): its queries are small instead
        block.layer[0].SelfAttention.q.weight.mul_(8 ** -0.5)
    return model


def write_folders():
    for folder in (FLUX_TINY, FLUX_TINY_SCHNELL):
        shutil.rmtree(folder, ignore_errors=True)
    clip, vocab = clip_tokenizer(FLUX_TINY / "tokenizer")
    t5 = t5_tokenizer(FLUX_TINY / "tokenizer_2")
    dev = FlowMatchEulerDiscreteScheduler(
        num_train_timesteps=1000, shift=3.0, use_dynamic_shifting=True, base_shift=0.5, max_shift=1.15,
        base_image_seq_len=256, max_image_seq_len=4096)
    pipeline = FluxPipeline(
        scheduler=dev, vae=flux_vae(11), text_encoder=clip_model(vocab, 12), tokenizer=clip,
        text_encoder_2=t5_model(len(t5), 13), tokenizer_2=t5, transformer=transformer(True, 14))
    pipeline.save_pretrained(FLUX_TINY)
    (FLUX_TINY / "tokenizer" / "tokenizer.json").unlink()  # published folders have vocab and merges alone
    prefix_clip_names(FLUX_TINY / "text_encoder" / "model.safetensors")
    transformer(False, 15).save_pretrained(FLUX_TINY_SCHNELL / "transformer")
    FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=1.0).save_pretrained(FLUX_TINY_SCHNELL / "scheduler")
    factor16_vae(True, 16).save_pretrained(GOLDEN / "vae16-quant")
    factor16_vae(False, 17).save_pretrained(GOLDEN / "vae16-plain")
    tiny = tiny_autoencoder(18)
    tiny.save_pretrained(GOLDEN / "tiny-autoencoder")
    save_tensors(GOLDEN / "tiny-autoencoder" / "tae_encoder.safetensors", original_names(tiny.encoder, 0))
    # In the original decoder a clamp is layer 0, which diffusers applies outside of its list.
    save_tensors(GOLDEN / "tiny-autoencoder" / "tae_decoder.safetensors", original_names(tiny.decoder, 1))


def prefix_clip_names(path):
    """Published CLIP files say `text_model.encoder…`; transformers 5 writes them without the prefix."""
    tensors = {n if n.startswith("text_model.") else "text_model." + n: t for n, t in load_file(path).items()}
    save_file(tensors, str(path), metadata={"format": "pt"})


def original_names(module, offset: int):
    tensors = {}
    for name, value in module.layers.state_dict().items():
        index, rest = name.split(".", 1)
        tensors[f"{int(index) + offset}.{rest}"] = value
    return tensors


# ---- goldens ----------------------------------------------------------------------------------


def position_ids(h: int, w: int):
    return FluxPipeline._prepare_latent_image_ids(1, h, w, "cpu", torch.float32)


def transformer_goldens(name: str, folder, guidance):
    model = FluxTransformer2DModel.from_pretrained(folder)
    h, w = 4, 6  # packed: latents of 8 x 12
    latents = normal((2, 16, 2 * h, 2 * w), 101)
    inputs = {
        "hidden_states": FluxPipeline._pack_latents(latents, 2, 16, 2 * h, 2 * w),
        "encoder_hidden_states": normal((2, 7, 24), 102),
        "pooled_projections": normal((2, 32), 103),
        "timestep": torch.tensor([0.7595109, 0.1042]),  # sigmas: the model itself multiplies by 1000
        "img_ids": position_ids(h, w),
        "txt_ids": torch.zeros(7, 3),
    }
    if guidance is not None:
        inputs["guidance"] = torch.tensor(guidance)
    output = model(**inputs, return_dict=False)[0]
    save_tensors(OUT / f"transformer-{name}.safetensors", inputs | {
        "latents": latents, "output": output,
        "output_latents": FluxPipeline._unpack_latents(output, 16 * h, 16 * w, 8)})
    transformer_bf16_goldens(name, model, inputs)


def transformer_bf16_goldens(name: str, model, inputs):
    """Inputs that bf16 holds exactly, also once multiplied by 1000, so that only the arithmetic is compared."""
    inputs = {k: v.to(torch.bfloat16).float() for k, v in inputs.items()}
    inputs["timestep"] = torch.tensor([0.5, 0.125])
    if "guidance" in inputs:
        inputs["guidance"] = torch.tensor([4.0, 2.0])
    exact = model(**inputs, return_dict=False)[0]
    model.to(torch.bfloat16)
    half = {k: v if k.endswith("_ids") else v.to(torch.bfloat16) for k, v in inputs.items()}
    rounded = model(**half, return_dict=False)[0].float()
    error = (rounded - exact).pow(2).mean().sqrt() / exact.pow(2).mean().sqrt()
    print(f"  bf16 against fp32, relative rms: {error:.4f}")
    save_tensors(OUT / f"transformer-{name}-bf16.safetensors",
                 inputs | {"output_fp32": exact, "output_bf16": rounded})


def vae_goldens(name: str, folder, batch: int, h: int, w: int):
    vae = AutoencoderKL.from_pretrained(folder)
    image = normal((batch, 3, h, w), 111).tanh()
    factor = 2 ** (len(vae.config.block_out_channels) - 1)
    latents = normal((batch, vae.config.latent_channels, h // factor, w // factor), 112)
    posterior = vae.encode(image).latent_dist
    sample = posterior.sample(generator=torch.Generator("cpu").manual_seed(7))
    config = vae.config
    save_tensors(OUT / f"{name}.safetensors", {
        "image": image, "mean": posterior.mean, "logvar": posterior.logvar, "sample_seed7": sample,
        "sample_seed7_denoiser_space": (sample - config.shift_factor) * config.scaling_factor,
        "latents": latents, "decoded": vae.decode(latents, return_dict=False)[0],
        "decoded_from_denoiser_space": vae.decode(
            latents / config.scaling_factor + config.shift_factor, return_dict=False)[0]})


def tiny_autoencoder_goldens():
    vae = AutoencoderTiny.from_pretrained(GOLDEN / "tiny-autoencoder")
    image = normal((2, 3, 32, 48), 121).tanh()
    latents = normal((2, 16, 4, 6), 122) * 2  # beyond 3 in places, where the decoder's soft clamp acts
    save_tensors(OUT / "tiny-autoencoder.safetensors", {
        "image": image, "encoded": vae.encode(image).latents,
        "latents": latents, "decoded": vae.decode(latents, return_dict=False)[0]})


def text_goldens():
    pipeline = FluxPipeline.from_pretrained(FLUX_TINY)
    clip_ids = pipeline.tokenizer(PROMPTS, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
    t5_ids = pipeline.tokenizer_2(
        PROMPTS, padding="max_length", max_length=T5_LENGTH, truncation=True, return_tensors="pt")
    clip = pipeline.text_encoder(clip_ids.input_ids, output_hidden_states=True)
    embeds, pooled, _ = pipeline.encode_prompt(PROMPTS, max_sequence_length=T5_LENGTH)
    save_json(OUT / "prompts.json", {"prompts": PROMPTS, "t5_max_length": T5_LENGTH,
              "clip_ids": clip_ids.input_ids.tolist(), "t5_ids": t5_ids.input_ids.tolist()})
    save_tensors(OUT / "text.safetensors", {
        "clip_ids": clip_ids.input_ids, "clip_last_hidden_state": clip.last_hidden_state,
        "clip_first_hidden_state": clip.hidden_states[1], "clip_pooled": clip.pooler_output,
        "t5_ids": t5_ids.input_ids,
        "t5_last_hidden_state": pipeline.text_encoder_2(t5_ids.input_ids)[0],
        "prompt_embeds": embeds, "pooled_prompt_embeds": pooled})
    t5_long_goldens(pipeline)
    clip_eos_goldens(pipeline, clip_ids.input_ids)


def t5_long_goldens(pipeline):
    """160 tokens, so that every bucket of the relative position bias is used."""
    ids = torch.randint(3, pipeline.text_encoder_2.config.vocab_size, (1, 160), generator=torch.Generator("cpu").manual_seed(131))
    save_tensors(OUT / "t5-long.safetensors",
                 {"ids": ids, "last_hidden_state": pipeline.text_encoder_2(ids)[0]})


def clip_eos_goldens(pipeline, ids):
    """Newer configs name the true end token: then the pooled vector is taken at its first occurrence."""
    model = pipeline.text_encoder
    end = model.config.vocab_size - 1
    shifted = torch.where(ids == end, 5, ids)  # end token 5 is not the highest id here
    config = CLIPTextConfig(**(model.config.to_dict() | {"eos_token_id": 5}))
    other = CLIPTextModel(config).eval()
    other.load_state_dict(model.state_dict())
    save_tensors(OUT / "clip-eos-5.safetensors", {"ids": shifted, "pooled": other(shifted).pooler_output})


if __name__ == "__main__":
    write_folders()
    transformer_goldens("dev", FLUX_TINY / "transformer", [3.5, 7.0])
    transformer_goldens("schnell", FLUX_TINY_SCHNELL / "transformer", None)
    vae_goldens("vae", FLUX_TINY / "vae", 2, 32, 48)
    vae_goldens("vae16-quant", GOLDEN / "vae16-quant", 1, 32, 64)
    vae_goldens("vae16-plain", GOLDEN / "vae16-plain", 1, 32, 64)
    tiny_autoencoder_goldens()
    text_goldens()
