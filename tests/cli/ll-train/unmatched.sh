#!/bin/sh
# SPDX-License-Identifier: MIT
# Folders whose tensors are not those of the model: fatal on either side unless named; what is missing has initial values, and only that;
# said on standard error and in the manifest.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

train() { ll-train --data=ds --batch=2 --seq-len=16 --seed=3 -q "$@"; }
train --preset=llama-tiny --set kv_heads=2 --steps=2 -o llama
cat > edit.py <<'END2'
import json, struct, sys
def read(path):
    data = open(path + "/model.safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    return {k: (t["shape"], data[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]) for k, t in json.loads(data[8:8 + n]).items() if k != "__metadata__"}
def write(path, tensors):
    head, at = {}, 0
    for k, (shape, data) in tensors.items():
        head[k] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    head = json.dumps(head).encode()
    open(path + "/model.safetensors", "wb").write(struct.pack("<Q", len(head)) + head + b"".join(d for _, d in tensors.values()))
def numbers(t):
    return struct.unpack(f"<{len(t[1]) // 4}f", t[1])
END2
# A folder without its head and the keys of one layer, with a head for something else.
mkdir hf; cp llama/latest/config.json llama/latest/tokenizer.json hf
python3 - <<'END2'
from edit import *
t = read("llama/latest")
del t["lm_head.weight"], t["model.layers.1.self_attn.k_proj.weight"]
t["score.weight"] = [2, 32], bytes(256)
write("hf", t)
END2
K='model.layers.*.k_proj.weight'
status 3 "what is missing is fatal" ll-train import -q --from=hf -o x
says "model.layers.1.self_attn.k_proj.weight is missing" "and named"
says "--allow-missing=model.layers.1.self_attn.k_proj.weight" "with the option that allows it"
status 3 "each of it" ll-train import -q --from=hf --allow-missing=lm_head.weight -o x
status 3 "what has no place is fatal" ll-train import -q --from=hf --allow-missing=lm_head.weight --allow-missing="$K" -o x
says "--allow-unexpected=score.weight" "and named"
status 3 "a glob that names something else" ll-train import -q --from=hf --allow-missing='model.*' --allow-unexpected='*' -o x
absent "nothing is left of what was refused" x
status 0 "all named" ll-train import -q --seed=9 --from=hf --allow-missing=head.w --allow-missing="$K" --allow-unexpected='score.*' -o mended
says "lm_head.weight is not there and begins with initial values" "what is missing is said"
says "score.weight has no place in the model and is left aside" "and what is left aside"
ok "the manifest has both" python3 -c '
import json
s = json.load(open("mended/ll-state.json"))
assert s["missing"] == ["model.layers.1.self_attn.k_proj.weight", "lm_head.weight"] and s["unexpected"] == ["score.weight"] and s["seed"] == "9"'
train --preset=llama-tiny --set kv_heads=2 --set init_std=0.02 --seed=9 --steps=0 -o fresh
cat > compare.py <<'END2'
from edit import *
missing = ("lm_head.weight", "model.layers.1.self_attn.k_proj.weight")
got, old, new = read(sys.argv[1]), read("llama/latest"), read(sys.argv[2])
assert got.keys() == old.keys()
for k in got:
    assert got[k] == (new if k in missing else old)[k], k
END2
ok "what is missing is what a fresh model has, the rest what was there" python3 compare.py mended fresh/latest
status 0 "another scheme, more words" ll-train import -q --seed=9 --from=hf --set=init=small --vocabulary=300 --allow-missing=lm_head.weight --allow-missing="$K" --allow-unexpected='score.*' -o small
ok "initial values by the scheme, also where the vocabulary grew" python3 -c '
from edit import *
t = read("small")
for k, rows in ("lm_head.weight", 300), ("model.layers.1.self_attn.k_proj.weight", 16):
    x = numbers(t[k])
    assert t[k][0] == [rows, 32] and abs((sum(v * v for v in x) / len(x)) ** .5 / (2 / 160) ** .5 - 1) < .1, k
half = numbers(t["lm_head.weight"])[257 * 32:]
assert (sum(v * v for v in half) / len(half)) ** .5 > .1, "no mean of the rows before"
x = numbers(t["model.embed_tokens.weight"])
assert all(abs(x[299 * 32 + c] - sum(x[c:257 * 32:32]) / 257) < 1e-6 for c in range(32))'

# The same for a training.
status 3 "a training refuses it too" train --init-from=hf --steps=0 -o r0
says "--allow-missing=" "and says what helps"
status 0 "unless all is named" train --seed=9 --init-from=hf --allow-missing=lm_head.weight --allow-missing="$K" --allow-unexpected=score.weight --steps=4 --save-every=2 -o run
says "lm_head.weight is not there" "which it says"
train --seed=9 --init-from=hf --allow-missing=lm_head.weight --allow-missing="$K" --allow-unexpected=score.weight --steps=0 -o begin
ok "it begins with the initial values of its own seed" python3 compare.py begin/latest fresh/latest
manifest() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1] + "/environment.json"))["unmatched"])' $1; }
is "$(manifest run)" "{'missing': ['model.layers.1.self_attn.k_proj.weight', 'lm_head.weight'], 'unexpected': ['score.weight']}" "the manifest of the run has it"
cp -r run cut; rm -r cut/step-00000004 cut/done.json
ll-train --resume=must -q -o cut
same run/log.tsv cut/log.tsv "resumed, the same run"
is "$(manifest cut)" "$(manifest run)" "and its manifest"
(cd run && ll-train rerun -o ../again .) > again.sh; sh again.sh > /dev/null 2>&1
same run/log.tsv again/log.tsv "run once more, the same log"

# Another shape is neither.
python3 - <<'END2'
from edit import *
t = read("llama/latest")
t["lm_head.weight"] = [100, 32], t["lm_head.weight"][1][:12800]
write("hf", t)
END2
status 3 "another shape is fatal" ll-train import -q --from=hf --allow-missing=lm_head.weight -o x
status 0 "named on both sides it is left aside" ll-train import -q --from=hf --allow-missing=lm_head.weight --allow-unexpected=lm_head.weight -o shaped
is "$(python3 -c 'import json; s = json.load(open("shaped/ll-state.json")); print(s["missing"], s["unexpected"])')" "['lm_head.weight'] ['lm_head.weight']" "and said on both"

# --set
status 2 "a key that changes tensors" ll-train import -q --from=llama/latest --set=ffn_width=96 -o x
says "other tensors" "is refused"
status 2 "an unknown one" ll-train import -q --from=llama/latest --set=ffnwidth=96 -o x
status 2 "one that has an option" ll-train import -q --from=llama/latest --set=context=96 -o x
status 0 "one that does not" ll-train import -q --from=llama/latest --set=norm_eps=1e-6 -o eps
is "$(python3 -c 'import json; print(json.load(open("eps/config.json"))["rms_norm_eps"])')" 1e-06 "is in force"

# A longer context of rotary positions.
status 2 "slowed by how much?" ll-train import -q --from=llama/latest --context=256 --set=rotary_scaling=yarn -o x
says "rotary_factor" "it asks"
status 2 "a factor of nothing" ll-train import -q --from=llama/latest --set=rotary_factor=4 -o x
status 0 "yarn" ll-train import -q --from=llama/latest --context=256 --set=rotary_scaling=yarn --set=rotary_factor=4 -o yarn
is "$(python3 -c 'import json; c = json.load(open("yarn/config.json")); r = c["rope_scaling"]; print(c["max_position_embeddings"], r["rope_type"], r["factor"], r["original_max_position_embeddings"], r["beta_fast"], r["beta_slow"], round(r["attention_factor"], 6))')" \
	"256 yarn 4 64 32 1 1.138629" "the context that there was, and the defaults of the paper"
status 0 "a training may slow them as well" train --init-from=llama/latest --set=context=128 --set=rotary_scaling=linear --set=rotary_factor=2 --steps=1 -o longer
is "$(python3 -c 'import json; c = json.load(open("longer/latest/config.json")); print(c["max_position_embeddings"], c["rope_scaling"])')" "128 {'rope_type': 'linear', 'factor': 2}" "and its checkpoints say so"
finish
