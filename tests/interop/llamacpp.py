# SPDX-License-Identifier: MIT
# packages: xllamacpp torch transformers
"""GGUF files of ll-train export in llama.cpp: they load, text becomes our ids, and the next token has our probabilities."""
import json
import math
import os
import random
import subprocess
import sys

import torch
import transformers
import xllamacpp

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import BIN, dataset, finish, ok, run

rng = random.Random(1)
text = "\n\n".join(" ".join(rng.choice("a bird sang when the rain had gone over hills".split()) for _ in range(30)) for _ in range(100))
dataset("ds", text.encode())
CHECKPOINT_TEST = os.path.join(BIN, "../unit/checkpoint_test")
PROMPT = "a bird sang when, über 12 hills"


def ours(folder, ids):
    out = subprocess.run([CHECKPOINT_TEST, "--logits", folder, *map(str, ids)], check=True, stdout=subprocess.PIPE).stdout
    row = [float(x) for x in out.decode().splitlines()[-1].split()]
    top = max(row)
    total = top + math.log(sum(math.exp(x - top) for x in row))
    return [x - total for x in row]


class TableGelu(torch.nn.Module):
    """ggml's GELU on the CPU (ggml-cpu/vec.h): a table of float16 for float16, between -10 and 10."""
    def forward(self, x):
        y = torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().float()
        return torch.where(x <= -10, torch.zeros_like(x), torch.where(x >= 10, x, y))


def by_table(folder, ids):
    """The same by transformers, which agrees with ours (transformers_logits.py), but with that GELU."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    for module in model.modules():
        for name in {"act", "gelu_impl"} & set(module._modules):
            module._modules[name] = TableGelu()
    with torch.no_grad():
        return torch.log_softmax(model(torch.tensor([ids])).logits[0, -1].double(), -1).tolist()


def theirs(server, prompt, vocabulary):
    got = server.handle_completions({"prompt": prompt, "n_predict": 1, "n_probs": vocabulary, "temperature": 0, "cache_prompt": False})
    first = got["choices"][0]["logprobs"]["content"][0]
    return {t["id"]: t["logprob"] for t in first["top_logprobs"]}, got["usage"]["prompt_tokens"]


def tokens(s):
    with open("prompt.jsonl", "w") as f:
        f.write(json.dumps({"text": s}) + "\n")
    out = subprocess.run(f"{BIN}/ll-shard import -q prompt.jsonl | {BIN}/ll-bpe encode -q -m tok.json | {BIN}/ll-shard export -q", shell=True, check=True, stdout=subprocess.PIPE)
    return json.loads(out.stdout)["tokens"]


def compare(name, preset, *settings, types=("f32",)):
    args = [a for s in settings for a in ("--set", s)]
    run("ll-train", f"--preset={preset}", *args, "--data=ds", "--seq-len=32", "--batch=4", "--steps=12", "--lr=3e-3", "-q", "-o", name)
    ids = tokens(PROMPT)
    want = ours(f"{name}/latest", ids)
    for kind in types:
        run("ll-train", "export", "-q", "--to=gguf", f"--type={kind}", "-o", f"{name}.{kind}.gguf", f"{name}/latest")
        params = xllamacpp.CommonParams()
        params.model.path = f"{name}.{kind}.gguf"
        params.n_ctx, params.n_parallel, params.warmup, params.cpuparams.n_threads = 64, 1, False, 2
        params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        server = xllamacpp.Server(params)
        got, read = theirs(server, ids, len(want))
        gelu = kind == "f32" and not name.startswith(("llama", "qwen"))
        reference = by_table(f"{name}/latest", ids) if gelu else want
        worst = max(abs(got[i] - reference[i]) for i in got)
        print(f"# {name} as {kind}: {len(got)} of {len(want)} tokens, largest difference of log probabilities {worst:.2e}")
        bound = {"f32": 1e-5, "f16": 2e-3, "bf16": 2e-2, "q8_0": 2e-2}[kind]
        ok(len(got) == len(want) and worst < bound, f"{name} as {kind}: the probabilities of the next token")
        said, read_text = theirs(server, PROMPT, len(want))
        ok(read == read_text and said == got, f"{name} as {kind}: text becomes the same ids")
        del server


compare("gpt2", "gpt2-tiny", types=("f32", "f16", "bf16", "q8_0"))
compare("llama", "llama-tiny", types=("f32", "f16", "bf16", "q8_0"))
compare("llama-grouped", "llama-tiny", "kv_heads=2", "tied_head=true", "rotary_base=500000", "head_dim=16")
compare("llama-interleaved", "llama-tiny", "rotary_interleaved=true")
compare("qwen3", "llama-tiny", "qk_norm=true", types=("f32", "f16", "bf16", "q8_0"))
compare("qwen3-grouped", "llama-tiny", "qk_norm=true", "kv_heads=2", "head_dim=12", "tied_head=true")
slow = ["rotary_base=100", "rotary_factor=4", "init_std=0.2", "init=normal"]  # weights with which positions matter
compare("llama-linear", "llama-tiny", "rotary_scaling=linear", *slow)
compare("llama-llama3", "llama-tiny", "rotary_scaling=llama3", "rotary_context=32", *slow)
compare("llama-yarn", "llama-tiny", "rotary_scaling=yarn", "rotary_context=32", *slow)
compare("llama-yarn-set", "llama-tiny", "rotary_scaling=yarn", "rotary_context=32", "rotary_fast=4", "rotary_slow=0.5", "rotary_attention=0.8", *slow)
compare("llama-yarn-louder", "llama-tiny", "rotary_scaling=yarn", "rotary_context=32", "rotary_attention=2.5", *slow)
compare("qwen3-yarn", "llama-tiny", "qk_norm=true", "rotary_scaling=yarn", "rotary_context=32", *slow)
compare("neox-linear", "neox-tiny", "ffn=gelu-tanh", "rotary_scaling=linear", "rotary_fraction=0.5", *slow)
compare("neox-yarn", "neox-tiny", "ffn=gelu-tanh", "rotary_scaling=yarn", "rotary_context=32", "rotary_fraction=0.5", *slow)
compare("neox", "neox-tiny", "ffn=gelu-tanh", "init=normal")
compare("neox-sequential", "neox-tiny", "init=normal", "parallel_residual=false", "ffn=gelu-tanh", "width=80", "heads=2")
compare("bloom", "bloom-tiny")
compare("bloom-6-heads", "bloom-tiny", "width=240", "heads=6")
finish()
