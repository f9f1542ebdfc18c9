"""From diffusers' names of parameters back to those that the authors of the models gave. Imported by
single_file_keys.py, which checks them by diffusers' own conversion in the other direction.
"""

import re

NETWORK = "model.diffusion_model."

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}
UNET_ENDS = {"time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
             "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
             "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2"}


def unet_name(name: str, config: dict) -> str:
    """The original name of diffusers' UNet parameter."""
    layers, levels = config["layers_per_block"], len(config["block_out_channels"])
    module, leaf = name.rsplit(".", 1)
    if module in UNET_ENDS:
        return f"{UNET_ENDS[module]}.{leaf}"
    way, level, kind, number, rest = re.fullmatch(
        r"(down|up|mid)_blocks?\.(?:(\d+)\.)?(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)", name).groups()
    number = int(number)
    if kind == "resnets":
        part, leaf = rest.rsplit(".", 1)
        rest = f"{RESNET[part]}.{leaf}"
    if way == "mid":
        return f"middle_block.{2 * number if kind == 'resnets' else 1}.{rest}"
    level = int(level)
    if way == "down":
        block = 1 + level * (layers + 1) + (layers if kind == "downsamplers" else number)
        place = {"resnets": f"0.{rest}", "attentions": f"1.{rest}", "downsamplers": rest.replace("conv", "0.op")}[kind]
        return f"input_blocks.{block}.{place}"
    block = level * (layers + 1) + (layers if kind == "upsamplers" else number)
    attends = config["up_block_types"][level].startswith("CrossAttn")
    after = 2 if attends else 1
    return f"output_blocks.{block}." + {"resnets": "0.", "attentions": "1.", "upsamplers": f"{after}."}[kind] + rest


def vae_name(name: str, config: dict) -> str:
    levels = len(config["block_out_channels"])
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    attention = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
    name = re.sub(r"mid_block\.attentions\.0\.(.*)\.", lambda m: f"mid.attn_1.{attention[m[1]]}.", name)
    name = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)\.resnets", lambda m: f"up.{levels - 1 - int(m[1])}.block", name)
    return re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{levels - 1 - int(m[1])}.upsample", name)


def open_clip_name(name: str) -> tuple:
    """Name, which of how many parts, and a mark."""
    ends = {"text_model.embeddings.position_embedding.weight": "positional_embedding",
            "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
            "text_model.final_layer_norm.weight": "ln_final.weight",
            "text_model.final_layer_norm.bias": "ln_final.bias"}
    if name in ends:
        return ends[name], 0, ""
    if name == "text_projection.weight":
        return "text_projection", 0, "^"
    block, module, leaf = re.fullmatch(r"text_model\.encoder\.layers\.(\d+)\.(.*)\.(\w+)", name).groups()
    fused = re.fullmatch(r"self_attn\.([qkv])_proj", module)
    if fused:
        return f"transformer.resblocks.{block}.attn.in_proj_{leaf}", "qkv".index(fused[1]), ""
    plain = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
             "self_attn.out_proj": "attn.out_proj"}
    return f"transformer.resblocks.{block}.{plain[module]}.{leaf}", 0, ""


FLUX_ENDS = {"x_embedder": "img_in", "context_embedder": "txt_in", "proj_out": "final_layer.linear",
             "norm_out.linear": "final_layer.adaLN_modulation.1"} | {
    f"time_text_embed.{ours}.linear_{i}": f"{theirs}.{layer}_layer"
    for ours, theirs in (("timestep_embedder", "time_in"), ("text_embedder", "vector_in"),
                         ("guidance_embedder", "guidance_in"))
    for i, layer in ((1, "in"), (2, "out"))}
FLUX_DOUBLE = {
    "norm1.linear": "img_mod.lin", "norm1_context.linear": "txt_mod.lin", "attn.to_q": "img_attn.qkv",
    "attn.to_k": "img_attn.qkv", "attn.to_v": "img_attn.qkv", "attn.add_q_proj": "txt_attn.qkv",
    "attn.add_k_proj": "txt_attn.qkv", "attn.add_v_proj": "txt_attn.qkv", "attn.norm_q": "img_attn.norm.query_norm",
    "attn.norm_k": "img_attn.norm.key_norm", "attn.norm_added_q": "txt_attn.norm.query_norm",
    "attn.norm_added_k": "txt_attn.norm.key_norm", "ff.net.0.proj": "img_mlp.0", "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0", "ff_context.net.2": "txt_mlp.2", "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj"}
FLUX_SINGLE = {
    "norm.linear": "modulation.lin", "attn.to_q": "linear1", "attn.to_k": "linear1", "attn.to_v": "linear1",
    "proj_mlp": "linear1", "attn.norm_q": "norm.query_norm", "attn.norm_k": "norm.key_norm", "proj_out": "linear2"}


def flux_name(name: str) -> tuple:
    module, leaf = name.rsplit(".", 1)
    if module in FLUX_ENDS:
        return f"{FLUX_ENDS[module]}.{leaf}", 0, "~" if module == "norm_out.linear" else ""
    single, block, module = re.fullmatch(r"(single_)?transformer_blocks\.(\d+)\.(.*)", module).groups()
    theirs = (FLUX_SINGLE if single else FLUX_DOUBLE)[module]
    part = 3 if module == "proj_mlp" else next((i for i, n in enumerate("qkv") if f"_{n}" in module), 0)
    part = 0 if "norm" in module else part
    leaf = "scale" if theirs.endswith("_norm") else leaf
    return f"{'single' if single else 'double'}_blocks.{block}.{theirs}.{leaf}", part, ""


SD3_ENDS = {"pos_embed.proj": "x_embedder.proj", "context_embedder": "context_embedder",
            "proj_out": "final_layer.linear", "norm_out.linear": "final_layer.adaLN_modulation.1"} | {
    f"time_text_embed.{ours}_embedder.linear_{i}": f"{theirs}_embedder.mlp.{layer}"
    for ours, theirs in (("timestep", "t"), ("text", "y")) for i, layer in ((1, 0), (2, 2))}
SD3_ATTENTION = {"to_q": "qkv", "to_k": "qkv", "to_v": "qkv", "to_out.0": "proj", "norm_q": "ln_q", "norm_k": "ln_k"}
SD3_BLOCK = {"norm1.linear": "x_block.adaLN_modulation.1", "norm1_context.linear": "context_block.adaLN_modulation.1",
             "ff.net.0.proj": "x_block.mlp.fc1", "ff.net.2": "x_block.mlp.fc2",
             "ff_context.net.0.proj": "context_block.mlp.fc1", "ff_context.net.2": "context_block.mlp.fc2"} | {
    f"{attention}.{ours}": f"x_block.{attention}.{theirs}"
    for attention in ("attn", "attn2") for ours, theirs in SD3_ATTENTION.items()} | {
    f"attn.{ours}": f"context_block.attn.{theirs}"
    for ours, theirs in zip(("add_q_proj", "add_k_proj", "add_v_proj", "to_add_out", "norm_added_q", "norm_added_k"),
                            SD3_ATTENTION.values())}


def sd3_name(name: str, last: int) -> tuple:
    if name == "pos_embed.pos_embed":
        return "pos_embed", 0, ""
    module, leaf = name.rsplit(".", 1)
    if module in SD3_ENDS:
        return f"{SD3_ENDS[module]}.{leaf}", 0, "~" if module == "norm_out.linear" else ""
    block, module = re.fullmatch(r"transformer_blocks\.(\d+)\.(.*)", module).groups()
    theirs = SD3_BLOCK[module]
    part = next(i for i, n in enumerate("qkv") if f"_{n}" in module) if theirs.endswith("qkv") else 0
    swapped = module == "norm1_context.linear" and int(block) == last
    return f"joint_blocks.{block}.{theirs}.{leaf}", part, "~" if swapped else ""


class Original:
    """A file's tensors: name -> shape, and name -> the targets of its parts with their marks."""

    def __init__(self):
        self.shapes, self.targets = {}, {}

    def add(self, name, shape, component, ours, part=0, mark=""):
        targets = self.targets.setdefault(name, {})
        assert part not in targets
        targets[part] = (f"{component}/{ours}", mark)
        if name in self.shapes:
            self.shapes[name][0] += shape[0]
        else:
            self.shapes[name] = list(reversed(shape)) if mark == "^" else list(shape)

    def unused(self, name, shape):
        self.shapes[name], self.targets[name] = list(shape), {}

    def lines(self) -> str:
        rows = []
        for name in sorted(self.shapes):
            targets = self.targets[name]
            assert sorted(targets) == list(range(len(targets)))
            rows.append("\t".join([name, ",".join(map(str, self.shapes[name])),
                                   ";".join(t + m for t, m in (targets[i] for i in range(len(targets))))]))
        return "\n".join(rows) + "\n"


def add_unet(original, shapes, config):
    for name, shape in shapes.items():
        original.add(NETWORK + unet_name(name, config), shape, "unet", name)


def add_vae(original, shapes, config, prefix="first_stage_model."):
    for name, shape in shapes.items():
        kernel = ".attentions." in name and len(shape) == 2
        original.add(prefix + vae_name(name, config), shape + [1, 1] if kernel else shape, "vae", name)


def add_clip(original, shapes, prefix, positions=True, component="text_encoder"):
    for name, shape in shapes.items():
        original.add(prefix + name, shape, component, name)
    if positions:
        name = "text_model.embeddings.position_ids"
        original.unused(prefix + name, [1, shapes["text_model.embeddings.position_embedding.weight"][0]])


def add_open_clip(original, shapes, prefix="conditioner.embedders.1.model."):
    for name, shape in sorted(shapes.items(), key=lambda item: "qkv".find((item[0].split("self_attn.") + ["z"])[1][0])):
        theirs, part, mark = open_clip_name(name)
        original.add(prefix + theirs, shape, "text_encoder_2", name, part, mark)
    original.unused(prefix + "logit_scale", [])


def add_flux(original, shapes, prefix=""):
    for name, shape in shapes.items():
        theirs, part, mark = flux_name(name)
        original.add(prefix + theirs, shape, "transformer", name, part, mark)


def add_sd3(original, shapes, prefix=""):
    last = max(int(name.split(".")[1]) for name in shapes if name.startswith("transformer_blocks."))
    for name, shape in shapes.items():
        theirs, part, mark = sd3_name(name, last)
        original.add(prefix + theirs, shape, "transformer", name, part, mark)
