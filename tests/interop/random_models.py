# SPDX-License-Identifier: MIT
# packages: tokenizers sentencepiece
"""Hundreds of small random tokenizers against Hugging Face tokenizers: WordPiece, Unigram, BPE over characters and over bytes, with random normalisers,
pre-tokenizers, decoders and added tokens. Ids must be the same, offsets of byte-level ones where nothing is normalised, and what decoding gives; what is
refused must be refused by its name."""
import base64, collections, io, json, os, random, re, subprocess, sys
import sentencepiece
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

sys.path.insert(0, os.environ["ROOT"] + "/tests/interop/lib")
import sentencepiece_model

BIN = os.environ["BIN"]
MODELS, TEXTS = int(os.environ.get("LL_RANDOM_MODELS", "500")), int(os.environ.get("LL_RANDOM_TEXTS", "30"))
FIRST = int(os.environ.get("LL_RANDOM_FIRST", "0"))
KINDS = os.environ.get("LL_RANDOM_KINDS", "WordPiece Unigram BPE bytes").split()
bits = ["a", "b", "c", "ab", "A", "é", "e\u0301", "É", "\u2581", "木", "日本", "\n", " ", "  ", "\t", "'", ".", "1", "12", "²", "½", "ﬁ", "\u00a0", "\u3000", "İ", "ß", "Σ",
        "\U0001f468", "\u200d", "\U0001f469", "_", "-", "$", "\ufffd", "\u0301", "Ａ", "가", "\u1100\u1161", "ʰ", "٣", "<a>", "<s>", "[X]", "tok", " b", "Ω", "µ", "\u200b", "\x85",
        "\x00", "\x7f", "\u00ad", "\u0915\u094d\u0937", "。", "~", "\r\n", "the"]
spaces = ["\u2028", "\u1680", "\u180e", "\u2003", "\v", "\x1c", "\u202f", "\ufeff", " \n ", "\u2009\u3000"]  # and what is none
marks = ["\u0323", "\u203f", "\u24d0", "\u093f", "\u0e31", "\u3099", "か", "\u1ec7", "\u0344", "\u1161", "①", "Å"]
letters = [b for b in bits if len(b) == 1 and b != "\0"]
cl100k = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
behaviors = ["Isolated", "Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
# What may be refused, and how that is said.
refusals = ["BPE over characters with neither unk_token nor byte_fallback drops text", "Metaspace with prepend_scheme 'first' behind another pre_tokenizer is not supported",
            "a (Split|Punctuation) with behavior 'Removed' is not supported", "decoder of type '(BPEDecoder|CTC)' is not supported",
            "normalizer of type 'Lowercase' is not supported",
            "ByteLevel with add_prefix_space behind another pre_tokenizer is not supported", r"has (\(\?i:|\\w): Oniguruma, which runs it in tokenizers, may read it otherwise"]


def charsmap():
    """SentencePiece's nmt_nfkc."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["a b c tree house"] * 50), model_writer=model, vocab_size=15, hard_vocab_limit=False, minloglevel=3)
    return base64.b64encode(sentencepiece_model.charsmap(model.getvalue())).decode()


MAP = charsmap()


def text(r, more=()):
    return "".join(r.choice(more if more and r.random() < .3 else bits) for _ in range(r.randint(0, 14)))


def normalizer(r, kind):
    if kind == "bytes":
        return r.choice([None, None, None] + [{"type": t} for t in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase")] + [{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFKD"}]}])
    flip = lambda: r.random() < .5
    one = lambda: r.choice([
        lambda: {"type": r.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"])},
        lambda: {"type": "BertNormalizer", "clean_text": flip(), "handle_chinese_chars": flip(), "strip_accents": r.choice([None, True, False]), "lowercase": flip()},
        lambda: {"type": "Replace", "pattern": {r.choice(["String", "Regex"]): r.choice(["a", "  ", " ", "\u2581"])}, "content": r.choice(["", " ", "\u2581", "b"])},
        lambda: {"type": "Replace", "pattern": {"Regex": r.choice([" {2,}", "\\s+", "[ab]"])}, "content": r.choice(["", " ", "\u2581", "b"])},
        lambda: {"type": "Prepend", "prepend": r.choice(["\u2581", "x"])}, lambda: {"type": "Strip", "strip_left": flip(), "strip_right": flip()},
        lambda: {"type": "Precompiled", "precompiled_charsmap": MAP}])()
    return r.choice([lambda: None, one, one, lambda: {"type": "Sequence", "normalizers": [one() for _ in range(r.randint(0, 3))]}])()


def pre_tokenizer(r, kind):
    flip = lambda: r.random() < .5
    digits = lambda: {"type": "Digits", "individual_digits": flip()}
    if kind == "bytes":
        one = lambda: r.choice([digits, lambda: {"type": "Punctuation", "behavior": r.choice(["Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"])},
                                lambda: {"type": "Split", "pattern": {"Regex": r.choice([cl100k, r"\s+|\w+", r"\p{N}", r"[ab]+|\p{L}", "[0-9][0-9]|[\u0100-\u0143]", r" ?\p{L}+(?=\s)|\s"])}, "behavior": r.choice(behaviors), "invert": r.random() < .2}])()
        alone = r.random() < .4
        level = {"type": "ByteLevel", "add_prefix_space": r.random() < (.5 if alone else .02), "trim_offsets": flip(), "use_regex": flip()}
        behind = [one() for _ in range(r.randint(1, 2))] if r.random() < .2 else []  # they see its alphabet
        return level if alone and not behind else {"type": "Sequence", "pretokenizers": [one() for _ in range(0 if alone else r.randint(1, 2))] + [level] + behind}
    one = lambda: r.choice([
        lambda: {"type": r.choice(["BertPreTokenizer", "Whitespace", "WhitespaceSplit"])}, digits, lambda: {"type": "Punctuation", "behavior": r.choice(behaviors)},
        lambda: {"type": "Split", "pattern": {r.choice(["String", "Regex"]): r.choice(["a", " ", "\u2581", "b", "\\s+|a"])}, "behavior": r.choice(behaviors), "invert": r.random() < .2},
        lambda: {"type": "Metaspace", "replacement": r.choice(["\u2581", "\u2581", "_"]), "prepend_scheme": r.choice(["always", "first", "never"]), "split": flip()}])()
    return r.choice([lambda: None, one, one, lambda: {"type": "Sequence", "pretokenizers": [one() for _ in range(r.randint(0, 3))]}])()


def decoder(r, kind):
    if kind == "bytes":
        return {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    spaces = [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
    return r.choice([None, {"type": "WordPiece", "prefix": "##", "cleanup": r.random() < .5}, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "never", "split": True},
                     {"type": "Sequence", "decoders": spaces + [{"type": "Strip", "content": " ", "start": 1, "stop": 0}]}, {"type": "Sequence", "decoders": spaces},
                     {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "BPEDecoder", "suffix": "</w>"}, {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}])


def added_tokens(r, vocab, kind):
    """No special one is in the vocabulary, since we never make one of other text, as tokenizers may."""
    out, contents = [], ["<a>", "<s>", "[X]", "tok", "ab", "bc", " b", "é", "A", "\u2581", "\n", "the", "  ", "12", "e\u0301", "木"]
    if kind == "bytes":
        contents += ["<a> ", " <s>", "tok ", "\u00a0tok", "tok<a>", "a b", " ", "\t", "\u3000", "\u00a0 ", "ﬁ", "가", "\u2126b", "'s", "<", "   ", "a\n", "_", "e", "\u0301"]
    for content in r.sample(contents, r.choice([0, 1, 2, 4, 7])):
        if kind == "bytes" and content in vocab and (len(content) == 1 or not content.isascii()):
            continue  # a byte, or spelled as other bytes are
        flags = {name: r.random() < .25 for name in ("single_word", "lstrip", "rstrip")}
        special = content not in vocab and (r.random() < .5 if kind == "bytes" else content[0] in "<[")
        out.append({"id": vocab.get(content, -1), "content": content, **flags, "normalized": r.random() < .5, "special": special})
    free = len(vocab)
    for token in out:
        if token["id"] < 0:
            token["id"], free = free, free + 1
    return sorted(out, key=lambda token: token["id"])


def merges_over(r, pool, toks, longest, n):
    merges = []
    for _ in range(n):
        pair = [r.choice(pool), r.choice(pool)]
        if len("".join(pair)) <= longest and pair not in merges:
            merges.append(pair)
            toks.append("".join(pair))
            pool.append("".join(pair))
    return merges


def model(r, kind):
    toks, pieces = ["[UNK]"], lambda n: [text(r)[:r.randint(1, n)].replace("\0", "") for _ in range(50)]
    bpe = {"type": "BPE", "dropout": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "ignore_merges": r.random() < .4}
    if kind == "bytes":
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        name = {b: chr(b) for b in plain}
        name.update({b: chr(256 + i) for i, b in enumerate(b for b in range(256) if b not in plain)})
        toks = [name[b] for b in [*plain, *(b for b in range(256) if b not in plain)]]
        if r.random() < .3:
            trained = Tokenizer(models.BPE())
            trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
            trained.train_from_iterator([text(r, spaces + marks) for _ in range(60)], trainers.BpeTrainer(vocab_size=r.randint(256, 400), show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
            trained = json.loads(trained.to_str())["model"]
            return {**trained, "ignore_merges": bpe["ignore_merges"]}, trained["vocab"]
        merges = merges_over(r, [name[b] for c in bits for b in c.encode()], toks, 12, 120)
        vocab = {t: i for i, t in enumerate(dict.fromkeys(toks))}
        return {**bpe, "unk_token": None, "fuse_unk": r.random() < .2, "byte_fallback": r.random() < .2, "vocab": vocab, "merges": merges if r.random() < .5 else [" ".join(m) for m in merges]}, vocab
    fallback = kind != "WordPiece" and r.random() < .4
    toks += [f"<0x{i:02X}>" for i in range(256)] * fallback + [c for c in letters if r.random() < .8]
    if kind == "WordPiece":
        toks += ["##" + c for c in letters if r.random() < .8] + [r.choice(["", "##"]) + p for p in pieces(4)]
        vocab = {t: i for i, t in enumerate(t for t in dict.fromkeys(toks) if t)}
        return {"type": kind, "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": r.choice([100, 5]), "vocab": vocab}, vocab
    if kind == "Unigram":
        toks += pieces(5)
        vocab, round_scores = {t: i for i, t in enumerate(t for t in dict.fromkeys(toks) if t)}, r.random() < .3
        return {"type": kind, "unk_id": 0, "vocab": [[t, 0.0 if i == 0 else float(-r.randint(1, 6)) if round_scores else -r.random() * 12] for t, i in vocab.items()], "byte_fallback": fallback}, vocab
    merges = merges_over(r, [t for t in toks if len(t) == 1], toks, 6, 60)
    toks += pieces(4)[:5]
    vocab = {t: i for i, t in enumerate(t for t in dict.fromkeys(toks) if t)}
    return {**bpe, "unk_token": r.choice(["[UNK]", "[UNK]", None]), "fuse_unk": r.random() < .5, "byte_fallback": fallback, "vocab": vocab, "merges": merges}, vocab


def ours(texts, kind, name):
    """Ids and offsets, then the decoded texts; or what the refusal says."""
    with open("t.jsonl", "w") as f:
        f.writelines(json.dumps({"text": t}) + "\n" for t in texts)
    steps = (["ll-shard", "import", "-q", "-o", "t.ll", "t.jsonl"], ["ll-bpe", "encode", "-q", "--special=allow", *["--offsets"] * (kind == "bytes"), "-m", name, "-o", "t.tok", "t.ll"],
             ["ll-bpe", "decode", "-q", "-m", name, "-o", "back.ll", "t.tok"], ["ll-shard", "export", "-q", "-o", "t.ids", "t.tok"], ["ll-shard", "export", "-q", "-o", "back.jsonl", "back.ll"])
    for step in steps:
        p = subprocess.run([BIN + "/" + step[0], *step[1:]], stderr=subprocess.PIPE, text=True)
        if p.returncode:
            return p.returncode, p.stderr
    return [json.loads(line) for line in open("t.ids")], [json.loads(line).get("text", "") for line in open("back.jsonl")]


def whole_characters(t, offsets):
    """Offsets in bytes as tokenizers has them, which know characters only."""
    starts = {0}
    for c in t:
        starts.add(max(starts) + len(c.encode()))
    return [max(s for s in starts if s <= o) for o in offsets]


seen, bad, unclear = collections.Counter(), [], []
for k in range(FIRST, FIRST + MODELS):
    r = random.Random(k)
    kind = r.choice(KINDS)
    m, vocab = model(r, kind)
    j = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added_tokens(r, vocab, kind), "normalizer": normalizer(r, kind), "pre_tokenizer": pre_tokenizer(r, kind),
         "post_processor": None, "decoder": decoder(r, kind), "model": m}
    with open("m.json", "w") as f:
        json.dump(j, f, ensure_ascii=r.random() < .5)
    contents = [a["content"] for a in j["added_tokens"]]
    texts = [text(r, contents + (spaces + marks) * (kind == "bytes" and r.random() < .5)) for _ in range(TEXTS)]
    try:
        hf = Tokenizer.from_file("m.json")
        want = [hf.encode(t, add_special_tokens=False) for t in texts]
        alike = [hf.normalizer.normalize_str(a["content"]) if a["normalized"] and hf.normalizer else a["content"] for a in j["added_tokens"]]
        if len(set(alike)) < len(alike):  # it takes one or the other
            continue
    except BaseException:  # it panics on some
        seen["refused by tokenizers"] += 1
        continue
    ids, back = ours(texts, kind, "m.json")
    if isinstance(ids, int):
        seen["refused"] += 1
        if ids != 3 or not any(re.search(why, back) for why in refusals) or len(back.splitlines()) > 2:
            unclear.append((k, back))
        continue
    seen[kind] += 1
    wrong = [t for t, w, g in zip(texts, want, ids) if w.ids != g["tokens"]]
    if not wrong and kind == "bytes" and not j["normalizer"]:
        seen["offsets"] += 1
        in_bytes = lambda t, w: [len(t[:a].encode()) for a, b in w.offsets]
        wrong = [t for t, w, g in zip(texts, want, ids) if in_bytes(t, w) != whole_characters(t, g["offsets"])]
    # Its ByteLevel takes the characters of an added token for bytes where all name one, and gives U+FFFD for it.
    if not wrong and not (kind == "bytes" and any(not a.isascii() and max(a) < "\u0144" for a in alike)):
        seen["decoded"] += 1
        wrong = [t for t, w, b in zip(texts, want, back) if hf.decode(w.ids, skip_special_tokens=False) != b]
    if not wrong and k % 5 == 0:
        seen["written"] += 1
        p = subprocess.run([BIN + "/ll-bpe", "import", "-q", "-o", "again.json", "m.json"], stderr=subprocess.PIPE, text=True)
        again = Tokenizer.from_file("again.json") if p.returncode == 0 else None
        wrong = [p.stderr] if not again else [t for t, w in zip(texts, want) if again.encode(t, add_special_tokens=False).ids != w.ids]
    if wrong:
        bad.append(k)
        print("# model", k, kind, ascii(wrong[0])[:200], json.dumps({n: j[n] for n in ("added_tokens", "normalizer", "pre_tokenizer", "decoder")})[:600].replace(MAP, "..."))

print("#", dict(seen))
print(f"{'not ok' if bad else 'ok'} 1 - {MODELS} random tokenizers, {len(bad)} differ {bad[:10]}")
for k, why in unclear[:5]:
    print("# model", k, why)
print(f"{'not ok' if unclear else 'ok'} 2 - what is refused is refused by its name")
print(f"{'ok' if all(seen[x] > MODELS // 40 for x in (*KINDS, *['offsets'] * ('bytes' in KINDS), 'decoded', 'written')) else 'not ok'} 3 - enough of every kind")
print("1..3")
