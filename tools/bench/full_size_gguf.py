"""Writes FLUX.1-dev's four files with random weights, as stable-diffusion.cpp takes them, for measuring memory and speed.

  python tools/bench/full_size_gguf.py bench-models/flux-gguf

flux1-dev-Q4_0.gguf (6.7 GB), t5-Q8_0.gguf (5.1 GB, with a vocabulary of made-up words), clip_l.safetensors and
ae.safetensors. Names are those of the published files; wants what tools/golden/requirements.txt pins. Blocks are random
bytes with a scale that keeps values in range; pictures are noise.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "golden")]

from single_file_names import Original, add_flux
from full_size_models import published, random_weights

import argparse
import math

import gguf
import numpy as np
import torch
from diffusers import FluxTransformer2DModel
from gguf import GGMLQuantizationType as Type
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel

DEVIATION = {Type.Q4_0: 4.6, Type.Q8_0: 73.9}  # of numbers whose bits are random, in units of the scale


def write(file: Path, architecture: str, shapes: dict, kind: Type, facts=lambda writer: None) -> None:
    """Matrices in random blocks, vectors in fp32: ones where they scale, zeros elsewhere."""
    part = file.with_suffix(".part")
    writer = gguf.GGUFWriter(part, architecture)
    facts(writer)
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    for name, shape in shapes.items():
        if len(shape) > 1:
            stored = (*shape[:-1], shape[-1] // numbers * size)
            writer.add_tensor_info(name, stored, np.dtype(np.uint8), math.prod(stored), raw_dtype=kind)
        else:
            writer.add_tensor_info(name, shape, np.dtype(np.float32), 4 * math.prod(shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    random = np.random.default_rng(1)
    for name, shape in shapes.items():
        if len(shape) > 1:
            data = random.integers(0, 256, (math.prod(shape) // numbers, size), dtype=np.uint8)
            scale = np.array([1 / math.sqrt(shape[-1]) / DEVIATION[kind]], dtype=np.float16)
            data[:, :2] = scale.view(np.uint8)
        else:
            data = np.full(shape, 1.0 if name.endswith(("scale", "norm.weight")) else 0.0, dtype=np.float32)
        writer.write_tensor_data(data)
    writer.close()
    part.rename(file)
    print(file, file.stat().st_size, "bytes")


def flux(file: Path) -> None:
    with torch.device("meta"):
        model = FluxTransformer2DModel.from_config(published("flux-dev-transformer"))
    original = Original()
    add_flux(original, {name: list(p.shape) for name, p in model.named_parameters()})
    write(file, "flux", original.shapes, Type.Q4_0)


def t5(file: Path) -> None:
    config = T5Config(**published("t5-xxl-encoder"))
    with torch.device("meta"):
        model = T5EncoderModel(config)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.T5ENCODER, config.num_layers)
    shapes = {names.get_name(name, try_suffixes=(".weight",)): tuple(p.shape) for name, p in model.named_parameters()}

    def facts(writer):
        words = ["<pad>", "</s>", "<unk>", *(f"\u2581word{i}" for i in range(config.vocab_size - 3))]
        writer.add_tokenizer_model("t5")
        writer.add_token_list(words)
        writer.add_token_scores([-float(i) for i in range(len(words))])
        writer.add_token_types([3, 3, 2] + [1] * (len(words) - 3))

    write(file, "t5encoder", shapes, Type.Q8_0, facts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    index = published("flux-dev")
    for name, part in (("clip_l", "text_encoder"), ("ae", "vae")):
        kind, config = index[part]
        save_file(random_weights(kind, published(config), torch.bfloat16), str(folder / f"{name}.safetensors"))
    t5(folder / "t5-Q8_0.gguf")
    flux(folder / "flux1-dev-Q4_0.gguf")


if __name__ == "__main__":
    main()
