"""Small files beside plain LoRAs: LoCon with a core, LoHa, LoKr, DoRA; and the weights that they make.

`lora/sd-<kind>.safetensors` are the files, for the UNet unet/sd, in the keys that LyCORIS and kohya's scripts write,
and `fused-loha` for the transformer of flux-tiny; `sd-dora-peft` has PEFT's keys. `lora/kinds.safetensors` holds what
each makes alone, as `<file>.<component>.<parameter>`: by LyCORIS' own functions, `sd-dora-peft` by diffusers with PEFT.
Weights are those of WEIGHTS; what LyCORIS does with magnitudes at other weights than 1 is not what PEFT does, and PEFT
is followed.
Tolerance: max abs error 1e-4. Needs the output of flux_components.py and unet_components.py.
"""

# first: common takes this folder from the search path
from lora import OUT, kohya, modules, unet, weights, write
from common import FLUX_TINY, generator, save_tensors

import math

import torch
from diffusers import FluxTransformer2DModel, StableDiffusionPipeline
from lycoris.functional.general import weight_decompose
from lycoris.functional.locon import diff_weight as locon
from lycoris.functional.loha import diff_weight as loha
from lycoris.functional.lokr import diff_weight as lokr
from safetensors.torch import load_file

WEIGHTS = {"sd-locon": 0.7, "sd-loha": 0.7, "sd-lokr": -0.6, "sd-dora": 1.0, "fused-loha": 1.0, "sd-dora-peft": 0.8}
RESNET = "down_blocks.0.resnets.0."
BLOCK = "down_blocks.1.attentions.0.transformer_blocks.0."


class File:
    """One file: layers, and what they make of a model's weights."""

    def __init__(self, name: str, component: str, before: dict, seed: int):
        self.name, self.component, self.before = name, component, before
        self.generator = generator(seed)
        self.tensors, self.after = {}, {}

    def randn(self, *shape, gain=1.0):
        return torch.randn(*shape, generator=self.generator) * gain

    def add(self, key: str, parts: dict):
        self.tensors |= {f"{key}.{part}": tensor for part, tensor in parts.items() if tensor is not None}

    def weight(self, module: str) -> torch.Tensor:
        return self.before[f"{self.component}.{module}.weight"]

    def makes(self, module: str, weight: torch.Tensor):
        self.after[f"{self.name}.{self.component}.{module}.weight"] = weight

    def changed(self, module: str, difference: torch.Tensor):
        weight = self.weight(module)
        self.makes(module, weight + WEIGHTS[self.name] * difference.reshape(weight.shape))

    def hadamard(self, out: int, inputs, rank: int, core=None):
        """w1_b, w1_a, w2_b, w2_a, t1, t2 as LyCORIS' functions take them; `core`: the sides of a kernel."""
        flat = math.prod(inputs) if isinstance(inputs, tuple) else inputs
        halves = []
        for _ in range(2):
            up = self.randn(rank, out) if core else self.randn(out, rank)
            halves += [self.randn(rank, flat, gain=1 / math.sqrt(flat)), up * 0.5]
        cores = [self.randn(rank, rank, *core, gain=0.5) for _ in range(2)] if core else [None, None]
        return (*halves, *cores)

    def add_hadamard(self, module: str, factors, alpha: float, **more):
        names = ("hada_w1_b", "hada_w1_a", "hada_w2_b", "hada_w2_a", "hada_t1", "hada_t2")
        self.add(key(module), dict(zip(names, factors)) | {"alpha": torch.tensor(alpha)} | more)

    def write(self):
        write(self.name, self.tensors)
        return self.after


def key(module: str) -> str:
    return next(iter(kohya("lora_unet_", {module: None})))


def sd_locon(before):
    file = File("sd-locon", "unet", before, 1)
    out, inputs, *kernel = file.weight(RESNET + "conv1").shape
    down, up, mid = file.randn(3, inputs, 1, 1), file.randn(out, 3, 1, 1), file.randn(3, 3, *kernel, gain=0.3)
    file.add(key(RESNET + "conv1"), {"lora_down.weight": down, "lora_up.weight": up, "lora_mid.weight": mid,
                                     "alpha": torch.tensor(2.0)})
    file.changed(RESNET + "conv1", locon(down, up, mid, gamma=2 / 3))
    return file.write()


def sd_loha(before):
    file = File("sd-loha", "unet", before, 2)
    for module, kind in ((BLOCK + "attn1.to_q", "matrix"), (BLOCK + "ff.net.0.proj", "matrix"),
                         (RESNET + "conv1", "flat kernel"), (RESNET + "conv2", "core")):
        out, *inputs = file.weight(module).shape
        factors = file.hadamard(out, inputs[0] if kind == "core" else tuple(inputs), 2,
                                inputs[1:] if kind == "core" else None)
        file.add_hadamard(module, factors, 1.5)
        file.changed(module, loha(*factors, gamma=1.5 / 2))
    return file.write()


def sd_lokr(before):
    file = File("sd-lokr", "unet", before, 3)
    forms = {BLOCK + "attn1.to_q": ("whole", "whole"), BLOCK + "attn1.to_k": ("whole", "low"),
             BLOCK + "attn1.to_v": ("low", "low"), RESNET + "conv1": ("whole", "whole"),
             RESNET + "conv2": ("whole", "low"), "down_blocks.0.downsamplers.0.conv": ("low", "core")}
    for module, (first, second) in forms.items():
        out, inputs, *kernel = file.weight(module).shape
        a, b, rank = 2, 4, 2
        w1 = file.randn(a, b) if first == "whole" else None
        w1a, w1b = (file.randn(a, rank), file.randn(rank, b)) if first == "low" else (None, None)
        rows, columns = out // a, inputs // b
        gain = 0.5 / math.sqrt(inputs)
        w2 = file.randn(rows, columns, *kernel, gain=gain) if second == "whole" else None
        w2a = w2b = t2 = None
        if second == "low":
            w2a, w2b = file.randn(rows, rank), file.randn(rank, columns, *kernel, gain=gain)
        if second == "core":
            w2a, w2b = file.randn(rank, rows), file.randn(rank, columns, gain=gain)
            t2 = file.randn(rank, rank, *kernel)
        file.add(key(module), {"lokr_w1": w1, "lokr_w1_a": w1a, "lokr_w1_b": w1b, "lokr_w2": w2, "lokr_w2_a": w2a,
                               "lokr_w2_b": w2b, "lokr_t2": t2, "alpha": torch.tensor(3.0)})
        file.changed(module, lokr(w1, w1a, w1b, w2, w2a, w2b, t2, gamma=3.0))  # divides by the rank, if there is one
    return file.write()


def sd_dora(before):
    """Lengths of rows, and of columns, as older files have them; on LoRA and on LoHa."""
    file = File("sd-dora", "unet", before, 4)
    for module, of_rows in ((BLOCK + "attn1.to_q", True), (BLOCK + "attn1.to_k", False), (RESNET + "conv1", True),
                            (RESNET + "conv2", False)):
        weight = file.weight(module)
        down = file.randn(2, *weight.shape[1:], gain=1 / math.sqrt(weight[0].numel()))
        up = file.randn(weight.shape[0], 2, *(1 for _ in weight.shape[2:]))
        ones = [1] * (weight.dim() - 1)
        lengths = file.randn(weight.shape[0], *ones) if of_rows else file.randn(1, weight.shape[1], *ones[1:])
        lengths = 1 + 0.2 * lengths
        file.add(key(module), {"lora_down.weight": down, "lora_up.weight": up, "dora_scale": lengths,
                               "alpha": torch.tensor(1.0)})
        file.makes(module, weight_decompose(weight + locon(down, up, None, gamma=0.5), lengths, 1, of_rows))
    module = BLOCK + "attn1.to_v"
    weight = file.weight(module)
    factors = file.hadamard(weight.shape[0], weight.shape[1], 2)
    lengths = 1 + 0.2 * file.randn(weight.shape[0], 1)
    file.add_hadamard(module, factors, 1.0, dora_scale=lengths)
    file.makes(module, weight_decompose(weight + loha(*factors, gamma=0.5), lengths, 1, True))
    return file.write()


def fused_loha():
    """Rows of one layer go to queries, keys and values."""
    network = FluxTransformer2DModel.from_pretrained(FLUX_TINY / "transformer")
    before = {f"transformer.{n}.weight": m.weight.detach() for n, m in network.named_modules()
              if isinstance(m, torch.nn.Linear)}
    file = File("fused-loha", "transformer", before, 5)
    names = [f"transformer_blocks.0.attn.to_{part}" for part in "qkv"]
    fused = torch.cat([file.weight(n) for n in names])
    factors = file.hadamard(fused.shape[0], fused.shape[1], 3)
    lengths = 1 + 0.2 * file.randn(fused.shape[0], 1)
    file.add_hadamard("double_blocks.0.img_attn.qkv", factors, 3.0, dora_scale=lengths)
    after = weight_decompose(fused + loha(*factors, gamma=1.0), lengths, 1, True)
    for name, part in zip(names, after.chunk(3)):
        file.makes(name, part)
    return file.write()


def sd_dora_peft():
    pipeline = StableDiffusionPipeline(None, None, None, unet("sd"), None, None, None, requires_safety_checker=False)
    g = generator(6)
    tensors = {}
    touched = (BLOCK + "attn1.to_q", BLOCK + "attn2.to_k", RESNET + "conv1")
    for name in touched:
        out, *inputs = modules(pipeline.unet)[name]
        begin = f"unet.{name}."
        tensors[begin + "lora_A.weight"] = torch.randn(2, *inputs, generator=g) / math.sqrt(math.prod(inputs))
        tensors[begin + "lora_B.weight"] = torch.randn(out, 2, *(1 for _ in inputs[1:]), generator=g)
        lengths = 1 + 0.2 * torch.randn(out, generator=g)
        tensors[begin + "lora_magnitude_vector"] = lengths.reshape(1, out, 1, 1) if inputs[1:] else lengths
    write("sd-dora-peft", tensors)
    pipeline.load_lora_weights(OUT, weight_name="sd-dora-peft.safetensors", adapter_name="one")
    pipeline.set_adapters(["one"], [WEIGHTS["sd-dora-peft"]])
    pipeline.fuse_lora(components=["unet"], adapter_names=["one"])
    after = weights(pipeline, ("unet",))
    return {f"sd-dora-peft.unet.{name}.weight": after[f"unet.{name}.weight"] for name in touched}


if __name__ == "__main__":
    before = {f"unet.{n}": t for n, t in unet("sd").state_dict().items()}
    made = {}
    for kind in (sd_locon, sd_loha, sd_lokr, sd_dora):
        made |= kind(before)
    made |= fused_loha()
    made |= sd_dora_peft()
    save_tensors(OUT / "kinds.safetensors", made)
    assert len(load_file(OUT / "kinds.safetensors")) == len(made)
