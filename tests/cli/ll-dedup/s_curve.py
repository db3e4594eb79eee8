# SPDX-License-Identifier: MIT
"""Planted pairs for the S-curve: s_curve.py make PAIRS SEED FILE writes documents of 20 to 2,000 words, two a pair; then
s_curve.py check PROFILE BANDS ROWS FILE REJECTED_IDS PROFILES says whether as many pairs were found as 1 - (1 - s^r)^b expects, s being
each pair's own Jaccard similarity over the shingles that the profile is documented to have, computed here: all of them, and cells of
them by similarity and by length of the documents. Within 3 sigma where a normal distribution describes the number, else not in the
0.27 % of the exact distribution that are as far out. PROFILES, where it is not 0, are so many that are checked alike: then the 0.27 %
are what any cell of any of them may be out by chance, a cell's own share of that by Sidak (some 4.2 sigma); the total stays at 3 sigma."""
import json, math, os, random, statistics, sys

ALARM = 0.0027  # of 3 sigma, both sides
NORMAL = 100  # a variance from which on a normal distribution is good enough so far out

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
            n = {0: 20, 1: 2000}.get(i, int(20 * 100 ** r.random()))
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
    if unit == "char":
        return {text[k:k + n] for k in range(max(1, len(text) - n + 1))}
    words = text.split()
    return {tuple(words[k:k + n]) for k in range(max(1, len(words) - n + 1))}


def similarities(path, unit, n):
    """Of every pair of the file; kept beside it, for several profiles have the same shingles."""
    kept = f"{path}.{unit}{n}"
    if not os.path.exists(kept):
        texts = [json.loads(l)["text"] for l in open(path)]
        pairs = ((shingles(a, unit, n), shingles(b, unit, n)) for a, b in zip(texts[::2], texts[1::2]))
        with open(kept, "w") as f:
            json.dump([len(x & y) / len(x | y) for x, y in pairs], f)
    return json.load(open(kept))


def is_likely(found, p, alarm):
    """Whether so many of independent events of probabilities p come true, up to a chance of `alarm`."""
    mean, var = sum(p), sum(x * (1 - x) for x in p)
    if var >= NORMAL:
        return abs(found - mean) <= statistics.NormalDist().inv_cdf(1 - alarm / 2) * math.sqrt(var)
    if mean > len(p) / 2:  # few did not
        return is_likely_few(len(p) - found, [1 - x for x in p], alarm)
    return is_likely_few(found, p, alarm)


def is_likely_few(found, p, alarm):
    """The same by the exact distribution (a Poisson binomial one) of a small number."""
    most = min(len(p), int(sum(p) + 60))
    chance = [1.0] + [0.0] * most
    for x in p:
        for k in range(most, 0, -1):
            chance[k] += (chance[k - 1] - chance[k]) * x
        chance[0] *= 1 - x
    tails = sum(chance[:found + 1]), sum(chance[found:])
    return found <= most and min(tails) > alarm / 2


def check(profile, bands, rows, path, rejected, profiles):
    gone = {l.strip()[:-1] for l in open(rejected)}
    lines = [json.loads(l) for l in open(path)]
    cells, lengths, bad = {}, [], []
    for a, s in zip(lines[::2], similarities(path, *SHINGLES[profile])):
        words = len(a["text"].split())
        event = a["id"][:-1] in gone, 1 - (1 - s ** rows) ** bands
        lengths.append(words)
        step = min(3, int(2 * math.log10(words / 20)))  # two a decade
        for cell in ("all", f"similarity {min(9, int(s * 10)) / 10:.1f} on", f"{(20, 63, 200, 632)[step]} words on"):
            cells.setdefault(cell, []).append(event)
    share = 1 - (1 - ALARM) ** (1 / (profiles * (len(cells) - 1))) if profiles else ALARM
    for cell, events in sorted(cells.items()):
        p = [e[1] for e in events]
        found, mean, sigma = sum(e[0] for e in events), sum(p), math.sqrt(sum(x * (1 - x) for x in p))
        print(f"{profile} {bands}x{rows}, {cell}: {found} of {len(p)} found, {mean:.1f} expected, sigma {sigma:.1f}")
        if not is_likely(found, p, ALARM if cell == "all" else share):
            bad.append(cell)
    covered = sum(len(cells.get(f"similarity 0.{k} on", [])) >= 10 for k in range(5, 10))
    reached = min(lengths) == 20 and max(lengths) == 2000 and all(len(cells[f"{n} words on"]) >= 50 for n in (20, 63, 200, 632))
    print("good" if not bad and covered >= 4 and reached else f"bad {bad} {covered} {reached}")


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    check(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:7], int(sys.argv[7]))
