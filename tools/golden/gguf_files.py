"""GGUF files as the format's own Python library writes them, and what diffusers and transformers compute with them.

Writes core/src/test/resources/golden/gguf/:
  types.gguf             a matrix in each type that can be read, a kernel of which rows are no whole blocks, a tensor
                         that is stored in another shape than its own, facts of each type. Blocks of 256 numbers are
                         random bytes with scales of a sensible size, since the library reads but does not make them
  types.safetensors      their values, by the library
  flux-tiny.gguf         the transformer of `flux-tiny` in the names of FLUX's authors, matrices in several types
  flux-tiny.safetensors  inputs and output of diffusers with these values; diffusers' own loader of GGUF files, which
                         rounds them to fp16, is checked to give the same within 1e-2
  t5/                    a T5 encoder as llama.cpp writes it, with the vocabulary of `flux-tiny`, its configuration, and
                         inputs and output of transformers
  words.gguf.gz          a vocabulary alone, that of `t5` in `text/models.zip`, with its normalization, padded
Tolerance: values exact; outputs max abs error 1e-4.
"""

from single_file_keys import original_values  # siblings first: common takes this folder off the path
from single_file_names import Original, add_flux
from common import FLUX_TINY, GOLDEN, normal, randomize, save_tensors

import gzip
import json
import zipfile

import gguf
import numpy as np
import torch
from sentencepiece import sentencepiece_model_pb2
from diffusers import FluxTransformer2DModel, GGUFQuantizationConfig
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from safetensors.torch import load_file
from transformers import T5Config, T5EncoderModel

OUT = GOLDEN / "gguf"
SMALL = [Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0]
LARGE = {Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
         Type.IQ4_NL: [0], Type.IQ4_XS: [0]}  # scales' places
PLAIN = {Type.F32: np.float32, Type.F16: np.float16, Type.F64: np.float64, Type.I8: np.int8, Type.I32: np.int32,
         Type.I64: np.int64}


def blocks(kind: Type, rows: int, columns: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    data = random.integers(0, 256, (rows, columns // numbers, size), dtype=np.uint8)
    for at in LARGE[kind]:
        data[:, :, at:at + 2] = random.normal(0, 0.01, data.shape[:2] + (1,)).astype(np.float16).view(np.uint8)
    return data.reshape(rows, -1)


def types():
    writer = gguf.GGUFWriter(OUT / "types.gguf", "test")
    writer.add_uint8("fact.uint8", 200)
    writer.add_int8("fact.int8", -3)
    writer.add_uint16("fact.uint16", 65535)
    writer.add_int16("fact.int16", -300)
    writer.add_uint32("fact.uint32", 4294967295)
    writer.add_int32("fact.int32", -7)
    writer.add_uint64("fact.uint64", 12345678901)
    writer.add_int64("fact.int64", -12345678901)
    writer.add_float32("fact.float32", 1.5)
    writer.add_float64("fact.float64", -0.1)
    writer.add_bool("fact.bool", True)
    writer.add_string("fact.text", "Grüße, 世界")
    writer.add_array("fact.texts", ["a", "", "ü"])
    writer.add_array("fact.numbers", [1, -2, 3])
    values = {}
    numbers = normal((5, 64), 1).numpy()
    for kind in SMALL:
        data = quantize(numbers, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        values[kind.name] = dequantize(data, kind)
    for i, kind in enumerate(LARGE):
        data = blocks(kind, 3, 512, i)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        values[kind.name] = dequantize(data, kind)
    for kind, dtype in PLAIN.items():
        data = (numbers * 40).astype(dtype)
        writer.add_tensor(kind.name, data)
        values[kind.name] = data
    data = quantize(numbers, Type.BF16)
    writer.add_tensor("BF16", data, raw_dtype=Type.BF16)
    values["BF16"] = dequantize(data, Type.BF16)
    # As a converter for ComfyUI stores kernels: in rows of whole blocks, and their shape apart.
    kernel = normal((16, 8, 3, 3), 2).numpy()
    data = quantize(kernel.reshape(-1, 32), Type.Q8_0)
    writer.add_tensor("kernel", data, raw_dtype=Type.Q8_0)
    writer.add_array("comfy.gguf.orig_shape.kernel", list(kernel.shape))
    values["kernel"] = dequantize(data, Type.Q8_0).reshape(kernel.shape)
    close(writer)
    save_tensors(OUT / "types.safetensors", {k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in values.items()})


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add(writer, name: str, value: torch.Tensor, kind: Type) -> torch.Tensor:
    """Stores a tensor, in fp32 if its rows are no whole blocks, and gives what a reader finds."""
    numbers, _ = gguf.GGML_QUANT_SIZES[kind]
    data = value.float().numpy()
    if value.dim() < 2 or value.shape[-1] % numbers:
        writer.add_tensor(name, data)
        return value.float()
    stored = quantize(data, kind)
    writer.add_tensor(name, stored, raw_dtype=kind)
    return torch.from_numpy(dequantize(stored, kind))


def flux():
    parameters = load_file(FLUX_TINY / "transformer/diffusion_pytorch_model.safetensors")
    original = Original()
    add_flux(original, {k: list(p.shape) for k, p in parameters.items()})
    writer = gguf.GGUFWriter(OUT / "flux-tiny.gguf", "flux")
    found = {}
    for i, (name, value) in enumerate(sorted(original_values(original, {"transformer": parameters}).items())):
        stored = add(writer, name, value, SMALL[i % len(SMALL)])
        parts = [original.targets[name][n] for n in range(len(original.targets[name]))]
        rows = [parameters[target.split("/")[1]].shape[0] for target, _ in parts]
        for (target, mark), part in zip(parts, stored.split(rows)):
            found[target.split("/")[1]] = torch.cat(list(reversed(part.chunk(2)))) if mark == "~" else part
    close(writer)
    model = FluxTransformer2DModel.from_pretrained(FLUX_TINY / "transformer")
    model.load_state_dict(found)
    golden = load_file(GOLDEN / "flux/transformer-dev.safetensors")
    inputs = {k: golden[k] for k in ("hidden_states", "encoder_hidden_states", "pooled_projections", "timestep",
                                     "img_ids", "txt_ids", "guidance")}
    output = model(**inputs, return_dict=False)[0]
    # diffusers cuts the fused matrices at the published widths: it is given its own names here
    again = gguf.GGUFWriter(OUT / "diffusers.gguf", "flux")
    for i, (name, value) in enumerate(sorted(parameters.items())):
        found[name] = add(again, name, value, SMALL[i % len(SMALL)])
    close(again)
    theirs = FluxTransformer2DModel.from_single_file(
        str(OUT / "diffusers.gguf"), config=str(FLUX_TINY / "transformer"), torch_dtype=torch.float32,
        quantization_config=GGUFQuantizationConfig(compute_dtype=torch.float32))
    model.load_state_dict(found)
    second = model(**inputs, return_dict=False)[0]
    error = (theirs(**inputs, return_dict=False)[0] - second).abs().max()
    assert error < 1e-2, error  # it makes numbers of blocks in fp16
    print(f"  diffusers' own loader: max abs error {error:.2g}")
    save_tensors(OUT / "flux-tiny.safetensors", inputs | {"output": output, "output_of_diffusers_names": second})


def t5():
    config = T5Config(
        vocab_size=160, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, relative_attention_num_buckets=32,
        relative_attention_max_distance=128, feed_forward_proj="gated-gelu", layer_norm_epsilon=1e-6,
        is_encoder_decoder=False, use_cache=False, pad_token_id=0, eos_token_id=1)
    model = randomize(T5EncoderModel(config), 41)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.T5ENCODER, config.num_layers)
    writer = gguf.GGUFWriter(OUT / "t5" / "model.gguf", "t5encoder")
    vocabulary(writer, (FLUX_TINY / "tokenizer_2/spiece.model").read_bytes(), config.vocab_size)
    found = {}
    for i, (name, value) in enumerate(sorted(model.named_parameters())):
        kind = SMALL[i % len(SMALL)] if "relative" not in name else Type.F32
        found[name] = add(writer, names.get_name(name, try_suffixes=(".weight",)), value.detach(), kind)
    close(writer)
    missing = model.load_state_dict(found, strict=False)
    assert missing.missing_keys in ([], ["encoder.embed_tokens.weight"]) and not missing.unexpected_keys, missing
    (OUT / "t5" / "config.json").write_text(json.dumps(model.config.to_diff_dict() | {
        "architectures": ["T5EncoderModel"]}, indent=1, sort_keys=True) + "\n")
    ids = torch.randint(2, 160, (2, 12), generator=torch.Generator().manual_seed(5))
    save_tensors(OUT / "t5" / "output.safetensors", {"ids": ids, "last_hidden_state": model(ids).last_hidden_state})


def vocabulary(writer, model: bytes, padded_to: int):
    """As llama.cpp's converter stores a SentencePiece vocabulary for T5, sentinels and padding behind its pieces."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    pieces = [(p.piece, p.score, p.type) for p in proto.pieces]  # the types have the same numbers
    sentinels = [(f"<extra_id_{i}>", -1000.0, gguf.TokenType.USER_DEFINED) for i in reversed(range(100))]
    while len(pieces) + len(sentinels) < padded_to:
        sentinels.append((f"[PAD{len(pieces) + len(sentinels)}]", -1000.0, gguf.TokenType.UNUSED))
    texts, scores, kinds = zip(*(pieces + sentinels[:padded_to - len(pieces)]))
    writer.add_tokenizer_model("t5")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(texts)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_add_space_prefix(proto.normalizer_spec.add_dummy_prefix)
    writer.add_remove_extra_whitespaces(proto.normalizer_spec.remove_extra_whitespaces)
    if proto.normalizer_spec.precompiled_charsmap:
        writer.add_precompiled_charsmap(proto.normalizer_spec.precompiled_charsmap)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(2)
    writer.add_pad_token_id(0)


def words():
    with zipfile.ZipFile(GOLDEN / "text/models.zip") as models:
        model = models.read("t5/spiece.model")
    file = OUT / "words.gguf"
    writer = gguf.GGUFWriter(file, "t5encoder")
    count = len(sentencepiece_model_pb2.ModelProto.FromString(model).pieces)
    vocabulary(writer, model, count + 128)
    close(writer)
    (OUT / "words.gguf.gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
    file.unlink()


if __name__ == "__main__":
    (OUT / "t5").mkdir(parents=True, exist_ok=True)
    types()
    flux()
    t5()
    words()
