# SPDX-License-Identifier: MIT
# packages: tokenizers gigatoken
"""Merges of ll-bpe train against the trainer of Hugging Face tokenizers, for every pre-tokenizer, line by line and document by
document, from counts; other rules for ties against gigatoken. With LLTOOLS_TEST_DATA on 65 MB of books at 30,000 and 50,000 ids:
minutes a scheme; LL_SCHEMES=gpt2,o200k names some."""
import gzip
import json
import os
import random
import subprocess
import sys

import gigatoken
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

os.environ["TOKENIZERS_PARALLELISM"] = "true"
os.environ["PATH"] = os.environ["BIN"] + ":" + os.environ["PATH"]
ROOT, DATA = os.environ["ROOT"], os.environ.get("LLTOOLS_TEST_DATA", "")
ALPHABET = pre_tokenizers.ByteLevel.alphabet()
SCHEMES = "gpt2 cl100k cl100k-tiktoken o200k qwen2 qwen3.5 deepseek-v3".split()
checks = failed = 0


def ok(good, name):
    global checks, failed
    checks += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {checks} - {name}", flush=True)


def ll(*args):
    subprocess.run(args, check=True, stderr=subprocess.DEVNULL)


def model(path):
    return json.load(open(path))["model"]


def theirs(ours, feed, **options):
    """HF's model, trained with the pre-tokenizer and normaliser of the file `ours`."""
    j = json.load(open(ours))
    blank = dict(j, model=dict(j["model"], vocab={}, merges=[]), added_tokens=[])
    tok = Tokenizer.from_str(json.dumps(blank))
    feed(tok, trainers.BpeTrainer(show_progress=False, initial_alphabet=ALPHABET, **options))
    return json.loads(tok.to_str())["model"]


def equal(ours, hf, name):
    """The lists of merges, of which ours may be a beginning, and the ids."""
    merges = [list(m) for m in hf["merges"]]
    ids = ours["vocab"]
    ok(ours["merges"] == merges[:len(ours["merges"])] and len(ids) == 256 + len(ours["merges"]) and all(hf["vocab"][t] == i for t, i in ids.items()),
       f"{name}: HF's {len(ours['merges'])} merges and ids")


def compare(scheme, text, documents, sizes, name, hf=(), **own):
    """text: a file that is read line by line; documents: (JSONL, [texts]); own: further options of ours, hf: of theirs."""
    args = [f"--{k.replace('_', '-')}={v}" for k, v in own.items()]
    for mode, source in (("lines", text), ("documents", documents)):
        ll("ll-bpe", "count", "-@", "2", f"--pretokenizer={scheme}", *(["--lines"] if mode == "lines" else []), "-o", "counts",
           source if mode == "lines" else source[0])
        ll("ll-bpe", "train", *args, f"--vocab-size={','.join(map(str, sizes))}", "-o", "%d.json", "counts")
        last = f"{max(sizes)}.json"
        feed = (lambda t, r: t.train([text], r)) if mode == "lines" else lambda t, r: t.train_from_iterator(source[1], r)
        want = theirs(last, feed, vocab_size=max(sizes), **dict(hf or {"min_frequency": 0}))
        for size in sizes:
            equal(model(f"{size}.json"), want, f"{scheme}, {name}, {mode}, {size}")


def documents_of(texts, name):
    with open(name + ".jsonl", "w") as f:
        f.writelines(json.dumps({"text": t}) + "\n" for t in texts)
    ll("ll-shard", "import", "-q", "-o", name + ".ll", name + ".jsonl")
    open(name + ".txt", "w", newline="").write("\n".join(texts))
    return name + ".txt", (name + ".ll", texts)


def gigatoken_ties(name, text, size):
    for ties, theirs_name in (("hf", "huggingface"), ("ids", "raw_token_ids"), ("bytes", "assembled_bytes")):
        _, merges = gigatoken.gigatoken_rs.train_bpe(text.encode(), size, [], theirs_name)
        open("ties.txt", "w", newline="").write(text)
        ll("ll-bpe", "train", "--pretokenizer=gpt2", f"--ties={ties}", f"--vocab-size={size}", "-o", "ties.json", "ties.txt")
        char = {v: k for k, v in BYTE.items()}
        want = [["".join(char[b] for b in side) for side in m] for m in merges]
        ours = model("ties.json")["merges"]  # gigatoken goes on when no pair is left that occurs
        ok(ours == want[:len(ours)], f"--ties={ties}, {name}: gigatoken's {len(ours)} merges")


sys.path.insert(0, ROOT + "/tests/cli/ll-bpe")
from merges import BYTE  # noqa: E402

r = random.Random(2)
letters = ["ba", "na", "an", "日本", "語", "é", "e\u0301", "'s", "12", "7", "--", ":", "\t", "  ", "A", "Bc", "٣", "\u3000", "\r\n", "🙂"]
words = ["".join(r.choice(letters) for _ in range(r.randint(1, 5))) for _ in range(200)]
made = documents_of(["\n".join(" ".join(words[min(int(r.expovariate(0.03)), 199)] for _ in range(r.randint(0, 12))) for _ in range(20))
                     for _ in range(60)], "made")
trees = documents_of(open(ROOT + "/samples/trees.txt").read().split("\n\n"), "trees")
for scheme in SCHEMES:
    compare(scheme, *made, (300, 700, 3000), "made text")
    compare(scheme, *trees, (500,), "trees")
for longest in (2, 3, 5, 9):
    compare("gpt2", *made, (1200,), f"max_token_length={longest}", {"min_frequency": 0, "max_token_length": longest}, max_token_length=longest)
for least in (2, 7, 30):
    compare("cl100k", *made, (3000,), f"min_frequency={least}", {"min_frequency": least}, min_frequency=least)
gigatoken_ties("trees", open(trees[0], newline="").read(), 700)
for seed in range(20):
    text = " ".join("".join(random.Random(seed * 99 + i).choices("ab-é", k=random.Random(i).randint(1, 9))) for i in range(60))
    gigatoken_ties(f"letters {seed}", text, 400)

if DATA:
    for name in ("botchan", "moby_dick_1mb", "wagahaiwa_nekodearu"):
        text = open(f"{DATA}/fixtures/tokenizer/text/{name}.txt", newline="").read()
        fixture = documents_of([text], name)
        for scheme in SCHEMES:
            compare(scheme, *fixture, (5000, 30000), name)
        if name != "wagahaiwa_nekodearu":  # more than ten minutes
            gigatoken_ties(name, text, 30000)
    books = documents_of([json.loads(line)["text"] for line in gzip.open(f"{DATA}/data/corpus/books-en.jsonl.gz", "rt")], "books")
    for scheme in os.environ.get("LL_SCHEMES", ",".join(SCHEMES)).split(","):
        compare(scheme, *books, (30000, 50000), "books")
else:
    ok(True, "merges on real text # SKIP no LLTOOLS_TEST_DATA")
print(f"1..{checks}")
sys.exit(failed > 0)
