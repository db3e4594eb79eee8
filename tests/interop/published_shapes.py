# SPDX-License-Identifier: MIT
# packages: tokenizers sentencepiece
"""tokenizer.json files in the shapes of published ones, with small vocabularies: which is read, and is each read as Hugging Face
tokenizers reads it: ids of texts with its added tokens in them, and what decoding gives."""
import base64, gzip, io, json, os, random, subprocess, sys
import sentencepiece
from tokenizers import Tokenizer, pre_tokenizers, trainers

ROOT, BIN, DATA = os.environ["ROOT"], os.environ["BIN"], os.environ.get("LLTOOLS_TEST_DATA", "")
sys.path.insert(0, ROOT + "/tests/interop/lib")
import sentencepiece_model

r = random.Random(3)

# ---- texts ----
words = open(ROOT + "/samples/trees.txt", encoding="utf-8").read().split()
lines = [" ".join(r.choices(words, k=r.randint(1, 30))) for _ in range(300)]
for name in ("news-wmt23-multi", "multilingual-udhr-genesis-xquadparas", "web-en-ewt", "wmt23-testsuites-src"):
    if os.path.exists(f"{DATA}/data/corpus/{name}.jsonl.gz"):
        docs = [json.loads(l)["text"] for l in gzip.open(f"{DATA}/data/corpus/{name}.jsonl.gz", "rt", encoding="utf-8")]
        lines += [d[:400] for d in r.sample(docs, min(120, len(docs)))]
bits = ["a", "b", "A", "é", "e\u0301", "木", "日本語", "\n", " ", "  ", "   ", "\t", "'", "'s", "'S", ".", "...", "1", "12", "1234567", "٣", "²", "½", "Ⅷ", "ﬁ", "\u00a0", "\u3000", "İ", "Σ", "ß",
        "\U0001f468\u200d\U0001f469", "_", "-", "$", "\u0301", "가", "\u200b", "\x85", "\u00ad", "\u0915\u094d\u0937", "。", "\r\n", "the", "The", " the", "``", "''", "\u2581", "，", "…", "۔", "def f(x):\n    return", "\x00", "\x1c"]


def texts(added):
    some = [a["content"] for a in added] or bits
    mixed = ["".join(r.choice(r.choice([bits, bits, some, words])) for _ in range(r.randint(0, 14))) for _ in range(400)]
    return lines + mixed + [" ", "", "  a  b "]


# ---- parts ----
def charsmap(rule="nmt_nfkc"):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["a b c tree house"] * 50), model_writer=model, vocab_size=15, hard_vocab_limit=False, minloglevel=3, normalization_rule_name=rule)
    return base64.b64encode(sentencepiece_model.charsmap(model.getvalue())).decode()


MAP = charsmap()
string = lambda a, b: {"type": "Replace", "pattern": {"String": a}, "content": b}
regex = lambda a, b: {"type": "Replace", "pattern": {"Regex": a}, "content": b}
seq = lambda kind, *of: {"type": "Sequence", kind: list(of)}
norms, pres, decs = (lambda *of: seq("normalizers", *of)), (lambda *of: seq("pretokenizers", *of)), (lambda *of: seq("decoders", *of))
precompiled = {"type": "Precompiled", "precompiled_charsmap": MAP}
level = lambda prefix=False, regex=True, trim=True: {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": trim, "use_regex": regex}
old_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}  # before use_regex
split = lambda p, behavior="Isolated", invert=False: {"type": "Split", "pattern": {"Regex": p}, "behavior": behavior, "invert": invert}
metaspace = lambda scheme="always", split=True: {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": split}
old_metaspace = {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True, "str_rep": "\u2581"}
spm_decoder = decs(string("\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0})
gemma_decoder = decs(string("\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"})
bert = lambda lower, accents=None: {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": accents, "lowercase": lower}
CL100K = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = CL100K.replace("{1,3}", "")
O200K = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def added(content, flags="special", id=None):
    return {"id": id, "content": content, "single_word": "single_word" in flags, "lstrip": "lstrip" in flags, "rstrip": "rstrip" in flags,
            "normalized": "normalized" in flags, "special": "special" in flags}


def file(model, tokens, normalizer, pre, decoder):
    """Tokens that are in the vocabulary have its id, others follow."""
    vocab = model["vocab"] if isinstance(model["vocab"], dict) else {t: i for i, (t, _) in enumerate(model["vocab"])}
    free = len(vocab)
    for t in tokens:
        if t["content"] in vocab:
            t["id"] = vocab[t["content"]]
        else:
            t["id"], free = free, free + 1
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": sorted(tokens, key=lambda t: t["id"]), "normalizer": normalizer, "pre_tokenizer": pre,
            "post_processor": None, "decoder": decoder, "model": model}


def trained(model, trainer, normalizer, pre):
    blank = Tokenizer.from_str(json.dumps({"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normalizer, "pre_tokenizer": pre, "post_processor": None,
                                           "decoder": None, "model": model}))
    blank.train_from_iterator(lines, trainer)
    return json.loads(blank.to_str())["model"]


BPE = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": {}, "merges": []}


def put_first(model, *names, last=()):
    """The vocabulary with these names before and behind all else."""
    old = [t for t, _ in sorted(model["vocab"].items(), key=lambda x: x[1])]
    model["vocab"] = {t: i for i, t in enumerate([*names, *(t for t in old if t not in names and t not in last), *last])}
    return model


def byte_bpe(pre, normalizer=None, size=600, first=(), last=(), pairs=False, **more):
    m = trained(BPE, trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), normalizer, pre)
    m = {**put_first(m, *first, last=last), **more}
    if not pairs:
        m["merges"] = [" ".join(p) for p in m["merges"]]  # the form of files before tokenizers 0.20
    return m


bytes256 = [f"<0x{i:02X}>" for i in range(256)]


def sp_bpe(first, size=1200, more=(), **options):
    """As the converters of transformers make it of SentencePiece's BPE."""
    m = trained({**BPE, "unk_token": "<unk>", "fuse_unk": True}, trainers.BpeTrainer(vocab_size=size, show_progress=False, limit_alphabet=200), string(" ", "\u2581"), {"type": "Split", "pattern": {"String": "\u2581"}, "behavior": "MergedWithNext", "invert": False})
    old = [t for t in m["vocab"]]
    m["vocab"] = {t: i for i, t in enumerate(dict.fromkeys([*first, *bytes256, *more, *old]))}
    m["merges"] = [" ".join(p) for p in m["merges"]]
    return {**m, "byte_fallback": True, "ignore_merges": False, **options}


def unigram(first, normalizer, pre, unk, last=(), size=4000):
    m = trained({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0]], "byte_fallback": False}, trainers.UnigramTrainer(vocab_size=size, show_progress=False, unk_token="<unk>", special_tokens=["<unk>"]), normalizer, pre)
    m["vocab"] = [*([f, s] for f, s in first), *([t, s] for t, s in m["vocab"] if t not in [f for f, _ in first]), *([l, 0.0] for l in last)]
    return {**m, "unk_id": unk}


def wordpiece(normalizer, names, size=1500):
    m = trained({"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {}},
                trainers.WordPieceTrainer(vocab_size=size, show_progress=False, limit_alphabet=400), normalizer, {"type": "BertPreTokenizer"})
    return put_first(m, *names)


# ---- the shapes ----
shapes, refusals = {}, {}


def shape(name, refused=None):
    """Of what is refused: how that is said."""
    def keep(make):
        shapes[name], refusals[name] = make, refused
        return make
    return keep


llama_norm = norms({"type": "Prepend", "prepend": "\u2581"}, string(" ", "\u2581"))
sp3 = lambda: [added("<unk>"), added("<s>"), added("</s>")]


@shape("Llama 2, Mistral 1, Mixtral")
def _():
    return file(sp_bpe(["<unk>", "<s>", "</s>"]), sp3(), llama_norm, None, spm_decoder)


@shape("Yi")
def _():
    return file(sp_bpe(["<unk>", "<|startoftext|>", "<|endoftext|>"]), [added("<unk>"), added("<|startoftext|>"), added("<|endoftext|>"), added("<|im_start|>"), added("<|im_end|>")], norms(string(" ", "\u2581")), None, gemma_decoder)


@shape("Mistral v3")
def _():
    more = ["[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[control_8]"]
    return file(sp_bpe(["<unk>", "<s>", "</s>", *more], ignore_merges=False), [*sp3(), *map(added, more)], None, metaspace("first", False), spm_decoder)


@shape("Phi-3")
def _():
    t = [*sp3(), added("<|endoftext|>"), *(added(f"<|{n}|>", "special rstrip") for n in ("assistant", "system", "end", "user", "placeholder1"))]
    t[2] = added("</s>", "rstrip")
    return file(sp_bpe(["<unk>", "<s>", "</s>"]), t, llama_norm, None, spm_decoder)


@shape("InternLM2")
def _():
    return file(sp_bpe(["<unk>", "<s>", "</s>"]), [*sp3(), added("<|im_start|>"), added("<|plugin|>"), added("[UNUSED_TOKEN_1]")], norms(string(" ", "\u2581")), None, gemma_decoder)


runs = ["\n" * n for n in range(2, 6)] + ["\u2581" * n for n in range(2, 6)] + ["\t\t"]


def gemma(pre):
    m = sp_bpe(["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "[multimodal]", "<unused0>", "<start_of_turn>", "<end_of_turn>", *runs, "<table>"], more=["\n", "\t", "\u2581"])
    pairs = lambda c: [f"{c * (n - k)} {c * k}" for n in range(2, 6) for k in range(1, n)]
    m["merges"] = pairs("\n") + pairs("\u2581") + [p for p in m["merges"] if p not in pairs("\u2581")]
    return file(m, [*map(added, ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]), added("[multimodal]", ""), added("<unused0>", ""), added("<start_of_turn>"), added("<end_of_turn>"),
                    *(added(x, "") for x in runs), added("<table>", "")], string(" ", "\u2581"), pre, gemma_decoder)


shape("Gemma 1, 2")(lambda: gemma(None))
shape("Gemma 3")(lambda: gemma({"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}))


@shape("Falcon")
def _():
    pre = pres({"type": "Punctuation", "behavior": "Contiguous"}, level(), {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]"))
    names = [">>TITLE<<", ">>ABSTRACT<<", ">>INTRODUCTION<<", ">>SUMMARY<<", "<|endoftext|>"]
    return file(byte_bpe(pre, first=names), list(map(added, names)), None, pre, level(True))


@shape("Falcon 3")
def _():
    pre = pres({"type": "Punctuation", "behavior": "Contiguous"}, level(), {"type": "Digits", "individual_digits": True}, split("[0-9][0-9][0-9]"), split("[0-9]"))
    names = [">>UNUSED_0<<", "<|endoftext|>", "\n", "\t"]
    return file(byte_bpe(pre, first=names[:2], last=names[2:]), [added(n) for n in names[:2]] + [added(n, "") for n in names[2:]], None, pre, level(True))


@shape("StarCoder2, SmolLM, Granite 3")
def _():
    pre = pres({"type": "Digits", "individual_digits": True}, level())
    names = ["<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<repo_name>", "<file_sep>", "<jupyter_start>"]
    return file(byte_bpe(pre, first=names), list(map(added, names)), None, pre, level(True))


@shape("Command-R")
def _():
    pre = pres({"type": "Digits", "individual_digits": True}, level())
    names = ["<PAD>", "<UNK>", "<CLS>", "<BOS_TOKEN>", "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>"]
    return file(byte_bpe(pre, {"type": "NFC"}, first=names), list(map(added, names)), {"type": "NFC"}, pre, level(True))


BLOOM = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+"


@shape("BLOOM")
def _():
    pre = pres(split(BLOOM), level(False, False))
    names = ["<unk>", "<s>", "</s>", "<pad>"]
    return file(byte_bpe(pre, first=names, unk_token=None), list(map(added, names)), None, pre, level(True, False))


def roberta_style(first, normalizer, pre, decoder, mask="<mask>", unk=3):
    names = [n for n, _ in first]
    return file(unigram(first, normalizer, pre, unk, last=[mask]), [*map(added, dict.fromkeys(names)), added(mask, "special lstrip")], normalizer, pre, decoder)


z = lambda *names: [(n, 0.0) for n in names]
ws_meta = pres({"type": "WhitespaceSplit"}, old_metaspace)
meta_decoder = {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True, "str_rep": "\u2581"}
new_decoder = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
shape("XLM-R")(lambda: roberta_style(z("<s>", "<pad>", "</s>", "<unk>"), precompiled, ws_meta, meta_decoder))
shape("XLM-R of transformers 4.40 on")(lambda: roberta_style(z("<s>", "<pad>", "</s>", "<unk>"), norms({"type": "Strip", "strip_left": False, "strip_right": True}, precompiled, regex(" {2,}", "\u2581")), metaspace(), new_decoder))
shape("XGLM")(lambda: roberta_style(z("<s>", "<pad>", "</s>", "<unk>"), norms(precompiled, regex(" {2,}", " ")), old_metaspace, meta_decoder, mask="<madeupword0>"))


@shape("CamemBERT")
def _():
    first = [("<s>NOTUSED", 0.0), ("<pad>", 0.0), ("</s>NOTUSED", 0.0), ("<unk>", 0.0), ("<unk>NOTUSED", -100.0), ("<s>", 0.0), ("</s>", 0.0)]
    return roberta_style(first, norms(precompiled, regex(" {2,}", " ")), ws_meta, meta_decoder)


def t5(normalizer, pre, decoder):
    extra = [f"<extra_id_{i}>" for i in range(9, -1, -1)]
    return file(unigram(z("<pad>", "</s>", "<unk>"), normalizer, pre, 2, last=extra), list(map(added, ["<pad>", "</s>", "<unk>", *extra])), normalizer, pre, decoder)


shape("T5")(lambda: t5(precompiled, ws_meta, meta_decoder))
shape("Flan-T5, mT5")(lambda: t5(norms(precompiled, regex(" {2,}", " ")), pres({"type": "WhitespaceSplit"}, metaspace()), new_decoder))


@shape("ALBERT")
def _():
    n = norms(string("``", '"'), string("''", '"'), {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}, precompiled)
    t = [added("<pad>"), added("<unk>"), added("[CLS]"), added("[SEP]"), added("[MASK]", "special lstrip")]
    return file(unigram(z("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"), n, ws_meta, 1), t, n, ws_meta, meta_decoder)


@shape("XLNet")
def _():
    n = norms(string("``", '"'), string("''", '"'), {"type": "NFKD"}, {"type": "StripAccents"}, precompiled, regex(" {2,}", " "))
    names = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"]
    return file(unigram(z(*names), n, ws_meta, 0), [added(x, "special lstrip" if x == "<mask>" else "special") for x in names], n, ws_meta, meta_decoder)


@shape("DeBERTa v3")
def _():
    n = norms({"type": "Strip", "strip_left": True, "strip_right": True}, precompiled, regex(" {2,}", " "))
    pre = pres(old_metaspace)
    t = [added("[PAD]"), added("[CLS]"), added("[SEP]"), added("[UNK]", "special normalized"), added("[MASK]")]
    return file(unigram(z("[PAD]", "[CLS]", "[SEP]", "[UNK]"), n, pre, 3), t, n, pre, meta_decoder)


@shape("mDeBERTa v3")
def _():
    n = norms({"type": "Strip", "strip_left": True, "strip_right": True}, precompiled, regex(" {2,}", " "))
    pre = pres({"type": "Punctuation", "behavior": "Isolated"}, old_metaspace)
    t = [added("[PAD]"), added("[CLS]"), added("[SEP]"), added("[UNK]", "special normalized"), added("[MASK]")]
    return file(unigram(z("[PAD]", "[CLS]", "[SEP]", "[UNK]"), n, pre, 3), t, n, pre, meta_decoder)


@shape("NLLB")
def _():
    m = sp_bpe(["<s>", "<pad>", "</s>", "<unk>"], byte_fallback=False)
    m["vocab"] = {t: i for i, t in enumerate(t for t in m["vocab"] if t not in bytes256)}
    t = [*map(added, ["<s>", "<pad>", "</s>", "<unk>", "ace_Arab", "zho_Hant"]), added("<mask>", "special lstrip")]
    return file(m, t, precompiled, pres({"type": "WhitespaceSplit"}, old_metaspace), meta_decoder)


five = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
wp_decoder = {"type": "WordPiece", "prefix": "##", "cleanup": True}
for name, n in (("BERT multilingual cased", bert(False)), ("BERT, ELECTRA uncased", bert(True)), ("BERT multilingual uncased", bert(True, True))):
    shape(name)(lambda n=n: file(wordpiece(n, five), list(map(added, five)), n, {"type": "BertPreTokenizer"}, wp_decoder))


@shape("MPNet")
def _():
    t = [*map(added, ["<s>", "<pad>", "</s>", "[UNK]"]), added("<mask>", "special lstrip")]
    return file(wordpiece(bert(True), ["<s>", "<pad>", "</s>", "<unk>", "[UNK]"]), t, bert(True), {"type": "BertPreTokenizer"}, wp_decoder)


spaces = [" " * n for n in range(24, 1, -1)]


@shape("GPT-NeoX, Pythia, OLMo 1")
def _():
    m = byte_bpe(old_level, {"type": "NFC"}, first=["<|endoftext|>", "<|padding|>"])
    t = [added("<|endoftext|>"), added("<|padding|>"), *(added(s, "normalized") for s in spaces), added("|||IP_ADDRESS|||", "normalized"), added("|||EMAIL_ADDRESS|||", "normalized")]
    return file(m, t, {"type": "NFC"}, old_level, old_level)


@shape("Phi-2, CodeGen")
def _():
    m = byte_bpe(old_level, last=["<|endoftext|>"])
    return file(m, [added("<|endoftext|>", "special normalized"), *(added(s, "normalized") for s in spaces), *(added("\t" * n, "normalized") for n in range(9, 1, -1))], None, old_level, {**old_level, "add_prefix_space": True})


@shape("OLMo 2, Phi-4")
def _():
    pre = pres(split(CL100K, "Removed", True), level(False, False))
    t = [added("|||IP_ADDRESS|||", ""), added("<|endoftext|>"), added("<|fim_prefix|>"), added("<|im_start|>"), added("<|extra_id_0|>", ""), added("<|pad|>")]
    return file(byte_bpe(pre, pairs=True), t, None, pre, level(True))


@shape("Qwen 2, 3")
def _():
    pre = pres(split(QWEN), level(False, False, False))
    t = [*map(added, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]), *(added(n, "") for n in ["<tool_call>", "</tool_call>", "<think>", "</think>", "<|fim_prefix|>"])]
    return file(byte_bpe(pre, {"type": "NFC"}, ignore_merges=False), t, {"type": "NFC"}, pre, level(False, False, False))


@shape("Llama 3, SmolLM 3")
def _():
    pre = pres(split(CL100K), level(False, False))
    return file(byte_bpe(pre, pairs=True, ignore_merges=True), list(map(added, ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|eot_id|>"])), None, pre, level(True))


@shape("gpt-oss")
def _():
    pre = pres(split(O200K), level(False, False))
    return file(byte_bpe(pre, pairs=True), list(map(added, ["<|startoftext|>", "<|endoftext|>", "<|return|>", "<|constrain|>", "<|channel|>", "<|start|>", "<|end|>", "<|message|>", "<|call|>"])), None, pre, level(True))


@shape("DeepSeek V3")
def _():
    pre = pres(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"), level(False, False))
    names = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>"]
    t = [*(added(n, "special normalized") for n in names), added("<｜User｜>", "normalized"), added("<think>", "normalized")]
    return file(byte_bpe(pre, norms(), first=names), t, norms(), pre, level(True))


@shape("Whisper")
def _():
    m = byte_bpe(old_level, last=["", "<|endoftext|>"])
    t = [added("<|endoftext|>"), added("<|startoftranscript|>"), added("<|en|>"), added("<|notimestamps|>"), added("<|0.00|>", ""), added("<|0.02|>", "")]
    return file({**m, "unk_token": "", "continuing_subword_prefix": "", "end_of_word_suffix": ""}, t, None, old_level, {**old_level, "add_prefix_space": True})


@shape("RoBERTa, BART")
def _():
    pre = level()
    m = byte_bpe(pre, first=["<s>", "<pad>", "</s>", "<unk>"], last=["<|endoftext|>", "madeupword0000", "<mask>"])
    return file({**m, "continuing_subword_prefix": "", "end_of_word_suffix": ""}, [*(added(n, "special normalized") for n in ("<s>", "<pad>", "</s>", "<unk>")), added("<mask>", "special lstrip")], None, pre, level(True))


@shape("a padding '!', as of OpenCLIP")
def _():
    return file(byte_bpe(level()), [added("!"), added("<|endoftext|>")], None, level(), level(True))


@shape("ByteLevel with add_prefix_space behind Digits", "ByteLevel with add_prefix_space behind another pre_tokenizer is not supported")
def _():
    pre = pres({"type": "Digits", "individual_digits": True}, level(True))
    return file(byte_bpe(pre), [added("<|endoftext|>")], None, pre, level(True))


@shape("GPT-1, HerBERT", "word suffixes is not supported")
def _():
    pre = {"type": "BertPreTokenizer"}
    m = trained({**BPE, "unk_token": "<unk>", "end_of_word_suffix": "</w>"}, trainers.BpeTrainer(vocab_size=1200, show_progress=False, end_of_word_suffix="</w>", special_tokens=["<unk>"], limit_alphabet=150), bert(True), pre)
    return file(m, [added("<unk>")], bert(True), pre, {"type": "BPEDecoder", "suffix": "</w>"})


@shape("CLIP", "normalizer of type 'Replace' is not supported")
def _():
    n = norms({"type": "NFC"}, regex("\\s+", " "), {"type": "Lowercase"})
    pre = pres(split(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "Removed", True), level())
    m = trained({**BPE, "unk_token": "<|endoftext|>", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>"},
                trainers.BpeTrainer(vocab_size=1200, show_progress=False, end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), n, pre)
    put_first(m, last=["<|startoftext|>", "<|endoftext|>"])
    m["merges"] = [" ".join(p) for p in m["merges"]]
    return file(m, [added("<|startoftext|>", "special normalized"), added("<|endoftext|>")], n, pre, level(True))


@shape("Galactica", "a Split with behavior 'Removed' is not supported")
def _():
    pre = pres({"type": "Split", "pattern": {"String": "SPL1T-TH1S-Pl3A5E"}, "behavior": "Removed", "invert": False}, {"type": "Digits", "individual_digits": True}, {"type": "Punctuation", "behavior": "Isolated"}, level(False, True))
    return file(byte_bpe(pre, first=["<s>", "<pad>", "</s>", "<unk>"]), list(map(added, ["<s>", "<pad>", "</s>", "<unk>", "[START_REF]"])), None, pre, level(True))


# ---- ours ----
def ours(texts):
    """Ids and decoded texts, or what the refusal says."""
    with open("t.jsonl", "w") as f:
        f.writelines(json.dumps({"text": t}) + "\n" for t in texts)
    for step in (["ll-bpe", "import", "-q", "-o", "ours.json", "m.json"], ["ll-shard", "import", "-q", "-o", "t.ll", "t.jsonl"],
                 ["ll-bpe", "encode", "-q", "--special=allow", "-m", "m.json", "-o", "t.tok", "t.ll"], ["ll-bpe", "decode", "-q", "-m", "m.json", "-o", "back.ll", "t.tok"],
                 ["ll-shard", "export", "-q", "-o", "t.ids", "t.tok"], ["ll-shard", "export", "-q", "-o", "back.jsonl", "back.ll"]):
        p = subprocess.run([BIN + "/" + step[0], *step[1:]], stderr=subprocess.PIPE, text=True)
        if p.returncode:
            return None, p.stderr.strip()
    return [json.loads(line)["tokens"] for line in open("t.ids")], [json.loads(line).get("text", "") for line in open("back.jsonl")]


only, n = sys.argv[1:], 0
for name, make in shapes.items():
    if only and not any(o in name for o in only):
        continue
    n += 1
    r.seed(name)
    j = make()
    json.dump(j, open("m.json", "w"), ensure_ascii=False)
    hf, some = Tokenizer.from_file("m.json"), texts(j["added_tokens"])
    want = [e.ids for e in hf.encode_batch(some, add_special_tokens=False)]
    ids, back = ours(some)
    if ids is None:
        print(f"{'ok' if refusals[name] and refusals[name] in back else 'not ok'} {n} - {name}: refused: {back}")
        continue
    bad = [(t, w, g) for t, w, g in zip(some, want, ids) if w != g]
    back_bad = [(t, hf.decode(w, skip_special_tokens=False), b) for t, w, b in zip(some, want, back) if hf.decode(w, skip_special_tokens=False) != b]
    for t, w, g in bad[:2]:
        print("# ids", ascii(t)[:120], w[:25], g[:25])
    for t, w, g in [] if bad else back_bad[:2]:
        print("# decoded", ascii(t)[:120], ascii(w)[:120], ascii(g)[:120])
    print(f"{'not ok' if bad or back_bad or refusals[name] else 'ok'} {n} - {name}: {len(some)} texts, {len(bad)} of other ids, {len(back_bad)} decoded otherwise", flush=True)
print(f"1..{n}")
