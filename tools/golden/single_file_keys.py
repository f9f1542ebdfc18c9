"""Single-file checkpoints in the names that their authors gave: complete lists of names, tiny files, configurations.

`single-file/<kind>.txt.gz` has one line per tensor of a published file, sorted by name: its name, its shape and the
tensors of diffusers that are made of it, as `component/name` in the order of their rows; several are joined by `;`.
Behind a name `^` says that it is the transpose, `~` that the second half of the rows comes first, and no target that
diffusers does not need it. Nothing is allocated: shapes are those of diffusers' modules on the meta device. Names go
back from diffusers' by the rules below, and diffusers' own conversion then runs over all of them, with values that
tell each tensor and part: it must give every parameter once, from where the list says. The numbers of tensors are
those of the published files.

`single-file/tiny.zip` has tiny models as folders (`sd/`, `xl/`, `flux/`, without tokenizers) and as files of the same
weights (`sd.safetensors`, …, FLUX with all its components); for SD and SDXL diffusers' conversion of the file is
checked to give the folder. Values repeat with a period, so that they take little room. Tolerance: none, exact.

Also writes the published configurations that the library ships, below `core/src/main/resources`.
"""

from full_size_parameters import BIG_G, CLIP, SD_UNET, T5, TRANSFORMER, VAE, XL_UNET, XL_VAE, parameters
from common import FLUX_TINY, GOLDEN, HERE

import gzip
import json
import re
import zipfile

import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel, UNet2DConditionModel
from diffusers.loaders import single_file_utils as diffusers_keys
from safetensors.torch import save
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

OUT = GOLDEN / "single-file"
PUBLISHED = HERE.parents[1] / "core/src/main/resources/io/lssgen/model/published"
NETWORK = "model.diffusion_model."

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
    "sd15-unet": SD_UNET, "sdxl-unet": XL_UNET, "flux-dev-transformer": TRANSFORMER,
    "flux-schnell-transformer": TRANSFORMER | {"guidance_embeds": False},
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
}


def index(pipeline: str, settings: dict, **components) -> dict:
    return {"_class_name": pipeline} | settings | {name: list(value) for name, value in components.items()}


ZEROS = {"force_zeros_for_empty_prompt": True}


TEXT = {"text_encoder": ("CLIPTextModel", "clip-l-text"), "tokenizer": ("CLIPTokenizer", "clip-tokenizer")}
XL_TEXT = TEXT | {"text_encoder_2": ("CLIPTextModelWithProjection", "clip-big-g-text"),
                  "tokenizer_2": ("CLIPTokenizer", "clip-tokenizer-2"), "unet": ("UNet2DConditionModel", "sdxl-unet")}
FLUX_TEXT = TEXT | {"text_encoder_2": ("T5EncoderModel", "t5-xxl-encoder"), "tokenizer_2": ("T5TokenizerFast", None),
                    "vae": ("AutoencoderKL", "flux-vae")}
INDICES = {
    "sd15": index("StableDiffusionPipeline", {}, unet=("UNet2DConditionModel", "sd15-unet"), **TEXT,
                  vae=("AutoencoderKL", "sd15-vae"), scheduler=("PNDMScheduler", "sd15-scheduler")),
    "sdxl": index("StableDiffusionXLPipeline", ZEROS, **XL_TEXT, vae=("AutoencoderKL", "sdxl-vae"),
                  scheduler=("EulerDiscreteScheduler", "sdxl-scheduler")),
    "playground": index("StableDiffusionXLPipeline", ZEROS, **XL_TEXT, vae=("AutoencoderKL", "playground-vae"),
                        scheduler=("EDMDPMSolverMultistepScheduler", "playground-scheduler")),
} | {
    f"flux-{kind}": index("FluxPipeline", {}, **FLUX_TEXT, transformer=("FluxTransformer2DModel", f"flux-{kind}-transformer"),
                          scheduler=("FlowMatchEulerDiscreteScheduler", f"flux-{kind}-scheduler"))
    for kind in ("dev", "schnell")
}

# Beside the weights of published files: what diffusers does not read, with its shape.
COUNTS = {"sd15": 1131, "sdxl": 2515, "playground": 2517, "flux-dev": 780, "flux-schnell": 776, "flux-vae": 244}

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
UNET_ENDS = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
             "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
             "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}


def unet_name(name: str, config: dict) -> str:
    """The original name of diffusers' UNet parameter."""
    layers, levels = config["layers_per_block"], len(config["block_out_channels"])
    module, leaf = name.rsplit(".", 1)
    if module in UNET_ENDS:
        return f"{UNET_ENDS[module]}.{leaf}"
    way, level, kind, number, rest = re.fullmatch(
        r"(down|up|mid)_blocks?\.(?:(\d+)\.)?(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", name).groups()
    number = int(number)
    if kind == "resnets":
        part, leaf = rest.rsplit(".", 1)
        rest = f"{RESNET[part]}.{leaf}"
    if way == "mid":
        return f"middle_block.{2 * number if kind == 'resnets' else 1}.{rest}"
    level = int(level)
    if way == "down":
        block = 1 + level * (layers + 1) + (layers if kind == "downsamplers" else number)
        place = {"resnets": f"0.{rest}", "attentions": f"1.{rest}", "downsamplers": rest.replace("conv", "0.op")}[kind]
        return f"input_blocks.{block}.{place}"
    block = level * (layers + 1) + (layers if kind == "upsamplers" else number)
    attends = config["up_block_types"][level].startswith("CrossAttn")
    after = 2 if attends else 1
    return f"output_blocks.{block}." + {"resnets": "0.", "attentions": "1.", "upsamplers": f"{after}."}[kind] + rest


def vae_name(name: str, config: dict) -> str:
    levels = len(config["block_out_channels"])
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    attention = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
    name = re.sub(r"mid_block\.attentions\.0\.(.*)\.", lambda m: f"mid.attn_1.{attention[m[1]]}.", name)
    name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets", lambda m: f"up.{levels - 1 - int(m[1])}.block", name)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)


def open_clip_name(name: str) -> tuple:
    """Name, which of how many parts, and a mark."""
    ends = {"text_model.embeddings.position_embedding.weight": "positional_embedding",
            "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
            "text_model.final_layer_norm.weight": "ln_final.weight",
            "text_model.final_layer_norm.bias": "ln_final.bias"}
    if name in ends:
        return ends[name], 0, ""
    if name == "text_projection.weight":
        return "text_projection", 0, "^"
    block, module, leaf = re.fullmatch(r"text_model\.encoder\.layers\.(\d+)\.(.*)\.(\w+)", name).groups()
    fused = re.fullmatch(r"self_attn\.([qkv])_proj", module)
    if fused:
        return f"transformer.resblocks.{block}.attn.in_proj_{leaf}", "qkv".index(fused[1]), ""
    plain = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
             "self_attn.out_proj": "attn.out_proj"}
    return f"transformer.resblocks.{block}.{plain[module]}.{leaf}", 0, ""


FLUX_ENDS = {"x_embedder": "img_in", "context_embedder": "txt_in", "proj_out": "final_layer.linear",
             "norm_out.linear": "final_layer.adaLN_modulation.1"} | {
    f"time_text_embed.{ours}.linear_{i}": f"{theirs}.{layer}_layer"
    for ours, theirs in (("timestep_embedder", "time_in"), ("text_embedder", "vector_in"),
                         ("guidance_embedder", "guidance_in"))
    for i, layer in ((1, "in"), (2, "out"))}
FLUX_DOUBLE = {
    "norm1.linear": "img_mod.lin", "norm1_context.linear": "txt_mod.lin", "attn.to_q": "img_attn.qkv",
    "attn.to_k": "img_attn.qkv", "attn.to_v": "img_attn.qkv", "attn.add_q_proj": "txt_attn.qkv",
    "attn.add_k_proj": "txt_attn.qkv", "attn.add_v_proj": "txt_attn.qkv", "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm", "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm", "ff.net.0.proj": "img_mlp.0", "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0", "ff_context.net.2": "txt_mlp.2", "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj"}
FLUX_SINGLE = {
    "norm.linear": "modulation.lin", "attn.to_q": "linear1", "attn.to_k": "linear1", "attn.to_v": "linear1",
    "proj_mlp": "linear1", "attn.norm_q": "norm.query_norm", "attn.norm_k": "norm.key_norm", "proj_out": "linear2"}


def flux_name(name: str) -> tuple:
    module, leaf = name.rsplit(".", 1)
    if module in FLUX_ENDS:
        return f"{FLUX_ENDS[module]}.{leaf}", 0, "~" if module == "norm_out.linear" else ""
    single, block, module = re.fullmatch(r"(single_)?transformer_blocks\.(\d+)\.(.*)", module).groups()
    theirs = (FLUX_SINGLE if single else FLUX_DOUBLE)[module]
    part = 3 if module == "proj_mlp" else next((i for i, n in enumerate("qkv") if f"_{n}" in module), 0)
    part = 0 if "norm" in module else part
    leaf = "scale" if theirs.endswith("_norm") else leaf
    return f"{'single' if single else 'double'}_blocks.{block}.{theirs}.{leaf}", part, "~" if module == "norm_out" else ""


class Original:
    """A file's tensors: name -> shape, and name -> the targets of its parts with their marks."""

    def __init__(self):
        self.shapes, self.targets = {}, {}

    def add(self, name, shape, component, ours, part=0, mark=""):
        targets = self.targets.setdefault(name, {})
        assert part not in targets
        targets[part] = (f"{component}/{ours}", mark)
        if name in self.shapes:
            self.shapes[name][0] += shape[0]
        else:
            self.shapes[name] = list(reversed(shape)) if mark == "^" else list(shape)

    def unused(self, name, shape):
        self.shapes[name], self.targets[name] = list(shape), {}

    def lines(self) -> str:
        rows = []
        for name in sorted(self.shapes):
            targets = self.targets[name]
            assert sorted(targets) == list(range(len(targets)))
            rows.append("\t".join([name, ",".join(map(str, self.shapes[name])),
                                   ";".join(t + m for t, m in (targets[i] for i in range(len(targets))))]))
        return "\n".join(rows) + "\n"


def add_unet(original, shapes, config):
    for name, shape in shapes.items():
        original.add(NETWORK + unet_name(name, config), shape, "unet", name)


def add_vae(original, shapes, config, prefix="first_stage_model."):
    for name, shape in shapes.items():
        kernel = ".attentions." in name and len(shape) == 2
        original.add(prefix + vae_name(name, config), shape + [1, 1] if kernel else shape, "vae", name)


def add_clip(original, shapes, prefix, positions=True):
    for name, shape in shapes.items():
        original.add(prefix + name, shape, "text_encoder", name)
    if positions:
        name = "text_model.embeddings.position_ids"
        original.unused(prefix + name, [1, shapes["text_model.embeddings.position_embedding.weight"][0]])


def add_open_clip(original, shapes, prefix="conditioner.embedders.1.model."):
    for name, shape in sorted(shapes.items(), key=lambda item: "qkv".find((item[0].split("self_attn.") + ["z"])[1][0])):
        theirs, part, mark = open_clip_name(name)
        original.add(prefix + theirs, shape, "text_encoder_2", name, part, mark)
    original.unused(prefix + "logit_scale", [])


def add_flux(original, shapes, prefix=""):
    for name, shape in shapes.items():
        theirs, part, mark = flux_name(name)
        original.add(prefix + theirs, shape, "transformer", name, part, mark)


def conversion(kind: str, original: Original, configs: dict) -> dict:
    """What diffusers' own conversion makes of a file whose values tell tensor and part: target -> (name, part)."""
    names = sorted(original.shapes)

    def tagged(number: int, name: str) -> torch.Tensor:
        shape, parts = original.shapes[name], original.targets[name]
        if "final_layer.adaLN" in name:
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


def full_size():
    clip = shapes_of("clip-l-text", lambda: CLIPTextModel(CLIPTextConfig(**CLIP)))
    big_g = shapes_of("clip-big-g-text", lambda: CLIPTextModelWithProjection(CLIPTextConfig(**BIG_G)))
    kinds = {}
    for kind, unet, vae in (("sd15", SD_UNET, SD_VAE), ("sdxl", XL_UNET, XL_VAE), ("playground", XL_UNET, PLAYGROUND_VAE)):
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
    OUT.mkdir(parents=True, exist_ok=True)
    for kind, original in kinds.items():
        assert len(original.shapes) == COUNTS[kind], (kind, len(original.shapes))
        (OUT / f"{kind}.txt.gz").write_bytes(gzip.compress(original.lines().encode(), mtime=0))
        print(kind, len(original.shapes), "tensors")


TINY_CLIP = CLIP | {"hidden_size": 8, "intermediate_size": 12, "max_position_embeddings": 16, "num_attention_heads": 2,
                    "num_hidden_layers": 2, "projection_dim": 8, "vocab_size": 40}
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
        parameter.data = (values.mul(0.2).add(1) if norm else values.div(fan_in ** 0.5)).reshape(parameter.shape).to(dtype)
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


def tiny():
    files = {}
    for kind, (source, configs, states, single) in (
            ("sd", tiny_diffusion("sd")), ("xl", tiny_diffusion("xl")), ("flux", tiny_flux())):
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
