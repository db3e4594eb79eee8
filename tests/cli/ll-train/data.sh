#!/bin/sh
# SPDX-License-Identifier: MIT
# Several datasets with weights: shares, every dataset's own epochs, the id of the mixture, and what is refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

make_text 2 | head -n 60 | make_dataset few tok.json
mkdir odd; make_text 3 | make_dataset odd/c:5 tok.json
mix="--preset=gpt2-tiny --batch=4 --seq-len=16 --lr=1e-3 --warmup=5 --seed=3 -q"
datasets() { # datasets RUN STEPS: the dataset of every sample, in order
	for k in $(seq 1 "$2"); do ll-train batch --step="$k" "$1"; done |
		sed 's/.*"sample":\([0-9]*\),"dataset":"\([^"]*\)".*/\1 \2/' | sort -nu
}

ll-train $mix --data=ds --steps=12 -o one
ll-train $mix --data=ds:0.25 --steps=12 -o weighted
same one/log.tsv weighted/log.tsv "one dataset: its weight changes nothing"
ok "so do the ids" python3 - <<'END'
import json
a, b = (json.load(open(r + "/latest/ll-state.json"))["data"] for r in ("one", "weighted"))
assert a == b == json.load(open("ds/manifest.json"))["id"]
END

run="$mix --data=ds:0.7 --data=few:0.1 --data=odd/c:5:0.2 --steps=64"
ok "three datasets" ll-train $run --save-every=16 -@ 1 -o a
ll-train $run -@ 2 -o b
same a/log.tsv b/log.tsv "the same bits at two threads"
is "$(grep '^data =' a/config.conf | tr '\n' ' ')" 'data = "ds:0.7" data = "few:0.1" data = "odd/c:5:0.2" ' "config.conf has them all"
ll-train --config=a/config.conf -q -o c
same a/log.tsv c/log.tsv "and repeats the run"
rm -r a/step-00000032 a/step-00000048 a/step-00000064 a/done.json
ll-train --resume=must -q -o a
same a/log.tsv b/log.tsv "resumed from the first checkpoint: the same"
datasets a 64 > taken
is "$(cut -d' ' -f2 taken | sort | uniq -c | awk '{ print $2 "=" $1 }' | sort | tr '\n' ' ')" "ds=179 few=26 odd/c:5=51 " \
	"of 256 samples every dataset has its share, to one"
ok "every dataset goes through its own epochs, in the order that it has alone" python3 - <<'END'
import json, subprocess
def samples(run, steps):
    out = {}
    for k in range(1, steps + 1):
        for line in subprocess.run(["ll-train", "batch", f"--step={k}", run], capture_output=True, check=True).stdout.splitlines():
            d = json.loads(line)
            out.setdefault(d["sample"], (d["dataset"], d["tokens"][0] // 16))
    return [out[k] for k in sorted(out)]
mixed, alone = samples("a", 64), samples("one", 12)
assert [k for d, k in mixed if d == "ds"][:48] == [k for _, k in alone]
few = [k for d, k in mixed if d == "few"]
n = (json.load(open("few/manifest.json"))["tokens"] - 1) // 16
assert len(set(few[:n])) == min(n, len(few)), (n, few)
END
ok "the id is that of ids and shares" env PYTHONPATH="$ROOT/tests/format" python3 - <<'END'
import json
from xxh3 import xxh3_128
shares = [w / (0.7 + 0.1 + 0.2) for w in (0.7, 0.1, 0.2)]
ids = [json.load(open(d + "/manifest.json"))["id"] for d in ("ds", "few", "odd/c:5")]
text = "".join(f"{i} {s!r}\n" for i, s in zip(ids, shares))
want = xxh3_128(text.encode()).to_bytes(16, "big").hex()
assert json.load(open("b/latest/ll-state.json"))["data"] == want
e = json.load(open("b/environment.json"))
assert e["data"] == want and [d["id"] for d in e["datasets"]] == ids and [d["share"] for d in e["datasets"]] == shares
END

rm a/done.json a/latest; rm -r a/step-00000064; mv few moved
status 0 "the same datasets elsewhere" ll-train --resume=must -q --data=ds:0.7 --data=moved:0.1 --data=odd/c:5:0.2 -o a
same a/log.tsv b/log.tsv "the same log"
mv moved few
cp -r a d; rm -r d/done.json d/step-00000064
status 3 "other weights are other data" ll-train --resume=must -q --data=ds:0.6 --data=few:0.2 --data=odd/c:5:0.2 -o d
says "the run was trained on" "it says so"
status 3 "another order too" ll-train --resume=must -q --data=few:0.1 --data=ds:0.7 --data=odd/c:5:0.2 -o d
printf 'data = ds:3\ndata = few\nsteps = 4\n' > mix.conf
is "$(ll-train --preset=gpt2-tiny --config=mix.conf --print-config | grep '^data =' | tr '\n' ' ')" 'data = "ds:3" data = "few" ' \
	"several in a file"
is "$(ll-train --preset=gpt2-tiny --config=mix.conf --data=few --print-config | grep '^data =' | tr '\n' ' ')" 'data = "few" ' \
	"options stand in place of the file's"
ll-train $mix --data=ds:3 --data=few --steps=64 --dry-run > plan
is "$(awk '/^samples of a dataset/ { print $5, $NF }' plan | tr '\n' ' ')" "192 ds 64 few " "--dry-run counts the samples"
for names in "--data=" "--data=ds --data=" "--data= --data=ds" "--data=:2"; do
	status 2 "$names: a name that is empty" ll-train --preset=gpt2-tiny $names --steps=1 -q -o x; case $names in *:2) name=:2 ;; *) name= ;; esac; says "ll-train: --data=$name: an empty name is no dataset" "it says so"
done
for weight in 0 -1 1e999; do
	is "$(status_of ll-train $mix --data=ds:$weight --data=few --steps=1 -o x)" "$([ $weight = 1e999 ] && echo 3 || echo 2)" "weight $weight"
done
make_dataset foreign tok.json --tokenizer-id=00112233445566778899aabbccddeeff < text
status 3 "a dataset of another tokenizer" ll-train $mix --data=ds --data=foreign --steps=1 -o y
says "foreign: was encoded with tokenizer 00112233445566778899aabbccddeeff" "it is named"

# Documents of 16 tokens, four a sample, in two orders: under the mask, with positions that are none or relative, the loss on
# the whole is the same.
python3 - <<'END'
import random
random.seed(8)
docs = ["s" + "".join(random.choice("abcdefgh") for _ in range(14)) for _ in range(41)]
open("one.txt", "w").write("\n\n".join(docs))
first = docs[:40]
random.shuffle(first)
open("two.txt", "w").write("\n\n".join(first + docs[40:]))
END
for d in one two; do make_dataset $d.ds tok.json < $d.txt; done
valid() { ll-train --preset=gpt2-tiny --data=ds --batch=2 --seq-len=64 --steps=1 --lr=0 --set=init_std=0.3 --seed=3 -q "$@"; }
differ() { # differ RUN RUN: by how much the losses on --valid differ
	paste "$1/log.tsv" "$2/log.tsv" | awk -F'\t' -v c="$(head -n 1 "$1/log.tsv" | tr '\t' '\n' | grep -n valid_loss | cut -d: -f1)" \
		'NR == 2 { d = $c - $(c + NF / 2); print d < 0 ? -d : d }'
}
for position in none alibi rotary; do
	for mask in 0 1; do for d in one two; do
		valid --set=position=$position --document-mask=$mask --valid=$d.ds -o $position-$mask-$d
	done; done
	ok "$position: without the mask the order of documents changes the loss" awk -v d="$(differ $position-0-one $position-0-two)" 'BEGIN { exit !(d > 1e-3) }'
	ok "$position: with it, it does not" awk -v d="$(differ $position-1-one $position-1-two)" 'BEGIN { exit !(d < 1e-5) }'
done
ll-train $tiny --steps=20 --document-mask=1 --save-every=10 -@ 1 -o m; ll-train $tiny --steps=20 --document-mask=1 -@ 2 -o n
same m/log.tsv n/log.tsv "the same bits at two threads"
rm -r m/step-00000020 m/done.json; ll-train --resume=must -q -o m
same m/log.tsv n/log.tsv "and resumed"
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=256 -o plain.json text
for i in 1 2 3; do printf '{"text":"%s"}\n' "$(cat one.txt | tr -d '\n')"; done > plain.jsonl
ll-shard import -q plain.jsonl | ll-bpe encode -q -m plain.json | ll-shard pack -q -m plain.json -o plain
status 3 "documents without an end cannot be told apart" ll-train $mix --data=plain --steps=1 --document-mask=1 -o p
says "its documents do not end with an end of text" "it says so"
finish
