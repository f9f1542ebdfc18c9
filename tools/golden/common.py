"""Shared by the golden scripts: where outputs go, seeded weights, safetensors and JSON writing.

Everything runs on one thread of the CPU in fp32, so that a second run gives the same files.
"""

import json
import math
import sys
from pathlib import Path

# The script beside this one called tokenizers.py would hide the library of that name, so this folder leaves the
# search path. Therefore the scripts import this module before any library.
HERE = Path(__file__).resolve().parent
sys.path = [p for p in sys.path if Path(p or ".").resolve() != HERE]

import torch
from safetensors.torch import save_file

GOLDEN = HERE.parents[1] / "core" / "src" / "test" / "resources" / "golden"
FLUX_TINY = GOLDEN / "flux-tiny"
FLUX_TINY_SCHNELL = GOLDEN / "flux-tiny-schnell"
SD3_TINY = GOLDEN / "sd3-tiny"

torch.set_num_threads(1)
torch.set_grad_enabled(False)


def generator(seed: int) -> torch.Generator:
    return torch.Generator("cpu").manual_seed(seed)


def randomize(module: torch.nn.Module, seed: int, gain: float = 1.0) -> torch.nn.Module:
    """Gives every parameter a value away from its initial one, keeping activations of order 1.

    Vectors named `weight` (norms' scales) are around 1, other vectors around 0, and matrices and
    kernels are normal with standard deviation gain / sqrt(fan in). Embedding tables have deviation 1.
    """
    g = generator(seed)
    embeddings = {id(m.weight) for m in module.modules() if isinstance(m, torch.nn.Embedding)}
    for name, parameter in sorted(module.named_parameters()):
        noise = torch.randn(parameter.shape, generator=g)
        if id(parameter) in embeddings:
            parameter.copy_(noise)
        elif parameter.dim() >= 2:
            fan_in = parameter[0].numel()
            parameter.copy_(noise * gain / math.sqrt(fan_in))
        elif name.endswith("weight"):
            parameter.copy_(1 + 0.2 * noise)
        else:
            parameter.copy_(0.1 * noise)
    return module.eval()


def normal(shape, seed: int) -> torch.Tensor:
    return torch.randn(shape, generator=generator(seed))


def save_tensors(path: Path, tensors: dict) -> None:
    """Writes safetensors; the names are sorted so that the bytes do not depend on insertion order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: tensors[k].detach().contiguous().clone() for k in sorted(tensors)}, str(path))
    for k in sorted(tensors):
        t = tensors[k]
        if t.is_floating_point() and not k.endswith(("weight", "bias")):
            f = t.float()
            print(f"  {path.name:38} {k:28} {str(list(t.shape)):22} rms {f.pow(2).mean().sqrt():.3f}"
                  f" max {f.abs().max():.3f}")


def save_json(path: Path, value) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
