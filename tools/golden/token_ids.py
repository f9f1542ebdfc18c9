"""Golden token ids for io.lssgen.text, made by Hugging Face transformers and tokenizers.

No published vocabulary is used: small ones are trained here on text that this file holds. Writes
  golden/text/models.zip    tokenizer folders in the layout of diffusers model folders
  golden/text/prompts.json  the prompts
  golden/text/ids.json      folder name -> token ids of each prompt in full, and as it is cut and padded to 77 (CLIP) or 64 (T5)
Tolerance: none, ids are compared exactly.

Folders and who reads them:
  clip            vocab.json + merges.txt, flags as in FLUX.1's tokenizer/      transformers CLIPTokenizer
  clip-json       tokenizer.json as transformers saves it                      transformers CLIPTokenizer
  clip-bang       pad token "!", as in SDXL's tokenizer_2/                      transformers CLIPTokenizer
  t5              spiece.model                                                  transformers T5Tokenizer
  t5-json         tokenizer.json as transformers 5 saves it                     transformers T5Tokenizer
  t5-converted    tokenizer.json as transformers 4 converted spiece.model       tokenizers, the file as it is
  t5-bytes        spiece.model trained with byte_fallback                       transformers T5Tokenizer, that flag given back
  t5-bytes-json   tokenizer.json with byte_fallback                             tokenizers, the file as it is
  own-clip        written by io.lssgen.text.BpeTrainer                          transformers CLIPTokenizer
  own-t5          written by io.lssgen.text.UnigramVocabulary                   transformers PreTrainedTokenizerFast

The last two are what OwnVocabulariesParityTest left in core/target/own-vocabularies: run that test before.
T5Tokenizer must give the same ids for them wherever no byte fall-back is needed, which it drops; checked here.

usage: python tools/golden/token_ids.py        (versions: tools/golden/requirements.txt)
"""

import io
import json
import os
import pathlib
import random
import shutil
import tempfile
import zipfile

import sentencepiece as spm
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPTokenizer, PreTrainedTokenizerFast, T5Tokenizer, T5TokenizerFast

OWN = pathlib.Path(__file__).resolve().parents[2] / "core/target/own-vocabularies"
OUT = pathlib.Path(__file__).resolve().parents[2] / "core/src/test/resources/golden/text"

ADJECTIVES = "red blue green yellow purple orange black white small big tiny huge old new shiny wooden golden silver dark bright happy sad sleepy angry fluffy round square wet dry frozen".split()
NOUNS = "apple book dog cat bird fish horse elephant tiger lion car bus train bicycle boat tree flower mushroom mountain river lake city street house castle bridge robot astronaut wizard dragon cup table chair lamp guitar piano clock camera pizza burger cake banana strawberry lemon umbrella hat shoe ball kite moon star sun cloud rainbow snowman".split()
PLACES = "on a table|in the forest|under the sea|next to a window|in front of a mountain|above the clouds|behind the house|at night|in the rain|during a thunderstorm|on the beach|inside a library|at the edge of the world".split("|")
STYLES = "oil painting|watercolor|digital art|photograph, 35mm, f/1.8|pencil sketch|studio lighting|highly detailed|in the style of an old master|8k, cinematic|isometric view|pixel art|low poly|macro photography|children's book illustration".split("|")
SENTENCES = """It's a dog's life and they're happy, we've seen it, I'm sure, you'll like it, she'd agree.
The quick brown fox jumps over the lazy dog while 1234567890 sheep sleep.
Don't panic! What is this? A question; an answer: yes (maybe) [no] {never} <tag> "quoted" 'single'.
Café crème brûlée naïve façade jalapeño Ångström Übergröße smørrebrød Łódź niño coração.
Съешь ещё этих мягких французских булок да выпей чаю. Мир труд май.
日本語のテキスト、中文文本和汉字，한국어 텍스트입니다。
Ελληνικά γράμματα και λέξεις ΟΔΟΣ. שלום עולם. مرحبا بالعالم. नमस्ते दुनिया. สวัสดีชาวโลก
Mathematics: a + b = c, x^2 / y_3 * 5% of $100 & #hashtag @user ~ `code` | pipe \\ backslash.
An image of 3 cats, 4 dogs and 12 birds at 7:30 pm on 2024-01-31.""".split("\n")


def corpus():
    rng = random.Random(7)
    lines = list(SENTENCES) * 3
    syllables = [c + v + e for c in "b br c ch d f fl g h j k l m n p pr qu r s st t tr v w z".split() for v in "a e i o u ea oo".split() for e in ("", "n", "r", "st")]
    words = ["".join(rng.choice(syllables) for _ in range(rng.randint(1, 3))) for _ in range(700)]
    lines += [" ".join(rng.choice(words) for _ in range(8)) for _ in range(600)]
    for _ in range(1500):
        a, b = rng.choice(ADJECTIVES), rng.choice(NOUNS)
        c, d = rng.choice(ADJECTIVES), rng.choice(NOUNS)
        lines.append(f"a {a} {b} and a {c} {d} {rng.choice(PLACES)}, {rng.choice(STYLES)}")
    return lines


def prompts():
    rng = random.Random(11)
    fixed = [
        "", " ", "   ", "\t\n", "a", "A", "!", "?!", "...", "a red apple left of a blue book on a yellow background",
        "hello world!", "Hello, World!!!", "wow ! such space !", "it's", "IT'S", "they're we've I'm you'll she'd don't", "''s 'sleep 'tis 'llama",
        "rock 'n' roll", "o'clock", "a's b's", "’s ‘quoted’ “double” it’s", "--- --- ---", "a-b_c.d,e;f:g", "end.", "(parentheses) [brackets] {braces}",
        "<|endoftext|>", "<|startoftext|> hi", "a<|endoftext|>b", "<|EndOfText|>", "<|endoftext|>!!", "!!<|StartOfText|>!!", "<|endoftext|", "|>", "</w>", "a</w> b",
        "</s>", "hi </s> there", "<pad>", "<unk> x", "a<extra_id_0>b <extra_id_99>", "<extra_id_7>", "<extra_id_100>",
        "▁", "▁▁ a", "a▁b ▁c", "x ▁", "a  b   c    d", " leading", "trailing ", "  both  ", "tab\tnew\nline\r\nreturn", "nbsp\u00a0space", "thin\u2009space\u3000ideographic\u2003em",
        "zero\u200bwidth\u200djoiner\ufeffbom\u2060", "soft\u00adhyphen", "line\u2028para\u2029sep", "nel\u0085x", "vt\x0bff\x0c", "fs\x1cgs\x1drs\x1eus\x1f",
        "ctrl\x01\x02\x03\x07\x08\x1b\x7f", "c1\x80\x81\x9f", "nul\x00x",
        "Café CAFÉ café CAFE\u0301", "e\u0301 E\u0301 a\u0308\u0304 n\u0303", "ﬁ ﬂ ﬀ Ⅷ ① ½ ² ™ ℃ Ｆｕｌｌ　ｗｉｄｔｈ", "½\u0301 ①\u0308", "ÅÅÅ \u212b \u2126 K",
        "İstanbul Iı ŞĞ", "ΟΔΟΣ Σ σς ΑΣ. ΑΣΑ", "ẞ ß STRASSE straße", "ǅ ǆ Ǆ", "Ǆungla", "Łódź Ångström", "đ Đ ħ Ħ",
        "日本語", "漢字かな交じり文", "中文 文本 123", "한국어", "\u1112\u1161\u11ab\u1100\u1173\u11af", "ภาษาไทย", "हिन्दी क्षत्रिय", "العربية", "עברית", "ქართული", "አማርኛ", "ᏣᎳᎩ",
        "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝒎𝒂𝒕𝒉", "𠜎𠜱𠝹", "𐍈𐌰", "🍎", "🍎📘", "a 🍎 left of a 📘", "👨‍👩‍👧‍👦 family", "👍🏽 👍🏿", "🏳️‍🌈", "🇩🇪🇯🇵", "❤️ ❤", "☀️☁️", "1️⃣ 2️⃣ #️⃣", "™️ ©️ ®", "🤷🏼‍♀️ ok",
        "1", "12", "123", "1234567890", "3.14159", "1,000,000", "2024-01-31", "7:30pm", "x2 2x h2o", "٣٤٥ ४५६ Ⅻ ⅓ ³", "50% $100 €20 £5 ¥3",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "!" * 200, "ab" * 300, "🍎" * 100, "word " * 200, "Supercalifragilisticexpialidocious", "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
        "MiXeD CaSe PrOmPt", "ALL CAPS SHOUTING", "camelCaseIdentifier snake_case_name kebab-case", "C++ C# F# .NET", "https://example.org/path?query=1&b=2#frag", "name@example.org", "<b>bold</b> &amp; &lt;", "\\n \\t \\u0041", "(a:1.2) [b] ((c)) <lora:x:0.8>",
        "\u0301", "\u0301a", "a\u0301\u0302\u0303\u0304\u0305", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞", "\ufffd", "\ue000 private", "\U000f0000", "ÿþ", "\u05d0\u05b8", "\u0e33 \u0eb3", "ﷺ", "㌔ ㍿ ㎏", "〜 ～ ・ 「」",
        " ".join(NOUNS), ", ".join(ADJECTIVES), " ".join(SENTENCES),
    ]
    fixed += SENTENCES + [s.upper() for s in SENTENCES[:4]] + [s.lower() for s in SENTENCES[:4]]
    alphabet = list("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789     .,!?'\"-_/()éüñßÅΩЖя日本語🍎👍🏽\u200d\ufe0f\u0301\t\n")
    while len(fixed) < 250:
        a, b, c, d = rng.choice(ADJECTIVES), rng.choice(NOUNS), rng.choice(ADJECTIVES), rng.choice(NOUNS)
        text = f"{rng.choice(['a', 'A', 'The', 'two', 'photo of a'])} {a} {b} {rng.choice(['and', 'beside', 'left of', '&', 'with'])} a {c} {d} {rng.choice(PLACES)}, {rng.choice(STYLES)}"
        fixed.append(rng.choice([text, text.upper(), text.title(), text + "!", text.replace(" ", "  "), text * 4]))
    while len(fixed) < 300:
        fixed.append("".join(rng.choice(alphabet) for _ in range(rng.randint(1, 120))))
    return fixed


def write(folder, name, value):
    folder.mkdir(parents=True, exist_ok=True)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    (folder / name).write_text(text, encoding="utf-8", newline="\n")


def make_clip(root):
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>", continuing_subword_prefix="", unk_token="<|endoftext|>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trainer = trainers.BpeTrainer(vocab_size=1400, end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    merges = [tuple(m) for m in json.loads(tokenizer.to_str())["model"]["merges"]]
    # CLIP's own order: bytes, bytes with </w>, merges, the two marks
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = alphabet + [a + "</w>" for a in alphabet] + list(dict.fromkeys(a + b for a, b in merges)) + ["<|startoftext|>", "<|endoftext|>"]
    assert len(tokens) == len(set(tokens))
    vocab = {t: i for i, t in enumerate(tokens)}

    def mark(content, normalized):
        return {"content": content, "lstrip": False, "normalized": normalized, "rstrip": False, "single_word": False}

    start, end = "<|startoftext|>", "<|endoftext|>"
    for name, pad in (("clip", end), ("clip-bang", "!")):
        folder = root / name
        write(folder, "vocab.json", vocab)
        write(folder, "merges.txt", "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
        write(folder, "special_tokens_map.json", {"bos_token": mark(start, True), "eos_token": mark(end, True), "pad_token": pad, "unk_token": mark(end, True)})
        decoder = {str(vocab[start]): {**mark(start, True), "special": True}, str(vocab[end]): {**mark(end, name == "clip-bang"), "special": True}}
        if pad == "!":
            decoder["0" if vocab["!"] == 0 else str(vocab["!"])] = {**mark("!", False), "special": True}
        write(folder, "tokenizer_config.json", {"add_prefix_space": False, "added_tokens_decoder": decoder, "bos_token": start, "clean_up_tokenization_spaces": True,
              "do_lower_case": True, "eos_token": end, "errors": "replace", "model_max_length": 77, "pad_token": pad, "tokenizer_class": "CLIPTokenizer", "unk_token": end})
    CLIPTokenizer.from_pretrained(root / "clip").save_pretrained(root / "clip-json")


def make_t5(root):
    for name, fallback in (("t5", False), ("t5-bytes", True)):
        folder = root / name
        folder.mkdir()
        # the prefix is written into the model: relative, or each run would give other bytes
        spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus()), model_prefix=f"{name}/spiece", vocab_size=1100 + 256 * fallback, model_type="unigram",
            normalization_rule_name="nmt_nfkc", byte_fallback=fallback, character_coverage=0.9995, hard_vocab_limit=False, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, num_threads=1, minloglevel=2)
        (folder / "spiece.vocab").unlink()
        write(folder, "tokenizer_config.json", {"eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "extra_ids": 100, "model_max_length": 512, "tokenizer_class": "T5Tokenizer"})
    T5Tokenizer.from_pretrained(root / "t5").save_pretrained(root / "t5-json")
    saved = json.loads((root / "t5-json/tokenizer.json").read_text())
    converted = json.loads(json.dumps(saved))
    converted["normalizer"] = {"type": "Sequence", "normalizers": [saved["normalizer"], {"type": "Strip", "strip_left": False, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]}
    converted["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True}
    write(root / "t5-converted", "tokenizer.json", converted)

    vocab = [(p, s) for p, s in pieces(root / "t5-bytes/spiece.model")]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=2, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")])
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(["<pad>", "</s>", "<unk>"])
    write(root / "t5-bytes-json", "tokenizer.json", tokenizer.to_str())


def pieces(path):
    processor = spm.SentencePieceProcessor(model_file=str(path))
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]


def main():
    texts = prompts()
    ids = {}
    with tempfile.TemporaryDirectory() as temporary:
        root = pathlib.Path(temporary)
        os.chdir(root)
        make_clip(root)
        make_t5(root)
        for name, kind, length in (("clip", CLIPTokenizer, 77), ("clip-json", CLIPTokenizer, 77), ("clip-bang", CLIPTokenizer, 77), ("t5", T5Tokenizer, 64), ("t5-json", T5Tokenizer, 64)):
            tokenizer = kind.from_pretrained(root / name)
            ids[name] = {"length": length, "padded": [], "full": []}
            for text in texts:
                padded = tokenizer(text, padding="max_length", max_length=length, truncation=True)
                ids[name]["padded"].append({"ids": padded["input_ids"], "mask": sum(padded["attention_mask"])})
                ids[name]["full"].append(tokenizer(text)["input_ids"])
        for name in ("t5-converted", "t5-bytes-json"):
            tokenizer = Tokenizer.from_file(str(root / name / "tokenizer.json"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            ids[name] = {"length": 64, "full": [tokenizer.encode(text).ids for text in texts]}
        # T5Tokenizer drops the flag byte_fallback: the same pipeline with the flag given back
        backend = json.loads(T5Tokenizer.from_pretrained(root / "t5-bytes").backend_tokenizer.to_str())
        backend["model"]["byte_fallback"] = True
        tokenizer = Tokenizer.from_str(json.dumps(backend))
        ids["t5-bytes"] = {"length": 64, "full": [tokenizer.encode(text).ids for text in texts]}
        processor = spm.SentencePieceProcessor(model_file=str(root / "t5-bytes/spiece.model"))
        same = sum(processor.encode(text) + [1] == row for text, row in zip(texts, ids["t5-bytes"]["full"]))
        print(f"t5-bytes: sentencepiece itself gives the same ids for {same} of {len(texts)} prompts")

        for name, kind in (("own-clip", CLIPTokenizer), ("own-t5", PreTrainedTokenizerFast)):
            shutil.copytree(OWN / name, root / name)
            tokenizer = kind.from_pretrained(root / name)
            ids[name] = {"length": 64, "full": [tokenizer(text)["input_ids"] for text in texts]}
        own, t5 = ids["own-t5"]["full"], T5TokenizerFast.from_pretrained(root / "own-t5")
        assert t5.pad_token_id == 0 and t5.eos_token_id == 1 and t5.unk_token_id == 2
        covered = [(text, row) for text, row in zip(texts, own) if not any(3 <= i < 259 for i in row)]
        assert len(covered) > 150 and all(t5(text)["input_ids"] == row for text, row in covered)

        OUT.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(OUT / "models.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), (2026, 1, 1, 0, 0, 0))
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(entry, path.read_bytes())
    for entry in ids.values():
        # a padded row is its head and one repeated id; the head is written only where it was cut
        for row, full in zip(entry.get("padded", []), entry["full"]):
            row["pad"] = row["ids"][-1]
            row["ids"] = row["ids"][: row["mask"]] if row["mask"] < len(full) else None
            assert row["ids"] or row["mask"] == len(full)
    (OUT / "prompts.json").write_text(json.dumps(texts, indent=0) + "\n")
    (OUT / "ids.json").write_text(json.dumps(ids, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
