#!/bin/sh
# SPDX-License-Identifier: MIT
# --init-from: the weights of another folder, a larger vocabulary, a longer context, and what is refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

for preset in gpt2 opt bloom neox gpt-j; do
	ll-train --preset=$preset-tiny --data=ds --seq-len=16 --batch=4 --steps=3 --seed=3 -q -o $preset
	mkdir hf-$preset && cp $preset/latest/config.json $preset/latest/model.safetensors hf-$preset
	ll-train --init-from=hf-$preset --data=ds --seq-len=16 --batch=4 --steps=0 --seed=4 -q -o from-$preset
	same $preset/latest/model.safetensors from-$preset/latest/model.safetensors "$preset: the same weights"
	same $preset/latest/config.json from-$preset/latest/config.json "$preset: the same configuration"
done
ll-train --init-from=gpt2/latest --set vocabulary=300 --set context=127 --data=ds --seq-len=100 --batch=2 --steps=0 -q -o wide
ok "a larger vocabulary keeps the rows it had, positions are interpolated" python3 - <<'END'
import json, struct
def tensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    out = {}
    for name, t in header.items():
        a, b = t["data_offsets"]
        out[name] = t["shape"], struct.unpack(f"<{(b - a) // 4}f", data[8 + n + a:8 + n + b])
    return out
old, new = tensors("gpt2/latest/model.safetensors"), tensors("wide/latest/model.safetensors")
assert old.keys() == new.keys()
for name in old:
    (shape, x), (wide, y) = old[name], new[name]
    if name.endswith("wte.weight"):
        assert wide == [300, 32] and y[:257 * 32] == x and any(y[257 * 32:])
    elif name.endswith("wpe.weight"):  # 64 to 127: every second is an old one, the others lie in the middle
        assert shape == [64, 32] and wide == [127, 32]
        for i in range(127):
            for k in range(32):
                want = (x[i // 2 * 32 + k] + x[(i + 1) // 2 * 32 + k]) / 2
                assert abs(y[i * 32 + k] - want) < 1e-7
    else:
        assert x == y, name
END
ll-train --init-from=gpt2/latest --data=ds --seq-len=16 --batch=4 --steps=6 --save-every=3 -q -o straight
cp -r gpt2 gone
ll-train --init-from=gone/latest --data=ds --seq-len=16 --batch=4 --steps=6 --save-every=3 -q -o cut
rm -r gone cut/step-00000006 cut/done.json
ll-train --resume=must -q -o cut
same straight/log.tsv cut/log.tsv "a run goes on without the folder it began from"
is "$(status_of ll-train --init-from=gpt2/latest --set ffn=relu --data=ds --steps=0 -q -o r1)" 3 "another activation is refused"
says "ffn = gelu-tanh" "and named"
is "$(status_of ll-train --init-from=gpt2/latest --preset=gpt2-tiny --data=ds --steps=0 -q -o r2)" 2 "so is a preset beside it"
is "$(status_of ll-train --init-from=nowhere --data=ds --steps=0 -q -o r3)" 3 "and a folder that is not there"
mkdir newest; ln -s . newest/latest
is "$(status_of ll-train --init-from=newest --data=ds --steps=0 -q -o r3)" 3 "a run in place of its model"
says "the newest of this run is newest/latest" "it says where that is"
is "$(status_of ll-train --init-from=gpt2/latest --set vocabulary=200 --data=ds --steps=0 -q -o r4)" 3 "and a vocabulary too small for the dataset"
finish
