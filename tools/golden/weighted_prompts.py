"""Weighted prompts of any length for CLIP text encoders, as AUTOMATIC1111's web interface means them.

Its rules are stated here anew in plain Python: how brackets weigh a prompt (`parse`), how tokens fill chunks (`cut`),
what weights do to the states of a chunk (`emphasise`, "Original" there). Where prompts have no weights and fit into
one chunk, diffusers' own pipelines are asked too, and must agree. Writes `weighted-prompts/`:
  text_encoder, text_encoder_2   as Stable Diffusion 1.5's and SDXL's first, and as SDXL's second; the tokenizers are
                                 `clip` and `clip-bang` of `text/models.zip`
  parsed.json                    prompts and their parts: [text, weight], or null for a break
  chunks.json                    prompts, and by tokenizer each chunk's ids and weights; `reach` is how far a comma
                                 may stand from the end of a chunk
  states.safetensors             of prompt i: `sd.<clip skip>.<i>` with the final normalisation, `xl.<i>` both encoders'
                                 penultimate states side by side, `xl.pooled.<i>`; `padded` are `xl` brought to 3 chunks
Tolerance: parts, ids and weights exact; states max abs error 1e-4, those of SDXL 2e-5 of the largest.
"""

from common import GOLDEN, randomize, save_tensors

import json
import random
import re
import tempfile
import zipfile
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

OUT = GOLDEN / "weighted-prompts"
ROOM = 75
PADDED = 3

EXAMPLES = [
    "", "normal text", "an (important) word", "(unbalanced", "\\(literal\\]", "(unnecessary)(parens)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).", "((a))", "[a]", "[[a]]", "([a])", "[(a)]", "(a:1.2)",
    "(a : 1.2 )", "(a:+.5)", "(a:-2.)", "(a:0)", "a:1.2)", "[a:1.2)", "[a:1.2]", "(a:b:1.2)", "a) b] (c", "(a]b)", "()",
    "(:1.2)", "\\", "a\\b", "\\\\", "\\\\(a)", "a\\:1.2", "(a\\)b:1.5)", "a BREAK b", "BREAK", "a BREAK", "BREAK a",
    "a  BREAK\n BREAK\tb", "aBREAK b", "a_BREAK", "BREAKs", "éBREAK", "a,BREAK,b", "(BREAK)", "(a BREAK b:1.3)",
    "(a:1.3)BREAK(b:1.3)", "B\\REAK", "[(a BREAK b)]", "(BREAK:-1)", "(a BREAK b:0)", "a\u00a0BREAK\u2003b",
    "a\x85BREAK\x1cb", "(a:\u0661.\u0665)", "(a:\u00a01.5)", "<lora:name:0.8> (🍎:1.2)",
]
FUZZ = ["(", ")", "[", "]", "\\", ":", ":1.3)", ":0.5)", ": 2 )", " ", "BREAK", " BREAK ", "a", "cat", ",", "é", "1.2", "-", "_", "\n"]

LONG = "a golden dragon above the clouds and a tiny wizard, a wooden bridge"
PROMPTS = [
    "a red apple on a table, oil painting",
    "",
    "red " * 75,
    "red " * 76,
    "a (red:1.4) apple and [blue] book",
    "a (((house:1.3)) [on] a (mountain:0.5), sun, (((cloud))).",
    "a \\(red\\) apple, \\[isometric view\\] \\\\ (blue\\): 1.5)",
    ", ".join(f"({LONG}:{1 + i / 10})" for i in range(14)),
    "small " * 70 + "dog, (cat:1.3) and [bird] " + "big " * 80,
    "a cat BREAK (a dog:1.2) BREAK a bird",
    "(((a tiny dragon",
    "BREAK a cat BREAK BREAK (a dog BREAK b:1.1)",
    "(a happy robot:0) and (a sad robot:-0.5)",
    "red " * 75 + ", (blue:1.2) " + "red " * 20 + ", green " * 40,
    "wow!! (such!!! space:1.3) !",
]


def parse(prompt):
    """Parts of a prompt, breaks as None."""
    stretches = []  # [text, weight]; a break is the word BREAK with the weight -1
    opened = {"(": [], "[": []}

    def multiply(start, factor):
        for stretch in stretches[start:]:
            stretch[1] *= factor

    rest = prompt
    while rest:
        weight = re.match(r":\s*([+-]?[.\d]+)\s*\)", rest)
        escaped = re.match(r"\\([][()\\]?)", rest)
        words = re.match(r"[^][():\\]+", rest)
        taken = 1
        if words:
            taken = words.end()
            for i, text in enumerate(re.split(r"\s*\bBREAK\b\s*", words[0])):
                if i > 0:
                    stretches.append(["BREAK", -1.0])
                stretches.append([text, 1.0])
        elif escaped:
            taken = escaped.end()
            stretches.append([escaped[1], 1.0])
        elif weight and opened["("]:
            taken = weight.end()
            multiply(opened["("].pop(), float(weight[1]))
        elif rest[0] in "([":
            opened[rest[0]].append(len(stretches))
        elif rest[0] == ")" and opened["("]:
            multiply(opened["("].pop(), 1.1)
        elif rest[0] == "]" and opened["["]:
            multiply(opened["["].pop(), 1 / 1.1)
        else:
            stretches.append([rest[0], 1.0])
        rest = rest[taken:]
    for start in opened["("]:
        multiply(start, 1.1)
    for start in opened["["]:
        multiply(start, 1 / 1.1)
    parts = []
    for text, weight in stretches or [["", 1.0]]:
        if parts and parts[-1][1] == weight:
            parts[-1][0] += text
        else:
            parts.append([text, weight])
    return [None if part == ["BREAK", -1.0] else part for part in parts]


def cut(prompt, tokenizer, reach=20):
    """Chunks of (id, weight), marks and padding included."""
    comma = tokenizer.convert_tokens_to_ids(",</w>")
    chunks, chunk, last = [], [], None

    def finish():
        nonlocal chunk, last
        marked = [(tokenizer.bos_token_id, 1.0)] + chunk + [(tokenizer.eos_token_id, 1.0)]
        chunks.append(marked + [(tokenizer.pad_token_id, 1.0)] * (ROOM + 2 - len(marked)))
        chunk, last = [], None

    for part in parse(prompt):
        if part is None:
            finish()
            continue
        for token in tokenizer(part[0], add_special_tokens=False)["input_ids"]:
            if token == comma:
                last = len(chunk)
            elif len(chunk) == ROOM and last is not None and ROOM - last <= reach:
                moved = chunk[last + 1:]
                del chunk[last + 1:]
                finish()
                chunk = moved
            if len(chunk) == ROOM:
                finish()
            chunk.append((token, part[1]))
    if chunk or not chunks:
        finish()
    return chunks


def emphasise(states, weights):
    if all(w == 1 for w in weights):
        return states
    scaled = states * torch.tensor(weights, dtype=torch.float32)[None, :, None]
    return scaled * (states.mean() / scaled.mean())


def encode(chunks, model, skip, normalise):
    """States [1, n·77, D], and the first chunk's projection where there is one."""
    norm = model.get_submodule(next(n for n, _ in model.named_modules() if n.endswith("final_layer_norm")))
    states, pooled = [], None
    for chunk in chunks:
        output = model(torch.tensor([[i for i, _ in chunk]]), output_hidden_states=True)
        state = output.hidden_states[-skip]
        weights = [w for _, w in chunk]
        states.append(emphasise(norm(state) if normalise else state, weights))
        pooled = getattr(output, "text_embeds", None) if pooled is None else pooled
    return torch.cat(states, 1), pooled


def models(tokenizer):
    config = {"vocab_size": len(tokenizer), "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2,
              "max_position_embeddings": 77, "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    first = CLIPTextConfig(**config, hidden_size=12)
    second = CLIPTextConfig(**config, hidden_size=16, projection_dim=10, hidden_act="gelu")
    return randomize(CLIPTextModel(first), 51), randomize(CLIPTextModelWithProjection(second), 52)


def check_with_diffusers(prompt, tokenizers, encoders, tensors, i):
    off = {"vae": None, "unet": None, "scheduler": None}
    sd = StableDiffusionPipeline(text_encoder=encoders[0], tokenizer=tokenizers[0], safety_checker=None,
                                 feature_extractor=None, requires_safety_checker=False, **off)
    states = sd.encode_prompt(prompt, "cpu", 1, False)[0]
    assert torch.equal(states, tensors[f"sd.1.{i}"]), prompt
    xl = StableDiffusionXLPipeline(text_encoder=encoders[0], text_encoder_2=encoders[1], tokenizer=tokenizers[0],
                                   tokenizer_2=tokenizers[1], add_watermarker=False, **off)
    states, _, pooled, _ = xl.encode_prompt(prompt, device="cpu", do_classifier_free_guidance=False)
    assert torch.equal(states, tensors[f"xl.{i}"]) and torch.equal(pooled, tensors[f"xl.pooled.{i}"]), prompt
    print(f"diffusers agrees on {prompt[:40]!r}")


def fuzzed():
    rng = random.Random(5)
    prompts = ["".join(rng.choice(FUZZ) for _ in range(rng.randint(1, 16))) for _ in range(260)]
    for prompt in prompts:
        try:
            parse(prompt)
        except ValueError:  # no number: the web interface fails on these
            continue
        yield prompt


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    parsed = [{"prompt": p, "parts": parse(p)} for p in [*EXAMPLES, *PROMPTS, *fuzzed()]]
    (OUT / "parsed.json").write_text(json.dumps(parsed, separators=(",", ":")).replace('{"prompt"', '\n{"prompt"') + "\n")
    with tempfile.TemporaryDirectory() as temporary:
        zipfile.ZipFile(GOLDEN / "text" / "models.zip").extractall(temporary)
        tokenizers = [CLIPTokenizer.from_pretrained(Path(temporary) / name) for name in ("clip", "clip-bang")]
    chunks = []
    for prompt in PROMPTS:
        for reach in (20, 0):
            cuts = {name: cut(prompt, tokenizer, reach) for name, tokenizer in zip(("clip", "clip-bang"), tokenizers)}
            chunks.append({"prompt": prompt, "reach": reach} | {name: [
                {"ids": [i for i, _ in chunk], "weights": [w for _, w in chunk]} for chunk in rows] for name, rows in cuts.items()})
    (OUT / "chunks.json").write_text(json.dumps(chunks, separators=(",", ":")).replace('{"prompt"', '\n{"prompt"') + "\n")

    encoders = models(tokenizers[0])
    for encoder, name in zip(encoders, ("text_encoder", "text_encoder_2")):
        encoder.save_pretrained(OUT / name)
    empty = [cut("", tokenizer)[0] for tokenizer in tokenizers]
    tensors = {}
    for i, prompt in enumerate(PROMPTS):
        first, second = (cut(prompt, tokenizer) for tokenizer in tokenizers)
        assert len(first) == len(second)
        for skip in (1, 2):
            tensors[f"sd.{skip}.{i}"] = encode(first, encoders[0], skip, True)[0]
        right, tensors[f"xl.pooled.{i}"] = encode(second, encoders[1], 2, False)
        tensors[f"xl.{i}"] = torch.cat([encode(first, encoders[0], 2, False)[0], right], -1)
        if len(first) == 1 and all(w == 1 for _, w in first[0]) and "\\" not in prompt:
            check_with_diffusers(prompt, tokenizers, encoders, tensors, i)
        if i == 4:
            more = [(rows + [none] * PADDED)[:PADDED] for rows, none in zip((first, second), empty)]
            tensors["padded"] = torch.cat([encode(more[0], encoders[0], 2, False)[0], encode(more[1], encoders[1], 2, False)[0]], -1)
    save_tensors(OUT / "states.safetensors", tensors)


if __name__ == "__main__":
    main()
