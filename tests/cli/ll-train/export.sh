#!/bin/sh
# SPDX-License-Identifier: MIT
# ll-train export: GGUF files against the Hugging Face folders beside them, every tensor and key by a reader of its own.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

train() { ll-train --data=ds --batch=2 --seq-len=16 --steps=1 -q -@ 1 "$@"; }
train --preset=gpt2-tiny -o gpt2
train --preset=llama-tiny -o llama
train --preset=llama-tiny --set qk_norm=true --set kv_heads=2 --set head_dim=12 -o qwen3
train --preset=neox-tiny -o neox
train --preset=bloom-tiny -o bloom
for family in gpt2 llama qwen3 neox bloom; do
	for type in f32 f16 bf16 q8_0; do
		status 0 "$family as $type" ll-train export -q --to=gguf --type=$type -o $family.$type.gguf $family/latest
		ok "$family as $type: tensors and keys are those of the folder" python3 "$ROOT/tests/format/check_gguf.py" $family.$type.gguf $family/latest $type
	done
done
ll-train export -q --to=gguf -o again.gguf gpt2/latest; same again.gguf gpt2.f16.gguf "f16 by default; the same bytes again"
ll-train export -q --to=gguf --type=f16 gpt2/latest | cmp - gpt2.f16.gguf; is $? 0 "to standard output"

# Rotary positions that turn slower.
for scaling in linear yarn llama3; do
	train --preset=llama-tiny --set rotary_scaling=$scaling --set rotary_factor=4 -o $scaling
	status 0 "rotary_scaling = $scaling" ll-train export -q --to=gguf --type=f32 -o $scaling.gguf $scaling/latest
	ok "rotary_scaling = $scaling: as llama.cpp has it" python3 "$ROOT/tests/format/check_gguf.py" $scaling.gguf $scaling/latest f32
done
train --preset=llama-tiny --set qk_norm=true --set rotary_scaling=llama3 --set rotary_factor=4 -o qwen-llama3
status 3 "not where it has no place for it" ll-train export -q --to=gguf -o no.gguf qwen-llama3/latest
says "llama3 in a llama only" "as it says"

# Nothing that llama.cpp cannot compute.
train --preset=opt-tiny -o opt
train --preset=gpt-j-tiny -o gptj
for family in opt gptj; do
	status 3 "$family has no architecture there" ll-train export --to=gguf -o no.gguf $family/latest
	absent "and leaves no file" no.gguf
done
ll-train --preset=gpt-j-tiny --data=ds --seq-len=16 --dry-run > plan
is "$(grep -c '^GGUF as  *none  .*GPT-J' plan)" 1 "--dry-run says so before"
is "$(ll-train --preset=llama-tiny --data=ds --seq-len=16 --dry-run | awk '/^GGUF as/ { print $3 }')" llama "and what it will be"
is "$(ll-train --preset=llama-tiny --set qk_norm=true --data=ds --seq-len=16 --dry-run --roof=100 | awk '/^GGUF as/ { print $3 }')" qwen3 "a qwen3 too"

# A weight beyond float16.
cp -r gpt2/latest/ big; rm big/ll-state.json
python3 - big/model.safetensors <<'END'
import json, struct, sys
raw = bytearray(open(sys.argv[1], "rb").read())
n = struct.unpack("<Q", raw[:8])[0]
names = json.loads(raw[8 : 8 + n])
at = next(t for k, t in names.items() if k.endswith("h.0.mlp.c_fc.weight"))["data_offsets"][0]
raw[8 + n + at : 12 + n + at] = struct.pack("<f", 70000.0)
open(sys.argv[1], "wb").write(raw)
END
status 3 "70000 is beyond f16" ll-train export --to=gguf -o no.gguf big
is "$(grep -c 'blk.0.ffn_up.weight.*bf16' .err)" 1 "the tensor is named, and what would do"
absent "no file" no.gguf
status 0 "bf16 holds it" ll-train export -q --to=gguf --type=bf16 -o big.gguf big
rm big/tokenizer.json
status 0 "without a tokenizer" ll-train export --to=gguf --type=f32 -o bare.gguf big
is "$(grep -c 'tokenizer' .err)" 1 "with a warning"
status 2 "--to is asked for" ll-train export gpt2/latest
status 2 "one folder" ll-train export --to=gguf
status 3 "no such folder" ll-train export --to=gguf -o no.gguf nowhere
finish
