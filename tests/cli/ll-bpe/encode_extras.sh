# SPDX-License-Identifier: MIT
# ll-bpe encode --totals, --offsets, --dropout.
. "$ROOT/tests/lib.sh"
python3 - > docs.jsonl <<'END'
import json, random
r = random.Random(5)
chars = list("aaabcde  \n.,'1é日本語") + ["e\u0301", "\u1112\u1161\u11ab", "\u2126", "\ufb01", "\U0001f600", "A\u030a\u0323", "<|endoftext|>", "\u0f73", "q\u0307\u0323", "\u0958", "\uff8a\uff9e", "\u314f", "\u3131\u314f", "\uffa1\uffc2", "\u00bd", "\u00a8"]
for i in range(600):
    print(json.dumps({"id": f"d{i}", "source": ["web", "books", "", "a\tb"][i % 4], "text": "".join(r.choice(chars) for _ in range(r.choice([0, 5, 40, 300])))}))
END
ll-shard import -q -o docs.ll docs.jsonl
for p in gpt2 cl100k qwen2; do ll-bpe train -q --pretokenizer=$p --vocab-size=500 --special='<|endoftext|>' -o $p.json docs.ll 2> /dev/null; done
cat > model.py <<'END'
"""What a tokenizer.json says: bytes of each id."""
import json, sys, unicodedata
chars = [c for c in range(256) if 33 <= c <= 126 or 161 <= c <= 172 or c >= 174]
back = {chr(c): c for c in chars}
back.update({chr(256 + k): c for k, c in enumerate(c for c in range(256) if c not in chars)})
def load(path):
    m = json.load(open(path))
    token = {i: bytes(back[c] for c in t) for t, i in m["model"]["vocab"].items() if all(c in back for c in t)}
    token.update({a["id"]: a["content"].encode() for a in m["added_tokens"]})
    return token, m
END

# ---- totals: the sums of what encode writes
for p in gpt2 qwen2; do for o in "" --allow-special "--dropout=0.3 --seed=4"; do
	ll-bpe encode -q -m $p.json $o docs.ll | ll-shard export > tokens.jsonl
	ll-bpe encode -q --totals=json -m $p.json $o docs.ll > totals.json
	ll-bpe encode -q --totals -m $p.json $o docs.ll > totals.tsv
	ok "$p $o: totals by source" python3 - <<'END'
import json
docs, want = [json.loads(l) for l in open("docs.jsonl")], {}
for d, t in zip(docs, map(json.loads, open("tokens.jsonl"))):
    w = want.setdefault(d["source"], [0, 0, 0])
    w[0] += 1; w[1] += len(d["text"].encode()); w[2] += len(t["tokens"])
got = json.load(open("totals.json"))
assert {s["source"]: [s["documents"], s["bytes"], s["tokens"]] for s in got["sources"]} == want
assert [s["source"] for s in got["sources"]] == sorted(want)
total = [sum(w[k] for w in want.values()) for k in range(3)]
assert [got["documents"], got["bytes"], got["tokens"]] == total
lines = [l.rstrip("\n").split("\t") for l in open("totals.tsv")]
assert lines == [["source", "documents", "bytes", "tokens"]] + [[s.replace("\t", "?"), *map(str, want[s])] for s in sorted(want)] + [["total", *map(str, total)]], lines
END
done; done
cp totals.json one; ok "three threads" sh -c 'll-bpe encode -q -@ 3 --totals=json -m qwen2.json --dropout=0.3 --seed=4 docs.ll | cmp - one'
ok "the books" sh -c 'll-bpe encode -q --totals -m gpt2.json --stats=stats.json docs.ll && grep -q "\"in\":600,\"kept\":600" stats.json'
ok "nothing" sh -c 'll-shard head -q -n 0 docs.ll | ll-bpe encode -q --totals -m gpt2.json | tail -n 1 | grep -qx "total	0	0	0"'
status 2 "a third form" ll-bpe encode --totals=xml -m gpt2.json docs.ll
status 3 "totals where a special token is refused" ll-bpe encode --totals --special=refuse -m gpt2.json docs.ll
says "the special token <|endoftext|> is in the text" "names it"
status 2 "no offsets of totals" ll-bpe encode --totals --offsets -m gpt2.json docs.ll
status 2 "no rejects of totals" ll-bpe encode --totals --rejects=x -m gpt2.json docs.ll
status 3 "totals of a cut stream" sh -c 'head -c 5000 docs.ll | ll-bpe encode -q --totals -m gpt2.json'

# ---- offsets
for form in NFD NFKC NFKD; do sed "s/\"NFC\"/\"$form\"/" qwen2.json > $form.json; done
for p in gpt2 cl100k qwen2 NFD NFKC NFKD; do for o in "" --allow-special --dropout=0.2; do
	ok "$p $o: encode --offsets" ll-bpe encode -q --offsets -m $p.json $o -o off.ll docs.ll
	ll-bpe encode -q -m $p.json $o -o plain.ll docs.ll
	ok "$p $o: the stream is sound" ll-shard check -q off.ll
	ll-shard export -q -o off.jsonl off.ll; ll-shard export -q -o plain.jsonl plain.ll
	ok "$p $o: where tokens begin" python3 - $p.json <<'END'
import json, sys, unicodedata
from model import load
token, m = load(sys.argv[1])
form, changed = m["normalizer"] and m["normalizer"]["type"], 0
special = {i: t for i, t in token.items() if i in [a["id"] for a in m["added_tokens"]]}
for d, t, p in zip(map(json.loads, open("docs.jsonl")), map(json.loads, open("off.jsonl")), map(json.loads, open("plain.jsonl"))):
    assert t["id"] == d["id"] and t["tokens"] == p["tokens"] and len(t["offsets"]) == len(t["tokens"])
    text, ids, places = d["text"].encode(), t["tokens"], t["offsets"]
    assert places == sorted(places) and (not ids or places[0] == 0)
    ends = places[1:] + [len(text)]
    if not form or unicodedata.normalize(form, d["text"]) == d["text"]:
        assert all(text[a:b] == token[i] for i, a, b in zip(ids, places, ends))
        continue
    # Tokens that begin at one place come from one stretch of text; the normal form of the stretch is what they stand for.
    changed += 1
    at = 0
    while at < len(ids):
        to = at + 1
        while to < len(ids) and (places[to] == places[at]): to += 1
        stretch = text[places[at]:ends[to - 1]]
        stood = b"".join(token[i] for i in ids[at:to])
        try: good = stood == stretch or unicodedata.normalize(form, stretch.decode()).encode() == stood
        except UnicodeDecodeError: good = False # cut inside a character: looked at with its neighbours
        if not good:
            while to < len(ids): # a token across several changed characters
                to += 1
                stretch, stood = text[places[at]:ends[to - 1]], b"".join(token[i] for i in ids[at:to])
                try:
                    if unicodedata.normalize(form, stretch.decode()).encode() == stood: break
                except UnicodeDecodeError: pass
            else: raise SystemExit(f"{d['id']}: {ids[at:]} at {places[at:]}")
        at = to
assert changed > 100 or not form
END
done; done
cat > nfc.jsonl <<'END'
{"text":"cafe\u0301 x"}
{"text":"a\u0301a\u0301 e\u0301"}
{"text":""}
END
python3 - <<'END'
import json
json.dump({"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "NFC"}, "pre_tokenizer": json.load(open("qwen2.json"))["pre_tokenizer"],
 "post_processor": None, "decoder": json.load(open("qwen2.json"))["decoder"], "model": dict(json.load(open("qwen2.json"))["model"], merges=[],
 vocab={chr(c): i for i, c in enumerate([c for c in range(33, 127)] + [c for c in range(161, 173)] + list(range(174, 256)) + list(range(256, 324)))})}, open("bytes.json", "w"))
END
ll-shard import -q nfc.jsonl | ll-bpe encode -q --offsets -m bytes.json | ll-shard export > nfc.out
is "$(sed 's/.*"offsets"://' nfc.out | tr '\n' ' ')" "[0,1,2,3,3,6,7]} [0,0,3,3,6,7,7]} []} " "by hand: bytes of a changed character begin where it begins"
ll-bpe encode -q --offsets -m gpt2.json -o off.ll docs.ll; ll-bpe encode -q -m gpt2.json -o plain.ll docs.ll
ll-shard pack -q -m gpt2.json -o ds1 off.ll; ll-shard pack -q -m gpt2.json -o ds2 plain.ll
ok "pack needs no offsets" ll-shard compare ds1 ds2
ll-bpe decode -q -m gpt2.json -o b1.ll off.ll; ll-bpe decode -q -m gpt2.json -o b2.ll plain.ll
ok "nor does decode" ll-shard compare b1.ll b2.ll
ok "the independent reader" sh -c 'll-shard cat -q --compress=none off.ll > raw.ll && python3 "$ROOT/tests/format/read_stream.py" raw.ll --records > records && grep -q offsets records'

# ---- dropout
enc() { ll-bpe encode -q -m cl100k.json "$@" docs.ll | ll-shard export; }
enc > plain; enc --dropout=0 > none; same plain none "--dropout=0 is no dropout"
enc --dropout=1e-300 > none; same plain none "a chance of nothing: the merges, through dropout's own code"
enc --dropout=0.1 > a; enc --dropout=0.1 --seed=0 > b; same a b "seed 0 is the default"
enc --dropout=0.1 --seed=1 > b; ok "another seed" sh -c '! cmp -s a b'
enc --dropout=0.1 -@ 3 > b; same a b "three threads"
ll-shard split -q --count=100 -o part docs.ll
for i in 3 1 0 5 4 2; do ll-bpe encode -q --dropout=0.1 -m cl100k.json part-0000$i.ll | ll-shard export; done | sort > b
sort a > a.sorted; same a.sorted b "documents in another order and other shards"
enc --dropout=1 > bytes
ok "--dropout=1: bytes" python3 -c '
import json
from model import load
token = load("cl100k.json")[0]
for d, t in zip(map(json.loads, open("docs.jsonl")), map(json.loads, open("bytes"))): assert b"".join(token[i] for i in t["tokens"]) == d["text"].encode() and all(len(token[i]) == 1 for i in t["tokens"])'
for p in gpt2 cl100k; do for x in 0.05 0.5 0.95; do
	ll-bpe encode -q -m $p.json --dropout=$x docs.ll | ll-bpe decode -q -m $p.json | ll-shard export > back.jsonl
	ok "$p: decodes to the text at $x" python3 -c '
import json
assert [json.loads(l)["text"] for l in open("docs.jsonl")] == [json.loads(l)["text"] for l in open("back.jsonl")]'
done; done
for x in -0.1 1.1 x; do status 2 "--dropout=$x" ll-bpe encode --dropout=$x -m gpt2.json docs.ll; done
# The distribution, against algorithm 1 of the paper as it is written there: all ways to cut some words, over many documents.
cat > distribution.py <<'END'
import collections, json, random, subprocess, sys
from model import load
token, m = load("toy.json")
ids = {t: i for i, t in token.items()}
rank = {(bytes(a, "ascii"), bytes(b, "ascii")): k for k, (a, b) in enumerate(m["model"]["merges"])}
assert len(rank) == 5, rank
r, N = random.Random(9), 20000
def cut(word, p):
    parts = [bytes([c]) for c in word]
    while True:
        merges = [(rank[parts[i], parts[i + 1]], i) for i in range(len(parts) - 1) if (parts[i], parts[i + 1]) in rank]
        merges = [x for x in merges if r.random() >= p]
        if not merges: return tuple(parts)
        i = min(merges)[1]
        parts[i:i + 2] = [parts[i] + parts[i + 1]]
for word in ("aabaab", "abababaa"):
    with open("words.jsonl", "w") as f:
        for i in range(N): f.write(json.dumps({"id": f"{word}{i}", "text": word}) + "\n")
    for p in (0.1, 0.3, 0.7):
        out = subprocess.run(f"ll-shard import -q words.jsonl | ll-bpe encode -q -m toy.json --dropout={p} --seed=3 | ll-shard export", shell=True, check=True, stdout=subprocess.PIPE).stdout
        ours = collections.Counter(tuple(token[i] for i in json.loads(l)["tokens"]) for l in out.splitlines())
        theirs = collections.Counter(cut(word.encode(), p) for _ in range(N))
        # Two samples: chi-square over the ways that are not rare, the rare ones together.
        ways = [w for w in ours.keys() | theirs.keys() if ours[w] + theirs[w] >= 20]
        cells = [(ours[w], theirs[w]) for w in ways] + [tuple(N - sum(c[w] for w in ways) for c in (ours, theirs))]
        x2 = sum((a - b) ** 2 / (a + b) for a, b in cells if a + b)
        k = sum(1 for a, b in cells if a + b) - 1
        assert k >= 3 and x2 < k + 4 * (2 * k) ** 0.5 + 6, (word, p, x2, k, ours.most_common(5), theirs.most_common(5))
        print(word, p, "chi2", round(x2, 1), "of", k)
END
# A toy with ranks that compete: ab, aa, aab, abab, aabaab.
python3 - <<'END'
import json
m = json.load(open("bytes.json"))
merges = [["a", "b"], ["a", "a"], ["a", "ab"], ["ab", "ab"], ["aab", "aab"]]
m["normalizer"], m["pre_tokenizer"] = None, json.load(open("gpt2.json"))["pre_tokenizer"]
m["model"]["merges"] = merges
m["model"]["vocab"].update({a + b: 256 + k for k, (a, b) in enumerate(merges)})
json.dump(m, open("toy.json", "w"))
END
ok "the distribution is that of the paper's algorithm" python3 distribution.py
# One long pre-token.
python3 -c 'print("ab" * 500000)' > long.txt; ll-shard import -q -o long.ll long.txt
ok "a pre-token of a million bytes" sh -c 'timeout 20 ll-bpe encode -q -m toy.json --dropout=0.1 long.ll | ll-bpe decode -q -m toy.json | ll-shard export --to=text | cmp - long.txt'
finish
