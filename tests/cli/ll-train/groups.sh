#!/bin/sh
# SPDX-License-Identifier: MIT
# --group: which tensors move, and how far; what --dry-run says; what is refused. --embedding-shrink in a run.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

# Plain descent without clipping: one step moves a weight by lr (gradient + decay weight), so that two runs can be compared.
plain="$tiny --optimizer=sgd --momentum=0 --clip=0 --warmup=0 --schedule=constant --lr=0.5 --set layers=2"
ll-train $plain --steps=0 -o start
ll-train $plain --steps=1 -o all
ll-train $plain --steps=1 --group='*:lr=0.5' --group='wte:lr=0' --group='h.1.*:lr=0.25' --group='*.norm?.w:weight-decay=0.3' -o parts
cat > compare.py <<'PY'
import json, struct, sys
def tensors(path):
    data = open(path + "/latest/model.safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    return {k: struct.unpack(f"<{(t['data_offsets'][1] - t['data_offsets'][0]) // 4}f", data[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]])
            for k, t in header.items()}
start, whole, parts = (tensors(d) for d in ("start", "all", "parts"))
moved = 0
for name, w in start.items():
    share, decay = 0.5, 0.0
    if name.endswith("wte.weight"): share = 0
    if ".h.1." in name: share = 0.25
    if name.endswith(("ln_1.weight", "ln_2.weight")): share, decay = 1, 0.3
    for a, b, c in zip(w, whole[name], parts[name]):
        want = a + share * (b - a) - 0.5 * share * decay * a
        assert abs(c - want) < 1e-6, (name, a, b, c, want)
        moved += c != a
assert moved > 1000
PY
ok "every tensor moves as its last group says" python3 compare.py
ll-train $plain --group='*:lr=0.5' --group='wte:lr=0,weight-decay=0' --group='h.*.up.?:lr=2' --dry-run | sed -n 's/^parameters of a group  *//p' > plan
cat > want <<'PY'
19072  in 23 tensors *: lr x 0.5
8224  in 1 tensors wte: lr x 0, weight decay 0
8448  in 4 tensors h.*.up.?: lr x 2
PY
same plan want "--dry-run names them"
run="$tiny --steps=20 --save-every=5 --group=wte:lr=0.1,weight-decay=0 --group=*.b:lr=2 --embedding-shrink=0.1"
ll-train $run -@ 1 -o a; ll-train $run -@ 3 -o b
same a/log.tsv b/log.tsv "the same log at three threads"
rm -r b/done.json b/step-000000[12]*; ll-train --resume=must -q -o b
same a/latest/model.safetensors b/latest/model.safetensors "the same weights when it is resumed, without the options"
status 2 "other groups are another run" ll-train --resume=auto --group=wte:lr=1 -q -o a
ll-train $tiny --steps=20 --save-every=5 -o c
is "$(awk -F'\t' 'NR == FNR { l[$1] = $3; g[$1] = $5; next } $1 == 1 { print ($3 == l[1]) ($5 < g[1]) }' c/log.tsv a/log.tsv)" 11 "the first loss is the same, its gradient is smaller"
mkdir d; printf 'embedding-shrink=0.1\n' > d/control
ll-train $tiny --steps=20 -o d; ll-train $tiny --steps=20 --embedding-shrink=0.1 -o e
same d/log.tsv e/log.tsv "--embedding-shrink by command"
status 2 "a tensor that there is not" ll-train $tiny --steps=1 --group=wtee:lr=1 -o x
says "did you mean wte?" "the nearest is named"
status 2 "a group that later ones empty" ll-train $tiny --steps=1 --group=wte:lr=1 --group='w*:lr=2' -o x
for bad in wte wte: wte:lr :lr=1 wte:lr=x wte:lr=-1 wte:rate=1 wte:lr=1,; do status 2 "refused: --group=$bad" ll-train $tiny --steps=1 --group=$bad -o x; done
finish
