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
MARKS = tuple(". ! ? … 。 ！ ？ ｡ ． । ॥ ۔ ؟ ։ ። ፧ ။ ‼ ‽ ⁇ ⁈ ⁉".split())


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
