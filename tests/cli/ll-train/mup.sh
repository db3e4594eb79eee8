#!/bin/sh
# SPDX-License-Identifier: MIT
# init = mup: the plain model at its base width, smaller steps for matrices above it, activations that no width changes.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

one="--preset=gpt2-tiny --data=ds --seq-len=16 --batch=4 --seed=3 -q --set=width=64 --set=heads=1"
ll-train $one --steps=10 -o plain
ll-train $one --steps=10 --set=init=mup --set=mup_base=64 -o same
same plain/log.tsv same/log.tsv "at its base width, with heads of 64, mup is the plain model to the bit"
is "$(python3 -c 'import json; print(json.load(open("same/latest/config.json"))["model_type"])')" gpt2 "and is saved as such"

# The first step of Adam moves every weight by the learning rate, whatever its gradient.
ll-train $one --set=init=mup --set=mup_base=16 --weight-decay=0.5 --lr=0.01 --steps=1 --save-every=1 -o step
ll-train $one --set=init=mup --set=mup_base=16 --steps=0 -o start
cat > moved.py <<'END'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    for name, t in json.loads(data[8:8 + n]).items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            yield name, struct.unpack(f"<{(b - a) // 4}f", data[8 + n + a:8 + n + b])
before = dict(tensors("start/latest/model.safetensors"))
for name, after in tensors("step/latest/model.safetensors"):
    decay = 0 if name.endswith(".b") or "norm" in name else 0.01 * 0.5
    moves = sorted(abs(y - x * (1 - decay)) for x, y in zip(before[name], after))
    rate = 0.01 / 4 if any(name.endswith(w) for w in ("qkv.w", "proj.w", "up.w", "down.w")) else 0.01
    assert abs(moves[-1] / rate - 1) < 0.01, (name, moves[-1], rate)
    if name != "wpe" and name != "wte" and not name.endswith("qkv.b"):  # rows that no token met have no gradient; nor have biases of keys
        assert abs(moves[len(moves) // 2] / rate - 1) < 0.01, (name, moves[len(moves) // 2], rate)
END
ok "matrices take steps a quarter as large at four times the base width, decay is as ever" python3 moved.py

status 0 "coordinate-check of mup" ll-train coordinate-check --set=init=mup --limit=0.15
cp .out mup
is "$(sed -n '1p' mup)" "step	place	64	128	256	growth" "a heading"
is "$(wc -l < mup)" 25 "a row for each step and place"
ok "activations stay within a third over widths" awk -F'\t' 'NR > 1 && $2 != "logits" && ($5 > 1.33 * $3 || $3 > 1.33 * $5) { exit 1 }' mup
status 1 "without mup they do not" ll-train coordinate-check --limit=0.15
cp .out normal
ok "h.1 grows with the width" awk -F'\t' '$1 == 5 && $2 == "h.1" && $6 > 0.8 { found = 1 } END { exit !found }' normal
status 1 "nor when only the initial values know the width" ll-train coordinate-check --set=init=xavier --set=init_std=0.1 --limit=0.15
ll-train coordinate-check --set=init=mup -@ 3 > three
same mup three "equal bits at 3 threads"
status 0 "a llama, more heads instead of larger ones" ll-train coordinate-check --preset=llama-tiny --set=init=mup --set=head_dim=16 --limit=0.15
status 2 "one width is no comparison" ll-train coordinate-check --widths=64
status 2 "widths stand from small to large" ll-train coordinate-check --widths=64,32
finish
