"""Safetensors files as the reference implementation writes them, and the values in them.

Writes core/src/test/resources/golden/safetensors/:
  types.safetensors    one tensor of each readable type, a scalar, an empty one, awkward names
  types.json           name -> shape and values (of the file as it reads them back)
  float8.safetensors   all floats of 8 bits in two types; a tensor of a type that is listed but cannot be read
  float8-values.safetensors   their values in fp32
  float8-scaled.safetensors, float8-scaled-values.safetensors   the same with scales, as ComfyUI stores them

Tolerance: none. Values are equal, and a file written from the same tensors has the same bytes.

With a folder as argument, instead checks that the reference implementation reads
`types.safetensors` there and finds the same tensors as in the golden file.
"""

import sys
from pathlib import Path

from common import GOLDEN, save_json

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

FOLDER = GOLDEN / "safetensors"


def tensors():
    numbers = torch.tensor([[0.0, -1.5, 3.0], [65504.0, -0.00012207, 2.0**-14]])
    return {
        "b.f32": numbers,
        "a.f32": torch.tensor([3.4028234663852886e38, 1e-45, -0.1]),
        "f16": numbers.half(),
        "bf16": numbers.bfloat16(),
        "f64": torch.tensor([0.1, -1e300], dtype=torch.float64),
        "i64": torch.tensor([[-(2**63), 2**63 - 1]]),
        "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
        "u8": torch.tensor([0, 1, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(7.0),
        "empty": torch.zeros(0, 4),
        'awkward "name"\\\n\u00e4': torch.tensor([1.0]),
        "\U0001f600": torch.tensor([2.0]),  # after the next in UTF-8, before it in UTF-16
        "\uffee": torch.tensor([3.0]),
    }


def write():
    FOLDER.mkdir(parents=True, exist_ok=True)
    save_file(tensors(), FOLDER / "types.safetensors", metadata={"format": "pt"})
    read = load_file(FOLDER / "types.safetensors")
    table = {
        name: {"dtype": str(t.dtype), "shape": list(t.shape), "values": t.flatten().tolist()}
        for name, t in sorted(read.items())
    }
    save_json(FOLDER / "types.json", table)
    every = torch.arange(256).to(torch.uint8).reshape(8, 32)
    floats = {"e4m3": every.view(torch.float8_e4m3fn), "e5m2": every.clone().view(torch.float8_e5m2)}
    other = torch.tensor([0.5, 1.0]).to(torch.float8_e4m3fnuz)
    save_file(floats | {"f8": other, "f32": torch.tensor([1.0])}, FOLDER / "float8.safetensors")
    save_file({name: value.float() for name, value in floats.items()}, FOLDER / "float8-values.safetensors")
    weight = torch.randn(16, 32, generator=torch.Generator().manual_seed(1)).to(torch.float8_e4m3fn)
    scale, x = torch.tensor(0.0123), torch.randn(3, 32, generator=torch.Generator().manual_seed(2))
    scaled = {"m.a.weight": weight, "m.a.scale_weight": scale, "m.a.scale_input": torch.tensor(1.0),
              "m.a.bias": torch.arange(16.0), "m.scaled_fp8": torch.zeros(0).to(torch.float8_e4m3fn)}
    save_file(scaled, FOLDER / "float8-scaled.safetensors")
    numbers = weight.float() * scale
    save_file({"m.a.weight": numbers, "x": x, "product": torch.nn.functional.linear(x, numbers, scaled["m.a.bias"])},
              FOLDER / "float8-scaled-values.safetensors")


def check(folder):
    wanted = tensors()
    with safe_open(Path(folder) / "types.safetensors", framework="pt") as file:
        assert file.metadata()["format"] == "pt", file.metadata()
        assert set(file.keys()) == set(wanted), file.keys()
        for name, tensor in wanted.items():
            found = file.get_tensor(name)
            assert found.dtype == tensor.dtype and torch.equal(found, tensor), name
    print("equal:", len(wanted), "tensors")


if __name__ == "__main__":
    check(sys.argv[1]) if len(sys.argv) > 1 else write()
