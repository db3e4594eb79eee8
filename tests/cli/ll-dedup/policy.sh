# SPDX-License-Identifier: MIT
# Which copy survives: dates and numbers from the user's own fields against an oracle; and texts in scripts without spaces.
. "$ROOT/tests/lib.sh"

near() { ll-dedup -q --minhash=20x5 "$@"; }
cat > policy.py <<'END'
import datetime, json, random, sys
if sys.argv[1] == "make":
    random.seed(3)
    words = ["v%d" % i for i in range(900)]
    dates = ["2021", "2023-05-01T10:00:00Z", "2023-05-01T09:30:00-02:00", "2022-12-31", None, "2023-05-01T10:59:59.5+00:00", "no date", 1690000000, "2022-12"]
    for i in range(80):
        t = [random.choice(words) for _ in range(40)]
        for k in range(3):
            d = {"id": f"{i}-{k}", "text": " ".join(t + ["x"] * k), "date": random.choice(dates), "meta": {"quality": random.choice([0.5, 1, -3.25, 7, 1e3, None])}}
            print(json.dumps(d))
    sys.exit()
def date(v):
    if isinstance(v, int): return v
    for form in ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d", "%Y-%m", "%Y"):
        try: d = datetime.datetime.strptime(v, form)
        except (TypeError, ValueError): continue
        return (d if d.tzinfo else d.replace(tzinfo=datetime.timezone.utc)).timestamp()
value = {"newest:.date": lambda d: date(d["date"]), "max:.meta.quality": lambda d: d["meta"]["quality"]}[sys.argv[1]]
best = lambda d: float("-inf") if value(d) is None else value(d)
docs = {d["id"]: d for d in map(json.loads, open("p.jsonl"))}
kept = [json.loads(l)["id"] for l in sys.stdin]
print(len(kept), sum(best(docs[i]) != max(best(docs[i.split("-")[0] + f"-{k}"]) for k in range(3)) for i in kept))
END
python3 policy.py make > p.jsonl; ll-shard import -q -o p.ll p.jsonl
for keep in newest:.date max:.meta.quality; do
	near --keep=$keep -o x.ll p.ll
	is "$(ll-shard export -q x.ll | python3 policy.py $keep)" "80 0" "--keep=$keep keeps one of the best"
	ll-dedup sign -q --minhash=20x5 --carry=.date --carry=.meta.quality -o p.sig p.ll
	ll-dedup cluster -q --keep=$keep -o p.dup p.sig; ll-dedup apply -q --duplicates=p.dup -o y.ll p.ll
	ok "so do the steps" ll-shard compare -q x.ll y.ll
done
status 0 "a tag that no document has" near --keep=max:nothing -o y.ll p.ll
says "warning: no document has a number in nothing" "is warned of"
status 0 "one that some have" ll-dedup --minhash=20x5 --keep=newest:.date -o x.ll p.ll
says "$(grep -c '"date": \(null\|"no date"\)' p.jsonl) of 240 documents have no date in .date" "is counted"
near --keep=newest:nothing -o x.ll p.ll 2>/dev/null
ok "without the tag the smallest key decides" ll-shard compare -q x.ll y.ll
status 3 "a tag that is not carried" ll-dedup cluster -q --keep=max:.other -o no.dup p.sig
says "sign --carry=.other" "is named"
for keep in best newest: max: max none; do status 2 "--keep=$keep" near --keep=$keep -o no.ll p.ll; done

# Scripts without spaces: planted copies in Chinese and Japanese, one character in sixty changed.
python3 - > z.jsonl <<'END'
import json, random
random.seed(5)
han = [chr(c) for c in range(0x4e00, 0x5e00)]; kana = [chr(c) for c in range(0x3041, 0x3097)]
for i in range(60):
    t = [random.choice(han if i % 2 else han[:600] + kana * 9) + ("\u3002" if k % 17 == 16 else "") for k in range(random.randint(80, 400))]
    u = list(t)
    for k in range(0, len(u), 60): u[k] = "\u4e8c"
    print(json.dumps({"id": f"{i}-a", "text": "".join(t)})); print(json.dumps({"id": f"{i}-b", "text": "".join(u)}, ensure_ascii=False))
    print(json.dumps({"id": f"{i}-c", "text": "".join(reversed(t))}))
END
ll-shard import -q -o z.ll z.jsonl
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=400 -o tok.json z.ll
for how in --minhash=20x5 "--minhash=20x5 --unit=char --ngram=5" "--minhash=20x5 --unit=token -m tok.json --ngram=12" "--profile=datatrove --minhash=20x5" \
	"--profile=text-dedup --minhash=20x5" --profile=refinedweb "--profile=slimpajama --minhash=50x4"; do
	ll-dedup -q $how --jaccard=0.4 z.ll --rejects=z.rej -o z.out
	is "$(ll-shard export -q --tags z.rej | python3 -c '
import json, sys
d = [json.loads(l) for l in sys.stdin]
print(len(d) > 55, all(x["id"][:-1] == x["ll"]["reject.value"][:-1] and "c" not in x["id"] for x in d))')" "True True" "Chinese and Japanese copies, and nothing else: $how"
done
status 2 "tokens without a tokenizer" near --unit=token -o no.ll z.ll
status 2 "a tokenizer without tokens" near -m tok.json -o no.ll z.ll
absent "nothing was published" no.ll no.dup

# Profiles: what is one text to them.
python3 - > n.jsonl <<'END'
import json
body = "the quick brown fox jumps over the lazy dog near the old river bank on a fine day"
for name, t in (("plain", body), ("number", body + " 12.5 times"), ("other-number", body + " 7 times"), ("accent", body.replace("fine", "finé")),
                ("case", body.title()), ("space", body.replace(" ", "\n \t")), ("point", body.replace(" over", ", over")), ("inside", body.replace("river", "ri-ver"))):
    print(json.dumps({"id": name, "text": t}))
END
ll-shard import -q -o n.ll n.jsonl
same_as() { # same_as PROFILE WANTED: what goes, beside its survivor
	ll-dedup -q $1 --jaccard=1 --keep=first --rejects=n.rej -o n.out n.ll
	is "$(ll-shard export -q --tags n.rej | python3 -c 'import json, sys; print(*(d["id"] + "=" + d["ll"]["reject.value"] for d in map(json.loads, sys.stdin)))')" "$2" "$1"
}
same_as --profile=fineweb "other-number=number accent=plain case=plain space=plain point=plain"
same_as --profile=refinedweb "accent=plain case=plain space=plain point=plain"
same_as --profile=text-dedup "case=plain space=plain point=plain"
same_as --profile=slimpajama "case=plain space=plain point=plain inside=plain"
same_as --profile=nemo ""
same_as --minhash=14x8 "case=plain space=plain point=plain"
for t in "x 0 0 y" "x 1.2.3 y" "x 1,000.5 y" "x 10 7.25 y" "x 00 y" "x 1.2 y"; do printf '{"id":"%s","text":"%s"}\n' "$t" "$t"; done | ll-shard import -q -o n.ll
same_as --profile=datatrove "x 1.2.3 y=x 0 0 y x 1,000.5 y=x 0 0 y x 10 7.25 y=x 0 0 y x 1.2 y=x 00 y"
for p in fineweb:14x8 datatrove:14x8 slimpajama:9x13 text-dedup:24x10 nemo:20x13 refinedweb:450x20; do
	is "$(ll-dedup curve --profile=${p%:*})" "$(ll-dedup curve --minhash=${p#*:})" "the curve of ${p%:*}"
done
finish
