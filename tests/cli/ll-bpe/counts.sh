# SPDX-License-Identifier: MIT
# Counts as files: count, merge, train give what one train gives, whatever the parts, threads, memory; groups and weights against a
# trainer by the book; kills, damage, and what goes wrong.
. "$ROOT/tests/lib.sh"
here=$ROOT/tests/cli/ll-bpe
records() { python3 "$ROOT/tests/format/read_stream.py" "$1" --records; }
cat > counted.py <<'END'
"""counted.py BY LINES FILE...: what `count` must find, as read_stream.py --records prints it; BY is "-" for no groups."""
import collections, json, os, sys
sys.path.insert(0, os.environ["ROOT"] + "/tests/cli/ll-bpe")
from reference_trainer import count
by, lines, table = sys.argv[1], sys.argv[2] == "lines", collections.Counter()
for path in sys.argv[3:]:
    for d in map(json.loads, open(path)):
        group = "" if by == "-" else str(d.get(by) or "") if by[0] != "." else str(d.get("meta", {}).get(by[6:]) or "")
        for piece, n in count(d["text"].encode(), lines).items():
            table[piece, group.encode()] += n
for piece, group in sorted(table):
    print(json.dumps({"piece": piece.hex(), "group": group.decode(), "count": table[piece, group]}))
END
python3 - <<'END'
import json, random
r = random.Random(3)
syllables = ["ba", "na", "aa", "an", "ti", "to", "ra", "ss", "e", "i", "'s", "'ll", "--", "...", "12", "7", ":", "\t", "  ", "\0"]
words = ["".join(r.choice(syllables) for _ in range(r.randint(1, 9))) for _ in range(900)] + ["x" * n for n in range(9, 20)]
for part in range(4):
    with open(f"d{part}.jsonl", "w") as f:
        for i in range(60):
            text = "\n".join(" ".join(words[min(int(r.expovariate(0.01)), 910)] for _ in range(r.randint(0, 9))) for _ in range(9))
            d = {"text": text, "source": r.choice(["web", "books", "", "b"])}
            if r.random() < 0.8:
                d["meta"] = {"lang": r.choice(["en", "de", 7])}
            f.write(json.dumps(d) + "\n")
END
for i in 0 1 2 3; do ll-shard import -q -o d$i.ll d$i.jsonl; done
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=700 -o whole.json d0.ll d1.ll d2.ll d3.ll

# Against a count by the book, with and without groups.
ok "count" ll-bpe count -q --pretokenizer=gpt2 -o d.c d0.ll d1.ll d2.ll d3.ll
records d.c > got; python3 counted.py - whole d?.jsonl > want
same want got "every pre-token and its count, in the order of the bytes"
ok "count lines" ll-bpe count -q --pretokenizer=gpt2 --lines -o lines.c d0.ll d1.ll
records lines.c > got; python3 counted.py - lines d0.jsonl d1.jsonl > want
same want got "lines by themselves"
for by in source .meta.lang; do
	ok "count --by=$by" ll-bpe count -q --pretokenizer=gpt2 --by=$by -o $by.c d0.ll d1.ll d2.ll d3.ll
	records $by.c > got; python3 counted.py $by whole d?.jsonl > want
	same want got "by group"
	ok "train on them" ll-bpe train -q --vocab-size=700 -o got.json $by.c
	same whole.json got.json "groups change no merge"
done
is "$(ll-shard info --json d.c | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["kind"])')" counts "the stream is of kind counts"
ok "which is sound" ll-shard check -q d.c

# Parts, merged in any order.
for i in 1 2 3; do
	ok "part $i of 3" ll-bpe count -q --part=$i/3 --pretokenizer=gpt2 --by=source -o part$i.c d0.ll d1.ll d2.ll d3.ll
done
ok "merge" ll-bpe merge -q -o merged.c part2.c part3.c part1.c
records merged.c > got; records source.c > want
same want got "parts merged are the count of the whole"
ok "merge in steps" sh -c 'll-bpe merge -q -o m1.c part3.c part1.c && ll-bpe merge -q -o m2.c m1.c part2.c'
records m2.c > got; same want got "and in steps"
ok "train on parts" ll-bpe train -q --vocab-size=700 -o got.json part3.c part1.c part2.c
same whole.json got.json "the same tokenizer as from the documents"
ll-bpe count -q --pretokenizer=gpt2 -o two.c d0.ll d2.ll
ok "counts beside documents" ll-bpe train -q --pretokenizer=gpt2 --vocab-size=700 -o got.json d3.ll two.c d1.ll
same whole.json got.json "add up"
ok "counts from a pipe" sh -c 'll-bpe count -q --pretokenizer=gpt2 d0.ll d1.ll d2.ll d3.ll | ll-bpe train -q --vocab-size=700 > got.json'
same whole.json got.json "too"

# Little memory: sorted runs, the same bytes; and training that has to spill.
python3 - <<'END'
import random
r = random.Random(8)
with open("wide.txt", "w") as f:
    for i in range(120000):
        word = "".join(chr(97 + int(d)) for d in str(r.randrange(90000) * 7919))
        f.write(r.choice([" ", "\n", "\n\n"]) + word + "y" * r.choice([0, 0, 0, 9]))
END
ok "count a wide text" ll-bpe count -q --pretokenizer=gpt2 -o wide.c wide.txt
for m in 3M 5M 9M; do for t in 1 3; do
	ok "in $m, $t threads" ll-bpe count -q --pretokenizer=gpt2 --memory=$m -@ $t -o got.c wide.txt
	same wide.c got.c "the same file"
done; done
ok "merge in little memory" ll-bpe merge -q --memory=4M -o got.c wide.c wide.c
ok "and by a weight" ll-bpe merge -q --weight=:2 -o twice.c wide.c
ok "counts add up" ll-shard compare -q got.c twice.c
ok "train" ll-bpe train -q --pretokenizer=gpt2 --min-count=3 --vocab-size=400 -o wide.json wide.txt
ok "train with spilled counts" ll-bpe train --pretokenizer=gpt2 --min-count=3 --memory=9M --vocab-size=400 -o got.json wide.txt
says "which occur less than 3 times, were left out" "says what was left out"
same wide.json got.json "and gives the same merges"
status 4 "training that does not fit" ll-bpe train --pretokenizer=gpt2 --memory=9M --vocab-size=400 -o no.json wide.txt
says "hint: give --memory=" "says how much it needs"
says "--min-count" "and what else helps"
need=$(sed -n 's/.*--memory=\([0-9]*\)M,.*/\1/p' .err)
ok "with that much" ll-bpe train -q --pretokenizer=gpt2 --memory=${need}M --vocab-size=400 -o got.json wide.txt

# Weights, exact, rounded once, with counts beyond 2^31 and 2^32: against a trainer by the book.
cat > weigh.py <<'END'
"""weigh.py FILE NAME=W...: lines "count TAB pre-token" of what merge --weight must give."""
import collections, fractions, json, math, sys
weight = dict(a.split("=") for a in sys.argv[2:])
sums = collections.defaultdict(fractions.Fraction)
for d in map(json.loads, open(sys.argv[1])):
    sums[d["piece"]] += d["count"] * fractions.Fraction(weight.get(d["group"], "1"))
for piece, n in sums.items():
    n = math.floor(n + fractions.Fraction(1, 2))
    if n:
        print(n, piece, sep="\t")
END
records source.c > source.records
weigh() { # weigh NAME=W...
	name=$*; options=; for w; do options="$options --weight=${w%=*}:${w#*=}"; done
	# shellcheck disable=SC2086
	ok "merge with weights $name" ll-bpe merge -q $options -o weighed.c source.c
	python3 weigh.py source.records "$@" > want
	records weighed.c | python3 -c 'import json,sys
for d in map(json.loads, sys.stdin): assert d["group"] == ""; print(d["count"], d["piece"], sep="\t")' > got
	same want got "give the weighted counts"
	ok "train" ll-bpe train -q --vocab-size=420 -o weighed.json weighed.c
	python3 "$here/merges.py" weighed.json > ours; python3 "$here/reference_trainer.py" want 420 --counts > reference
	same ours reference "and the merges by the book"
}
weigh web=0.25 books=2
weigh web=1/3 =0.5 b=2/7
weigh web=0 books=3000000001
weigh b=9000000000000 web=12.000000000001
ok "weights in two parts" ll-bpe merge -q --weight=web:0.25 --weight=books:2 -o got.c part1.c part2.c part3.c
weigh web=0.25 books=2
records weighed.c > want; records got.c > got
same want got "are those of the whole"
ok "a name for plain text" ll-bpe count -q --pretokenizer=gpt2 --name=novel -o name.c "$ROOT/samples/trees.txt"
is "$(records name.c | python3 -c 'import json,sys; print({json.loads(l)["group"] for l in sys.stdin})')" "{'novel'}" "names all"
ok "what comes to nothing" ll-bpe merge --weight=novel:0.1 -o got.c name.c
says "came to a count of 0" "is said"

# What goes wrong.
status 6 "counts of a stream that is cut" sh -c 'head -c 2000 d0.ll | ll-bpe count -q --pretokenizer=gpt2 2> /dev/null | ll-bpe train -q --vocab-size=300 -o no.json'
status 2 "count without a pre-tokenizer" ll-bpe count -o no.c d0.ll
status 2 "--by and --name" ll-bpe count --pretokenizer=gpt2 --by=source --name=x -o no.c d0.ll
status 3 "a list as a group" sh -c 'echo "{\"text\":\"a\",\"l\":[1]}" | ll-shard import -q | ll-bpe count --pretokenizer=gpt2 --by=.l -o no.c'
for w in x x: x:y x:-1 x:1/0 x:1e3 x:0.; do status 2 "--weight=$w" ll-bpe merge --weight=$w -o no.c d.c; done
status 2 "a weight twice" ll-bpe merge --weight=web:1 --weight=web:2 -o no.c source.c
status 3 "a group that no count has" ll-bpe merge --weight=wab:2 -o no.c source.c
says "hint: the counts are of '" "names those there are"
ok "a tag that no document has" ll-bpe count --pretokenizer=gpt2 --by=nothere -o nothere.c d0.ll
says "--by=nothere: no document has it" "is warned of"
status 4 "a sum beyond 2^63" ll-bpe merge --weight=web:9000000000000000000 -o no.c source.c
status 3 "counts of another kind" ll-bpe merge -o no.c d.c lines.c
says "lines=true where lines=false is needed" "says which"
ll-bpe count -q --pretokenizer=cl100k -o cl.c d0.ll
status 3 "counts of another pre-tokenizer" ll-bpe train --vocab-size=300 -o no.json d.c cl.c
status 3 "another than asked for" ll-bpe train --pretokenizer=gpt2 --vocab-size=300 -o no.json cl.c
status 3 "lines beside whole texts" ll-bpe train --pretokenizer=gpt2 --vocab-size=300 -o no.json lines.c d0.ll
status 2 "text without a pre-tokenizer" ll-bpe train --vocab-size=300 -o no.json d.c d0.ll
status 3 "counts where documents are wanted" ll-bpe count --pretokenizer=gpt2 -o no.c d.c
status 3 "documents where counts are wanted" ll-bpe merge -o no.c d0.ll
rm -f no.json
status 3 "tokens where counts are wanted" sh -c 'll-bpe encode -q -m whole.json d0.ll | ll-bpe train --vocab-size=300 -o no.json'
ok "every cut and a sample of flipped bits" python3 - <<'END'
import os, random, subprocess
r, data = random.Random(5), open("name.c", "rb").read()
cases = [data[:i] for i in r.sample(range(len(data)), 25)]
for i in r.sample(range(len(data) * 8), 40):
    flipped = bytearray(data)
    flipped[i // 8] ^= 1 << i % 8
    cases.append(bytes(flipped))
for n, bad in enumerate(cases):
    open("bad.c", "wb").write(bad)
    for line in (["merge", "-o", "no.c", "bad.c"], ["train", "--vocab-size=300", "-o", "no.c", "bad.c"]):
        p = subprocess.run(["ll-bpe", line[0], "-q", *line[1:]], stderr=subprocess.PIPE, timeout=60)
        assert p.returncode == 3 and not os.path.exists("no.c"), (n, line, p.returncode, p.stderr)
END

# An array job that is killed goes on with the parts that are missing.
python3 - > killed <<'END'
import os, random, signal, subprocess, time
r = random.Random(4)
for how in (signal.SIGKILL, signal.SIGTERM) * 5:
    for f in os.listdir("."):
        if f.lstrip(".").startswith("job"):
            os.remove(f)
    for attempt in range(4):
        for i in (1, 2, 3):
            if os.path.exists(f"job{i}.c"):
                continue
            p = subprocess.Popen(["ll-bpe", "count", "-q", f"--part={i}/3", "--pretokenizer=gpt2", "--by=source", "-o", f"job{i}.c",
                                  "d0.ll", "d1.ll", "d2.ll", "d3.ll"], stderr=subprocess.DEVNULL)
            if attempt < 3:
                time.sleep(r.random() * 0.02)
                p.send_signal(how)
            assert p.wait(timeout=60) in (0, -how), p.returncode
            assert attempt < 3 or p.returncode == 0
    subprocess.run(["ll-bpe", "merge", "-q", "-o", "job.c", "job3.c", "job2.c", "job1.c"], check=True)
    subprocess.run(["ll-shard", "compare", "-q", "job.c", "merged.c"], check=True, stdout=subprocess.DEVNULL)
print("fine")
END
is "$(cat killed)" fine "killed at random moments, parts that are there are whole, the rest is made again"
absent "nothing was published" no.c no.json
finish
