# SPDX-License-Identifier: MIT
# packages: tokenizers tiktoken tokenization-scorer
# ll-bpe inspect on ids of tiktoken and Hugging Face tokenizers: bytes, characters and words a token, parity, unused tokens by
# inspect_check.py; Renyi efficiency by tokenization-scorer itself; unreachable and invalid tokens by asking the peer for each.
. "$ROOT/tests/lib.sh"
cat > peer.py <<'END'
"""peer.py OUT DOCS TOKENIZER...: for each its vocabulary, ids of all documents, Renyi efficiency, unreachable and invalid tokens. A
TOKENIZER is a tokenizer.json, or RANKS:PATTERN-FILE."""
import base64, contextlib, io, json, sys
import tokenization_scorer
texts = [json.loads(line)["text"] for line in open(sys.argv[2], encoding="utf-8")]

def by_ranks(token, ranks):
    """What merges make of bytes that are no text: the pair of the lowest rank first."""
    parts = [token[i:i + 1] for i in range(len(token))]
    while len(parts) > 1:
        i = min(range(len(parts) - 1), key=lambda i: ranks.get((parts[i], parts[i + 1]), 1 << 60))
        if (parts[i], parts[i + 1]) not in ranks: break
        parts[i:i + 2] = [parts[i] + parts[i + 1]]
    return len(parts) == 1

# tiktoken_ext/openai_public.py: what belongs to the published files
SPECIALS = {"cl100k.tiktoken": [100257, 100258, 100259, 100260, 100276], "o200k.tiktoken": [199999, 200018]}

def tiktoken_peer(name):
    import tiktoken
    path, pattern = name.split(":")
    tokens = {base64.b64decode(l.split()[0]): int(l.split()[1]) for l in open(path)}
    enc = tiktoken.Encoding("x", pat_str=open(pattern).read().rstrip("\n"), mergeable_ranks=tokens, special_tokens={})
    class Ranks:
        def get(self, pair, default): return tokens.get(pair[0] + pair[1], default)
        def __contains__(self, pair): return pair[0] + pair[1] in tokens
    return {i: t for t, i in tokens.items()}, SPECIALS[path], enc.encode_ordinary, Ranks()

def hf_peer(path):
    from tokenizers import Tokenizer
    tok, m = Tokenizer.from_file(path), json.load(open(path))
    keep = [c for c in range(256) if 33 <= c <= 126 or 161 <= c <= 172 or c >= 174]
    back = {chr(c): c for c in keep}
    back.update({chr(256 + k): c for k, c in enumerate(c for c in range(256) if c not in keep)})
    special = [a["id"] for a in m["added_tokens"] if a["special"]]
    asbytes = lambda t: bytes(back[c] for c in t)
    ordinary = {i: asbytes(t) for t, i in m["model"]["vocab"].items() if i not in special}
    pairs = [p.split(" ") if isinstance(p, str) else p for p in m["model"]["merges"]]
    ranks = {(asbytes(a), asbytes(b)): k for k, (a, b) in enumerate(pairs)}
    return ordinary, special, lambda t: tok.encode(t).ids, ranks

out = []
for name in sys.argv[3:]:
    token, special, encode, ranks = tiktoken_peer(name) if ":" in name else hf_peer(name)
    ids = [encode(t) for t in texts]
    invalid, unreachable = [], []
    for i, t in sorted(token.items()):
        try:
            good = encode(t.decode()) == [i]
        except UnicodeDecodeError:
            invalid.append(i)
            good = by_ranks(t, ranks)
        if not good: unreachable.append(i)
    words = [" ".join(map(str, d)) for d in ids]
    with contextlib.redirect_stderr(io.StringIO()):
        scores = [tokenization_scorer.score(words, metric="renyi", power=2.5, **more) for more in ({}, {"vocab": len(token) + len(special)})]
    out.append({"vocabulary": max([*token, *special]) + 1, "tokens": sorted([*token, *special]), "special": special, "ids": ids, "unreachable": unreachable,
                "invalid": invalid, "scores": scores})
json.dump(out, open(sys.argv[1], "w"))
END
cat > vocabularies.py <<'END'
import json, sys
for g, t in zip(json.load(open(sys.argv[1]))["tokenizers"], json.load(open(sys.argv[2]))):
    assert g["unreachable"] == t["unreachable"], (g["file"], g["unreachable"][:9], t["unreachable"][:9])
    assert g["invalid_utf8"] == t["invalid"], g["file"]
    for a, b in zip((g["renyi_efficiency"], g["renyi_efficiency_vocabulary"]), t["scores"]):
        assert abs(a - b) < 1e-6, (g["file"], a, b)
    print(g["file"], len(t["unreachable"]), len(t["invalid"]), t["scores"])
END
cat > texts.py <<'END'
"""texts.py OUT [FILE.jsonl.gz]: documents with a language."""
import gzip, json, random, sys
r = random.Random(3)
with open(sys.argv[1], "w", encoding="utf-8") as out:
    put = lambda d: out.write(json.dumps(d, ensure_ascii=False) + "\n")
    if len(sys.argv) > 2:
        for i, line in enumerate(gzip.open(sys.argv[2])):
            d = json.loads(line)
            if i % 7 == 0: put({"id": d["id"], "source": d.get("source", ""), "lang": d["id"].split("-")[1], "text": d["text"]})
    else:
        words = {"en": "the of and river tree".split(), "de": "der die Straße über Fluss".split(), "ja": "日本 語 の 川 木".split()}
        for i in range(300):
            lang = r.choice(list(words))
            put({"id": f"d{i}", "source": "x", "lang": lang, "text": ("" if lang == "ja" else " ").join(r.choices(words[lang], k=50)) + r.choice(["\n", "!", " 12"])})
END
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=600 --special='<|endoftext|>' -o trees.json "$ROOT/samples/trees.txt"
ours="-m trees.json" theirs=trees.json corpus=
if need_data fixtures/tokenizer/vocab; then
	V=$LLTOOLS_TEST_DATA/fixtures/tokenizer/vocab
	for p in cl100k o200k; do gzip -dc "$V/${p}_base.tiktoken.gz" > $p.tiktoken; done
	cat > cl100k.re <<'END'
'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s
END
	cat > o200k.re <<'END'
[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
END
	ours="-m cl100k.tiktoken -m o200k.tiktoken -m $V/gpt2_tokenizer.json -m trees.json --pretokenizer=cl100k --pretokenizer=o200k"
	theirs="cl100k.tiktoken:cl100k.re o200k.tiktoken:o200k.re $V/gpt2_tokenizer.json trees.json"
	corpus=$LLTOOLS_TEST_DATA/data/corpus/news-wmt23-multi.jsonl.gz
	[ -e "$corpus" ] || corpus=
else
	skip "cl100k, o200k, GPT-2 on news" "no LLTOOLS_TEST_DATA"
fi
"$PYTHON" texts.py docs.jsonl $corpus
ll-shard import -q -o docs.ll docs.jsonl
ok "the peers" "$PYTHON" peer.py peer.json docs.jsonl $theirs
ok "inspect" ll-bpe inspect -q --by=.lang $ours -o inspect.tsv docs.ll
ok "as JSON" ll-bpe inspect -q --by=.lang $ours --json -o inspect.json docs.ll
ok "the numbers are those of the peers' ids" "$PYTHON" "$ROOT/tests/cli/ll-bpe/inspect_check.py" inspect.json inspect.tsv docs.jsonl peer.json lang
ok "unreachable and invalid tokens, Renyi efficiency by tokenization-scorer" "$PYTHON" vocabularies.py inspect.json peer.json
sed 's/^/# /' .out

finish
