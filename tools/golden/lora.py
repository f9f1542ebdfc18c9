"""LoRA files for the tiny models, in kohya's and in diffusers' keys, and the weights that diffusers makes with two.

`lora/<model>-<keys>.safetensors` are the files, `lora/<model>.safetensors` holds what comes of both together, the
first with weight 0.8, the second with -0.5: `weight.<component>.<parameter>` for a few parameters,
`change.<component>.<parameter>` the norm of the difference for each that is touched, and `output` of the network
for the inputs of its own golden file. The models lie in other golden folders:
  flux  flux-tiny: flux-kohya has the original names with fused queries, keys and values (`lora_unet_`, `lora_te1_`),
        an alpha of its own for each layer, and one fused layer whose parts have ranks of their own; flux-peft PEFT's
  xl    unet/xl with flux-tiny/text_encoder and text-encoders/clip-projection: xl-kohya has the original names of
        linear layers and convolutions (`lora_unet_`, `lora_te1_`, `lora_te2_`), xl-peft PEFT's with alphas and ranks in
        the file's metadata
  sd    unet/sd with flux-tiny/text_encoder: sd-kohya has diffusers' names after kohya's prefix (`lora_unet_`,
        `lora_te_`), sd-old the keys of old diffusers (`…processor.to_q_lora.down.weight`)

`lora/<model>-tiny-kohya.safetensors` and `-peft` fit the whole tiny models of diffusion_pipelines.py, sd and sdxl:
layers of attentions, in the kohya files also of text encoders. That script runs them.
Tolerance: max abs error 1e-4. Needs the output of flux_components.py, text_encoders.py and unet_components.py.
"""

# first: common takes this folder from the search path
from lora_keys import flat, modules, original_flux, original_unet
from common import FLUX_TINY, GOLDEN, generator, save_tensors

import inspect
import json
import math

import torch
from diffusers import FluxPipeline, FluxTransformer2DModel, StableDiffusionPipeline, StableDiffusionXLPipeline
from diffusers import UNet2DConditionModel
from diffusers.loaders import lora_conversion_utils as conversion
from diffusers.loaders import lora_pipeline
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection

OUT = GOLDEN / "lora"
WEIGHTS = {"first": 0.8, "second": -0.5}


def layer(module: str, shape, rank: int, seed: int, style: str) -> dict:
    """A layer in the given keys; its product is about a third as large as the weight that it changes."""
    g = generator(seed)
    down = torch.randn(rank, *shape[1:], generator=g) / math.sqrt(math.prod(shape[1:]))
    up = torch.randn(shape[0], rank, *(1 for _ in shape[2:]), generator=g) * 0.5 / math.sqrt(rank)
    names = {"kohya": ("lora_down", "lora_up"), "peft": ("lora_A", "lora_B"), "old": ("lora.down", "lora.up")}[style]
    return {f"{module}.{names[0]}.weight": down, f"{module}.{names[1]}.weight": up}


def layers(names: dict, rank: int, seed: int, style: str, alpha=None) -> dict:
    """Layers for all of `names`, from the file's name to the weight's shape."""
    tensors = {}
    for i, (name, shape) in enumerate(sorted(names.items())):
        tensors |= layer(name, shape, rank, 1000 * seed + i, style)
        if alpha is not None:
            tensors[f"{name}.alpha"] = torch.tensor(alpha(i))
    return tensors


def write(name: str, tensors: dict, metadata=None):
    """With one entry of metadata at most: the writer orders several by chance."""
    tensors = {k: tensors[k].contiguous() for k in sorted(tensors)}
    save_file(tensors, str(OUT / f"{name}.safetensors"), metadata=metadata)


def text_modules(encoder, prefix: str) -> dict:
    """Those that kohya's scripts train, by the published names."""
    return {prefix + ("" if n.startswith(("text_model.", "text_projection")) else "text_model.") + n: s
            for n, s in modules(encoder).items() if ".layers." in n}


def with_prefix(prefix: str, names: dict) -> dict:
    return {prefix + n: s for n, s in names.items()}


def kohya(prefix: str, names: dict) -> dict:
    return {prefix + flat(n): s for n, s in names.items()}


def weights(pipeline, components) -> dict:
    """Every linear layer's and convolution's weight, by component and published name."""
    found = {}
    for component in components:
        for name, module in getattr(pipeline, component).named_modules():
            if name.endswith((".lora_A", ".lora_B")) or ".lora_" in name:
                continue
            base = module.get_base_layer() if hasattr(module, "get_base_layer") else module
            if isinstance(base, (torch.nn.Linear, torch.nn.Conv2d)):
                name = name.removesuffix(".base_layer")
                if component.startswith("text") and not name.startswith(("text_model.", "text_projection")):
                    name = "text_model." + name
                found[f"{component}.{name}.weight"] = base.weight.detach().clone()
    return found


def both(model: str, pipeline, components, first: str, second: str, shown, forward):
    before = weights(pipeline, components)
    for adapter, file in zip(WEIGHTS, (first, second)):
        pipeline.load_lora_weights(OUT, weight_name=f"{file}.safetensors", adapter_name=adapter)
    pipeline.set_adapters(list(WEIGHTS), list(WEIGHTS.values()))
    pipeline.fuse_lora(components=list(components), adapter_names=list(WEIGHTS))
    after = weights(pipeline, components)
    changes = {n: (after[n] - before[n]).norm() for n in before}
    touched = {n: c for n, c in changes.items() if c > 0}
    print(model, len(touched), "weights touched of", len(before))
    tensors = {f"weight.{n}": after[n] for n in shown} | {f"change.{n}": c for n, c in touched.items()}
    assert all(n in touched for n in shown), [n for n in shown if n not in touched]
    save_tensors(OUT / f"{model}.safetensors", tensors | {"output": forward()})


# ---- FLUX -------------------------------------------------------------------------------------


def flux():
    pipeline = FluxPipeline.from_pretrained(FLUX_TINY)
    network = pipeline.transformer
    # diffusers' conversion has the width of FLUX.1 in one place, and forgets a prefix outside of the blocks
    source = inspect.getsource(conversion._convert_kohya_flux_lora_to_diffusers)
    width = network.inner_dim
    dims = f"[{width}, {width}, {width}, {4 * width}]"
    assert source.count("[3072, 3072, 3072, 12288]") == 1
    exec(source.replace("[3072, 3072, 3072, 12288]", dims), conversion.__dict__)
    convert = conversion._convert_kohya_flux_lora_to_diffusers
    lora_pipeline._convert_kohya_flux_lora_to_diffusers = lambda tensors: {
        k if k.startswith(("transformer.", "text_encoder.")) else f"transformer.{k}": t
        for k, t in convert(tensors).items()}

    shapes = modules(network)
    fused = {}
    for name, shape in shapes.items():
        if name not in ("norm_out.linear", "proj_out") and "guidance" not in name:  # diffusers drops alphas, prefixes
            key = "lora_unet_" + flat(original_flux(name))
            fused[key] = (fused.get(key, (0,))[0] + shape[0], *shape[1:])
    tensors = layers(fused, 4, 1, "kohya", alpha=lambda i: 1.0 + i % 3)
    apart = tensors["lora_unet_double_blocks_1_img_attn_qkv.lora_down.weight"].new_zeros(3 * width, 3)
    for part in range(3):  # three LoRAs of rank 1, each for rows of its own
        apart[part * width:(part + 1) * width, part] = torch.randn(width, generator=generator(90 + part)) * 0.5
    tensors["lora_unet_double_blocks_1_img_attn_qkv.lora_up.weight"] = apart
    down = "lora_unet_double_blocks_1_img_attn_qkv.lora_down.weight"
    tensors[down] = tensors[down][:3]
    tensors |= layers(with_prefix("lora_unet_", {"final_layer_linear": shapes["proj_out"],
                                                 "final_layer_adaLN_modulation_1": shapes["norm_out.linear"]}),
                      2, 2, "kohya")
    tensors |= layers(kohya("lora_te1_", text_modules(pipeline.text_encoder, "")), 2, 3, "kohya", alpha=lambda i: 1.0)
    write("flux-kohya", tensors)

    some = {n: s for n, s in shapes.items() if "attn" in n or "ff" in n or n.endswith("proj_mlp") or n == "x_embedder"}
    tensors = layers(with_prefix("transformer.", some), 3, 4, "peft")
    tensors |= layers(with_prefix("text_encoder.", text_modules(pipeline.text_encoder, "")), 2, 5, "peft")
    write("flux-peft", tensors)

    golden = load_file(GOLDEN / "flux" / "transformer-dev.safetensors")
    names = ("hidden_states", "encoder_hidden_states", "pooled_projections", "timestep", "img_ids", "txt_ids",
             "guidance")
    shown = ("transformer.transformer_blocks.0.attn.to_k.weight", "transformer.transformer_blocks.1.attn.to_v.weight",
             "transformer.transformer_blocks.1.attn.add_q_proj.weight", "transformer.x_embedder.weight",
             "transformer.transformer_blocks.0.ff_context.net.0.proj.weight", "transformer.norm_out.linear.weight",
             "transformer.single_transformer_blocks.1.attn.to_v.weight",
             "transformer.single_transformer_blocks.0.proj_mlp.weight",
             "text_encoder.text_model.encoder.layers.0.self_attn.out_proj.weight",
             "text_encoder.text_model.encoder.layers.1.mlp.fc1.weight")
    both("flux", pipeline, ("transformer", "text_encoder"), "flux-kohya", "flux-peft", shown,
         lambda: network(**{n: golden[n] for n in names}, return_dict=False)[0])


# ---- UNets ------------------------------------------------------------------------------------


def predict(network, form: str) -> torch.Tensor:
    golden = load_file(GOLDEN / "unet" / form / "output.safetensors")
    added = {"text_embeds": golden["pooled"], "time_ids": golden["time_ids"]} if "pooled" in golden else None
    return network(golden["latents"], golden["timestep"], golden["text"], added_cond_kwargs=added,
                   return_dict=False)[0]


def unet(form: str):
    return UNet2DConditionModel.from_pretrained(GOLDEN / "unet" / form)


def text_encoder():
    return CLIPTextModel.from_pretrained(FLUX_TINY / "text_encoder")


def attention(names: dict) -> dict:
    return {n: s for n, s in names.items() if ".attentions." in n}


def xl():
    second = CLIPTextModelWithProjection.from_pretrained(GOLDEN / "text-encoders" / "clip-projection")
    pipeline = StableDiffusionXLPipeline(None, text_encoder(), second, None, None, unet("xl"), None)
    shapes = modules(pipeline.unet)
    first = {original_unet(n, shapes): s for n, s in shapes.items()}
    tensors = layers(kohya("lora_unet_", first), 2, 11, "kohya", alpha=lambda i: 1.0)
    for prefix, encoder in (("lora_te1_", pipeline.text_encoder), ("lora_te2_", second)):
        tensors |= layers(kohya(prefix, text_modules(encoder, "")), 2, 12, "kohya", alpha=lambda i: 1.0)
    write("xl-kohya", tensors)

    tensors = layers(with_prefix("unet.", attention(shapes)), 3, 13, "peft")
    tensors |= layers(with_prefix("text_encoder.", text_modules(pipeline.text_encoder, "")), 2, 14, "peft")
    other = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"
    tensors |= layers(with_prefix("unet.", {other: shapes[other]}), 5, 15, "peft")
    settings = {"unet.r": 3, "unet.lora_alpha": 6, "unet.rank_pattern": {other: 5}, "unet.alpha_pattern": {other: 2},
                "unet.target_modules": sorted(attention(shapes)), "text_encoder.r": 2, "text_encoder.lora_alpha": 1,
                "text_encoder.target_modules": ["q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"]}
    write("xl-peft", tensors, {"lora_adapter_metadata": json.dumps(settings, sort_keys=True)})

    shown = ("unet.conv_in.weight", "unet.conv_out.weight", "unet.time_embedding.linear_2.weight",
             "unet.add_embedding.linear_1.weight", "unet.down_blocks.1.resnets.0.conv_shortcut.weight",
             "unet.down_blocks.0.downsamplers.0.conv.weight", "unet.up_blocks.1.upsamplers.0.conv.weight",
             "unet.mid_block.attentions.0.proj_in.weight", f"unet.{other}.weight",
             "unet.up_blocks.0.attentions.2.transformer_blocks.1.ff.net.0.proj.weight",
             "text_encoder.text_model.encoder.layers.0.self_attn.q_proj.weight",
             "text_encoder_2.text_model.encoder.layers.1.mlp.fc2.weight")
    both("xl", pipeline, ("unet", "text_encoder", "text_encoder_2"), "xl-kohya", "xl-peft", shown,
         lambda: predict(pipeline.unet, "xl"))


def sd():
    pipeline = StableDiffusionPipeline(None, text_encoder(), None, unet("sd"), None, None, None,
                                       requires_safety_checker=False)
    shapes = modules(pipeline.unet)
    tensors = layers(kohya("lora_unet_", shapes), 2, 21, "kohya", alpha=lambda i: 1.0)
    tensors |= layers(kohya("lora_te_", text_modules(pipeline.text_encoder, "")), 2, 22, "kohya", alpha=lambda i: 1.0)
    write("sd-kohya", tensors)

    old = {}
    for name, shape in attention(shapes).items():
        place, _, last = name.rpartition("attn1." if "attn1." in name else "attn2.")
        if place and last in ("to_q", "to_k", "to_v", "to_out.0"):
            which = name[len(place):len(place) + 5]
            old[f"unet.{place}{which}.processor.{last.removesuffix('.0')}_lora"] = shape
    tensors = layers(old, 2, 23, "old")
    tensors = {k.replace("_lora.lora.", "_lora."): t for k, t in tensors.items()}
    ends = {"q_proj": "to_q_lora", "k_proj": "to_k_lora", "v_proj": "to_v_lora", "out_proj": "to_out_lora"}
    for name, shape in text_modules(pipeline.text_encoder, "text_encoder.").items():
        begin, end = name.rsplit(".", 1)
        if end in ends:
            pair = layers({f"{begin}.{ends[end]}": shape}, 2, 24, "old")
            tensors |= {k.replace("_lora.lora.", "_lora."): t for k, t in pair.items()}
    write("sd-old", tensors)

    shown = ("unet.down_blocks.0.attentions.0.proj_in.weight", "unet.up_blocks.1.resnets.0.conv1.weight",
             "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight",
             "unet.up_blocks.2.attentions.1.transformer_blocks.0.attn1.to_out.0.weight",
             "text_encoder.text_model.encoder.layers.1.self_attn.v_proj.weight")
    both("sd", pipeline, ("unet", "text_encoder"), "sd-kohya", "sd-old", shown, lambda: predict(pipeline.unet, "sd"))


# ---- whole tiny models ------------------------------------------------------------------------


def whole(name: str, seed: int, encoders: dict):
    """`encoders`: kohya's prefix to the encoder."""
    network = UNet2DConditionModel.from_pretrained(GOLDEN / "diffusion-tiny" / name / "unet")
    shapes = modules(network)
    some = attention(shapes)
    original = {original_unet(n, shapes): s for n, s in some.items()} if name == "sdxl" else some
    tensors = layers(kohya("lora_unet_", original), 2, seed, "kohya", alpha=lambda i: 1.0)
    for prefix, encoder in encoders.items():
        tensors |= layers(kohya(prefix, text_modules(encoder, "")), 2, seed + 1, "kohya", alpha=lambda i: 1.0)
    write(f"{name}-tiny-kohya", tensors)
    write(f"{name}-tiny-peft", layers(with_prefix("unet.", some), 2, seed + 2, "peft"))


def whole_models():
    tiny = GOLDEN / "diffusion-tiny"
    first = CLIPTextModel.from_pretrained(tiny / "sd" / "text_encoder")
    second = CLIPTextModelWithProjection.from_pretrained(tiny / "sdxl" / "text_encoder_2")
    whole("sd", 31, {"lora_te_": first})
    whole("sdxl", 34, {"lora_te1_": first, "lora_te2_": second})


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    flux()
    xl()
    sd()
    whole_models()
