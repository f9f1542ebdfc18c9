"""Latents of a photograph and of the same photograph at half its size, in the four spaces of the shipped upsamplers.

The picture is `chelsea`, which comes with scikit-image (CC0, by Stefan van der Walt): 128 pixels around an eye,
halved by averaging. The tiny autoencoders encode both; `tools/fetch-tae.sh` fetches them, in either layout they serve.
usage: upsampler_pairs.py [folder of the tiny autoencoders]      default: runs/tae

`upsampler/photograph-pairs.safetensors`: `<space>.low` [1, C, 8, 8] and `<space>.high` [1, C, 16, 16], bf16, in the
denoiser's space; `sdxl.pixels` [1, 4, 16, 16], what the small latents become when they are decoded, doubled by bicubic
interpolation and encoded, which the upsampler of that space learns.
"""

import sys

from common import GOLDEN, HERE, save_tensors

import numpy as np
import torch
from PIL import Image
from diffusers import AutoencoderTiny
from safetensors.torch import load_file
from skimage.data import chelsea

SPACES = {"flux": ("taef1", 16), "sd": ("taesd", 4), "sdxl": ("taesdxl", 4), "sd3": ("taesd3", 16)}
LEFT, TOP, SIDE = 110, 50, 128


def autoencoder(folder, name: str, channels: int):
    if (folder / name).is_dir():
        return AutoencoderTiny.from_pretrained(folder / name)
    model = AutoencoderTiny(latent_channels=channels)
    for half, first in (("encoder", 0), ("decoder", 1)):  # the decoder's file counts a clamp without parameters
        weights = load_file(folder / f"{name}_{half}.safetensors")
        renamed = {}
        for key, value in weights.items():
            number, rest = key.split(".", 1)
            renamed[f"{int(number) - first}.{rest}"] = value.float()
        getattr(model, half).layers.load_state_dict(renamed)
    return model


def through_pixels(model: AutoencoderTiny, low: torch.Tensor) -> torch.Tensor:
    doubled = torch.nn.functional.interpolate(model.decode(low.float()).sample, scale_factor=2, mode="bicubic")
    return model.encode(doubled).latents


def pixels(image: Image.Image) -> torch.Tensor:
    """[1, 3, H, W], values in [-1, 1]."""
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 127.5 - 1).permute(2, 0, 1)[None]


def main() -> None:
    folder = HERE.parents[1] / "runs" / "tae" if len(sys.argv) < 2 else type(HERE)(sys.argv[1])
    picture = Image.fromarray(chelsea()).crop((LEFT, TOP, LEFT + SIDE, TOP + SIDE))
    pairs = {}
    for space, (name, channels) in SPACES.items():
        model = autoencoder(folder, name, channels).eval()
        pairs[f"{space}.low"] = model.encode(pixels(picture.reduce(2))).latents.bfloat16()
        pairs[f"{space}.high"] = model.encode(pixels(picture)).latents.bfloat16()
        if space == "sdxl":
            pairs["sdxl.pixels"] = through_pixels(model, pairs["sdxl.low"]).bfloat16()
    save_tensors(GOLDEN / "upsampler" / "photograph-pairs.safetensors", pairs)


if __name__ == "__main__":
    main()
