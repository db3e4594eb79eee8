# SPDX-License-Identifier: MIT
# A document that is large for --memory: the commands say what it takes as soon as they know, and stay within that when they get it.
. "$ROOT/tests/lib.sh"
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 -o tok.json "$ROOT/samples/trees.txt"
python3 - <<'END'
import json, os, random
r = random.Random(3)
words = open(os.environ["ROOT"] + "/samples/trees.txt").read().split()
text = " ".join(r.choices(words, k=3_600_000))[:20_000_000]
dense = "".join(r.choices("qzxjv{}^~|", k=8_000_000))  # a token a byte
with open("docs.jsonl", "w") as f:
    for i, t in enumerate(["small"] * 20 + [text] + ["small"] * 20):
        print(json.dumps({"id": f"d{i}", "text": t}), file=f)
json.dump({"id": "dense", "text": dense}, open("dense.jsonl", "w"))
END
ll-shard import -q -o docs.ll docs.jsonl
ll-shard import -q -o dense.ll dense.jsonl
ll-bpe encode -q -m tok.json -o docs.tok docs.ll
ll-bpe encode -q -m tok.json -o dense.tok dense.ll

. "$ROOT/tests/cli/common/fits"
fits encode ll-bpe encode -m tok.json -o got.tok docs.ll
ok "encode: the same file" ll-shard compare docs.tok got.tok
fits "encode, two threads" ll-bpe encode -@2 -m tok.json -o got.tok docs.ll
fits "encode --offsets" ll-bpe encode --offsets -m tok.json -o off.tok docs.ll
fits decode ll-bpe decode -m tok.json -o got.ll docs.tok
fits "decode, a byte a token" ll-bpe decode -m tok.json -o got.ll dense.tok
fits "encode --totals" ll-bpe encode --totals -m tok.json -o totals docs.ll
fits count ll-bpe count --pretokenizer=gpt2 -o counts docs.ll
fits inspect ll-bpe inspect -m tok.json -o table docs.ll
fits prune ll-bpe prune -m tok.json -o pruned.json docs.ll
fits "prune, a byte a token" ll-bpe prune -m tok.json -o pruned.json dense.ll
status 4 "encode, a byte a token: not with 60M" ll-bpe encode -m tok.json --memory=60M -o no dense.ll
says "needs --memory=" "and says how much"
absent "and nothing is there" no
status 4 "diff: not with 64M" ll-bpe diff --memory=64M tok.json tok.json docs.ll
says "document 'd20': a text of 20903499 bytes" "and names the document"
finish
