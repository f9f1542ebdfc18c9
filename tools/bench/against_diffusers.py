"""Seconds of this program beside Python diffusers: the same model, prompt, size, steps and threads, in one run.

    python tools/bench/against_diffusers.py                                    # emoji-flux, 1024 pixels, 28 steps, fp32
    python tools/bench/against_diffusers.py --model bench-models/sd15 --width 512 --height 512 --steps 4 --cfg-scale 7.5

Turn about, medians of `--rounds`; loading is left out of both. Three ways: diffusers, this program with `--plain`, and
with latent space scaling as the model has it. `bench-models/…` are made by full_size_models.py.
Packages: tools/golden/requirements.txt.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from verify_diffusers import ROOT, flux_latents, load, request_parser, sdxl_latents  # noqa: E402

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def arguments():
    parser = request_parser(__doc__.split("\n")[0], side=1024, steps=28, guidance=5.0)
    parser.add_argument("--dtype", choices=DTYPES, default="fp32")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


@torch.no_grad()
def diffusers_seconds(pipeline, request):
    begin = time.perf_counter()
    flux = hasattr(pipeline, "transformer")
    latents = (flux_latents if flux else sdxl_latents)(pipeline, request)
    denoised = time.perf_counter()
    shift = getattr(pipeline.vae.config, "shift_factor", None) or 0
    pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor + shift)
    return denoised - begin, time.perf_counter() - denoised


def own_seconds(request, told_guidance, more):
    if told_guidance:
        more = [*more, "--guidance", str(request.guidance)]
    with tempfile.TemporaryDirectory() as folder:
        report = subprocess.run(
            [str(ROOT / "lssgen"), "generate", "-m", str(request.model), request.prompt, "-W", str(request.width),
             "-H", str(request.height), "--steps", str(request.steps), "--cfg-scale", str(request.cfg_scale),
             "--seed", str(request.seed), "--dtype", request.dtype, "--threads", str(request.threads), "--format",
             "json", "-o", str(Path(folder, "picture.png")), *more],
            check=True, stdout=subprocess.PIPE).stdout
    seconds = json.loads(report)["seconds"]
    return seconds["text"] + sum(seconds["denoise"]) + seconds.get("scale", 0), seconds["decode"]


def main():
    request = arguments()
    torch.set_num_threads(request.threads)
    pipeline = load(request.model).to(DTYPES[request.dtype])
    told = getattr(getattr(pipeline, "transformer", None), "config", {}).get("guidance_embeds", False)
    ways = {
        "diffusers": lambda: diffusers_seconds(pipeline, request),
        "plain": lambda: own_seconds(request, told, ["--plain"]),
        "scaled": lambda: own_seconds(request, told, []),
    }
    runs = {name: [] for name in ways}
    diffusers_seconds(pipeline, request)  # the first one sets things up; ours are processes of their own
    for _ in range(request.rounds):
        for name, way in ways.items():
            runs[name].append(way())
    print(f"{request.model.name}, {request.width} x {request.height} pixels, {request.steps} steps, {request.dtype}, "
          f"{request.threads} threads, torch {torch.__version__}")
    first = None
    for name, times in runs.items():
        denoise, decode = (statistics.median(column) for column in zip(*times))
        first = first or denoise + decode
        print(f"{name:10s} text and denoising {denoise:7.2f} s   decoding {decode:6.2f} s   together "
              f"{denoise + decode:7.2f} s ({first / (denoise + decode):.2f} times as fast)")


if __name__ == "__main__":
    main()
