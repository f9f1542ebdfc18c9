"""Text encoders in the forms that FLUX.1's own do not have: what `flux_components.py` leaves out.

`text-encoders/<form>/` holds config.json, model.safetensors and output.safetensors of
  clip-projection  CLIPTextModelWithProjection: gelu, an end token told by its id, a projection, all hidden states
  clip-plain       CLIPTextModel as transformers 5 writes it: names without the prefix `text_model.`; `skip.n` is what
                   Stable Diffusion reads with clip skip n: the output of the n-th last layer, normalised as the last is
  t5-relu          T5EncoderModel 1.0: relu feed-forward, with an attention mask; other buckets than usual
Tolerance: max abs error 1e-4.

Also `text-encoders/gradients.safetensors`: gradients of the sum of the pooled state (clip-plain) and of the mean
square of the output (t5-relu) for some parameters. Tolerance: max abs error 1e-4.
"""

from common import GOLDEN, randomize, save_tensors

import torch
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, T5Config, T5EncoderModel

OUT = GOLDEN / "text-encoders"


def clip_config(**changes):
    return CLIPTextConfig(**({"vocab_size": 60, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 3,
        "num_attention_heads": 2, "max_position_embeddings": 20, "projection_dim": 10, "bos_token_id": 58,
        "eos_token_id": 59, "pad_token_id": 0} | changes))


def clip_ids():
    g = torch.Generator().manual_seed(3)
    ids = torch.randint(1, 57, (3, 20), generator=g)
    ids[:, 0] = 58
    for row, end in enumerate((19, 7, 1)):
        ids[row, end] = 59
        ids[row, end + 1:] = 0
    ids[1, 12] = 59  # only the first end token counts
    return ids


def main():
    gradients = {}
    ids = clip_ids()
    for name, kind, config, seed in (
            ("clip-projection", CLIPTextModelWithProjection, clip_config(hidden_act="gelu"), 31),
            ("clip-plain", CLIPTextModel, clip_config(), 32)):
        model = randomize(kind(config), seed)
        model.save_pretrained(OUT / name)
        output = model(ids, output_hidden_states=True)
        tensors = {"ids": ids, "last_hidden_state": output.last_hidden_state}
        tensors |= {f"hidden_state.{i}": state for i, state in enumerate(output.hidden_states)}
        if name == "clip-projection":
            tensors["projected"] = output.text_embeds
        else:
            tensors["pooled"] = output.pooler_output
            norm = model.get_submodule(next(n for n, _ in model.named_modules() if n.endswith("final_layer_norm")))
            tensors |= {f"skip.{n}": norm(output.hidden_states[-n]) for n in (1, 2, 3)}
            with torch.enable_grad():
                model.requires_grad_(True)
                model(ids).pooler_output.sum().backward()
            for key in ("embeddings.token_embedding.weight", "encoder.layers.0.self_attn.k_proj.weight", "encoder.layers.2.mlp.fc1.bias"):
                gradients[f"clip-plain.{key}"] = dict(model.named_parameters())[key].grad
        save_tensors(OUT / name / "output.safetensors", tensors)

    config = T5Config(vocab_size=50, d_model=24, d_kv=5, num_heads=3, d_ff=36, num_layers=3, feed_forward_proj="relu",
        relative_attention_num_buckets=16, relative_attention_max_distance=20, is_encoder_decoder=False, use_cache=False)
    model = randomize(T5EncoderModel(config), 33)
    model.save_pretrained(OUT / "t5-relu")
    g = torch.Generator().manual_seed(4)
    ids = torch.randint(1, 50, (2, 40), generator=g)
    mask = torch.ones(2, 40, dtype=torch.long)
    ids[1, 15:], mask[1, 15:] = 0, 0
    tensors = {"ids": ids, "mask": mask, "masked": model(ids, attention_mask=mask).last_hidden_state,
        "unmasked": model(ids).last_hidden_state}
    save_tensors(OUT / "t5-relu" / "output.safetensors", tensors)
    with torch.enable_grad():
        model.requires_grad_(True)
        model(ids, attention_mask=mask).last_hidden_state.square().mean().backward()
    for key in ("shared.weight", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "encoder.block.1.layer.1.DenseReluDense.wi.weight"):
        gradients[f"t5-relu.{key}"] = dict(model.named_parameters())[key].grad
    save_tensors(OUT / "gradients.safetensors", gradients)


if __name__ == "__main__":
    main()
