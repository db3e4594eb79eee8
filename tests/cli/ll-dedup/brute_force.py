# SPDX-License-Identifier: MIT
"""Small random corpora, deduplicated by ll-dedup and by comparing all pairs here: brute_force.py SEED CORPORA prints a line "ok ..." or
"not ok ..." for every kind of question, with how often it was asked.

The documents: empty ones, ones of a word or fewer than a shingle, equal ones, chains whose ends are not alike, parts of others, Greek,
Chinese, emoji and combining marks; dates and numbers in tags that are of several types or missing, so that there are many ties. 1024
bands of one row make candidates of whatever shares a shingle in twenty, nearly for certain (a miss once in 10^15 pairs), so that all
there is to decide is the verification, the walk and the policy, which are done here by their definitions in ll-dedup(1)."""
import datetime, json, random, re, struct, subprocess, sys, unicodedata as u
try:
    import xxhash
except ImportError:
    xxhash = None

BANDS = "--minhash=1024x1"
VOCABULARY = ["12", "7.5", "1.2.3", "3,4", "1,000.5", "6\u066b7", "8\u060c9.1", "2\u23975", "\u0663", "5.", "$9", "a\u2014b", "\u00abq\u00bb", "c+d", "caf\u00e9s", "x\u0301y", "\u0130", "a\x1cb", "alpha", "Beta", "gamma", "don't", "ΟΔΟΣ", "naïve", "nai\u0308ve", "x_y", "ﬁn", "42", "Straße", "日本", "水", "👍", "e-mail", "ไทย"] + \
    ["w%d" % i for i in range(400)]


def run(*args):
    p = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if p.returncode:
        raise SystemExit(f"not ok {' '.join(args)}: status {p.returncode}: {p.stderr.decode(errors='replace')}")
    return p.stdout


def made(r, first, earlier):
    """Texts, tags and ids of a corpus, whose numbers begin with `first`; some of the earlier texts come again."""
    text = lambda n: [r.choice(VOCABULARY) for _ in range(n)]
    join = lambda w: "".join(x + r.choice([" ", " ", " ", " ", "\n", ", ", "  "]) for x in w)[:-1]
    texts = [""] * r.choice([0, 0, 1, 2]) + [" \n"] * r.choice([0, 0, 1]) + ["!?"] * r.choice([0, 0, 2])
    for _ in range(r.choice([0, 1, 2, 5, 9])):
        t = text(r.choice([1, 1, 3, 5, 8, 20, 40]))
        for _ in range(r.choice([1, 2, 3, 6, 12])):
            texts.append(join(t) if r.random() < 0.8 else " ".join(t))
            if r.random() < 0.3:
                texts.append(texts[-1])
            if r.random() < 0.6:
                t[r.randrange(len(t))] = r.choice(VOCABULARY)
            if r.random() < 0.3:
                t = t + text(r.randint(1, 6))
            if r.random() < 0.2:
                t = t[r.randrange(len(t)):] or t
    texts += r.sample(earlier, min(len(earlier), r.choice([0, 3, 10])))
    r.shuffle(texts)
    docs, date = [], lambda: r.choice(["2021", "2021-01-01", "2023-05-01T10:00:00Z", "2023-05-01T12:00:00+02:00", "2023-05-01T09:59:59.25Z", 1682935200,
                                       1682935199.5, "no date", "2023-13-01", None, ["2024"], True, -1])
    for i, t in enumerate(texts, first):
        d = {"n": i, "text": t, "source": r.choice(["", "a", "b"])}
        d["id"] = f"d{i}" if r.random() < 0.9 else "again"
        if r.random() < 0.8:
            d["date"] = date()
        if r.random() < 0.8:
            d["m"] = {"q": r.choice([0, -0.0, 0.5, 7, 7.0, -3, 1e300, "9", None, False, 2**53, 2**53 + 1, [8], {"q": 9}])}
        docs.append(d)
    return docs


def records(path):
    """Of a stream without compression: key, core of each document."""
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        kind, codec, stored = chr(data[at + 4]), data[at + 5], struct.unpack_from("<I", data, at + 8)[0]
        assert codec == 0
        p, end = at + 48, at + 48 + stored
        while kind == "D" and p < end:
            size, core = struct.unpack_from("<II", data, p)
            yield data[p + 8:p + 24], data[p + 8:p + 8 + core]
            p += size
        at = end


# ---- what a text is compared as ----

UNSPACED = re.compile("[\u0e01-\u0e3a\u0e40-\u0e5b\u4e00-\u9fff\u3041-\u3096\u30a1-\u30fa]")


def words(text):
    out = []
    for chunk in text.split():
        w = ""
        for c in u.normalize("NFKC", chunk):
            if c != "_" and u.category(c)[0] not in "LNM":
                out.append(w)
                w = ""
            elif UNSPACED.match(c):
                out += [w, c]
                w = ""
            else:
                w += c.lower()[0]
        out.append(w)
    return [w for w in out if w]


def is_punctuation(c):
    return u.category(c)[0] in "P" or u.category(c) == "Cc" or c in "$+<=>^`|~"


def normal(text, form):
    """The other forms of --normalize."""
    low = lambda t: "".join(c.lower()[0] for c in t)
    space = lambda t: " ".join(t.split())
    if form == "slimpajama":
        return space("".join(c for c in low(u.normalize("NFC", text)) if not ("!" <= c <= "~" and not c.isalnum())))
    if form == "text-dedup":
        return space("".join(c if c == "_" or u.category(c)[0] in "LN" else " " for c in low(text)))
    if form in ("datatrove", "refinedweb"):
        text = low(text)
        if form == "datatrove":
            text = re.sub("\\d+([.,\u060c\u066b\u2396-\u2398]\\d+)?", "0", text)   # of str, \d is any decimal digit
        text = space("".join(" " if is_punctuation(c) else c for c in text))
        return "".join(c for c in u.normalize("NFD", text) if u.category(c) != "Mn")
    return text


def split_words(text):
    return [w for w in re.split(r"\s+", UNSPACED.sub(lambda m: f" {m.group()} ", text)) if w]


def grams(items, n, text):
    if not items:
        return frozenset([("text", text)])
    return frozenset(tuple(items[i:i + n]) for i in range(max(1, len(items) - n + 1)))


def token_ids(texts):
    """Of the tokenizer tok.json, by ll-bpe."""
    with open("normal.jsonl", "w") as f:
        for t in texts:
            f.write(json.dumps({"text": t}) + "\n")
    run("ll-shard", "import", "-q", "-o", "normal.ll", "normal.jsonl")
    run("ll-bpe", "encode", "-q", "-m", "tok.json", "-o", "ids.ll", "normal.ll")
    return [json.loads(l)["tokens"] for l in run("ll-shard", "export", "-q", "ids.ll").splitlines()]


def sets_of(docs, unit, n, form):
    if unit == "word":
        items = [words(d["text"]) if form == "words" else split_words(normal(d["text"], form)) for d in docs]
    else:
        items = [" ".join(words(d["text"])) if form == "words" else normal(d["text"], form) for d in docs]
        if unit == "token":
            items = token_ids(items)
    return [grams(i, n, d["text"]) for i, d in zip(items, docs)]


# ---- who is the best ----

def seconds(v):
    if isinstance(v, (int, float)) and not isinstance(v, bool):
        return v
    for form in ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d", "%Y"):
        try:
            d = datetime.datetime.strptime(v, form)
            return (d if d.tzinfo else d.replace(tzinfo=datetime.timezone.utc)).timestamp()
        except (TypeError, ValueError):
            pass
    return None


def number(v):
    return float(v) if isinstance(v, (int, float)) and not isinstance(v, bool) else None


def ranks(docs, keep):
    """Ascending is best first."""
    ties = lambda d: (d["key"], d["digest"], d["record"])
    if keep == "first":
        return [(i,) for i in range(len(docs))]
    if keep == "longest":
        return [(-len(d["text"].encode()), *ties(d)) for d in docs]
    value = (lambda d: seconds(d.get("date"))) if keep == "newest:.date" else lambda d: number(d.get("m", {}).get("q"))
    return [(value(d) is None, -(value(d) or 0), *ties(d)) for d in docs]


# ---- who survives ----

def similarity(how, a, b):
    both = len(a & b)
    return both / (min(len(a), len(b)) if how == "containment" else len(a | b))


def walk(how, s, sets, rank, old):
    """--cluster=survivor: number of a document -> survivor, similarity, best documents first. The first `old` documents survived an earlier crawl."""
    kept, gone = list(range(old)), {}
    for i in sorted(range(old, len(sets)), key=lambda i: rank[i - old]):
        for k in kept:
            v = similarity(how, sets[i], sets[k])
            if v >= s:
                gone[i] = (k, v)
                break
        else:
            kept.append(i)
    return gone


def hang(how, s, sets, rank, old):
    """--cluster=component."""
    place = lambda i: (0, i) if i < old else (1, rank[i - old])
    root = list(range(len(sets)))
    def find(i):
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i
    for a in range(len(sets)):
        for b in range(a):
            if similarity(how, sets[a], sets[b]) >= s:
                root[find(a)] = find(b)
    best, gone = {}, {}
    for i in sorted(range(len(sets)), key=place):
        best.setdefault(find(i), i)
    for i in sorted(range(old, len(sets)), key=place):
        k = best[find(i)]
        if k != i:
            gone[i] = (k, similarity(how, sets[i], sets[k]))
    return gone


def not_verified(sets, rank, gone, docs):
    """What is wrong with the answer without verification, number -> tags of what went: who shares a shingle in twenty is one component (a
    shingle in more than that may make one), of each the best survives."""
    place = {d["n"]: i for i, d in enumerate(docs)}
    by_key = {d["key"].hex(): i for i, d in enumerate(docs) if d["n"] not in gone}
    group = {i: [i] for i, d in enumerate(docs) if d["n"] not in gone}
    for n, ll in gone.items():
        k = by_key.get(ll["reject.key"])
        if k is None or "reject.similarity" in ll or ll["reject.value"] != docs[k]["id"]:
            return f"{n}: {ll}"
        group[k].append(place[n])
    component = {i: k for k, g in group.items() for i in g}
    for a in range(len(sets)):
        for b in range(a):
            if component[a] != component[b] and similarity("jaccard", sets[a], sets[b]) >= 0.05:
                return f"{docs[a]['n']} and {docs[b]['n']} are in two components"
    for k, g in group.items():
        if rank[k] != min(rank[i] for i in g):
            return f"{docs[k]['n']} is not the best"
        met = {k}
        while True:
            more = {i for i in g if i not in met and any(sets[i] & sets[j] for j in met)}
            if not more:
                break
            met |= more
        if met != set(g):
            return f"{set(g) - met} do not belong to {docs[k]['n']}"
    return None


# ---- the questions ----

asked, wrong = {}, {}


def check(name, good, why):
    asked[name] = asked.get(name, 0) + 1
    if not good:
        wrong.setdefault(name, []).append(why)


def said(path):
    """number -> the member "ll" of the documents of a stream."""
    out = {}
    for l in run("ll-shard", "export", "-q", "--tags", path).splitlines():
        d = json.loads(l)
        assert d["n"] not in out, "a document twice"
        out[d["n"]] = d["ll"]
    return out


def compare(name, want, docs, old, tagged, files):
    """want: of docs, whose first `old` are of an earlier crawl; the best first."""
    kept, gone = {}, {}
    for k, g in files:
        kept.update(said(k))
        gone.update(said(g))
    numbers = {i: docs[i]["n"] for i in range(old, len(docs))}
    check(name + ": who survives", set(kept) == {n for i, n in numbers.items() if i not in want} and set(gone) == {numbers[i] for i in want},
          f"{sorted(gone)} went, {sorted(numbers[i] for i in want)} should have")
    copies = {}
    for i, (k, v) in want.items():
        ll = gone.get(numbers[i], {})
        got = [ll.get(x) for x in ("reject.reason", "reject.value", "reject.key", "reject.source", "reject.similarity")]
        expected = ["near-duplicate", docs[k]["id"], docs[k]["key"].hex(), docs[k]["source"] or None, v]
        check(name + ": for whom, how similar", got == expected, f"{docs[i]['n']}: {got}, not {expected}")
        copies.setdefault(k, []).append((docs[i]["id"], v))
    for i, n in numbers.items():
        ll, c = kept.get(n, {}), copies.get(i, [])
        got = [ll.get("dedup.copies", 0), list(zip(ll.get("dedup.ids", []), ll.get("dedup.similarities", [])))]
        if n in kept:
            check(name + ": the survivor's tags", got == ([len(c), c] if tagged else [0, []]), f"{n}: {got}, not {c}")


def split(r, docs):
    """Into one to three files, in order."""
    cut = sorted(r.choices(range(len(docs) + 1), k=r.choice([0, 1, 2])))
    files = []
    for k, (a, b) in enumerate(zip([0] + cut, cut + [len(docs)])):
        with open("part.jsonl", "w") as f:
            for d in docs[a:b]:
                f.write(json.dumps({x: d[x] for x in ("n", "id", "source", "text", "date", "m") if x in d}, ensure_ascii=r.random() < 0.5) + "\n")
        run("ll-shard", "import", "-q", "--compress=none", "-o", f"{k}.ll", "part.jsonl")
        for d, (key, core) in zip(docs[a:b], records(f"{k}.ll")):
            d.update(key=key, core=core)
        files.append(f"{k}.ll")
    return files


def one_run(options, policy, files, extra):
    run("ll-dedup", "-q", BANDS, *options, *policy, *extra, "--rejects=gone.ll", "-o", "kept.ll", *files)
    return [("kept.ll", "gone.ll")]


def in_steps(r, options, policy, files, against):
    """sign, join of some ranges of bands or none, cluster, apply."""
    tag = [o.split(":", 1)[1] for o in policy if ":" in o]
    for f in files:
        run("ll-dedup", "sign", "-q", BANDS, *options, "--verify", *["--carry=" + t for t in tag], "-o", f + ".sig", f)
    sigs, joins = [f + ".sig" for f in files], []
    if r.random() < 0.5:
        middle = r.randint(1, 1023)
        for b in (f"1-{middle}", f"{middle + 1}-1024"):
            run("ll-dedup", "join", "-q", "--bands=" + b, *against, "-o", b + ".join", *sigs)
            joins.append(f"--join={b}.join")
    memory = ["--memory=" + r.choice(["1M", "1G"])]
    run("ll-dedup", "cluster", "-q", *policy, *against, *joins, *memory, "-o", "all.dup", *sigs)
    for f in files:
        run("ll-dedup", "apply", "-q", "--duplicates=all.dup", "--rejects=" + f + ".gone", "-o", f + ".kept", f)
    return [(f + ".kept", f + ".gone") for f in files]


def corpus_of(r, first=0, earlier=()):
    """Documents and the files they are in. Python's xxhash, where there is one, tells how ties between equal keys are broken; without it
    all ids differ."""
    docs = made(r, first, earlier)
    if not xxhash:
        for d in docs:
            d["id"] = f"d{d['n']}"
    files = split(r, docs)
    for d in docs:
        d["digest"], d["record"] = [xxhash.xxh3_128_digest(x) if xxhash else b"" for x in (d["text"].encode(), d["core"])]
    return docs, files


def choice(r):
    unit = r.choice(["word", "word", "word", "char", "token"])
    n = r.choice([1, 2, 5]) if unit != "char" else r.choice([3, 8, 24])
    form = r.choice(["words", "words", "words", "datatrove", "refinedweb", "slimpajama", "text-dedup", "none"])
    options = [f"--unit={unit}", f"--ngram={n}", f"--normalize={form}"] + (["-m", "tok.json"] if unit == "token" else [])
    how, s = r.choice(["jaccard", "containment"]), r.choice(["0.3", "0.5", "0.6", "0.75", "0.8", "0.9", "1"])
    cluster, keep = r.choice(["survivor", "component", None]), r.choice(["longest", "first", "newest:.date", "max:.m.q", None])
    policy = [f"--{how}={s}"] + ([f"--cluster={cluster}"] if cluster else []) + ([f"--keep={keep}"] if keep else [])
    return (unit, n, form), options, how, float(s), cluster or "survivor", keep or "longest", policy


def main(seed, corpora):
    r = random.Random(seed)
    with open("tok.jsonl", "w") as f:
        for i in range(50):
            f.write(json.dumps({"text": " ".join(r.choices(VOCABULARY, k=60)).lower()}) + "\n")
    run("ll-shard", "import", "-q", "-o", "tok.ll", "tok.jsonl")
    run("ll-bpe", "train", "-q", "--pretokenizer=gpt2", "--vocab-size=500", "-o", "tok.json", "tok.ll")
    for corpus in range(corpora):
        docs, files = corpus_of(r)
        for _ in range(4):
            items, options, how, s, cluster, keep, policy = choice(r)
            sets = sets_of(docs, *items)
            want = (walk if cluster == "survivor" else hang)(how, s, sets, ranks(docs, keep), 0)
            tagged = r.random() < 0.5
            full = policy + ["--tag-survivors"] * tagged
            if r.random() < 0.6:
                got = one_run(options, full, files, [f"-@{r.choice([1, 3])}", "--memory=" + r.choice(["1M", "1G"])])
            else:
                got = in_steps(r, options, full, files, [])
            before = sum(map(len, wrong.values()))
            compare(f"--cluster={cluster}", want, docs, 0, tagged, got)
            if sum(map(len, wrong.values())) > before:
                print(f"# corpus {corpus} of seed {seed}: {options} {full} {files}")
        items, options, _, _, _, keep, policy = choice(r)
        policy = [o for o in policy if o.startswith("--keep")]
        got = one_run(options, policy, files, []) if r.random() < 0.5 else in_steps(r, options, policy, files, [])
        gone = {n: ll for _, g in got for n, ll in said(g).items()}
        repeated = len({(d["source"], d["id"]) for d in docs}) < len(docs)
        if not repeated:   # else keys do not say which document survives
            why = not_verified(sets_of(docs, *items), ranks(docs, keep), gone, docs)
            check("not verified", why is None, f"corpus {corpus} of seed {seed}: {options} {policy}: {why}")
        if corpus % 3 == 0:
            crawls(r)


def crawls(r):
    """Three crawls, each against the index of those before."""
    items, options, how, s, cluster, keep, policy = choice(r)
    old, against = [], []
    for crawl in range(3):
        docs, files = corpus_of(r, 1000 * crawl, [d["text"] for d in old])
        everything = old + docs
        sets = sets_of(everything, *items)
        want = (walk if cluster == "survivor" else hang)(how, s, sets, ranks(docs, keep), len(old))
        if r.random() < 0.5:
            got = one_run(options, policy, files, against + [f"--index-out={crawl}.ix"])
        else:
            got = in_steps(r, options, policy + [f"--index-out={crawl}.ix"], files, against)
        before = sum(map(len, wrong.values()))
        compare(f"crawls --cluster={cluster}", want, everything, len(old), False, got)
        if sum(map(len, wrong.values())) > before:
            print(f"# crawl {crawl}: {options} {policy} {files}")
        old += [d for i, d in enumerate(docs, len(old)) if i not in want]
        against = [f"--against={crawl}.ix"]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
    for name in sorted(asked):
        print(f"{'not ok' if name in wrong else 'ok'} {name} ({asked[name]} times)")
        for why in wrong.get(name, [])[:5]:
            print("#", why)
