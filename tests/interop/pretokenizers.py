# SPDX-License-Identifier: MIT
# packages: tokenizers unicodedata2==16.0.0
"""The pieces of Hugging Face tokenizers against ours: every scheme, custom patterns, behaviours and sequences, on generated
strings that are seeded by the tables of categories, and with LLTOOLS_TEST_DATA on real text. And our tables against the
published Unicode 16.0. LL_STRINGS=N: how many strings a pre-tokenizer (20000); LL_WHOLE=1: the whole of the real text."""
import glob, gzip, itertools, json, os, random, struct, subprocess, sys, unicodedata
import unicodedata2
from tokenizers import Tokenizer, normalizers

ROOT, BIN = os.environ["ROOT"], os.environ["BIN"]
SPLIT = os.path.join(BIN, "../unit/bpe_pretokenize_test")
STRINGS = int(os.environ.get("LL_STRINGS", "20000"))
tests = failed = 0


def ok(good, name):
    global tests, failed
    tests += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name}", flush=True)


def skip(name, why):
    global tests
    tests += 1
    print(f"ok {tests} - {name} # SKIP {why}", flush=True)


# ---- texts ----

by_category = {}
for c in range(0x110000):
    if not 0xD800 <= c < 0xE000:
        by_category.setdefault(unicodedata2.category(chr(c)), []).append(chr(c))
old = {k: [c for c in v if unicodedata.category(c) != "Cn"] for k, v in by_category.items() if k != "Cn"}  # for scripts
categories = sorted(by_category)
bits = ([" ", " ", "  ", "\n", "\r\n", "\r", "\t", "\v\f", " \n", "\n ", "\x85", "\xa0", "\u2028", "\u3000", "\u1680", "\u180e", "\u200b", "\ufeff", "\x1c", "\x01"]
        + ["'" + "".join(x) for w in ("s", "t", "re", "ve", "m", "ll", "d") for x in itertools.product(*[(a, a.upper()) for a in w])]
        + ["'", "''", "'\u017f", "'\u212a", "\u2019s", "'l", "'r", "'v", "'x"]
        + ["a", "Z", "word", "Word", "WORD", "camelCase", "XMLHttp", "\u00c9t\u00e9", "\u01c5", "\u02b0", "\u65e5\u672c", "\u3042\u30a2", "\u30fb", "\u3099", "\u3040", "\u9fa5\u9fa6",
           "e\u0301", "\u0301", "\u0915\u093f", "\u0627\u0644", "1", "12", "123", "1234567", "\u00b2\u00bd", "\u0663", "\U0001d7d8", ".", "...", "!?", "/", "//\n", "--", '"',
           "(", "_", "$", "+=", "\u20ac", "#a", "\U0001f600", "\U0001f469\u200d\U0001f4bb", "\U0001f44d\U0001f3fd"])


def generated(seed, count, table=by_category):
    r = random.Random(seed)
    names = sorted(table)
    def bit():
        k = r.random()
        if k < .35:
            return r.choice(table[r.choice(names)]) * r.choice((1, 1, 1, 3))
        if k < .45:
            return chr(r.randrange(128))
        return r.choice(bits) if k < .98 else r.choice("a A1\n.'") * r.choice((15, 16, 31, 33, 63, 64, 65))
    return ["".join(bit() for _ in range(r.randint(1, 12))) for _ in range(count)]


def real():
    for path in sorted(glob.glob(os.environ["LLTOOLS_TEST_DATA"] + "/data/corpus/*.jsonl.gz")):
        for i, line in enumerate(gzip.open(path, "rt", encoding="utf-8")):
            if os.environ.get("LL_WHOLE") or i % 50 == 7:
                yield json.loads(line)["text"]


# ---- both sides ----

def ask(what, model, raw):
    return subprocess.run([SPLIT, what, model], input=b"".join(struct.pack("<I", len(t)) + t for t in raw), stdout=subprocess.PIPE, check=True).stdout


def ours(model, texts):
    raw = [t.encode() for t in texts]
    out = ask("--split", model, raw)
    numbers, at, ends = struct.unpack(f"<{len(out) // 4}I", out), 0, []
    for _ in raw:
        n = numbers[at]
        ends.append(list(numbers[at + 1:at + 1 + n]))
        at += 1 + n
    return ends


def theirs(pre, text):
    """ByteLevel, the last in the sequence, spells every byte as a character."""
    return list(itertools.accumulate(len(piece) for piece, _ in pre.pre_tokenize_str(text)))


def compare(name, model, texts):
    pre, bad, n, size = Tokenizer.from_file(model).pre_tokenizer, 0, 0, 0
    texts = iter(texts)
    while batch := list(itertools.islice(texts, 5000)):
        for text, got in zip(batch, ours(model, batch)):
            want = theirs(pre, text)
            n, size = n + 1, size + len(text)
            if got != want:
                bad += 1
                if bad < 4:
                    print(name, ascii(text[:300]), "theirs", want[:30], "ours", got[:30], file=sys.stderr)
    ok(bad == 0, f"{name}: {n} texts, {size} characters" + (f", {bad} differ" if bad else ""))


def train(*options):
    subprocess.run([BIN + "/ll-bpe", "train", "-q", "--vocab-size=256", "--from=text", "-o", "tok.json", *options, ROOT + "/samples/trees.txt"],
                   check=True, stderr=subprocess.DEVNULL)
    return "tok.json"


def with_pre_tokenizers(*pre):
    model = json.load(open(train("--pretokenizer=gpt2")))
    model["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [*pre, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}
    json.dump(model, open("custom.json", "w"))
    return "custom.json"


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


tables = ROOT + "/libcommon/text/unicode_tables"
made = subprocess.run([sys.executable, tables + ".py"], stdout=subprocess.PIPE, check=True).stdout
ok(made == open(tables + ".c", "rb").read(), "the tables of characters are those of Unicode 16.0")

edges = generated(1, STRINGS)
for scheme in "gpt2 cl100k cl100k-tiktoken o200k llama3 qwen2 qwen3.5 deepseek-v3".split():
    compare(scheme, train("--pretokenizer=" + scheme), edges)
    if "LLTOOLS_TEST_DATA" in os.environ:
        compare(f"{scheme}, real text", "tok.json", real())
    else:
        skip(f"{scheme}: real text", "no LLTOOLS_TEST_DATA")

few = edges[:max(len(edges) // 5, 1000)]
CASED = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
SPACES = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
for pattern in [
    r"\p{L}+", r"\p{N}", r"\s+", r"\S+", r"[^\s]+\s?", r"\P{L}", r"[\P{L}\d]{2}", r"\p{Lu}\p{Ll}*", r"\p{M}+|\p{P}|\p{S}", r"\p{Sc}?\d+", r"\D{1,4}", r"\p{Z}|\p{C}", r"[\p{Lm}\p{Lo}\p{Nl}]",
    r"[\S\n]+", r"(?=\p{Lu})", r"(?<=\s)|x", r"(?<!\p{N})\p{N}{3}(?!\p{N})", r"a*", r"(?:a|ab)(?:c|bcd)?", r".", r".{2,3}?", r"\n|.+?(?=\s)", r"(?>\s+)\S", r"(?i:k|'s|re)",
    "\\x41|\\x{3042}|\\u65e5", "[a-z\u3040-\u30ff]+", r"\p{L}++|\s*+", r"x?+|\p{N}?", r"[\-\]\\^]+", r"[-a]+|[b-]", r"\A\s|\s\z", r"(\p{L})|(\p{N}){2,}", r"\p{^L}+",
    r"[a-c[x-z\s]\d]+", r"[^[\p{L}-]\n]", r"[\p{L}&&[^\p{Lu}\p{M}]]+", r"[\p{L}\p{N}&&\p{N}x&&[^12]]", r"[\p{L}-]+",
    " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+",
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]+[\r\n]*" + SPACES,
    CASED + r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*" + SPACES,
]:
    compare("pattern " + pattern[:60], with_pre_tokenizers(split(pattern)), few)
HAN = CASED.replace(r"\p{M}]", r"\p{M}&&[^\p{Han}]]")
compare("Kimi-K2", with_pre_tokenizers(split(r"[\p{Han}]+|" + HAN + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + SPACES)), generated(3, len(few), old))
compare("scripts", with_pre_tokenizers(split(r"\p{Han}+|[\p{Hiragana}\p{Katakana}]|\P{Latin}\p{Greek}")), generated(2, len(few), old))
for behavior in ("Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext"):
    for invert in (False, True):
        for pattern in (r"\p{N}", r"\p{L}+", r"(?=\p{Lu})|\s", r"\p{L}*"):
            compare(f"{behavior}, invert {invert}: {pattern}", with_pre_tokenizers(split(pattern, behavior, invert)), few)
compare("literal", with_pre_tokenizers(split("'", kind="String"), split(" .", "MergedWithNext", kind="String")), few)
compare("digits and GPT-2", train(r"--pretokenizer=regex:\p{N}", "--pretokenizer=gpt2"), few)
compare("a sequence", with_pre_tokenizers(split(r"\s+", "MergedWithNext"), split(r"\p{N}{1,3}"), split(r"(?<=')\p{L}|\p{P}+", "Contiguous")), few)
for individual in (False, True):
    compare(f"Digits {individual}", with_pre_tokenizers({"type": "Digits", "individual_digits": individual}), few)

def normal_form(forms, texts):
    model = json.load(open(train("--pretokenizer=gpt2")))
    model["normalizer"] = {"type": "Sequence", "normalizers": [{"type": f} for f in forms]}
    json.dump(model, open("custom.json", "w"))
    out, at, bad = ask("--normalize", "custom.json", [t.encode() for t in texts]), 0, 0
    theirs = normalizers.Sequence([getattr(normalizers, f)() for f in forms])
    for text in texts:
        n = struct.unpack_from("<I", out, at)[0]
        got, want, at = out[at + 4:at + 4 + n].decode(), theirs.normalize_str(text), at + 4 + n
        if got != want:
            bad += 1
            if bad < 4:
                print(forms, ascii(text), "theirs", ascii(want), "ours", ascii(got), file=sys.stderr)
    ok(bad == 0 and at == len(out), f"{' '.join(forms)}: {len(texts)} texts" + (f", {bad} differ" if bad else ""))


everything = [c for v in by_category.values() for c in v]
marks = [c for c in everything if unicodedata2.combining(c)]
parts = sorted({chr(int(x, 16)) for c in everything for x in unicodedata2.decomposition(c).split() if x[0] != "<"})
r = random.Random(5)
normal = (["x" + c for c in everything] + ["a" + a + c + b for c in marks for a, b in (("\u0301", "\u0323"), ("\u0323", "\u0301"), ("", "\u0327"))]
          + ["".join(r.choice(parts if r.random() < .5 else marks if r.random() < .7 else everything) for _ in range(r.randint(2, 6))) for _ in range(5 * STRINGS)])
for forms in (["NFC"], ["NFD"], ["NFKC"], ["NFKD"]):
    normal_form(forms, normal)
for forms in (["NFD", "NFC"], ["NFKC", "NFD"], ["NFKD", "NFC"], ["NFC", "NFKC"], ["NFC", "NFD"]):
    normal_form(forms, normal[-STRINGS:])
for behavior in ("Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext"):
    compare(f"Punctuation {behavior}", with_pre_tokenizers({"type": "Punctuation", "behavior": behavior}), few)
every = ["a" + c + "a" for c in everything]
compare("Digits, every character", with_pre_tokenizers({"type": "Digits", "individual_digits": True}), every)
compare("Punctuation, every character", with_pre_tokenizers({"type": "Punctuation"}), every)
for p in (r"\p{L}", r"\s", r"\p{Nd}|\p{M}{2}|\p{S}", r"[^\s\p{P}\p{Lu}]"):
    compare(f"{p}, every character", with_pre_tokenizers(split(p)), every)
print(f"1..{tests}")
sys.exit(failed > 0)
