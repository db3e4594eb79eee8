# SPDX-License-Identifier: MIT
# ll-sample: decisions by key alone, fractions within binomial bounds, epochs, hold-out, conservation, threads, faults.
. "$ROOT/tests/lib.sh"

python3 - <<'END'
import json, random
random.seed(3)
with open("d.jsonl", "w") as f:
    for i in range(4000):
        d = {"id": f"n{i}", "source": random.choice(["web", "wiki", "code"]), "text": f"text {i} " * random.randint(0, 20), "more": [i]}
        keys = list(d); random.shuffle(keys)
        f.write(json.dumps({k: d[k] for k in keys}) + "\n")
END
ll-shard import -q --source-key=source -o d.ll d.jsonl
ids() { ll-shard export -q "$@" | python3 -c 'import sys, json
for l in sys.stdin: print(json.loads(l)["id"])'; }
set_of() { ll-shard info --json "$@" | grep -o '"set_id": "[0-9a-f]*"'; }
data_of() { ll-shard info --json "$@" | grep -o '"data_id": "[0-9a-f]*"'; }
within() { # within NAME COUNT N SHARE: 5 standard deviations of a binomial
	ok "$1 ($2 of $3)" python3 -c 'import sys; k, n, p = map(float, sys.argv[1:]); sys.exit(abs(k - n * p) > 5 * (n * p * (1 - p)) ** .5)' "$2" "$3" "$4"
}

ok "all of it" ll-sample -q -o all.ll d.ll
is "$(data_of all.ll)" "$(data_of d.ll)" "without options everything passes unchanged"
ok "a tenth" ll-sample -q --rate=0.1 --rejects=r.ll --stats=s.json -o tenth.ll d.ll
within "a rate is kept" "$(ids tenth.ll | wc -l)" 4000 0.1
ll-shard cat -q -o sum.ll tenth.ll r.ll
is "$(set_of sum.ll)" "$(set_of d.ll)" "kept and rejected are the input"
ids d.ll > order; ids tenth.ll > t; grep -Fxf t order > in_order
same t in_order "the order stays"
ll-sample -q --rate=0.3 -o more.ll d.ll; ids more.ll | sort > m
is "$(sort t | comm -23 - m | wc -l | tr -d ' ')" 0 "a smaller rate keeps a subset"
ll-sample -q --rate=0.1 --seed=1 d.ll | ids - | sort > other
within "another seed is another sample" "$(sort t | comm -12 - other | wc -l)" 4000 0.01
ll-shard split -q --by-key=3 -o part d.ll
for f in part-*.ll; do ll-sample -q --rate=0.1 "$f" | ids -; done | sort > parts
sort t > sorted
same sorted parts "the same documents from any layout"

# Hold-out.
ok "hold-out" ll-sample -q --holdout=0.05:held.ll --stats=h.json --rejects=hr.ll -o main.ll d.ll
within "a fraction is held out" "$(ids held.ll | wc -l)" 4000 0.05
ll-shard cat -q -o sum.ll main.ll held.ll
is "$(set_of sum.ll)" "$(set_of d.ll)" "held out and kept are the input, whole and unedited"
is "$(set_of hr.ll)" "$(ll-shard cat -q -o only.ll held.ll; set_of only.ll)" "rejects have them too"
ok "counted" grep -q '"holdout"' h.json
ok "both" ll-sample -q --holdout=0.05:held2.ll --rate=0.5 -o half.ll d.ll
is "$(data_of held2.ll)" "$(data_of held.ll)" "a rate does not change what is held out"
is "$(ids half.ll | sort > a; ids held.ll | sort | comm -12 - a | wc -l | tr -d ' ')" 0 "nothing held out is in the main output"
within "hold-out and rate are independent" "$(wc -l < a)" "$(ids main.ll | wc -l)" 0.5

# Recipes.
cat > mix.conf <<'END'
# what comes how often
[source wiki]
epochs = 2.25
[source web]
rate = 0.1
[source *]
epochs = 1
END
ok "a recipe" ll-sample -q --recipe=mix.conf --stats=e.json --rejects=er.ll -o mix.ll d.ll
ll-shard export -q mix.ll > mix.jsonl
ll-shard export -q --tags mix.ll > tags.jsonl
cat > check.py <<'END'
import json
want = {}
for l in open("d.jsonl"):
    d = json.loads(l); want[d["id"]] = d
seen, last = {}, None
for l in open("mix.jsonl"):
    d = json.loads(l)
    id, _, k = d["id"].partition("@")
    assert (int(k) if k else 1) == seen.get(id, 0) + 1, d["id"]
    assert not k or last == id
    seen[id] = seen.get(id, 0) + 1; last = id
    assert {**d, "id": id} == want[id], d
    assert list(d) == list(want[id])
of = {"wiki": [], "web": [], "code": []}
for id, d in want.items():
    of[d["source"]].append(seen.get(id, 0))
assert set(of["wiki"]) == {2, 3} and set(of["web"]) == {0, 1} and set(of["code"]) == {1}
for name, p, one in ("wiki", .25, 3), ("web", .1, 1):
    n, k = len(of[name]), of[name].count(one)
    assert abs(k - n * p) <= 5 * (n * p * (1 - p)) ** .5, (name, k, n)
END
ok "epochs by source, repeats with ids of their own" python3 check.py
for t in 1 2 3 8; do
	ll-sample -q -@ $t --recipe=mix.conf --holdout=0.1:h$t.ll --rate=0.9 -o x$t.ll d.ll
	same x1.ll x$t.ll "equal bytes at -@ $t"
	same h1.ll h$t.ll "equal hold-out at -@ $t"
done
ll-sample -q --recipe=mix.conf --holdout=0.1:hp.ll --rate=0.9 < d.ll > piped.ll
is "$(data_of piped.ll)" "$(data_of x1.ll)" "a pipe gives the same"

# --where.
printf 'n1\nn5\nn3999\n' > wanted
is "$(ll-sample -q --where='id in @wanted' d.ll | ids - | tr '\n' ' ')" "n1 n5 n3999 " "--where with a list of ids"
cp wanted other-name; (cat wanted; echo n7) > longer
lineage() { ll-shard info --json "$1" | grep -o '"lineage": .*'; }
for f in wanted other-name longer; do ll-sample -q --where="id in @$f && text_bytes > 0" -o "where.$f" d.ll; done
is "$(lineage where.wanted)" "$(lineage where.other-name)" "the lineage knows a list by what it holds"
is "$([ "$(lineage where.wanted)" = "$(lineage where.longer)" ]; echo $?)" 1 "another list is another lineage"
is "$(lineage where.wanted | grep -c '@[0-9a-f]\{32\} && text_bytes')" 1 "the rest of the expression stands as it was"
ll-sample -q --where='source == "wiki" && text_bytes > 100' --stats=w.json d.ll | ids - > w
python3 -c 'import json
for l in open("d.jsonl"):
    d = json.loads(l)
    if d["source"] == "wiki" and len(d["text"]) > 100: print(d["id"])' > want
same w want "--where agrees with Python"
ok "counted" grep -q '"where"' w.json
status 2 "a bad expression" ll-sample -q --where='source = "a"' d.ll
says 'at column 8: equality is written ==' "its column"
ll-shard import -q -o docs.ll "$ROOT/samples/docs.jsonl"
ok "the example of the man page" ll-sample -q --where='source == "essays" && text_bytes > 400' -o essays.ll docs.ll

# Faults.
head -c 30000 d.ll > cut.ll
status 3 "a cut input" ll-sample -q --holdout=0.5:no_held.ll -o no.ll cut.ll
absent "nothing is published" no.ll no_held.ll
status 2 "no fraction" ll-sample --holdout=held.ll d.ll
status 2 "a fraction above 1" ll-sample --holdout=2:held.ll -o no.ll d.ll
status 2 "one file for two outputs" ll-sample --holdout=0.1:no.ll -o no.ll d.ll
status 2 "a rate above 1" ll-sample --rate=2 d.ll
printf '[source web]\nrate=0.5\n' > few.conf
status 3 "a source that the recipe forgets" ll-sample -q --recipe=few.conf -o no.ll d.ll
says '[source *]' "the hint"
printf '[source web]\nweight=0.5\n' > w.conf
status 2 "weights without a budget" ll-sample -q --recipe=w.conf -o no.ll d.ll
says 'go together' "are refused"
printf '[source web]\nepoch=0.5\n' > w.conf
status 2 "a key misspelt" ll-sample -q --recipe=w.conf -o no.ll d.ll
says 'epochs' "the nearest is named"
printf '[source web]\nrate=0.5\nepochs=2\n' > w.conf
status 2 "rate and epochs" ll-sample -q --recipe=w.conf -o no.ll d.ll
printf '[source web]\nrate=1.5\n' > w.conf
status 2 "a rate above 1 in a recipe" ll-sample -q --recipe=w.conf -o no.ll d.ll
absent "no output of a failed run" no.ll
finish
