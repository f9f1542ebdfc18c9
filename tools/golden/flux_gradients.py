"""Gradients of mean(output²) through the tiny FLUX transformer, as diffusers and autograd give them.

For every parameter the norm of its gradient (`norm.<name>`), for a few the whole gradient. Tolerance:
relative error of a norm 1e-3, max absolute error of a gradient 1e-4. Needs flux_components.py's output.
"""

import torch
from safetensors.torch import load_file
from diffusers import FluxTransformer2DModel

from common import FLUX_TINY, GOLDEN, save_tensors

OUT = GOLDEN / "flux"
WHOLE = (
    "x_embedder.weight",
    "time_text_embed.guidance_embedder.linear_1.bias",
    "transformer_blocks.0.norm1_context.linear.bias",
    "transformer_blocks.1.attn.norm_added_k.weight",
    "single_transformer_blocks.0.attn.to_q.weight",
    "single_transformer_blocks.1.norm.linear.bias",
    "norm_out.linear.bias",
)

if __name__ == "__main__":
    torch.set_grad_enabled(True)
    model = FluxTransformer2DModel.from_pretrained(FLUX_TINY / "transformer")
    golden = load_file(OUT / "transformer-dev.safetensors")
    names = ("hidden_states", "encoder_hidden_states", "pooled_projections", "timestep", "img_ids", "txt_ids", "guidance")
    model(**{name: golden[name] for name in names}, return_dict=False)[0].square().mean().backward()
    gradients = {name: p.grad for name, p in model.named_parameters()}
    save_tensors(OUT / "transformer-dev-gradients.safetensors",
                 {"norm." + name: g.norm() for name, g in gradients.items()} | {name: gradients[name] for name in WHOLE})
