# SPDX-License-Identifier: MIT
# packages: tokenizers tiktoken sentencepiece gguf mistral_common
"""Tokenizer files of others against the programs they are of: ids of Hugging Face tokenizers (WordPiece, Unigram, BPE over characters, with the
normalisers and pre-tokenizers of real files), SentencePiece, tiktoken, mistral_common; what we export read by tokenizers, tiktoken and gguf."""
import base64, gzip, io, json, os, random, subprocess, sys, unicodedata
import gguf, sentencepiece, tiktoken
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from tokenizers import AddedToken, Regex, Tokenizer, decoders as D, models, normalizers as N, pre_tokenizers as P, trainers

BIN, ROOT, DATA = os.environ["BIN"], os.environ["ROOT"], os.environ.get("LLTOOLS_TEST_DATA", "")
sys.path[:0] = [ROOT + "/tests/format", ROOT + "/tests/interop/lib"]
import sentencepiece_model
import read_stream

count = 0


def ok(condition, name):
    global count
    count += 1
    print(f"{'ok' if condition else 'not ok'} {count} - {name}", flush=True)
    return condition


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}")


def run(*command):
    return subprocess.run([BIN + "/" + command[0], *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def encode(model, texts, *options):
    """Our ids."""
    with open("t.jsonl", "w") as f:
        f.writelines(json.dumps({"text": t}) + "\n" for t in texts)
    run("ll-shard", "import", "-q", "-o", "t.ll", "t.jsonl")
    p = run("ll-bpe", "encode", "-q", "--compress=none", "-m", model, *options, "-o", "tokens.ll", "t.ll")
    if p.returncode:
        print("#", p.stderr, flush=True)
        return [None] * len(texts)
    data, at, width, ids = open("tokens.ll", "rb").read(), 0, None, []
    while at < len(data):
        stored, kind = read_stream.u32(data, at + 8), chr(data[at + 4])
        raw = data[at + 48:at + 48 + stored]
        if kind == "H":
            width = int(read_stream.header_keys(raw)["width"])
        if kind == "D":
            ids += [read_stream.tokens(rec, core, width)["tokens"] for rec, core in read_stream.split_records(raw, read_stream.u32(data, at + 20))]
        at += 48 + stored
    return ids


def same(name, texts, got, want):
    bad = [i for i in range(len(texts)) if got[i] != want[i]]
    if not ok(not bad, f"{name}: {len(texts)} texts" + (f", {len(bad)} differ" if bad else "")):
        for i in bad[:3]:
            print("#", ascii(texts[i])[:150], want[i][:20], got[i] and got[i][:20])


def hf_ids(tokenizer, texts):
    return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]


# ---- texts ----
r = random.Random(7)
words = open(ROOT + "/samples/trees.txt").read().split()
lines = [" ".join(r.choices(words, k=r.randint(1, 30))) for _ in range(1500)] + ["日本の木は高い。", "Ёлки и дубы", "l'arbre élevé; ça va", "한국 나무"] * 5
if os.path.exists(DATA + "/fixtures/tokenizer/text/botchan.txt"):
    for t in ("botchan", "wagahaiwa_nekodearu"):
        lines += open(f"{DATA}/fixtures/tokenizer/text/{t}.txt", encoding="utf-8-sig").read().splitlines()[:800]
SIZE = 3000 if len(lines) > 2000 else 500  # SentencePiece wants one that the text can fill
assigned = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Co", "Cs")]
# Normal forms are of the Unicode version of utf8proc; those of tokenizers are older.
assigned = [c for c in assigned if N.NFKD().normalize_str(c) == unicodedata.normalize("NFKD", c)]
spaces = [" ", "  ", "\n", "\t", "\u3000", "\u00a0", "\u200b", "\u2581", "\r\n", "\x85"]
tricky = ["İstanbul", "ﬁne", "e\u0301", "Å", "①", "㍿", "한국어", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0915\u094d\u0937\u093f", "ÀÉ", "Ⅷ", "#hash",
          "don't", "１２３", "ｶﾞ", "\ufffd", "中文字", "\u0130"]


def edge():
    def bit():
        k = r.random()
        return (r.choice(spaces) if k < .25 else r.choice(assigned) * r.randint(1, 2) if k < .5 else r.choice(lines)[:r.randint(0, 20)] if k < .75
                else chr(r.randrange(1, 128)) if k < .85 else r.choice(tricky))
    return "".join(bit() for _ in range(r.randint(1, 14)))


texts = [edge() for _ in range(1500)] + lines[:200] + [" ", "  a  b ", "a" * 300, "é" * 200]
every = ["".join(c + r.choice(["", "\u0301", "a", " "]) for c in assigned[i:i + 40]) for i in range(0, len(assigned), 40)]


# ---- Hugging Face: other models than byte-level BPE ----
def train(model, normalizer, pre_tokenizer, decoder, trainer):
    t = Tokenizer(model)
    t.normalizer, t.pre_tokenizer, t.decoder = normalizer, pre_tokenizer, decoder
    t.train_from_iterator(lines, trainer)
    return t


def check(name, tokenizer, texts, *options):
    tokenizer.save("m.json")
    reference = Tokenizer.from_file("m.json")
    p = run("ll-bpe", "import", "-q", "-o", "ours.json", "m.json")
    if not ok(p.returncode == 0, f"{name}: import {p.stderr}"):
        return
    want = hf_ids(reference, texts)
    same(name, texts, encode("m.json", texts, *options), want)
    ours = Tokenizer.from_file("ours.json")
    same(name + ", as we write it, in tokenizers", texts, hf_ids(ours, texts), want)
    ok(run("ll-bpe", "diff", "-q", "m.json", "ours.json", "t.ll").returncode == 0, name + ": the same tokenizer to us")


wordpiece = lambda n=2000: trainers.WordPieceTrainer(vocab_size=n, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False)
for options in (dict(lowercase=True), dict(lowercase=False), dict(lowercase=False, handle_chinese_chars=False, strip_accents=True), dict(clean_text=False)):
    check(f"WordPiece {options}", train(models.WordPiece(unk_token="[UNK]"), N.BertNormalizer(**options), P.BertPreTokenizer(), D.WordPiece(), wordpiece()), texts + every)
check("WordPiece, NFD, Whitespace", train(models.WordPiece(unk_token="[UNK]"), N.Sequence([N.NFD(), N.Lowercase(), N.StripAccents()]), P.Whitespace(), D.WordPiece(), wordpiece(1000)), texts + every)
unigram = lambda: trainers.UnigramTrainer(vocab_size=SIZE, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, model_type="unigram", vocab_size=SIZE, hard_vocab_limit=False, minloglevel=2)
charsmap = sentencepiece_model.charsmap(model.getvalue())
for normalizer, pre, more in ((N.NFKC(), P.Metaspace(), []), (None, P.Metaspace(prepend_scheme="first"), []),
                              (N.Sequence([N.Replace("``", '"'), N.NFKD(), N.StripAccents(), N.Lowercase()]), P.Sequence([P.WhitespaceSplit(), P.Metaspace()]), []),
                              (N.Sequence([N.Strip(), N.Replace(Regex(" {2,}"), "\u2581")]), P.Metaspace(prepend_scheme="never"), []),
                              (N.NFC(), P.Sequence([P.Punctuation(), P.Digits(True), P.Metaspace(split=False)]), []),
                              (N.Sequence([N.Precompiled(charsmap), N.Replace(Regex(" {2,}"), " ")]), P.Metaspace(), every)):
    u = train(models.Unigram(), normalizer, pre, D.Metaspace(), unigram())
    check(f"Unigram {type(normalizer).__name__} {type(pre).__name__}", u, texts + more)
u.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True), AddedToken("<r>", rstrip=True)])
u.add_tokens([AddedToken("Foo", normalized=True), AddedToken("bar")])
added = ["".join(r.choice(["<mask>", " ", "<r>", "foo", "Foo", "bar", "  ", "a", "\n", "Foobar", "</s>"]) for _ in range(r.randint(1, 10))) for _ in range(800)]
check("added tokens", u, added, "--allow-special")
u.normalizer = N.Lowercase()
check("added tokens in lower case", u, added, "--allow-special")
llama = D.Sequence([D.Replace("\u2581", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
bpe = lambda *special, **more: trainers.BpeTrainer(vocab_size=2000, special_tokens=list(special), show_progress=False, **more)
c = train(models.BPE(unk_token="<unk>", fuse_unk=True), N.Sequence([N.Prepend("\u2581"), N.Replace(" ", "\u2581")]), None, llama,
          bpe("<unk>", "<s>", *(f"<0x{i:02X}>" for i in range(256)), limit_alphabet=300))
check("BPE over characters, fuse_unk", c, texts)
j = json.loads(c.to_str())
j["model"]["byte_fallback"], j["added_tokens"] = True, j["added_tokens"][:2]
check("BPE over characters, byte_fallback", Tokenizer.from_str(json.dumps(j)), texts)
j["model"]["ignore_merges"], j["normalizer"], j["pre_tokenizer"] = True, None, {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
check("BPE over characters, ignore_merges", Tokenizer.from_str(json.dumps(j)), texts)
check("BPE over characters, Split", train(models.BPE(unk_token="<unk>"), N.Replace(" ", "\u2581"), P.Split(" ", "merged_with_previous"), llama, bpe("<unk>")), texts)

# ---- SentencePiece ----
for name, options in (("as Llama's", dict(normalization_rule_name="identity", remove_extra_whitespaces=False, byte_fallback=True)),
                      ("unknown characters", dict(normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=.98)),
                      ("extra spaces", dict(normalization_rule_name="identity", byte_fallback=True)), ("nmt_nfkc", dict(byte_fallback=True)),
                      ("nmt_nfkc_cf", dict(normalization_rule_name="nmt_nfkc_cf", byte_fallback=True, add_dummy_prefix=False)),
                      ("user-defined", dict(normalization_rule_name="identity", byte_fallback=True, remove_extra_whitespaces=False, add_dummy_prefix=False, user_defined_symbols=["<x>", "ab", "\n"]))):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=SIZE, minloglevel=2, hard_vocab_limit=False, **options)
    open("sp.model", "wb").write(model.getvalue())
    sp = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    more = texts + ["\u2581", "a\u2581", "\u2581\u2581 a \u2581 ", "<x>ab <x>"]
    want = [sp.encode(t) for t in more]
    same("SentencePiece " + name, more, encode("sp.model", more), want)
    p = run("ll-bpe", "import", "-q", "-o", "sp.json", "sp.model")
    ok(p.returncode == 0 and ("otherwise" in p.stderr) == ("nmt" in name), f"SentencePiece {name}: import {p.stderr}")
    same(f"SentencePiece {name}, imported", more, encode("sp.json", more), want)
    if "nmt" not in name:
        same(f"SentencePiece {name}, imported, in tokenizers", more, hf_ids(Tokenizer.from_file("sp.json"), more), want)
    spaces = ["\u2581a", "\u2581\u2581 tree", " \u2581 a", "a \u2581\u2581 a", "\u2581", "", "tree"]
    want = [sp.decode(sp.encode(t)) for t in spaces]
    for model_file in ("sp.model", "sp.json"):
        encode(model_file, spaces)
        run("ll-bpe", "decode", "-q", "-m", model_file, "-o", "back.ll", "tokens.ll")
        same(f"SentencePiece {name}, decoded by {model_file}", spaces, [json.loads(line).get("text", "") for line in run("ll-shard", "export", "-q", "back.ll").stdout.splitlines()], want)
for options, why in ((dict(user_defined_symbols=["<x>"]), "user-defined"), (dict(treat_whitespace_as_suffix=True), "suffix"), (dict(model_type="unigram"), "Unigram")):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(**{**dict(sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=SIZE, minloglevel=2, hard_vocab_limit=False), **options})
    open("sp.model", "wb").write(model.getvalue())
    p = run("ll-bpe", "import", "-o", "no", "sp.model")
    ok(p.returncode == 3 and why in p.stderr, f"refused by name: {why}")

# ---- ranks, tekken, GGUF ----
assert run("ll-bpe", "train", "-q", "--pretokenizer=o200k", "--vocab-size=1200", "--special=<|endoftext|>", "-o", "tok.json", ROOT + "/samples/trees.txt").returncode == 0
reference = Tokenizer.from_file("tok.json")
want = hf_ids(reference, texts)
run("ll-bpe", "export", "--to=tiktoken", "-m", "tok.json", "-o", "tok.tiktoken")
ranks = {base64.b64decode(line.split()[0]): int(line.split()[1]) for line in open("tok.tiktoken", "rb")}
o200k = json.load(open("tok.json"))["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
tt = tiktoken.Encoding("x", pat_str=o200k, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 0})
same("export tiktoken, in tiktoken", texts, [tt.encode_ordinary(t) for t in texts], want)
# As Whisper's multilingual.tiktoken ends: a token of no bytes, which b64decode makes of "=".
open("empty.tiktoken", "wb").write(open("tok.tiktoken", "rb").read() + b"= 1200\n")
ranks[base64.b64decode("=")] = 1200
tt = tiktoken.Encoding("x", pat_str=o200k, mergeable_ranks=ranks, special_tokens={})
ok(run("ll-bpe", "import", "-q", "--pretokenizer=o200k", "-o", "empty.json", "empty.tiktoken").returncode == 0 and ranks[b""] == 1200, "a token of no bytes: import")
same("a token of no bytes, in tiktoken", texts, encode("empty.json", texts), [tt.encode_ordinary(t) for t in texts])
same("a token of no bytes, in tokenizers", texts, hf_ids(Tokenizer.from_file("empty.json"), texts), want)
run("ll-bpe", "export", "-q", "--to=tiktoken", "-m", "empty.json", "-o", "back.tiktoken")
ok(open("back.tiktoken", "rb").read() == open("empty.tiktoken", "rb").read(), "a token of no bytes: exported, the same bytes")
del ranks[b""]
run("ll-bpe", "export", "--to=gpt2", "-m", "tok.json", "-o", "pair")
pair = Tokenizer(models.BPE.from_file("pair/vocab.json", "pair/merges.txt"))
pair.pre_tokenizer = reference.pre_tokenizer
same("export gpt2, in tokenizers", texts, hf_ids(pair, texts), want)
run("ll-bpe", "export", "--to=gguf", "-m", "tok.json", "-o", "tok.gguf")
reader = gguf.GGUFReader("tok.gguf")
strings = lambda key: [bytes(reader.fields[key].parts[i]).decode() for i in reader.fields[key].data]
model = json.load(open("tok.json"))["model"]
ok({t: i for i, t in enumerate(strings("tokenizer.ggml.tokens"))} == model["vocab"], "export gguf: gguf reads the tokens")
ok([m.split(" ") for m in strings("tokenizer.ggml.merges")] == model["merges"], "export gguf: and the merges")
ok(strings("tokenizer.ggml.pre") == ["gpt-4o"], "export gguf: and the pre-tokenizer")
pattern = o200k.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace("{1,3}", "")
order = [bytes([i]) for i in range(256)] + sorted((t for t in ranks if len(t) > 1), key=ranks.get)
for specials in (None, [{"rank": i, "token_str": f"<s{i}>", "is_control": True} for i in range(30)]):
    tekken = {"config": {"pattern": pattern, "num_vocab_tokens": len(order), "default_vocab_size": len(order) + 80, "default_num_special_tokens": 100, "version": "v13" if specials else "v3"},
              "vocab": [{"rank": i, "token_bytes": base64.b64encode(t).decode(), "token_str": None} for i, t in enumerate(order)]}
    if specials:
        tekken["special_tokens"] = specials
    json.dump(tekken, open("tekken.json", "w"))
    mistral = Tekkenizer.from_file("tekken.json")
    want = [mistral.encode(t, False, False) for t in texts]
    same("tekken.json", texts, encode("tekken.json", texts), want)
    ok(run("ll-bpe", "import", "-q", "-o", "tk.json", "tekken.json").returncode == 0, "tekken.json: import")
    same("tekken.json, imported, in tokenizers", texts, hf_ids(Tokenizer.from_file("tk.json"), texts), want)

# ---- the official files ----
if os.path.exists(DATA + "/fixtures/tokenizer"):
    F = DATA + "/fixtures/tokenizer/"
    for name in ("cl100k", "o200k"):
        raw = gzip.open(F + f"vocab/{name}_base.tiktoken.gz").read()
        ok(run("ll-bpe", "import", "-q", "-o", "r.json", F + f"vocab/{name}_base.tiktoken.gz").returncode == 0, f"{name}: import")
        imported = Tokenizer.from_file("r.json")
        patterns = {"cl100k": r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""", "o200k": o200k}
        tt = tiktoken.Encoding("x", pat_str=patterns[name], special_tokens={}, mergeable_ranks={base64.b64decode(line.split()[0]): int(line.split()[1]) for line in raw.splitlines()})
        same(f"{name}, imported, in tokenizers", texts, hf_ids(imported, texts), [tt.encode_ordinary(t) for t in texts])
        run("ll-bpe", "export", "-q", "--to=tiktoken", "-m", "r.json", "-o", "r.tiktoken")
        ok(open("r.tiktoken", "rb").read() == raw, f"{name}: exported, the same bytes")
    ok(imported.token_to_id("<|endofprompt|>") == 200018, "special tokens of the official files")
    G = F + "llama.cpp/ggml-vocab-gpt-2.gguf"
    inputs = open(G + ".inp", encoding="utf-8", newline="").read().split("\n__ggml_vocab_test__\n")
    outputs = [[int(x) for x in line.split()] for line in open(G + ".out").read().split("\n")]
    same("GPT-2's GGUF: llama.cpp's own vectors", inputs, encode(G, inputs), outputs)
    ok(run("ll-bpe", "diff", "-q", G, F + "vocab/gpt2_tokenizer.json").returncode == 0, "GPT-2's GGUF and tokenizer.json are the same tokenizer")
    run("ll-bpe", "import", "-q", "-o", "g.json", G)
    run("ll-bpe", "export", "-q", "--to=gguf", "-m", "g.json", "-o", "g.gguf")
    ours, theirs = gguf.GGUFReader("g.gguf"), gguf.GGUFReader(G)
    for key in ("tokens", "token_type", "merges"):
        part = lambda x: [bytes(x.fields["tokenizer.ggml." + key].parts[i]) for i in x.fields["tokenizer.ggml." + key].data]
        ok(part(ours) == part(theirs), f"GPT-2's GGUF, exported again: {key}")
else:
    skip("the official files", "no LLTOOLS_TEST_DATA")
print(f"1..{count}")
