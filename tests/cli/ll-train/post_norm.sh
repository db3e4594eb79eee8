#!/bin/sh
# SPDX-License-Identifier: MIT
# Norms after the residual and embeddings of another width (opt-350m): the plan, the same bits however a run is made and ended, folders
# there and back, generation, and what has no place for them. (The numbers: tests/unit/lm_model_test.c, tests/interop/transformers_*.py.)
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

# 331,196,416 is the published count, with two rows of positions that no token uses.
ll-train --preset=opt-350m --batch=1 --dry-run --roof=100 --memory=1T > plan
is "$(awk '/^parameters/ { print $2 }' plan)" $((331196416 - 2 * 1024)) "opt-350m has its parameters"
# 6 operations a weight that is multiplied (24 layers, the head, both projections) and 6 layers width T of causal attention.
is "$(awk '/^operations a token/ { print $4 }' plan)" $((6 * (24 * 12 * 1024 * 1024 + 50272 * 512 + 2 * 512 * 1024) + 6 * 24 * 1024 * 2048)) "and its operations"
is "$(awk '/^checkpoints as/ { print $3 }' plan)" opt "it is an OPT to others"
ok "and llama.cpp has none" grep -q '^GGUF as *none  llama.cpp has no architecture with norms after the residual' plan
opt="$(echo "$tiny" | sed s/gpt2-tiny/opt-tiny/) --set post_norm=true --set embedding_width=20"
activations() { ll-train "$@" --dry-run --roof=1 | awk '/^bytes of activations/ { print $4 }'; }
stored=$(activations $opt) selective=$(activations $opt --recompute=selective) full=$(activations $opt --recompute=full)
ok "less memory when computed again: $stored, $selective, $full" [ "$full" -lt "$selective" -a "$selective" -lt "$stored" ]

for precision in f32 bf16; do
	run="$opt --precision=$precision --steps=20 --save-every=4 --lr=1e-2 --set dropout=0.1 --embedding-shrink=0.5"
	ll-train $run -@ 1 -o $precision
	ll-train $run -@ 3 --recompute=full --exit-after=0.01s -o $precision.cut; is $? 7 "$precision: a run that is cut short"
	ll-train --resume=must --recompute=selective -q -@ 2 -o $precision.cut
	for file in log.tsv latest/model.safetensors latest/optimizer.bin; do
		same $precision/$file $precision.cut/$file "$precision: the same $file when it goes on, at other threads and computed again"
	done
	ok "$precision: it learns" awk 'NR == 2 { first = $3 } END { exit !($3 < first - 0.2) }' $precision/log.tsv
done

# Folders: with our state, and as any of Hugging Face.
ll-train import -q --from=f32/latest -o copy
same f32/latest/model.safetensors copy/model.safetensors "imported: the same tensors"
cp -r f32/latest/ plain; rm plain/ll-state.json
ll-train import -q --from=plain -o again
same f32/latest/model.safetensors again/model.safetensors "from config.json alone, too"
cat > look.py <<'END'
import json, struct, sys
data = open(sys.argv[1] + "/model.safetensors", "rb").read()
tensors = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
config = json.load(open(sys.argv[1] + "/config.json"))
print([tensors[f"model.decoder.{k}.weight"]["shape"] for k in ("embed_tokens", "project_in", "project_out", "embed_positions")],
      [k for k in tensors if k.startswith("model.decoder.final_layer_norm")], config["do_layer_norm_before"], config["word_embed_proj_dim"], config["hidden_size"])
END
is "$(python3 look.py f32/latest)" "[[257, 20], [32, 20], [20, 32], [66, 32]] [] False 20 32" "names, shapes and config.json are those of an OPT"
from="${tiny#* } --init-from=plain --steps=0"
ll-train $from -o from
same f32/latest/model.safetensors from/latest/model.safetensors "a run begins from it"
status 3 "not as another model" ll-train $from --set post_norm=false -o x
says "post_norm = true" "which it names"

is "$(ll-eval generate --model=f32/latest --prompt='the cat' --max-tokens=12 -q | cksum)" "$(ll-eval generate --model=again --prompt='the cat' --max-tokens=12 -q | cksum)" "both continue a text alike"
status 3 "llama.cpp" ll-train export --to=gguf -o no.gguf f32/latest
says "has no architecture with norms after the residual (post_norm)" "is told"
ll-train $tiny --steps=1 --set embedding_width=40 --set norm_eps=1e-6 -o wide
status 3 "an untied width" ll-train export --to=gguf -o no.gguf wide/latest
says "embeddings of another width than the model (embedding_width)" "too"
absent "no file" no.gguf
ok "what no class computes has our names" grep -q '"model_type": "lltools"' wide/latest/config.json

status 2 "norms after the sum of both branches" ll-train $tiny --set post_norm=true --set parallel_residual=true --steps=1 -o x
says "post_norm = true asks for parallel_residual = false" "are no choice"
status 2 "nor are norms that are none" ll-train $tiny --set post_norm=true --set norm=none --steps=1 -o x
status 0 "bench" ll-train bench --preset=opt-tiny --steps=1 --batch=2 --seq-len=16
finish
