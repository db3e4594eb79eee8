# SPDX-License-Identifier: MIT
# pipelines/cluster on a small corpus: by make alone, and as jobs of a scheduler that runs the tasks of an array backwards; the
# same tokenizer, dataset and loss log in 1, 3 and 7 parts; a task that fails stops what waits for it, and submitting again heals.
. "$ROOT/tests/lib.sh"
here=$PWD
python3 - <<'END'
import json, random
random.seed(9)
words = "river stone garden window letter forest candle harbour mountain kettle orchard bridge crosses follows remembers carries".split()
texts = []
for f in range(9):
    with open(f"raw-{f}.jsonl", "w") as out:
        for i in range(60):
            t = random.choice(texts) if texts and random.random() < 0.2 else " ".join(
                f"The {random.choice(words)} of the {random.choice(words)} and that {random.choice(words)}." for _ in range(random.randint(8, 20)))
            texts.append(t)
            out.write(json.dumps({"id": f"{f}-{i}", "text": t}) + "\n")
END
ls "$here"/raw-*.jsonl > list
mkdir slurm; cat > slurm/sbatch <<'END'
#!/bin/sh
# Runs a job at once where those it waits for went well, an array from its last task to its first.
set -u
name= array= dependency=
while :; do case $1 in
	--parsable) ;; --job-name=*) name=${1#*=} ;; --array=*) array=${1#*=} ;; --dependency=*) dependency=${1#*=} ;;
	-*) echo "sbatch: $1?" >&2; exit 1 ;; *) break ;;
esac; shift; done
id=$(($(wc -l < "$SLURM_LOG") + 1)) state=ok
case $dependency in afterok:*) grep -q "^${dependency#afterok:} .* ok\$" "$SLURM_LOG" || state=cancelled ;; esac
if [ $state = ok ]; then
	tasks=; [ -z "$array" ] || tasks=$(seq "${array#*-}" -1 "${array%-*}")
	for t in ${tasks:-0}; do
		(if [ "$t" = 0 ]; then unset SLURM_ARRAY_TASK_ID; else SLURM_ARRAY_TASK_ID=$t; export SLURM_ARRAY_TASK_ID; fi
		SLURM_CPUS_PER_TASK=1 sh "$@" >> "$SLURM_LOG.out" 2>&1) || state=failed
	done
fi
echo "$id $name $state" >> "$SLURM_LOG"
echo "$id;cluster"
END
chmod +x slurm/sbatch
train="--preset=gpt2-tiny --seq-len=32 --batch=4 --steps=12 --lr=1e-3 --warmup=2 --save-every=5 --valid-every=6 --valid-batches=1"
set -- LIST="$here/list" BIN="$BIN" PROFILE=repair HOLDOUT=0.1 VOCABULARY=300 "TRAIN=$train"
submit() { : > log; : > log.out; (cd "$ROOT" && SBATCH="$here/slurm/sbatch" SLURM_LOG="$here/log" sh pipelines/cluster/submit.sh "$@"); }
dataset() { sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p' "$1/manifest.json"; }

ok "by make alone, one part" make -C "$ROOT" -f pipelines/cluster/Makefile "$@" OUT="$here/c1" PARTS=1
for k in 3 7; do
	ok "as jobs, $k parts" submit "$@" OUT="$here/c$k" PARTS=$k
	is "$(cut -d' ' -f2- log | tr '\n' ' ')" "ll-map ok ll-merge ok ll-apply ok ll-tokenizer ok ll-encode ok ll-pack ok ll-train ok ll-eval ok " \
		"every job went well"
	same c1/tok.json c$k/tok.json "the same tokenizer"
	for d in data valid; do is "$(dataset c$k/$d)" "$(dataset c1/$d)" "the same dataset: $d"; done
	same c1/run/log.tsv c$k/run/log.tsv "the same loss log"
	same c1/bpb.json c$k/bpb.json "the same bits per byte"
	ok "the books balance" grep -q 'books balance' c$k/report.txt
done
ok "there were duplicates" grep -q 'dropped *.*duplicate' c1/report.txt

# A damaged part: what waits for it is not run; made again, only what is missing is done.
rm -r c3/train c3/held c3/tok.json c3/packed c3/data c3/valid c3/run c3/bpb.json
head -c 2000 c3/clean/2.ll > cut; touch -r c3/clean/2.ll cut; cp -p cut c3/clean/2.ll
submit "$@" OUT="$here/c3" PARTS=3 > said
is "$(cut -d' ' -f2- log | tr '\n' ' ')" \
	"ll-map ok ll-merge ok ll-apply failed ll-tokenizer cancelled ll-encode cancelled ll-pack cancelled ll-train cancelled ll-eval cancelled " \
	"a part that fails stops what waits"
ok "and is named" grep -q '2.ll: frame .* byte' log.out
rm c3/clean/2.ll
ok "submitted again" submit "$@" OUT="$here/c3" PARTS=3
is "$(grep -c ' ok$' log) $(grep -c 'll-shard import' log.out)" "8 1" "every job goes well and only that part is imported again"
same c1/run/log.tsv c3/run/log.tsv "the same loss log"

# A training over several jobs.
rm -r c3/run
TRAIN_JOBS=3; export TRAIN_JOBS
submit "$@" OUT="$here/c3" PARTS=3 EXIT_AFTER=0s > said
is "$(grep -c '^train' said) $(tail -n 1 log)" "3 10 ll-eval failed" "three jobs of training, too short, one after the other"
ok "eval says so" grep -q 'c3/run: the training has not come to its end' log.out
ok "and with time the training goes on" submit "$@" OUT="$here/c3" PARTS=3
same c1/run/log.tsv c3/run/log.tsv "to the same loss log"
status 2 "a word that is no variable" submit parts
finish
