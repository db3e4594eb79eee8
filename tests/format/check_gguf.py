# SPDX-License-Identifier: MIT
"""check_gguf.py FILE.gguf FOLDER TYPE: a GGUF file against the Hugging Face folder that it was made from, by the rules of llama.cpp's
conversion/{gpt2,llama,qwen,gptneox,bloom}.py and gguf-py/gguf/quants.py; with nothing but the standard library. Prints a line of sums."""
import array
import json
import math
import os
import struct
import sys

path, folder, kind = sys.argv[1:4]
config = json.load(open(f"{folder}/config.json"))
family = config["model_type"]

# ---- the folder ----
raw = open(f"{folder}/model.safetensors", "rb").read()
size = struct.unpack("<Q", raw[:8])[0]
hf = {}
for name, t in json.loads(raw[8 : 8 + size]).items():
    if name != "__metadata__":
        a, b = t["data_offsets"]
        assert t["dtype"] == "F32"
        values = array.array("f", raw[8 + size + a : 8 + size + b])
        columns = t["shape"][-1]
        hf[name.removeprefix("transformer.").removeprefix("gpt_neox.").removeprefix("model.")] = (
            [values[i : i + columns] for i in range(0, len(values), columns)] if len(t["shape"]) == 2 else [values])
heads = config.get("n_head") or config["num_attention_heads"]
kv_heads = config.get("num_key_value_heads", heads)


def transposed(rows):
    return [array.array("f", c) for c in zip(*rows)]


def split_heads(rows):
    """[head][q k v][size] to [q k v][head][size]: rows of a matrix, or the numbers of a bias."""
    flat = rows if len(rows) > 1 else rows[0]
    n = len(flat) // (3 * heads)
    order = [flat[(h * 3 + part) * n + i] for part in range(3) for h in range(heads) for i in range(n)]
    return order if len(rows) > 1 else [array.array("f", order)]


def turned(rows, n_head):
    """LlamaModel.permute: reshape(n_head, 2, half, in).swapaxes(1, 2)."""
    n = len(rows) // n_head
    return [rows[h * n + half * (n // 2) + i] for h in range(n_head) for i in range(n // 2) for half in range(2)]


want = {}
if family == "gpt2":
    for ours, theirs in (("wte.weight", "token_embd.weight"), ("wpe.weight", "position_embd.weight"), ("ln_f.weight", "output_norm.weight"), ("ln_f.bias", "output_norm.bias")):
        want[theirs] = hf[ours]
    if not config.get("tie_word_embeddings", True):
        want["output.weight"] = hf["lm_head.weight"]
    for i in range(config["n_layer"]):
        for ours, theirs in (("ln_1", "attn_norm"), ("ln_2", "ffn_norm"), ("attn.c_attn", "attn_qkv"), ("attn.c_proj", "attn_output"), ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down")):
            w = hf[f"h.{i}.{ours}.weight"]
            want[f"blk.{i}.{theirs}.weight"] = transposed(w) if ours[:2] != "ln" else w
            want[f"blk.{i}.{theirs}.bias"] = hf[f"h.{i}.{ours}.bias"]
elif family in ("llama", "qwen3"):
    want = {"token_embd.weight": hf["embed_tokens.weight"], "output_norm.weight": hf["norm.weight"]}
    if not config["tie_word_embeddings"]:
        want["output.weight"] = hf["lm_head.weight"]
    for i in range(config["num_hidden_layers"]):
        for ours, theirs in (("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm"), ("self_attn.q_proj", "attn_q"), ("self_attn.k_proj", "attn_k"), ("self_attn.v_proj", "attn_v"),
                             ("self_attn.o_proj", "attn_output"), ("mlp.gate_proj", "ffn_gate"), ("mlp.up_proj", "ffn_up"), ("mlp.down_proj", "ffn_down")):
            w = hf[f"layers.{i}.{ours}.weight"]
            pairs = family == "llama" and theirs in ("attn_q", "attn_k")
            want[f"blk.{i}.{theirs}.weight"] = turned(w, heads if theirs == "attn_q" else kv_heads) if pairs else w
        for part in ("q", "k") if family == "qwen3" else ():
            want[f"blk.{i}.attn_{part}_norm.weight"] = hf[f"layers.{i}.self_attn.{part}_norm.weight"]
    rope = config.get("rope_scaling") or {}
    if rope.get("rope_type") == "llama3":  # LlamaModel.generate_extra_tensors
        size, slow, fast, factors = config["head_dim"], rope["low_freq_factor"], rope["high_freq_factor"], []
        for i in range(size // 2):
            turns = rope["original_max_position_embeddings"] / (2 * math.pi * config["rope_theta"] ** (2 * i / size))
            smooth = (turns - slow) / (fast - slow)
            factors.append(1 if turns > fast else rope["factor"] if turns < slow else 1 / ((1 - smooth) / rope["factor"] + smooth))
        want["rope_freqs.weight"] = [array.array("f", factors)]
else:
    neox = family == "gpt_neox"
    top = (("embed_in", "token_embd"), ("final_layer_norm", "output_norm"), ("embed_out", "output")) if neox else \
        (("word_embeddings", "token_embd"), ("word_embeddings_layernorm", "token_embd_norm"), ("ln_f", "output_norm"))
    layer = (("input_layernorm", "attn_norm"), ("post_attention_layernorm", "ffn_norm")) + (
        (("attention.query_key_value", "attn_qkv"), ("attention.dense", "attn_output")) if neox else (("self_attention.query_key_value", "attn_qkv"), ("self_attention.dense", "attn_output"))) + (
        ("mlp.dense_h_to_4h", "ffn_up"), ("mlp.dense_4h_to_h", "ffn_down"))
    layers = config.get("n_layer") or config["num_hidden_layers"]
    names = list(top) + [(f"{'layers' if neox else 'h'}.{i}.{a}", f"blk.{i}.{b}") for i in range(layers) for a, b in layer]
    for ours, theirs in names:
        for part in ("weight", "bias"):
            if theirs == "output" and ours + ".weight" not in hf:
                ours = "embed_in"
            if f"{ours}.{part}" in hf:
                t = hf[f"{ours}.{part}"]
                want[f"{theirs}.{part}"] = split_heads(t) if "query_key_value" in ours else t

# ---- the file ----
data = open(path, "rb").read()
at = 0


def take(form):
    global at
    v = struct.unpack_from("<" + form, data, at)
    at += struct.calcsize("<" + form)
    return v[0]


def text():
    global at
    n = take("Q")
    at += n
    return data[at - n : at].decode()


FORMS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def value(t):
    if t == 8:
        return text()
    if t == 9:
        of, n = take("I"), take("Q")
        return [value(of) for _ in range(n)]
    return take(FORMS[t])


assert take("I") == 0x46554747 and take("I") == 3
tensors, pairs = take("Q"), take("Q")
meta = {}
for _ in range(pairs):
    key = text()
    assert key not in meta, key
    meta[key] = value(take("I"))
entries = []
for _ in range(tensors):
    name, dims = text(), take("I")
    shape = [take("Q") for _ in range(dims)]
    entries.append((name, shape, take("I"), take("Q")))
start = (at + 31) // 32 * 32
assert set(want) == {e[0] for e in entries}, set(want) ^ {e[0] for e in entries}


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def bf16(x):
    u = struct.unpack("<I", struct.pack("<f", x))[0]
    return struct.pack("<H", (u + 0x7FFF + (u >> 16 & 1)) >> 16)


def q8_0(block):
    d = f32(max(map(abs, block)) / 127)
    inverse = f32(1 / d) if d else 0
    q = [f32(x * inverse) for x in block]
    return struct.pack("<e", d) + bytes(int(math.copysign(math.floor(abs(x) + 0.5), x)) & 255 for x in q)


end = 0
types = {"f32": 0, "f16": 1, "q8_0": 8, "bf16": 30}
for name, shape, t, offset in entries:
    rows = want[name]
    flat = array.array("f", (x for r in rows for x in r))
    assert shape == ([len(rows[0]), len(rows)] if len(shape) == 2 else [len(rows[0])]), (name, shape)
    expected = types[kind]
    if len(shape) == 1 or name == "position_embd.weight":
        expected = 0
    elif kind == "q8_0" and shape[0] % 32:
        expected = 1
    assert t == expected, (name, t)
    bytes_ = (flat.tobytes() if t == 0 else struct.pack(f"<{len(flat)}e", *flat) if t == 1 else b"".join(map(bf16, flat)) if t == 30
              else b"".join(q8_0(flat[i : i + 32]) for i in range(0, len(flat), 32)))
    assert offset % 32 == 0 and offset == end, name
    there = data[start + offset : start + offset + len(bytes_)]
    if name == "rope_freqs.weight":  # computed, not copied
        assert all(abs(a / b - 1) < 1e-6 for a, b in zip(array.array("f", there), flat)), "speeds differ"
    else:
        assert there == bytes_, f"{name} differs"
    end = (offset + len(bytes_) + 31) // 32 * 32
assert len(data) == start + end

# ---- the keys ----
arch = {"gpt2": "gpt2", "llama": "llama", "qwen3": "qwen3", "gpt_neox": "gptneox", "bloom": "bloom"}[family]
get = lambda *names: next(config[n] for n in names if n in config)
assert meta["general.architecture"] == arch and meta["general.file_type"] == {"f32": 0, "f16": 1, "q8_0": 7, "bf16": 32}[kind]
assert meta[f"{arch}.block_count"] == get("n_layer", "num_hidden_layers")
assert meta[f"{arch}.embedding_length"] == get("n_embd", "hidden_size")
assert meta[f"{arch}.attention.head_count"] == heads and meta[f"{arch}.attention.head_count_kv"] == kv_heads
epsilon = meta[f"{arch}.attention.layer_norm_rms_epsilon" if family in ("llama", "qwen3") else f"{arch}.attention.layer_norm_epsilon"]
assert abs(epsilon - get("layer_norm_epsilon", "layer_norm_eps", "rms_norm_eps")) < 1e-9
size = get("n_embd", "hidden_size") // heads
if family in ("llama", "qwen3"):
    assert meta[f"{arch}.rope.dimension_count"] == config.get("head_dim", size) and meta[f"{arch}.rope.freq_base"] == config.get("rope_theta", 10000)
    assert meta[f"{arch}.attention.key_length"] == meta[f"{arch}.attention.value_length"] == config["head_dim"]
scaling = config.get("rope_scaling") or {}
by_key = scaling.get("rope_type") == "linear" or scaling.get("rope_type") == "yarn"
assert meta.get(f"{arch}.rope.scaling.type") == (scaling["rope_type"] if by_key else None)
assert meta.get(f"{arch}.rope.scaling.factor") == (scaling["factor"] if by_key else None)
assert meta.get(f"{arch}.rope.scaling.original_context_length") == (scaling.get("original_max_position_embeddings") if by_key else None)
if family == "gpt_neox":
    assert meta["gptneox.rope.dimension_count"] == int(size * config["rotary_pct"]) and meta["gptneox.use_parallel_residual"] == config["use_parallel_residual"]
tokens = meta["tokenizer.ggml.tokens"]
assert len(tokens) == config["vocab_size"] == len(meta["tokenizer.ggml.token_type"]) == meta[f"{arch}.vocab_size"]
vocabulary = json.load(open(f"{folder}/tokenizer.json"))
known = {i: t for t, i in vocabulary["model"]["vocab"].items()} | {a["id"]: a["content"] for a in vocabulary["added_tokens"]}
assert tokens == [known.get(i, f"[PAD{i}]") for i in range(len(tokens))] and meta["tokenizer.ggml.add_bos_token"] is False
assert os.path.getsize(path) == len(data)
print(f"{arch}: {tensors} tensors, {pairs} pairs")
