# SPDX-License-Identifier: MIT
"""What ll-bpe inspect prints, computed once more from the ids alone.

inspect_check.py INSPECT.json INSPECT.tsv DOCS.jsonl IDS.json [TAG]
IDS.json: for each tokenizer {"vocabulary": N, "tokens": [ids that tokens have], "special": [ids], "ids": [[ids of a document], ...]}.
TAG: the member of the documents that --by names."""
import collections, json, math, re, sys

got = json.load(open(sys.argv[1]))
table = {}
for line in open(sys.argv[2], encoding="utf-8"):
    name, *cells = line.rstrip("\n").split("\t")
    table.setdefault(name, cells)
docs = [json.loads(line) for line in open(sys.argv[3], encoding="utf-8")]
tokenizers = json.load(open(sys.argv[4]))
tag = sys.argv[5] if len(sys.argv) > 5 else None
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
WORD = re.compile(f"[^{WHITE_SPACE}]+")


def same(a, b, what):
    assert (a is None and b is None) or abs(a - b) <= 1.01e-6 * max(1, abs(b)), (what, a, b)


def cells(name, want):
    assert len(table[name]) == len(want), (name, table[name])
    for cell, w in zip(table[name], want):
        assert cell == ("-" if w is None else str(w)) if w is None or isinstance(w, int) else abs(float(cell) - w) <= 0.5001e-4, (name, cell, w)


def sums(which):
    texts = [docs[i]["text"] for i in which]
    return {"documents": len(which), "bytes": sum(len(t.encode()) for t in texts), "characters": sum(map(len, texts)),
            "words": sum(len(WORD.findall(t)) for t in texts), "tokens": [sum(len(t["ids"][i]) for i in which) for t in tokenizers]}


def ratio(a, b):
    return a / b if b else None


def ratios(s):
    return {"bytes_per_token": [ratio(s["bytes"], t) for t in s["tokens"]], "characters_per_token": [ratio(s["characters"], t) for t in s["tokens"]],
            "tokens_per_word": [ratio(t, s["words"]) for t in s["tokens"]]}


# tokenization-scorer 1.1.8, _renyi_efficiency, power 2.5
def renyi(counts, vocabulary, power=2.5):
    total = sum(counts)
    return None if vocabulary < 2 else 1 / (1 - power) * math.log2(sum((c / total) ** power for c in counts)) / math.log2(vocabulary)


all_docs = sums(range(len(docs)))
for k in ("documents", "bytes", "characters", "words"):
    assert got[k] == all_docs[k], (k, got[k], all_docs[k])
    cells(k, [all_docs[k]] * len(tokenizers))
cells("tokens", all_docs["tokens"])
assert len(got["tokenizers"]) == len(tokenizers)
column = collections.defaultdict(list)
for i, (g, t) in enumerate(zip(got["tokenizers"], tokenizers)):
    count = collections.Counter(x for d in t["ids"] for x in d)
    n = sum(count.values())
    assert g["vocabulary"] == t["vocabulary"] and g["tokens"] == n and g["tokens_used"] == len(count) and g["specials"] == len(t["special"])
    assert g["unused"] == sorted(set(t["tokens"]) - set(t["special"]) - set(count)), "unused"
    for k, v in ratios(all_docs).items():
        same(g[k], v[i], k)
    same(g["sequence_growth"], ratio(n, all_docs["tokens"][0]), "growth")
    same(g["renyi_efficiency"], renyi(count.values(), len(count)), "Renyi")
    same(g["renyi_efficiency_vocabulary"], renyi(count.values(), len(t["tokens"])), "Renyi of the vocabulary")
    assert all(v == int(w) * t["vocabulary"] for w, v in g["embedding_parameters"].items()) and g["embedding_parameters"]
    column["tokens used"].append(len(count)); column["tokens unused"].append(len(g["unused"]))
    column["Renyi efficiency"].append(renyi(count.values(), len(count)))
    column["bytes per token"].append(ratio(all_docs["bytes"], n)); column["tokens per word"].append(ratio(n, all_docs["words"]))
    column["tokens per document"].append(ratio(n, len(docs))); column["unreachable"].append(len(g["unreachable"]))
    column["sequence growth"].append(ratio(n, all_docs["tokens"][0]))
for name, want in column.items():
    cells(name, want)


def groups(have, key, label):
    by = collections.defaultdict(list)
    for i, d in enumerate(docs):
        by[d.get(key) or ""].append(i)
    assert [g["name"] for g in have] == sorted(by, key=str.encode), [g["name"] for g in have]
    for g in have:
        want = sums(by[g["name"]])
        assert all(g[k] == want[k] for k in want), (g, want)
        for k, v in ratios(want).items():
            for a, b in zip(g[k], v):
                same(a, b, k)
            cells(f"{k.replace('_', ' ')}, {label} {g['name'] or '-'}", v)
        cells(f"words, {label} {g['name'] or '-'}", [want["words"]] * len(tokenizers))
    return by


groups(got["sources"], "source", "source")
if tag:
    by = groups(got["groups"], tag, "." + tag)
    reference = sums(by[got["reference"]])
    assert got["reference"] == ("en" if "en" in by else max((k for k in by if k), key=lambda k: sums(by[k])["bytes"]))
    for g in got["groups"]:
        if g["name"] == "":
            assert "parity_tokens" not in g
            continue
        for i in range(len(tokenizers)):
            same(g["parity_tokens"][i], ratio(g["tokens"][i], reference["tokens"][i]), "parity")
            same(g["parity_characters"][i], ratio(g["tokens"][i] * reference["characters"], g["characters"] * reference["tokens"][i]), "parity")
        cells(f"tokens, {g['name']} to {got['reference']}", [g["tokens"][i] / reference["tokens"][i] for i in range(len(tokenizers))])
else:
    assert got["by"] is None
print("good:", len(docs), "documents")
