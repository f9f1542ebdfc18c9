"""What upsamplers are trained and measured with, by other people's code.

`upsampler/metrics.safetensors` and `.json`: two pictures; their SSIM and PSNR by scikit-image and the error of their
radial spectra by numpy; latents doubled by way of scipy's DCT. Tolerance: SSIM 1e-5, decibels 1e-3, DCT max absolute
error 1e-5.

`upsampler/evaluation.safetensors` and `.json`: two pictures of 8 bits, and the means of what each simple way of doubling
them, halved, does to them: an evaluation whose latents are the pictures themselves. Tolerance: relative 1e-4.

`upsampler/resampled.safetensors`: a picture at other sizes by Pillow, every kernel, and in `upsampler/sharpness.json` the
variance of its Laplacian by scipy (relative tolerance 1e-9). Pillow rounds to 8 bits after the
rows and again after the columns: at most 1 level apart (nearest: equal).

`upsampler/decoder.safetensors`: the activations of `tiny-autoencoder`'s decoder before each of its doublings and before
its last convolution, by diffusers. Tolerance: max absolute error 1e-4.

`upsampler-shuffle`, `upsampler-residual` and `upsampler/networks.safetensors`: networks of this project's own layouts,
written down here with torch's layers (`pixel_shuffle`, `interpolate`). Tolerance: max absolute error 1e-4.
"""

from lssgen_reference import LatentUpsampler, upsampler_config
from common import GOLDEN, generator, normal, randomize, save_json, save_tensors

import math
import shutil

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderTiny
from PIL import Image
from safetensors.torch import save_file
from scipy.fft import dctn, idctn
from scipy.ndimage import laplace
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

OUT = GOLDEN / "upsampler"
SIDE = 48


def pictures():
    """Smooth noise with an edge, in [-1, 1], and a blurred copy with noise of its own."""
    g = generator(71)
    a = F.interpolate(torch.randn(1, 3, 12, 12, generator=g), size=(SIDE, SIDE), mode="bicubic").tanh()
    a[:, :, :, 20:28] = 0.8
    b = F.avg_pool2d(F.pad(a, (1, 1, 1, 1), mode="reflect"), 3, stride=1)
    return a, (b + 0.05 * torch.randn(b.shape, generator=g)).clamp(-1, 1)


def rings(picture):
    grey = picture[0].double().mean(0).numpy()
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIDE) / SIDE)
    power = np.abs(np.fft.fft2(grey * np.outer(hann, hann))) ** 2 / SIDE**2
    frequency = np.fft.fftfreq(SIDE) * SIDE
    radius = np.floor(np.hypot(frequency[:, None], frequency[None, :]) + 0.5).astype(int)
    means = [power[radius == r].mean() for r in range(SIDE // 2 + 1)]
    return 10 * np.log10(np.array(means) + 1e-8)


def dct_doubled(latents):
    spectrum = dctn(latents.double().numpy(), type=2, norm="ortho", axes=(2, 3))
    height, width = latents.shape[2:]
    padded = np.zeros((*latents.shape[:2], 2 * height, 2 * width))
    padded[:, :, :height, :width] = 2 * spectrum  # orthonormal coefficients grow by the root of the size's ratio
    return torch.from_numpy(idctn(padded, type=2, norm="ortho", axes=(2, 3))).float()


def scores(a, b) -> dict:
    """SSIM and PSNR by scikit-image, and the error of the radial spectra."""
    x, y = a[0].permute(1, 2, 0).double().numpy(), b[0].permute(1, 2, 0).double().numpy()
    return {
        "ssim": structural_similarity(
            x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=2.0, channel_axis=2),
        "psnr": peak_signal_noise_ratio(x, y, data_range=2.0),
        "spectrum": float(np.abs(rings(a) - rings(b))[1:].mean())}


def metrics():
    a, b = pictures()
    latents = normal((1, 3, 6, 10), 72)
    save_tensors(OUT / "metrics.safetensors", {
        "first": a, "second": b, "latents": latents, "dct": dct_doubled(latents)})
    save_json(OUT / "metrics.json", scores(a, b))


def evaluation():
    levels = [((picture + 1) * 127.5).round().to(torch.uint8) for picture in pictures()]
    ways = {
        "nearest-exact": lambda z: F.interpolate(z, scale_factor=2, mode="nearest-exact"),
        "bilinear": lambda z: F.interpolate(z, scale_factor=2, mode="bilinear", align_corners=False),
        "bicubic": bicubic,
        "dct": dct_doubled,
    }
    rows = {way: [] for way in ways}
    for level in levels:
        original = level.float() / 127.5 - 1
        half = F.avg_pool2d(original, 2)
        for way, double in ways.items():
            doubled = double(half)
            error = float((doubled - original).square().mean())
            rows[way].append(scores(original, doubled.clamp(-1, 1)) | {"latent_error": error})
    save_tensors(OUT / "evaluation.safetensors", {
        f"picture{i}": level[0].permute(1, 2, 0).contiguous() for i, level in enumerate(levels)})
    save_json(OUT / "evaluation.json", {
        way: {name: float(np.mean([row[name] for row in each])) for name in each[0]} for way, each in rows.items()})


def resampled():
    g = generator(73)
    values = torch.randint(90, 166, (37, 52, 3), generator=g, dtype=torch.uint8)  # no overshoot is clipped in between
    values[:, 20:30] = 165
    image = Image.fromarray(values.numpy())
    names = {"nearest": Image.NEAREST, "area": Image.BOX, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC,
             "lanczos": Image.LANCZOS}
    tensors = {"picture": values}
    for name, kernel in names.items():
        for size in ((26, 18), (19, 11), (70, 41)):
            small = np.array(image.resize(size, kernel))
            tensors[f"{name}_{size[0]}x{size[1]}"] = torch.from_numpy(small.copy())
    OUT.mkdir(parents=True, exist_ok=True)
    luma = values.double().numpy() @ np.array([0.299, 0.587, 0.114])
    save_json(OUT / "sharpness.json", {"laplacian_variance": float(laplace(luma, mode="nearest").var())})
    save_file({k: tensors[k].contiguous() for k in sorted(tensors)}, str(OUT / "resampled.safetensors"))


def decoder():
    model = AutoencoderTiny.from_pretrained(GOLDEN / "tiny-autoencoder").eval()
    layers = model.decoder.layers
    wanted = [m for m in layers if isinstance(m, torch.nn.Upsample)] + [layers[-1]]
    found = []
    for module in wanted:
        module.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0].clone()))
    latents = normal((1, model.config.latent_channels, 3, 4), 74)
    picture = model.decode(latents).sample
    save_tensors(OUT / "decoder.safetensors", {
        "latents": latents, "picture": picture, **{f"level{i}": level for i, level in enumerate(found)}})


class ShuffleBlock(torch.nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return x + self.conv2(F.silu(self.conv1(x)))


class ShuffleUpsampler(torch.nn.Module):
    def __init__(self, channels: int, width: int, blocks: int):
        super().__init__()
        body = torch.nn.Module()
        body.conv_in = torch.nn.Conv2d(channels, width, 3, padding=1)
        body.blocks = torch.nn.ModuleList(ShuffleBlock(width) for _ in range(blocks))
        body.conv_out = torch.nn.Conv2d(width, 4 * channels, 3, padding=1)
        self.upsampler = body

    def forward(self, z):
        x = self.upsampler.conv_in(z)
        for block in self.upsampler.blocks:
            x = block(x)
        return bicubic(z) + F.pixel_shuffle(self.upsampler.conv_out(F.silu(x)), 2)


def bicubic(z):
    return F.interpolate(z, scale_factor=2, mode="bicubic", align_corners=False)


def write(name: str, config: dict, model):
    folder = GOLDEN / name
    shutil.rmtree(folder, ignore_errors=True)
    save_json(folder / "config.json", config)
    save_file({k: v.clone() for k, v in model.state_dict().items()},
              str(folder / "diffusion_pytorch_model.safetensors"), metadata={"format": "pt"})


def networks():
    shuffle = randomize(ShuffleUpsampler(4, 12, 2), 75)
    write("upsampler-shuffle", {"_class_name": "ShuffleUpsampler", "blocks": 2, "in_channels": 4,
                                "residual": "bicubic", "width": 12}, shuffle)
    config = upsampler_config(4, (8, 8), 4)
    residual = randomize(LatentUpsampler(**config), 76)
    write("upsampler-residual", {**config, "residual": "bicubic", "latent_space": "sdxl"}, residual)
    latents = normal((1, 4, 5, 6), 77)
    save_tensors(OUT / "networks.safetensors", {
        "latents": latents, "shuffle": shuffle(latents), "residual": bicubic(latents) + residual(latents)})


if __name__ == "__main__":
    assert math.isclose(dctn(np.ones((2, 2)), norm="ortho")[0, 0], 2.0)
    metrics()
    evaluation()
    resampled()
    decoder()
    networks()
