#!/bin/sh
# SPDX-License-Identifier: MIT
# Models of llm.c and llama2.c, written here from their published layouts: every tensor in its place under the names of Hugging Face;
# another vocabulary and context; what is damaged is refused.
. "$ROOT/tests/lib.sh"
. "$ROOT/tests/cli/ll-train/setup"

cat > models.py <<'END'
import json, random, struct
def tensors(path):
    data = open(path + "/model.safetensors", "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    return {k: list(struct.unpack(f"<{(t['data_offsets'][1] - t['data_offsets'][0]) // 4}f", data[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]))
            for k, t in json.loads(data[8:8 + n]).items() if k != "__metadata__"}
random.seed(4)
def new(*shape):
    n = 1
    for s in shape: n *= s
    return [random.randrange(-128, 128) / 64 for _ in range(n)]  # exact in bfloat16
def transposed(x, rows):  # of [rows, columns]
    columns = len(x) // rows
    return [x[r * columns + c] for c in range(columns) for r in range(rows)]
L, C, H, V, P, CTX = 2, 8, 2, 257, 264, 16
def gpt2():
    """Our values under the names of transformers, and what llm.c writes."""
    t, k = {}, {}
    for kind, rows, columns in (("ln_1.weight", C, 0), ("ln_1.bias", C, 0), ("attn.c_attn.weight", 3 * C, C), ("attn.c_attn.bias", 3 * C, 0),
            ("attn.c_proj.weight", C, C), ("attn.c_proj.bias", C, 0), ("ln_2.weight", C, 0), ("ln_2.bias", C, 0), ("mlp.c_fc.weight", 4 * C, C),
            ("mlp.c_fc.bias", 4 * C, 0), ("mlp.c_proj.weight", C, 4 * C), ("mlp.c_proj.bias", C, 0)):
        k[kind] = [new(rows, columns or 1) for _ in range(L)]
        for l in range(L):
            t[f"transformer.h.{l}.{kind}"] = transposed(k[kind][l], rows) if columns else k[kind][l]
    wte, wpe, w, b = new(V, C), new(CTX, C), new(C), new(C)
    t.update({"transformer.wte.weight": wte, "transformer.wpe.weight": wpe, "transformer.ln_f.weight": w, "transformer.ln_f.bias": b})
    return t, wte + [7.0] * ((P - V) * C) + wpe + [x for kind in k.values() for layer in kind for x in layer] + w + b
theirs, values = gpt2()
header = lambda version: struct.pack("<256i", 20240326, version, CTX, V, L, H, C, P, *[0] * 248)
open("gpt2.bin", "wb").write(header(3) + struct.pack(f"<{len(values)}f", *values))
open("gpt2-bf16.bin", "wb").write(header(5) + b"".join(struct.pack("<f", x)[2:] for x in values))
open("gpt2-fp8.bin", "wb").write(header(7) + struct.pack(f"<{len(values)}f", *values))
json.dump(theirs, open("gpt2.json", "w"))

DIM, FF, HEADS, KV = 12, 20, 2, 1
HD = DIM // HEADS
def halves(x, heads):  # [heads, HD / 2, 2, DIM] to [heads, 2, HD / 2, DIM]
    row = lambda h, i, part: x[(h * HD + 2 * i + part) * DIM:][:DIM]
    return [v for h in range(heads) for part in range(2) for i in range(HD // 2) for v in row(h, i, part)]
for shared in (True, False):
    each = lambda *shape: [new(*shape) for _ in range(L)]
    n1, n2, wq, wk, wv, wo = each(DIM), each(DIM), each(HEADS * HD, DIM), each(KV * HD, DIM), each(KV * HD, DIM), each(DIM, HEADS * HD)
    w1, w2, w3, norm, wte, head = each(FF, DIM), each(DIM, FF), each(FF, DIM), new(DIM), new(V, DIM), new(V, DIM)
    flat = lambda kinds: [x for kind in kinds for layer in kind for x in layer]
    dims = (DIM, FF, L, HEADS, KV, V if shared else -V, CTX)
    name = "llama" + ("" if shared else "-head")
    old = wte + flat([n1, wq, wk, wv, wo, n2, w1, w2, w3]) + norm + [0.5] * (CTX * HD) + ([] if shared else head)
    open(name + "-0.bin", "wb").write(struct.pack("<7i", *dims) + struct.pack(f"<{len(old)}f", *old))
    one = flat([n1, n2]) + norm + wte + flat([wq, wk, wv, wo, w1, w2, w3]) + ([] if shared else head)
    first = struct.pack("<Ii7iB", 0x616b3432, 1, *dims[:5], V, CTX, shared)
    open(name + "-1.bin", "wb").write(first + bytes(256 - len(first)) + struct.pack(f"<{len(one)}f", *one))
    t = {"model.embed_tokens.weight": wte, "model.norm.weight": norm}
    if not shared: t["lm_head.weight"] = head
    for l in range(L):
        for key, x in (("input_layernorm", n1[l]), ("post_attention_layernorm", n2[l]), ("self_attn.q_proj", halves(wq[l], HEADS)),
                       ("self_attn.k_proj", halves(wk[l], KV)), ("self_attn.v_proj", wv[l]), ("self_attn.o_proj", wo[l]),
                       ("mlp.gate_proj", w1[l]), ("mlp.down_proj", w2[l]), ("mlp.up_proj", w3[l])):
            t[f"model.layers.{l}.{key}.weight"] = x
    json.dump(t, open(name + ".json", "w"))
END
python3 models.py || exit 2
cat > compare.py <<'END'
import json, sys
sys.argv, (folder, wanted) = sys.argv[:1], sys.argv[1:]
exec(open("models.py").read().split("random.seed")[0])
assert tensors(folder) == json.load(open(wanted))
END
for m in gpt2:gpt2 gpt2-bf16:gpt2 llama-0:llama llama-1:llama llama-head-0:llama-head llama-head-1:llama-head; do
	from=${m%:*}
	ok "$from is read" ll-train import -q --from=$from.bin --tokenizer=tok.json -o $from
	ok "$from: every tensor is there, and no other" python3 compare.py $from ${m#*:}.json
done
is "$(python3 -c 'import json; c = json.load(open("llama-head-1/config.json")); print(c["model_type"], c["num_key_value_heads"], c["intermediate_size"], c["tie_word_embeddings"])')" \
	"llama 1 20 False" "its configuration"
ok "ll-eval computes with it" ll-eval generate -q --model=gpt2 --prompt='the cat' --max-tokens=3
ok "a training begins from it" ll-train -q --init-from=llama-0 --data=ds --seq-len=8 --batch=2 --steps=1 -o begun

ok "a folder, with more words and positions" ll-train import -q --from=gpt2 --vocabulary=260 --context=31 -o wide/gpt2
cat > wide.py <<'END'
exec(open("models.py").read().split("random.seed")[0])
a, b = tensors("gpt2"), tensors("wide/gpt2")
old, new, C = a.pop("transformer.wte.weight"), b.pop("transformer.wte.weight"), 8
assert new[:257 * C] == old and len(new) == 260 * C
for r in range(257, 260):
    for c in range(C):
        assert abs(new[r * C + c] - sum(old[c::C]) / 257) < 1e-6
old, new = a.pop("transformer.wpe.weight"), b.pop("transformer.wpe.weight")
for i in range(31):  # position i stands at i / 2
    for c in range(C):
        assert abs(new[i * C + c] - (old[i // 2 * C + c] + old[(i + 1) // 2 * C + c]) / 2) < 1e-6, (i, c)
assert a == b
END
ok "new words are the mean of the old, positions between them" python3 wide.py
status 3 "fewer rows than the tokenizer has ids" ll-train import -q --from=gpt2 --vocabulary=200 -o few

status 2 "a folder that is there" ll-train import -q --from=gpt2.bin -o gpt2
status 3 "another version" ll-train import -q --from=gpt2-fp8.bin -o x
says "llm.c version 7" "it says which"
for f in gpt2 llama-0 llama-1; do
	head -c -4 $f.bin > cut.bin
	status 3 "$f cut short" ll-train import -q --from=cut.bin -o x
	{ cat $f.bin; printf 'more'; } > long.bin
	status 3 "$f too long" ll-train import -q --from=long.bin -o x
done
python3 -c 'import struct; [open(f"other-{m}.bin", "wb").write(struct.pack("<256i", m, 1, *[9] * 254) + b"more") for m in (20240327, 20240328, 20240520, 20240522, 20240527, 20240801, 20240803)]'
for other in "20240327:a debug state" "20240520:a file of tokens" "20240527:the state of an optimizer" "20240803:a llama"; do
	status 3 "what else llm.c writes: ${other#*:}" ll-train import -q --from=other-${other%:*}.bin -o x
	says "${other#*:} of llm.c; of its models GPT-2s are read" "it says so"
done
for option in --allow-missing --allow-unexpected; do
	status 2 "$option of a file" ll-train import -q --from=gpt2.bin $option='wte' -o x
	says "$option: a file of llm.c or llama2.c has every tensor" "has no meaning"
done
python3 -c 'd = bytearray(open("llama-1.bin", "rb").read()); d[35] ^= 64; open("far.bin", "wb").write(d)' # its size says nothing of the context
status 3 "a context that no model has" ll-train import -q --from=far.bin -o x
says "context = 10737418" "it is named"
head -c 3000 /dev/zero > zero.bin
status 3 "no model at all" ll-train import -q --from=zero.bin -o x
absent "nothing is left of what was refused" x few
finish
