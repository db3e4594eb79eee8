#!/bin/sh
# SPDX-License-Identifier: MIT
# norm = batch: an ablation that says so, resumes to the bit with its running statistics, and leaves the suite nowhere. (What leaks:
# tests/unit/lm_model_test.c.)
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

batch="$tiny --set norm=batch --steps=12 --save-every=6"
status 0 "it trains" ll-train $batch -@ 1 -o run
says "norm = batch lets a position see" "with a warning"
ll-train $batch -@ 3 -o three 2> /dev/null; same run/log.tsv three/log.tsv "the same bits at 3 threads"
same run/latest/model.safetensors three/latest/model.safetensors "and the same statistics"
cp -r run cut; rm -r cut/step-00000012 cut/done.json; ll-train --resume=must -q -o cut 2> /dev/null
same run/log.tsv cut/log.tsv "resumed, the same log"
same run/latest/model.safetensors cut/latest/model.safetensors "and statistics"
ok "means moved with the data" python3 -c '
import json, struct
d = open("run/latest/model.safetensors", "rb").read(); n = struct.unpack("<Q", d[:8])[0]; h = json.loads(d[8:8 + n])
get = lambda k: struct.unpack("<32f", d[8 + n + h[k]["data_offsets"][0]:8 + n + h[k]["data_offsets"][1]])
assert any(get("h.0.norm1.mean")) and all(0 < v < 1 for v in get("h.0.norm1.var"))'
is "$(awk 'NR > 1 && $6 != "nan" { n++ } END { print n + 0 }' run/log.tsv)" 3 "it is measured with them"
ll-train $batch --noise-every=1 --noise-batch=1 -o noise 2> /dev/null
same run/latest/model.safetensors noise/latest/model.safetensors "measuring the noise scale moves none"
is "$(cut -f 1-6 noise/log.tsv | cksum)" "$(cut -f 1-6 run/log.tsv | cksum)" "and no number"
for k in 6 7; do # a step without an update, where a checkpoint is due and where none is; its own is saved before
	printf '{"step":%d,"kind":"skip","text":"x","pin":true}\n' $k > skip
	ll-train $batch --replay-journal=skip -o skipped 2> /dev/null; cp -r skipped part
	rm part/done.json; for s in part/step-*; do [ "${s#part/step-000000}" -lt $((k + 1)) ] || rm -r "$s"; done
	status 0 "resumed where step $k made no update" ll-train --resume=must -q --replay-journal=skip -o part
	ok "with the same statistics" diff -r skipped/step-00000012 part/step-00000012
	rm -r skipped part
done
ok "ll-eval reads it" ll-eval generate -q --model=run/latest --prompt='the cat' --max-tokens=3
is "$(python3 -c 'import json; print(json.load(open("run/latest/config.json"))["model_type"])')" lltools "its folder is of no class of transformers"
status 3 "no GGUF" ll-train export --to=gguf -o x.gguf run/latest
says "for ablations" "as it says"
ll-train --preset=gpt2-tiny --set norm=batch --data=ds --seq-len=16 --dry-run --roof=100 > plan 2> /dev/null
is "$(grep -c '^GGUF as  *none  .*ablations' plan)" 1 "--dry-run says so before"
is "$(awk '/^parameters/ { print $2 }' plan)" $((257 * 32 + 64 * 32 + 2 * (2 * 4 * 32 + 12 * 32 * 32 + 9 * 32) + 4 * 32)) "parameters by the closed form, statistics with them"
absent "no file" x.gguf
finish
