"""What the keys of kohya's LoRA files mean, for every linear layer and convolution of the published models.

`lora/<component>.txt.gz` has a line for each key: kohya's name of the module, then, after a tab each, the modules
that diffusers applies it to; where that is not row for row, `module:row:count` of the file's rows for each run of the
module's, in their order. Both are made on the meta device from the published configurations (`full-size/*.json`,
which full_size_parameters.py writes). Kohya's names are those of the network that its scripts train: diffusers' own
for SD1.5 and the text encoders, the original ones for SDXL and FLUX.1. What they mean says diffusers' own conversion,
run on each of them. Tolerance: none.
"""

from common import GOLDEN

import gzip
import json
import re

import torch
from diffusers import FluxTransformer2DModel, UNet2DConditionModel
from diffusers.loaders import lora_conversion_utils as conversion
from diffusers.utils.state_dict_utils import (
    convert_state_dict_to_diffusers, convert_state_dict_to_peft, convert_unet_state_dict_to_peft)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

OUT = GOLDEN / "lora"
RESIDUAL = {"conv1": "in_layers.2", "conv2": "out_layers.3", "time_emb_proj": "emb_layers.1",
            "conv_shortcut": "skip_connection"}
UNET = {"conv_in": "input_blocks.0.0", "conv_out": "out.2", "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2", "add_embedding.linear_1": "label_emb.0.0",
        "add_embedding.linear_2": "label_emb.0.2"}
FLUX = {"x_embedder": "img_in", "context_embedder": "txt_in", "norm_out.linear": "final_layer.adaLN_modulation.1",
        "proj_out": "final_layer.linear", "time_text_embed.timestep_embedder.linear_1": "time_in.in_layer",
        "time_text_embed.timestep_embedder.linear_2": "time_in.out_layer",
        "time_text_embed.text_embedder.linear_1": "vector_in.in_layer",
        "time_text_embed.text_embedder.linear_2": "vector_in.out_layer",
        "time_text_embed.guidance_embedder.linear_1": "guidance_in.in_layer",
        "time_text_embed.guidance_embedder.linear_2": "guidance_in.out_layer"}
DOUBLE = {"attn.to_q": "img_attn.qkv", "attn.to_k": "img_attn.qkv", "attn.to_v": "img_attn.qkv",
          "attn.add_q_proj": "txt_attn.qkv", "attn.add_k_proj": "txt_attn.qkv", "attn.add_v_proj": "txt_attn.qkv",
          "attn.to_out.0": "img_attn.proj", "attn.to_add_out": "txt_attn.proj", "ff.net.0.proj": "img_mlp.0",
          "ff.net.2": "img_mlp.2", "ff_context.net.0.proj": "txt_mlp.0", "ff_context.net.2": "txt_mlp.2",
          "norm1.linear": "img_mod.lin", "norm1_context.linear": "txt_mod.lin"}
SINGLE = {"attn.to_q": "linear1", "attn.to_k": "linear1", "attn.to_v": "linear1", "proj_mlp": "linear1",
          "proj_out": "linear2", "norm.linear": "modulation.lin"}


def config(component: str) -> dict:
    return json.loads((GOLDEN / "full-size" / f"{component}.json").read_text(encoding="utf-8"))


def modules(network) -> dict:
    """Every linear layer and convolution by name, with the shape of its weight."""
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    return {n: tuple(m.weight.shape) for n, m in network.named_modules() if isinstance(m, kinds)}


def flat(name: str) -> str:
    return name.replace(".", "_")


def original_unet(name: str, names) -> str:
    """The original network's name of a UNet's module; `names` are all modules."""
    if name in UNET:
        return UNET[name]
    place, kind, rest = re.fullmatch(r"(down_blocks\.\d+|mid_block|up_blocks\.\d+)\.(\w+)\.(.+)", name).groups()
    number, rest = rest.split(".", 1)
    layers = 1 + max(int(n.split(".")[3]) for n in names if n.startswith("down_blocks.0.resnets."))
    if place == "mid_block":
        block = f"middle_block.{1 if kind == 'attentions' else 2 * int(number)}"
    elif place.startswith("down"):
        level = int(place.split(".")[1])
        block = (f"input_blocks.{(layers + 1) * (level + 1)}.0" if kind == "downsamplers" else
                 f"input_blocks.{1 + (layers + 1) * level + int(number)}.{int(kind == 'attentions')}")
    else:
        level = int(place.split(".")[1])
        attends = any(n.startswith(f"{place}.attentions.") for n in names)
        block = (f"output_blocks.{(layers + 1) * level + layers}.{1 + attends}" if kind == "upsamplers" else
                 f"output_blocks.{(layers + 1) * level + int(number)}.{int(kind == 'attentions')}")
    if kind == "downsamplers":
        return block + ".op"
    return f"{block}.{RESIDUAL.get(rest, rest) if kind == 'resnets' else rest}"


def original_flux(name: str) -> str:
    if name in FLUX:
        return FLUX[name]
    kind, number, rest = re.fullmatch(r"(transformer_blocks|single_transformer_blocks)\.(\d+)\.(.+)", name).groups()
    return (f"double_blocks.{number}.{DOUBLE[rest]}" if kind == "transformer_blocks" else
            f"single_blocks.{number}.{SINGLE[rest]}")


def kohya_pair(name: str, shape, rows: int) -> dict:
    """A layer of rank 1 for a module whose weight has this shape, whose `up` holds the numbers of its rows."""
    up = torch.arange(rows, dtype=torch.float32).reshape(rows, 1, *(1 for _ in shape[2:]))
    return {f"{name}.lora_down.weight": torch.ones(1, *shape[1:]), f"{name}.lora_up.weight": up}


def meaning(converted: dict, prefix: str, up: str) -> list:
    """Names and rows of the modules that a converted layer goes to."""
    found = []
    for key, value in converted.items():
        if key.endswith(up):
            rows = value.flatten().int().tolist()
            found.append((key[len(prefix):-len(up)] if key.startswith(prefix) else key[:-len(up)], rows))
    return found


def line(name: str, found: list, rows: int) -> str:
    """The rows are those of the module, in runs of neighbours of the file."""
    fields = []
    for module, numbers in found:
        begins = [0] + [i for i in range(1, len(numbers)) if numbers[i] != numbers[i - 1] + 1]
        for begin, end in zip(begins, begins[1:] + [len(numbers)]):
            whole = len(numbers) == rows and len(begins) == 1
            fields.append(module if whole else f"{module}:{numbers[begin]}:{end - begin}")
    return "\t".join([name] + fields)


def unet_lines(component: str, original: bool) -> list:
    with torch.device("meta"):
        network = UNet2DConditionModel.from_config(config(component))
    shapes = modules(network)
    names = {"lora_unet_" + flat(original_unet(n, shapes) if original else n): n for n in shapes}
    assert len(names) == len(shapes)
    lines = []
    for name, module in sorted(names.items()):
        pair = kohya_pair(name, shapes[module], shapes[module][0])
        pair = conversion._maybe_map_sgm_blocks_to_diffusers(pair, network.config)
        converted = conversion._convert_non_diffusers_lora_to_diffusers(pair)[0]
        converted = convert_unet_state_dict_to_peft(converted)
        found = meaning(converted, "unet.", ".lora_B.weight")
        assert [n for n, _ in found] == [module], (name, module, found)
        lines.append(line(name, found, shapes[module][0]))
    return lines


def flux_lines() -> list:
    with torch.device("meta"):
        shapes = modules(FluxTransformer2DModel.from_config(config("flux-dev-transformer")))
    parts = {}
    for module in shapes:
        parts.setdefault("lora_unet_" + flat(original_flux(module)), []).append(module)
    lines, covered = [], []
    for name, fused in sorted(parts.items()):
        rows = sum(shapes[m][0] for m in fused)
        converted = conversion._convert_kohya_flux_lora_to_diffusers(kohya_pair(name, shapes[fused[0]], rows))
        found = meaning(converted, "transformer.", ".lora_B.weight")
        assert sorted(n for n, _ in found) == sorted(fused), (name, found, fused)
        covered += [n for n, _ in found]
        lines.append(line(name, found, rows))
    assert sorted(covered) == sorted(shapes)
    return lines


def text_lines(network, prefix: str) -> list:
    shapes = {("" if n.startswith(("text_model.", "text_projection")) else "text_model.") + n: s
              for n, s in modules(network).items()}
    pairs = {}
    for module, shape in shapes.items():
        pairs |= kohya_pair(prefix + flat(module), shape, shape[0])
    keys = [k.removesuffix(".lora_down.weight") for k in pairs if k.endswith(".lora_down.weight")]
    converted = conversion._convert_non_diffusers_lora_to_diffusers(pairs)[0]  # keeps the order
    converted = convert_state_dict_to_peft(convert_state_dict_to_diffusers(converted))
    found = [k.split(".", 1)[1].removesuffix(".lora_B.weight") for k in converted if k.endswith(".lora_B.weight")]
    assert found == list(shapes), (found, list(shapes))
    return sorted(f"{key}\t{module}" for key, module in zip(keys, found))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    with torch.device("meta"):
        clip = CLIPTextModel(CLIPTextConfig(**config("clip-l-text")))
        big_g = CLIPTextModelWithProjection(CLIPTextConfig(**config("clip-big-g-text")))
    tables = {
        "sd15-unet": unet_lines("sd15-unet", original=False),
        "sdxl-unet": unet_lines("sdxl-unet", original=True),
        "flux-dev-transformer": flux_lines(),
        "clip-l-text": text_lines(clip, "lora_te1_"),
        "clip-big-g-text": text_lines(big_g, "lora_te2_"),
    }
    for name, lines in tables.items():
        text = "".join(each + "\n" for each in lines)
        (OUT / f"{name}.txt.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        print(name, len(lines), "keys", len(text), "characters")


if __name__ == "__main__":
    main()
