"""CLIP's published vocabulary: the resource that the library ships, and token ids of transformers' CLIPTokenizer.

usage: python tools/golden/clip_vocabulary.py [bpe_simple_vocab_16e6.txt.gz]

With the file of the Python package open_clip_torch 3.3.0 (pip download --no-deps open_clip_torch==3.3.0; it is in the
wheel) the resource `clip-merges.txt.gz` is made anew from it: the merges that CLIP uses, one a line.

`text/clip-published.json.gz` has the ids of each prompt in `text/prompts.json`, in full and as they are cut and padded
to 77, by transformers' CLIPTokenizer from vocab.json, merges.txt and special_tokens_map.json as they are published:
`first` as in SD1.5, SDXL and FLUX.1, `second` as in SDXL's tokenizer_2, which pads with "!". Tolerance: none, exact.
"""

from common import GOLDEN, HERE

import gzip
import json
import sys
import tempfile
from pathlib import Path

from transformers import CLIPTokenizer

RESOURCE = HERE.parents[1] / "core/src/main/resources/io/lssgen/text/clip-merges.txt.gz"
MERGES = 49152 - 256 - 2  # as CLIP's own code counts
START, END = "<|startoftext|>", "<|endoftext|>"


def write_resource(source: Path):
    lines = gzip.decompress(source.read_bytes()).decode("utf-8").split("\n")[1 : MERGES + 1]
    RESOURCE.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode("utf-8"), 9, mtime=0))


def byte_symbols() -> list:
    """The bytes' symbols in CLIP's order: those that print, then the others."""
    printing = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(b) for b in printing] + [chr(256 + i) for i in range(256 - len(printing))]


def tokenizer(folder: Path, pad: str) -> CLIPTokenizer:
    merges = gzip.decompress(RESOURCE.read_bytes()).decode("utf-8").splitlines()
    symbols = byte_symbols()
    tokens = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in merges] + [START, END]
    assert len(tokens) == len(set(tokens)) == 49408
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    mark = {"lstrip": False, "normalized": True, "rstrip": False, "single_word": False}
    marks = {"bos_token": {"content": START} | mark, "eos_token": {"content": END} | mark, "pad_token": pad,
             "unk_token": {"content": END} | mark}
    (folder / "special_tokens_map.json").write_text(json.dumps(marks))
    config = {"add_prefix_space": False, "do_lower_case": True, "errors": "replace", "model_max_length": 77,
              "tokenizer_class": "CLIPTokenizer"} | marks
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return CLIPTokenizer.from_pretrained(folder)


def main():
    if len(sys.argv) > 1:
        write_resource(Path(sys.argv[1]))
    prompts = json.loads((GOLDEN / "text/prompts.json").read_text())
    result = {}
    for name, pad in (("first", END), ("second", "!")):
        with tempfile.TemporaryDirectory() as folder:
            clip = tokenizer(Path(folder), pad)
            # known from what others print of the published tokenizer
            assert clip("a photo of a cat")["input_ids"] == [49406, 320, 1125, 539, 320, 2368, 49407]
            result[name] = {
                "full": [clip(text)["input_ids"] for text in prompts],
                "padded": [clip(text, padding="max_length", max_length=77, truncation=True)["input_ids"]
                           for text in prompts]}
    (GOLDEN / "text/clip-published.json.gz").write_bytes(
        gzip.compress(json.dumps(result, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
