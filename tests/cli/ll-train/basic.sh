#!/bin/sh
# SPDX-License-Identifier: MIT
# A run from start to end: its files, equal bits at any number of threads, the documents of a step, what is refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"
unset LL_THREADS

ok "a run" ll-train $tiny --steps=20 --save-every=5 --keep=2 -@ 1 -o a
for f in log.tsv timing.tsv config.conf environment.json done.json latest/config.json latest/model.safetensors \
	latest/tokenizer.json latest/ll-state.json latest/optimizer.bin; do ok "$f is there" test -s "a/$f"; done
absent "no lock and nothing half-made is left" a/lock a/.*.tmp*
is "$(ls -d a/step-* | tr '\n' ' ')" "a/step-00000015 a/step-00000020 " "--keep=2 keeps two"
is "$(readlink a/latest)" step-00000020 "latest points at the last step"
is "$(wc -l < a/log.tsv)" 21 "a heading and a row a step"
is "$(awk -F'\t' 'NR > 1 && $6 != "nan" { printf "%s ", $1 }' a/log.tsv)" "5 10 15 20 " "validation where asked"
ok "the loss falls" awk -F'\t' 'NR == 2 { first = $3 } END { exit !($3 < first - 0.2) }' a/log.tsv
ok "the first loss is that of a uniform guess" awk -F'\t' 'NR == 2 { exit !($3 > 5.4 && $3 < 5.7) }' a/log.tsv
ll-train $tiny --steps=20 --save-every=7 -@ 2 -o b
same a/log.tsv b/log.tsv "the log is the same at two threads, whatever is saved when"
same a/latest/model.safetensors b/latest/model.safetensors "so are the weights"
same a/latest/optimizer.bin b/latest/optimizer.bin "so are the moments"
same a/done.json b/done.json "so is done.json"
ll-train --config=a/config.conf -q -o c
same a/log.tsv c/log.tsv "config.conf is a --config file that repeats the run"
ll-train $tiny --accumulate=2 --steps=20 -o d
ok "accumulation computes the same within rounding" awk -F'\t' 'NR == FNR { l[$1] = $3; next } FNR > 1 && ($3 - l[$1])^2 > 1e-8 { exit 1 }' a/log.tsv d/log.tsv
# Many rows of few columns: a batch of 2,048 tokens with a width of 32, and a vocabulary of 1,500.
ll-bpe train -q --pretokenizer=gpt2 --vocab-size=1500 --special='<|endoftext|>' -o many.json "$ROOT/samples/trees.txt"
make_dataset wide many.json < "$ROOT/samples/trees.txt"
for t in 1 2 3; do ll-train --preset=gpt2-tiny --data=wide --set=vocabulary=1500 --seq-len=32 --batch=64 --steps=2 -q -@ $t -o wide$t; done
same wide1/log.tsv wide2/log.tsv "many rows of few columns: the same log at one thread and two"; same wide1/log.tsv wide3/log.tsv "and three"
LL_CPU=scalar ll-train --preset=gpt2-tiny --data=wide --set=vocabulary=1500 --seq-len=32 --batch=64 --steps=2 -q -o scalar
ok "and with other kernels a gradient within rounding" awk -F'\t' 'FNR > 1 && NR == FNR { g[$1] = $5; next } FNR > 1 && ($5 / g[$1] - 1)^2 > 1e-8 { exit 1 }' scalar/log.tsv wide1/log.tsv
ll-train --preset=llama-tiny --set context=32 --data=ds --seq-len=16 --batch=4 --steps=6 -q -@ 1 -o e
ll-train --preset=llama-tiny --set context=32 --data=ds --seq-len=16 --batch=4 --steps=6 -q -@ 2 -o f
same e/log.tsv f/log.tsv "a llama too"
is "$(python3 -c 'import json; print(json.load(open("e/latest/config.json"))["model_type"])')" llama "saved as a llama"
ll-train --preset=gpt2-tiny --set position=alibi --data=ds --seq-len=16 --batch=4 --steps=2 -q -o g
is "$(python3 -c 'import json; print(json.load(open("g/latest/config.json"))["model_type"])')" lltools "what has no class says so"

# The documents of a step: the same tokens the independent writer put there.
ll-train batch --step=3 a > batch
ok "batch names documents with their text" python3 - <<'END'
import json
text = [p for p in open("text", "rb").read().split(b"\n\n") if p]
rows, seen = 0, set()
for line in open("batch"):
    d = json.loads(line)
    k = int(d["id"].split("#")[1])
    start = sum(len(p) + 1 for p in text[:k])
    a, b = d["tokens"]
    want = text[k][a - start:b - start][:24].decode()
    assert d["source"] == "test" and d["text"].startswith(want) and a < b, (d, want)
    seen.add(d["row"])
assert seen == {0, 1, 2, 3}, seen
END
status 2 "batch of a step beyond the run" ll-train batch --step=21 a

status 2 "a used folder is not run over" ll-train $tiny --steps=20 -o a
says "holds a run already" "it says so"
status 0 "a finished run has nothing to resume" ll-train --resume=auto -q -o a
status 2 "a finished run is not made longer in silence" ll-train --resume=auto --steps=30 -q -o a
says "--fork=a/latest" "and says what makes it longer"
status 3 "--resume=must without a checkpoint" ll-train --resume=must $tiny --steps=2 -o none
absent "makes no folder" none
status 2 "a run from a preset does not become one from a model" ll-train --resume=auto --init-from=b/latest -q -o a
says 'the run has init-from = ""' "it names the key"
status 2 "an unknown key names the nearest" ll-train $tiny --set lyers=2 -o x
says "did you mean layers?" "it does"
status 2 "an unknown preset" ll-train --preset=gpt2-tin --data=ds -o x
says 'did you mean "gpt2-tiny"?' "the nearest is named"
status 2 "only a family" ll-train --preset=bloom --data=ds -o x
says "there are bloom-tiny, bloom-560m" "its members are named"
status 2 "no preset at all" ll-train --preset= --data=ds -o x
status 2 "a batch that cannot be cut" ll-train $tiny --batch=10 --accumulate=4 --steps=1 -o x
says "--accumulate=2 can" "the nearest possible one is named"
says "a --batch=8 can" "and the nearest batch"
status 2 "a sequence longer than the context" ll-train $tiny --seq-len=65 --steps=1 -o x
status 2 "numbers are whole or refused" ll-train $tiny --steps=3x -o x
status 4 "a model larger than the memory allowed" ll-train $tiny --steps=1 --memory=1M -o x
ll-train $tiny --dry-run > plan
is "$(awk '/^parameters/ { print $2 }' plan)" "$(sed 's/.*"parameters":\([0-9]*\).*/\1/' a/done.json)" "--dry-run counts the parameters"
absent "refused runs leave nothing but the folder" x/log.tsv x/lock x/latest
finish
