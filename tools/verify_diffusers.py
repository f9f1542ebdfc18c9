"""Holds this project's plain pipeline against Python diffusers, on a whole picture in fp32.

    python tools/verify_diffusers.py                                   # default model, runs ./lssgen itself
    python tools/verify_diffusers.py --model DIR --prompt "a dog" --width 512 --height 512 \
        --steps 8 --guidance 3.5 --seed 42 --image out.png --latents out.safetensors
    python tools/verify_diffusers.py --model models/target/classes/io/lssgen/models/emoji-xl --cfg-scale 3
    python tools/verify_diffusers.py --model models/target/classes/io/lssgen/models/emoji-xl-lcm --steps 4


The model folder (diffusers layout, FluxPipeline or StableDiffusionXLPipeline) is loaded in diffusers, with the LoRA
that its lssgen.json may name, every tensor of its files is checked to have arrived, and a picture is made on the CPU in fp32 with the given prompt, seed, steps
and guidance. It is compared with the PNG (`--image`) and with `final` in the latents (`--latents`) that `./lssgen
generate --plain --dtype fp32 --save-latents FILE` wrote for the same request; if neither is given, that command is
run here. Diffusers' pipelines draw the noise of a stochastic scheduler from elsewhere, so such a model is run by Euler's
method in both (`--sampling-method euler`). Exit code 0 if each comparison reaches `--threshold` (PSNR, 45 dB), 1 if not.
Packages: tools/golden/requirements.txt.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import DiffusionPipeline, FlowMatchEulerDiscreteScheduler
from PIL import Image
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_MODEL = ROOT / "models" / "src" / "main" / "resources" / "io" / "lssgen" / "models" / "emoji-flux"
DEFAULT_PROMPT = "a red apple left of a blue book on a yellow background"


def request_parser(description: str, side: int, steps: int, guidance: float) -> argparse.ArgumentParser:
    """What a picture is asked for with, by the given defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    parser.add_argument("--prompt", default=DEFAULT_PROMPT)
    parser.add_argument("--width", type=int, default=side)
    parser.add_argument("--height", type=int, default=side)
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--guidance", type=float, default=guidance)
    parser.add_argument("--cfg-scale", type=float, default=1.0, help="classifier-free guidance of a model with a UNet")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--max-sequence-length", type=int,
                        help="T5 tokens; default: the tokenizer's own maximum, at most 512 (schnell: 256)")
    return parser


def arguments():
    parser = request_parser(__doc__.split("\n")[0], side=512, steps=8, guidance=3.5)
    parser.add_argument("--image", type=Path, help="PNG to compare with")
    parser.add_argument("--latents", type=Path, help="safetensors file with `final` to compare with")
    parser.add_argument("--command", default=str(ROOT / "lssgen"), help="what to run if no file is given")
    parser.add_argument("--threshold", type=float, default=45.0, help="PSNR in dB")
    parser.add_argument("--save", type=Path, help="where to write diffusers' picture")
    return parser.parse_args()


def load(folder: Path) -> DiffusionPipeline:
    if not (folder / "model_index.json").is_file():
        sys.exit(f"{folder} has no model_index.json: --model wants a folder in the diffusers layout")
    pipeline = DiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    denoiser = "unet" if hasattr(pipeline, "unet") else "transformer"
    for name in (denoiser, "vae", "text_encoder", "text_encoder_2"):
        check_weights(folder / name, getattr(pipeline, name))
    load_own_lora(pipeline, folder)
    if is_flow(pipeline):
        pipeline.scheduler = type(pipeline.scheduler).from_config(pipeline.scheduler.config, stochastic_sampling=False)
    return pipeline


def is_flow(pipeline: DiffusionPipeline) -> bool:
    return isinstance(pipeline.scheduler, FlowMatchEulerDiscreteScheduler)


def load_own_lora(pipeline: DiffusionPipeline, folder: Path) -> None:
    settings = folder / "lssgen.json"
    lora = json.loads(settings.read_text()).get("lora") if settings.is_file() else None
    if lora is not None:
        pipeline.load_lora_weights(folder, weight_name=lora)
        print(f"{lora}: {len(load_file(folder / lora))} tensors")


def check_weights(folder: Path, module) -> None:
    """Loading fills what it does not find with noise and drops what it does not know, so look at each tensor."""
    files = {}
    for path in folder.glob("*.safetensors"):
        files |= {n.removeprefix("text_model."): t for n, t in load_file(path).items()}
    loaded = {n.removeprefix("text_model."): t for n, t in module.state_dict().items()}
    if "shared.weight" in loaded:  # T5's embedding has two names for one tensor
        loaded.pop("encoder.embed_tokens.weight", None)
        if "encoder.embed_tokens.weight" in files:
            files.setdefault("shared.weight", files.pop("encoder.embed_tokens.weight"))
    problems = [f"in the file only: {n}" for n in sorted(files.keys() - loaded.keys())]
    problems += [f"missing in the file: {n}" for n in sorted(loaded.keys() - files.keys())]
    problems += [f"differs: {n}" for n in sorted(files.keys() & loaded.keys())
                 if files[n].shape != loaded[n].shape or not torch.equal(files[n].float(), loaded[n])]
    if problems:
        sys.exit(f"{folder}: {len(problems)} tensors did not load as written, first: {problems[0]}")
    print(f"{folder.name}: {len(files)} tensors, all loaded as written")


def reference(pipeline: DiffusionPipeline, request):
    """Final latents [1, C, h, w] in the denoiser's space, and the picture as [H, W, 3] bytes."""
    latents = sdxl_latents(pipeline, request) if hasattr(pipeline, "unet") else flux_latents(pipeline, request)
    own = latents / pipeline.vae.config.scaling_factor + (pipeline.vae.config.shift_factor or 0)
    return latents, np.array(pipeline.image_processor.postprocess(pipeline.vae.decode(own).sample)[0])


def sdxl_latents(pipeline: DiffusionPipeline, request):
    """A UNet that is told the guidance scale needs no classifier-free guidance, and the pipeline does none."""
    told = pipeline.unet.config.time_cond_proj_dim is not None
    return pipeline(
        request.prompt, width=request.width, height=request.height, num_inference_steps=request.steps,
        guidance_scale=request.guidance if told else request.cfg_scale,
        generator=torch.Generator("cpu").manual_seed(request.seed), output_type="latent").images


def flux_latents(pipeline: DiffusionPipeline, request):
    most = 512 if pipeline.transformer.config.guidance_embeds else 256  # schnell was trained with 256
    length = request.max_sequence_length or min(most, pipeline.tokenizer_2.model_max_length)
    packed = pipeline(
        request.prompt, width=request.width, height=request.height, num_inference_steps=request.steps,
        guidance_scale=request.guidance, generator=torch.Generator("cpu").manual_seed(request.seed),
        max_sequence_length=length, output_type="latent").images
    return pipeline._unpack_latents(packed, request.height, request.width, pipeline.vae_scale_factor)


def run_command(request, pipeline: DiffusionPipeline, folder: Path):
    image, latents = folder / "out.png", folder / "latents.safetensors"
    unet = getattr(pipeline, "unet", None)
    told = unet is None or unet.config.time_cond_proj_dim is not None  # by an input, or not at all
    guidance = ["--guidance", str(request.guidance), "--cfg-scale", "1"] if told else [
        "--cfg-scale", str(request.cfg_scale)]
    method = ["--sampling-method", "euler"] if is_flow(pipeline) else []
    subprocess.run(
        [request.command, "generate", "-m", str(request.model), "-p", request.prompt, "-W", str(request.width),
         "-H", str(request.height), "--steps", str(request.steps), *guidance, *method, "-s", str(request.seed),
         "-o", str(image), "--save-latents", str(latents), "--plain", "--dtype", "fp32"],
        check=True)
    return image, latents


def psnr(found, wanted, peak: float) -> float:
    error = np.mean((np.asarray(found, np.float64) - np.asarray(wanted, np.float64)) ** 2)
    return math.inf if error == 0 else 10 * math.log10(peak**2 / error)


def report(what: str, found, wanted, peak: float, threshold: float) -> bool:
    if found.shape != wanted.shape:
        print(f"{what}: shape {list(found.shape)}, wanted {list(wanted.shape)}: FAILED")
        return False
    value = psnr(found, wanted, peak)
    worst = np.abs(np.asarray(found, np.float64) - np.asarray(wanted, np.float64)).max()
    passed = value >= threshold
    print(f"{what}: PSNR {value:.2f} dB (wanted {threshold:g}), largest difference {worst:.6g}:"
          f" {'ok' if passed else 'FAILED'}")
    return passed


def compare(request, image: Path | None, latents: Path | None, wanted_latents, wanted_image) -> bool:
    passed = True
    if latents is not None:
        wanted = wanted_latents.numpy()
        found = load_file(latents)["final"].float().numpy()
        passed &= report("latents", found, wanted, float(wanted.max() - wanted.min()), request.threshold)
    if image is not None:
        found = np.array(Image.open(image).convert("RGB"))
        passed &= report("picture", found, wanted_image, 255.0, request.threshold)
    return passed


@torch.no_grad()
def main() -> int:
    request = arguments()
    pipeline = load(request.model)
    wanted_latents, wanted_image = reference(pipeline, request)
    if request.save is not None:
        Image.fromarray(wanted_image).save(request.save)
    if request.image is not None or request.latents is not None:
        return 0 if compare(request, request.image, request.latents, wanted_latents, wanted_image) else 1
    with tempfile.TemporaryDirectory() as folder:
        image, latents = run_command(request, pipeline, Path(folder))
        return 0 if compare(request, image, latents, wanted_latents, wanted_image) else 1


if __name__ == "__main__":
    sys.exit(main())
