# SPDX-License-Identifier: MIT
"""Planted pairs for the S-curve: s_curve.py make PAIRS SEED FILE writes documents of 20 to 2,000 words, two a pair; then
s_curve.py check PROFILE BANDS ROWS FILE REJECTED_IDS says whether as many pairs were found as 1 - (1 - s^r)^b expects, s being each
pair's own Jaccard similarity over the shingles that the profile is documented to have, computed here."""
import json, math, random, sys

SHINGLES = {  # of the ASCII texts made here, which have single spaces, lower case and no punctuation
    "words": ("word", 5), "fineweb": ("word", 5), "datatrove": ("word", 5), "text-dedup": ("word", 5), "refinedweb": ("word", 5),
    "slimpajama": ("char", 13), "nemo": ("char", 24),
}


def make(pairs, seed, path):
    r = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    word = lambda: "".join(r.choices(letters, k=r.randint(2, 9)))
    with open(path, "w") as f:
        for i in range(pairs):
            n = int(20 * 100 ** r.random())
            a = [word() for _ in range(n)]
            b = list(a)
            share = r.random() ** 1.5 * 0.09  # each replaced word spoils about five shingles of either side
            for k in range(n):
                if r.random() < share:
                    b[k] = word()
            if a == b:
                b[r.randrange(n)] = word()
            for side, w in (("a", a), ("b", b)):
                f.write(json.dumps({"id": f"{i}{side}", "text": " ".join(w)}) + "\n")


def shingles(text, unit, n):
    items = text.split() if unit == "word" else text
    return {tuple(items[k:k + n]) for k in range(max(1, len(items) - n + 1))}


def check(profile, bands, rows, path, rejected):
    gone = {l.strip()[:-1] for l in open(rejected)}
    lines = [json.loads(l) for l in open(path)]
    bins = {}
    for a, b in zip(lines[::2], lines[1::2]):
        x, y = (shingles(d["text"], *SHINGLES[profile]) for d in (a, b))
        s = len(x & y) / len(x | y)
        p = 1 - (1 - s ** rows) ** bands
        q = bins.setdefault(min(9, int(s * 10)), [0, 0, 0.0, 0.0])
        q[0] += 1; q[1] += a["id"][:-1] in gone; q[2] += p; q[3] += p * (1 - p)
    bad = []
    for k, (n, found, mean, var) in sorted(bins.items()):
        print(f"{profile} {bands}x{rows}, similarity {k / 10:.1f} on: {found} of {n} found, {mean:.1f} expected, sigma {math.sqrt(var):.1f}")
        if k >= 4 and abs(found - mean) > 3 * math.sqrt(var) + 1:
            bad.append(k)
    covered = sum(bins.get(k, [0])[0] >= 10 for k in range(5, 10))
    print("good" if not bad and covered >= 4 else f"bad {bad} {covered}")


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    check(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:])
