"""Single-file checkpoints in the names that their authors gave: complete lists of names, tiny files, configurations.

`single-file/<kind>.txt.gz` has one line per tensor of a published file, sorted by name: its name, its shape and the
tensors of diffusers that are made of it, as `component/name` in the order of their rows; several are joined by `;`.
Behind a name `^` says that it is the transpose, `~` that the second half of the rows comes first, and no target that
diffusers does not need it. Nothing is allocated: shapes are those of diffusers' modules on the meta device. Names go
back from diffusers' by the rules in single_file_names.py, and diffusers' own conversion then runs over all of them,
with values that tell each tensor and part: it must give every parameter once, from where the list says. The numbers of
tensors are asserted, so that a change of them shows.

`single-file/tiny.zip` has tiny models as folders (`sd/`, `xl/`, `flux/`, without tokenizers) and as files of the same
weights (`sd.safetensors`, …, FLUX with all its components); for SD and SDXL diffusers' conversion of the file is
checked to give the folder. Values repeat with a period, so that they take little room. Tolerance: none, exact.

Also writes the published configurations that the library ships, below `core/src/main/resources`.
"""

from single_file_names import NETWORK, Original, add_clip, add_flux, add_open_clip, add_sd3, add_unet, add_vae
from published_configs import CONFIGS, INDICES, PLAYGROUND_VAE, SD_VAE
from full_size_parameters import (
    BIG_G, CLIP, PROJECTED_CLIP, SD3_VAE, SD_UNET, T5, TRANSFORMER, VAE, XL_UNET, XL_VAE, parameters)
from common import FLUX_TINY, GOLDEN, HERE, SD3_TINY

import gzip
import json
import zipfile

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, SD3Transformer2DModel, UNet2DConditionModel
from diffusers.loaders import single_file_utils as diffusers_keys
from safetensors.torch import save
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

OUT = GOLDEN / "single-file"
CLIP_L, CLIP_G, T5XXL = (f"text_encoders.{part}.transformer." for part in ("clip_l", "clip_g", "t5xxl"))
PUBLISHED = HERE.parents[1] / "core/src/main/resources/io/lssgen/model/published"
COUNTS = {"sd15": 1131, "sdxl": 2515, "playground": 2517, "flux-dev": 780, "flux-schnell": 776, "flux-vae": 244,
          "sd3-medium": 1667, "sd35-medium": 909, "sd35-large": 1167}


def conversion(kind: str, original: Original, configs: dict) -> dict:
    """What diffusers' own conversion makes of a file whose values tell tensor and part: target -> (name, part)."""
    names = sorted(original.shapes)

    def tagged(number: int, name: str) -> torch.Tensor:
        shape, parts = original.shapes[name], original.targets[name]
        if any(mark == "~" for _, mark in parts.values()):
            return torch.tensor([0.0, 1.0]).reshape([2] + [1] * (len(shape) - 1)) / 8 + number
        if len(parts) == 4:  # diffusers cuts them at fixed widths
            rows = torch.cat([torch.full((n,), i / 8) for i, n in enumerate([3072, 3072, 3072, 12288])])
            return rows.double().reshape([-1] + [1] * (len(shape) - 1)) + number
        return (torch.arange(max(1, len(parts))).double() / 8 + number).reshape([-1] + [1] * (len(shape) - 1))

    state = {name: tagged(i, name) for i, name in enumerate(names) if original.shapes[name]}
    found = {}

    def collect(component, converted):
        for name, value in converted.items():
            if value is None or "position_ids" in name:
                continue
            flat = value.double().flatten()
            number = int(flat[0] // 1)
            swapped = len(flat) == 2 and flat[0] > flat[1]
            part = 0 if swapped else round(float(flat[0] % 1) * 8)
            found[f"{component}/{name}"] = (names[number], part, swapped)

    if kind.startswith("flux"):
        if any("double_blocks" in n for n in names):
            collect("transformer", diffusers_keys.convert_flux_transformer_checkpoint_to_diffusers(dict(state)))
        else:
            collect("vae", diffusers_keys.convert_ldm_vae_checkpoint(dict(state), configs["vae"]))
        return found
    if kind.startswith("sd3"):
        collect("transformer", diffusers_keys.convert_sd3_transformer_checkpoint_to_diffusers(dict(state)))
        if "vae" in configs:
            collect("vae", diffusers_keys.convert_ldm_vae_checkpoint(dict(state), configs["vae"]))
            encoders = (("text_encoder", CLIP_L), ("text_encoder_2", CLIP_G)) if kind == "sd3-medium" else ()
            for component, prefix in encoders:
                collect(component, diffusers_keys.convert_ldm_clip_checkpoint(dict(state), prefix))
            collect("text_encoder_3", diffusers_keys.convert_sd3_t5_checkpoint_to_diffusers(dict(state)))
        return found
    collect("unet", diffusers_keys.convert_ldm_unet_checkpoint(dict(state), configs["unet"]))
    collect("vae", diffusers_keys.convert_ldm_vae_checkpoint(dict(state), configs["vae"]))
    collect("text_encoder", diffusers_keys.convert_ldm_clip_checkpoint(dict(state)))
    if "text_encoder_2" in configs:
        collect("text_encoder_2", diffusers_keys.convert_open_clip_checkpoint(
            None, dict(state), prefix="conditioner.embedders.1.model."))
    return found


def check(kind: str, original: Original, configs: dict):
    wanted = {target: (name, part, mark == "~")
              for name, parts in original.targets.items() for part, (target, mark) in parts.items()}
    found = conversion(kind, original, configs)
    assert found == wanted, (kind, set(found.items()) ^ set(wanted.items()))


def shapes_of(name: str, build) -> dict:
    with torch.device("meta"):
        return parameters(name, build())


def diffusion(unet, vae, clip, big_g=None) -> Original:
    """A file of SD1.5's or SDXL's kind, from the shapes in diffusers of (shapes, config) each."""
    original = Original()
    add_unet(original, *unet)
    add_vae(original, *vae)
    add_clip(original, clip, "conditioner.embedders.0.transformer." if big_g else "cond_stage_model.transformer.")
    if big_g:
        add_open_clip(original, big_g)
    return original


def sd3(shapes: dict) -> Original:
    """A file with all of Stable Diffusion 3, from the shapes of its components; CLIP-L's projection is left out."""
    original = Original()
    add_sd3(original, shapes["transformer"], NETWORK)
    add_vae(original, shapes["vae"], SD3_VAE)
    first = {n: s for n, s in shapes["text_encoder"].items() if n != "text_projection.weight"}
    add_clip(original, first, CLIP_L, positions=False)
    add_clip(original, shapes["text_encoder_2"], CLIP_G, positions=False, component="text_encoder_2")
    for name, shape in shapes["text_encoder_3"].items():
        original.add(T5XXL + name, shape, "text_encoder_3", name)
    return original


def full_size_sd3() -> dict:
    kinds = {}
    for kind in ("sd3-medium", "sd35-medium", "sd35-large"):
        config = CONFIGS[f"{kind}-transformer"]
        transformer = shapes_of("transformer", lambda: SD3Transformer2DModel.from_config(config))
        vae = shapes_of("vae", lambda: AutoencoderKL.from_config(SD3_VAE))
        if kind == "sd3-medium":  # the others are published without text encoders
            original = sd3({
                "transformer": transformer,
                "vae": vae,
                "text_encoder": shapes_of(
                    "clip-l-projected-text", lambda: CLIPTextModelWithProjection(CLIPTextConfig(**PROJECTED_CLIP))),
                "text_encoder_2": shapes_of(
                    "clip-big-g-text", lambda: CLIPTextModelWithProjection(CLIPTextConfig(**BIG_G))),
                "text_encoder_3": shapes_of("t5-xxl-encoder", lambda: T5EncoderModel(T5Config(**T5)))})
            check(kind, original, {"vae": SD3_VAE})
        else:
            original = Original()
            add_sd3(original, transformer, NETWORK)
            add_vae(original, vae, SD3_VAE)
            check(kind, original, {"vae": SD3_VAE})
        kinds[kind] = original
    return kinds


def full_size():
    clip = shapes_of("clip-l-text", lambda: CLIPTextModel(CLIPTextConfig(**CLIP)))
    big_g = shapes_of("clip-big-g-text", lambda: CLIPTextModelWithProjection(CLIPTextConfig(**BIG_G)))
    kinds = {}
    for kind, unet, vae in (
            ("sd15", SD_UNET, SD_VAE), ("sdxl", XL_UNET, XL_VAE), ("playground", XL_UNET, PLAYGROUND_VAE)):
        original = diffusion((shapes_of("unet", lambda: UNet2DConditionModel.from_config(unet)), unet),
                             (shapes_of("vae", lambda: AutoencoderKL.from_config(vae)), vae), clip,
                             None if kind == "sd15" else big_g)
        check(kind, original, {"unet": unet, "vae": vae} | ({} if kind == "sd15" else {"text_encoder_2": BIG_G}))
        if kind == "playground":
            original.unused("edm_mean", [1, 4, 1, 1])
            original.unused("edm_std", [1, 4, 1, 1])
        kinds[kind] = original
    for kind in ("dev", "schnell"):
        config = TRANSFORMER | {"guidance_embeds": kind == "dev"}
        original = Original()
        add_flux(original, shapes_of("transformer", lambda: FluxTransformer2DModel.from_config(config)))
        check("flux", original, {})
        kinds[f"flux-{kind}"] = original
    vae = Original()
    add_vae(vae, shapes_of("vae", lambda: AutoencoderKL.from_config(VAE)), VAE, prefix="")
    check("flux", vae, {"vae": VAE})
    kinds["flux-vae"] = vae
    kinds |= full_size_sd3()
    OUT.mkdir(parents=True, exist_ok=True)
    for kind, original in kinds.items():
        assert len(original.shapes) == COUNTS[kind], (kind, len(original.shapes))
        (OUT / f"{kind}.txt.gz").write_bytes(gzip.compress(original.lines().encode(), mtime=0))
        print(kind, len(original.shapes), "tensors")


TINY_CLIP = CLIP | {"hidden_size": 8, "intermediate_size": 12, "max_position_embeddings": 16, "num_attention_heads": 2,
                    "num_hidden_layers": 2, "projection_dim": 8, "vocab_size": 640}  # that of flux-tiny's tokenizer
TINY_BIG_G = TINY_CLIP | {"architectures": ["CLIPTextModelWithProjection"], "hidden_act": "gelu", "hidden_size": 12,
                          "num_hidden_layers": 10, "projection_dim": 10}  # the tenth layer tells the kind
TINY_UNET = {"norm_num_groups": 2, "sample_size": 8}
TINY_SD_UNET = SD_UNET | TINY_UNET | {
    "attention_head_dim": 2, "block_out_channels": [4, 8, 8, 8], "cross_attention_dim": 8}
TINY_XL_UNET = XL_UNET | TINY_UNET | {
    "attention_head_dim": [1, 2, 4], "block_out_channels": [4, 8, 8], "cross_attention_dim": 20,
    "addition_time_embed_dim": 4, "projection_class_embeddings_input_dim": 10 + 6 * 4,
    "transformer_layers_per_block": [1, 1, 2]}
TINY_VAE = {"block_out_channels": [4, 8], "down_block_types": ["DownEncoderBlock2D"] * 2, "norm_num_groups": 2,
            "sample_size": 16, "up_block_types": ["UpDecoderBlock2D"] * 2}


def patterned(module, dtype, offset: int):
    """Values of a short period, each tensor's beginning elsewhere in it, of a size that keeps activations in range."""
    for number, (name, parameter) in enumerate(sorted(module.named_parameters())):
        steps = torch.arange(parameter.numel()).mul(7).add(13 * number + offset).remainder(251)
        values = steps.sub(125).div(125)
        norm = parameter.dim() == 1 and name.endswith("weight")
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 16
        scaled = values.mul(0.2).add(1) if norm else values.div(fan_in ** 0.5)
        parameter.data = scaled.reshape(parameter.shape).to(dtype)
    return module.to(dtype)


def original_values(original: Original, components: dict) -> dict:
    """A file's tensors, from those of diffusers."""
    state = {}
    for name, shape in original.shapes.items():
        parts = []
        for i in range(len(original.targets[name])):
            target, mark = original.targets[name][i]
            component, ours = target.split("/")
            value = components[component][ours]
            value = value.T if mark == "^" else value
            parts.append(torch.cat(list(reversed(value.chunk(2)))) if mark == "~" else value)
        if parts:
            state[name] = torch.cat(parts).reshape(shape).contiguous()
        elif name.endswith("position_ids"):
            state[name] = torch.arange(shape[1]).reshape(shape)
        else:
            state[name] = torch.ones(shape)
    return state


def published_names(component: str, module) -> dict:
    state = {n: p.detach().contiguous() for n, p in module.named_parameters()}
    clip = type(module).__name__.startswith("CLIP")
    bare = {n for n in state if clip and not n.startswith(("text_model.", "text_projection."))}
    return {("text_model." + n if n in bare else n): p for n, p in state.items()}


def tiny_diffusion(kind: str):
    xl = kind == "xl"
    configs = {"unet": TINY_XL_UNET if xl else TINY_SD_UNET, "vae": (XL_VAE if xl else SD_VAE) | TINY_VAE,
               "text_encoder": TINY_CLIP}
    modules = {"unet": UNet2DConditionModel.from_config(configs["unet"]),
               "vae": AutoencoderKL.from_config(configs["vae"]),
               "text_encoder": CLIPTextModel(CLIPTextConfig(**TINY_CLIP))}
    if xl:
        configs["text_encoder_2"] = TINY_BIG_G
        modules["text_encoder_2"] = CLIPTextModelWithProjection(CLIPTextConfig(**TINY_BIG_G))
    states = {n: published_names(n, patterned(m, torch.float16, 31 * i)) for i, (n, m) in enumerate(modules.items())}
    shapes = {n: {k: list(p.shape) for k, p in state.items()} for n, state in states.items()}
    original = diffusion((shapes["unet"], configs["unet"]), (shapes["vae"], configs["vae"]), shapes["text_encoder"],
                         shapes.get("text_encoder_2"))
    single = original_values(original, states)
    converted = {"unet": diffusers_keys.convert_ldm_unet_checkpoint(dict(single), configs["unet"]),
                 "vae": diffusers_keys.convert_ldm_vae_checkpoint(dict(single), configs["vae"]),
                 "text_encoder": diffusers_keys.convert_ldm_clip_checkpoint(dict(single))}
    if xl:
        converted["text_encoder_2"] = diffusers_keys.convert_open_clip_checkpoint(
            None, dict(single), prefix="conditioner.embedders.1.model.")
    for name, state in states.items():
        same = {k: v for k, v in converted[name].items() if "position_ids" not in k}
        assert set(same) == set(state) and all(torch.equal(same[k], state[k]) for k in state), name
    source = INDICES["sdxl" if xl else "sd15"]
    return source, configs | {"scheduler": CONFIGS[source["scheduler"][1]]}, states, single


def tiny_flux():
    classes = {"transformer": FluxTransformer2DModel, "text_encoder": CLIPTextModel, "text_encoder_2": T5EncoderModel,
               "vae": AutoencoderKL}
    configs, states = {}, {}
    for i, (name, kind) in enumerate(classes.items()):
        module = patterned(kind.from_pretrained(FLUX_TINY / name), torch.float32, 31 * i)
        configs[name] = json.loads((FLUX_TINY / name / "config.json").read_text())
        states[name] = published_names(name, module)
    shapes = {n: {k: list(p.shape) for k, p in state.items()} for n, state in states.items()}
    original = Original()
    add_flux(original, shapes["transformer"], prefix=NETWORK)
    add_vae(original, shapes["vae"], configs["vae"], prefix="vae.")
    add_clip(original, shapes["text_encoder"], "text_encoders.clip_l.transformer.", positions=False)
    for name, shape in shapes["text_encoder_2"].items():
        original.add("text_encoders.t5xxl.transformer." + name, shape, "text_encoder_2", name)
    return INDICES["flux-dev"], configs, states, original_values(original, states)


def tiny_sd3():
    classes = {"transformer": SD3Transformer2DModel, "text_encoder": CLIPTextModelWithProjection,
               "text_encoder_2": CLIPTextModelWithProjection, "text_encoder_3": T5EncoderModel, "vae": AutoencoderKL}
    configs, states = {}, {}
    for i, (name, kind) in enumerate(classes.items()):
        module = patterned(kind.from_pretrained(SD3_TINY / name), torch.float32, 31 * i)
        configs[name] = json.loads((SD3_TINY / name / "config.json").read_text())
        states[name] = published_names(name, module)
    states["transformer"]["pos_embed.pos_embed"] = (
        SD3Transformer2DModel.from_pretrained(SD3_TINY / "transformer").pos_embed.pos_embed)
    states["text_encoder"]["text_projection.weight"] = torch.eye(configs["text_encoder"]["hidden_size"])
    original = sd3({n: {k: list(p.shape) for k, p in state.items()} for n, state in states.items()})
    return INDICES["sd35-medium"], configs, states, original_values(original, states)


def tiny():
    files = {}
    for kind, (source, configs, states, single) in (
            ("sd", tiny_diffusion("sd")), ("xl", tiny_diffusion("xl")), ("flux", tiny_flux()), ("sd3", tiny_sd3())):
        model = {
            name: ["diffusers", value[0]] if name in configs else value for name, value in source.items()
            if name in configs or not isinstance(value, list)}
        files[f"{kind}/model_index.json"] = json.dumps(model, indent=1).encode()
        for name, config in configs.items():
            json_name = "scheduler_config.json" if name == "scheduler" else "config.json"
            files[f"{kind}/{name}/{json_name}"] = json.dumps(config, indent=1).encode()
        for name, state in states.items():
            weights = "model" if name.startswith("text") else "diffusion_pytorch_model"
            files[f"{kind}/{name}/{weights}.safetensors"] = save(state)
        files[f"{kind}.safetensors"] = save(single)
    with zipfile.ZipFile(OUT / "tiny.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    print("tiny.zip", (OUT / "tiny.zip").stat().st_size, "bytes of", sum(map(len, files.values())))


def resources():
    PUBLISHED.mkdir(parents=True, exist_ok=True)
    for name, value in (CONFIGS | INDICES).items():
        (PUBLISHED / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def main():
    resources()
    full_size()
    tiny()


if __name__ == "__main__":
    main()
