# SPDX-License-Identifier: MIT
"""An independent statement of the rules of ll-clean(1): reads JSONL, prints "id TAB reason" (or "id TAB keep TAB text").

    python3 rules.py gopher|c4|fineweb < repaired.jsonl
"""
import json
import re
import sys
import unicodedata
from collections import Counter

STOP = {"the", "be", "to", "of", "and", "that", "have", "with"}
# datatrove 0.10.1, utils/text.py, TERMINAL_PUNCTUATION, as ranges of code points
RANGES = """21 2e 3f 589 61d-61f 6d4 700-702 7f9 837 839 83d-83e 964-965 104a-104b 1362 1367-1368 166e 1735-1736
    17d4-17d6 17d9-17da 1803 1809 1944-1945 1aa8-1aab 1b5a-1b5b 1b5e-1b5f 1b7d-1b7e 1c3b-1c3c 1c7e-1c7f
    203c-203d 2047-2049 2e2e 2e3c 2e53-2e54 3002 a4ff a60e-a60f a6f3 a6f7 a876-a877 a8ce-a8cf a92f a9c8-a9c9
    aa5d-aa5f aaf0-aaf1 abeb fe52 fe56-fe57 ff01 ff0e ff1f ff61 10a56-10a57 10f55-10f59 10f86-10f89 11047-11048
    110be-110c1 11141-11143 111c5-111c6 111cd 111de-111df 11238-11239 1123b-1123c 112a9 1144b-1144c 115c2-115c3
    115c9-115d7 11641-11642 1173c-1173e 11944 11946 11a42-11a43 11a9b-11a9c 11c41-11c42 11ef7-11ef8 11f43-11f44
    16a6e-16a6f 16af5 16b37-16b38 16b44 16e98 1bc9f 1da88"""
MARKS = tuple(chr(c) for r in RANGES.split() for c in range(int(r.split("-")[0], 16), int(r.split("-")[-1], 16) + 1))
assert len(MARKS) == 159


def gopher_quality(t):
    words = t.split()
    solid = [w for w in words if any(unicodedata.category(c)[0] in "LNM" for c in w)]
    if len(solid) < 50:
        return "gopher-short"
    if len(solid) > 100000:
        return "gopher-long"
    chars = sum(map(len, solid))
    if chars < 3 * len(solid):
        return "gopher-short-words"
    if chars > 10 * len(solid):
        return "gopher-long-words"
    if 10 * t.count("#") > len(words):
        return "gopher-hashes"
    if 10 * (t.count("...") + t.count("…")) > len(words):
        return "gopher-ellipses"
    lines = t.split("\n")
    if 10 * sum(l.lstrip().startswith(("-", "•")) for l in lines) > 9 * len(lines):
        return "gopher-bullets"
    if 10 * sum(l.rstrip().endswith(("...", "…")) for l in lines) > 3 * len(lines):
        return "gopher-ellipsis-lines"
    if 10 * sum(any(unicodedata.category(c)[0] == "L" for c in w) for w in words) < 8 * len(words):
        return "gopher-letters"
    if len(STOP & set(words)) < 2:
        return "gopher-stop-words"


def duplicates(items):
    seen, n, chars = set(), 0, 0
    for i in items:
        if i in seen:
            n += 1
            chars += len(i)
        seen.add(i)
    return n, chars


def gopher_repetition(t):
    for name, items in (("paragraph", re.split(r"\n{2,}", t.strip())), ("line", re.split(r"\n+", t))):
        items = [i for i in items if i]
        n, chars = duplicates(items)
        if 10 * n > 3 * len(items):
            return f"gopher-repeated-{name}s"
        if 10 * chars > 2 * len(t):
            return f"gopher-repeated-{name}-characters"
    words = t.split()
    for n, limit in ((2, 20), (3, 18), (4, 16)):
        grams = Counter(" ".join(words[i:i + n]) for i in range(len(words) - n + 1))
        if grams:
            gram, count = grams.most_common(1)[0]
            if 100 * count * len(gram) > limit * len(t):
                return f"gopher-top-{n}-gram"
    for n, limit in zip(range(5, 11), range(15, 9, -1)):
        seen, chars, i = set(), 0, 0
        while i + n <= len(words):
            gram = tuple(words[i:i + n])
            if gram in seen:
                chars += sum(map(len, gram))
                i += n
            else:
                seen.add(gram)
                i += 1
        if 100 * chars > limit * len(t):
            return f"gopher-repeated-{n}-grams"


def c4(t, terminal):
    kept, sentences = [], 0
    for line in t.split("\n"):
        line = line.strip()
        if not line:
            continue
        before = None
        while line != before:
            before, line = line, re.sub(r"\[[0-9]*\]|\[edit\]|\[citation needed\]", "", line).strip()
        words = line.split()
        if not line or any(len(w) > 1000 for w in words):
            continue
        if terminal and (line[-1] not in ".?!\"'" or line.endswith("...")):
            continue
        if len(words) < 3:
            continue
        low = line.lower()
        if "lorem ipsum" in low:
            return "c4-lorem-ipsum", None
        if "javascript" in low:
            continue
        if "{" in line:
            return "c4-curly-bracket", None
        if any(p in low for p in ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")):
            continue
        sentences += max(1, len(re.findall(r"[.?!][.?!\"')\]]*(?=[ \t\n\r\f\v]|$)", line)))
        kept.append(line)
    return ("c4-sentences" if sentences < 5 else None), "\n".join(kept)


def fineweb(t):
    lines = t.split("\n")
    solid = [l for l in lines if l.strip()]
    if not solid:
        return "fineweb-empty"
    if 100 * sum(l.strip().endswith(MARKS) for l in solid) < 12 * len(solid):
        return "fineweb-line-ends"
    if 100 * sum(len(l) <= 30 for l in solid) > 67 * len(solid):
        return "fineweb-short-lines"
    if 100 * duplicates(solid)[1] > len(t.replace("\n", "")):
        return "fineweb-repeated-lines"
    if 10 * t.count("\n") > 3 * len(t.split()):
        return "fineweb-newlines"


for line in sys.stdin:
    d = json.loads(line)
    t, profile, reason = d["text"], sys.argv[1], None
    if profile in ("gopher", "fineweb"):
        reason = gopher_quality(t) or gopher_repetition(t)
    if not reason and profile in ("c4", "fineweb"):
        reason, t = c4(t, profile == "c4")
    if not reason and profile == "fineweb":
        reason = fineweb(t)
    print(json.dumps([d["id"], reason or "keep", None if reason else t]))
