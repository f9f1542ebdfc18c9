"""Writes model folders of the published sizes with random weights, for measuring memory and speed without checkpoints.

  python tools/bench/full_size_models.py sdxl bench-models/sdxl [--dtype bf16|fp16|fp32]

Kinds: sd15 (2.1 GB in bf16), sdxl, playground (6.9 GB), sd35-medium without T5 (6.8 GB); flux-vae, sd15-vae, sdxl-vae
(0.2 GB) are autoencoders alone. The configurations and CLIP's vocabulary are those that come with the project; wants torch, diffusers, transformers and safetensors as tools/golden/requirements.txt pins them.
Weights are normal with deviation 1/sqrt(fan in), norms are 1, so that values stay in range; pictures are noise.
"""

import argparse
import gzip
import json
import math
from pathlib import Path

import torch
from diffusers import AutoencoderKL, SD3Transformer2DModel, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

RESOURCES = Path(__file__).resolve().parents[2] / "core/src/main/resources/io/lssgen"
CLASSES = {"UNet2DConditionModel": UNet2DConditionModel.from_config, "AutoencoderKL": AutoencoderKL.from_config,
           "SD3Transformer2DModel": SD3Transformer2DModel.from_config,
           "CLIPTextModel": lambda c: CLIPTextModel(CLIPTextConfig(**c)),
           "CLIPTextModelWithProjection": lambda c: CLIPTextModelWithProjection(CLIPTextConfig(**c))}
DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


def published(name: str) -> dict:
    return json.loads((RESOURCES / "model/published" / f"{name}.json").read_text())


def random_weights(kind: str, config: dict, dtype) -> dict:
    with torch.device("meta"):
        module = CLASSES[kind](config)
    shapes = {name: p.shape for name, p in module.named_parameters()}
    shapes |= {name: b.shape for name, b in module.named_buffers() if name == "pos_embed.pos_embed"}
    state = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            value = torch.ones(shape) if name.endswith("weight") else torch.zeros(shape)
        else:
            value = torch.randn(shape) / math.sqrt(math.prod(shape[1:]))
        published_name = kind.startswith("CLIP") and not name.startswith(("text_model.", "text_projection."))
        state[("text_model." if published_name else "") + name] = value.to(dtype)
    return state


def write_tokenizer(folder: Path, config: dict) -> None:
    merges = gzip.decompress((RESOURCES / "text/clip-merges.txt.gz").read_bytes()).decode().split("\n")[:-1]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]
    entries = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in merges]
    entries += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({entry: i for i, entry in enumerate(entries)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {
        "bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}))


def write_component(folder: Path, kind: str, config: dict, dtype) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if kind.endswith("Tokenizer"):
        write_tokenizer(folder, config)
    elif kind.endswith("Scheduler"):
        (folder / "scheduler_config.json").write_text(json.dumps(config, indent=1))
    else:
        (folder / "config.json").write_text(json.dumps(config, indent=1))
        name = "model" if kind.startswith("CLIP") else "diffusion_pytorch_model"
        save_file(random_weights(kind, config, dtype), str(folder / f"{name}.safetensors"), {"format": "pt"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["sd15", "sdxl", "playground", "sd35-medium", "flux-vae", "sd15-vae", "sdxl-vae"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", choices=DTYPES, default="bf16")
    options = parser.parse_args()
    torch.manual_seed(1)
    index = published(options.kind)
    if index.get("_class_name") == "AutoencoderKL":
        write_component(options.folder, "AutoencoderKL", index, DTYPES[options.dtype])
        return
    for name, value in index.items():
        if isinstance(value, list):
            kind, config = value
            if kind.startswith("T5"):
                index[name] = [None, None]
                continue
            write_component(options.folder / name, kind, published(config), DTYPES[options.dtype])
            index[name] = ["transformers" if kind.startswith("CLIP") else "diffusers", kind]
    (options.folder / "model_index.json").write_text(json.dumps(index, indent=1))


if __name__ == "__main__":
    main()
