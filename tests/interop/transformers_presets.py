# SPDX-License-Identifier: MIT
# packages: torch numpy transformers
"""Every preset of a published model has as many parameters as transformers counts for the published hyper-parameters. (Those of GPT-3,
which no folder was published of: tests/unit/lm_learning_test.c.)"""
import os
import sys

import torch
import transformers as t

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import finish, ok, run


def ours(preset):
    plan = run("ll-train", f"--preset={preset}", "--dry-run", "--roof=100", "--memory=100T")
    return int(next(line.split()[1] for line in plan.splitlines() if line.startswith("parameters")))


def theirs(config):
    with torch.device("meta"):
        return sum(p.numel() for p in t.AutoModelForCausalLM.from_config(config).parameters())


def gpt2(layers, width, heads):
    return t.GPT2Config(n_layer=layers, n_embd=width, n_head=heads, n_positions=1024, vocab_size=50257)


def opt(layers, width, heads):
    return t.OPTConfig(num_hidden_layers=layers, hidden_size=width, word_embed_proj_dim=width, num_attention_heads=heads, ffn_dim=4 * width,
                       max_position_embeddings=2048, vocab_size=50272)


def bloom(layers, width, heads):
    return t.BloomConfig(n_layer=layers, hidden_size=width, n_head=heads, vocab_size=250880)


def llama(layers, width, heads, ffn):
    return t.LlamaConfig(num_hidden_layers=layers, hidden_size=width, num_attention_heads=heads, intermediate_size=ffn, vocab_size=32000)


published = {
    "gpt2-124m": gpt2(12, 768, 12), "gpt2-355m": gpt2(24, 1024, 16), "gpt2-774m": gpt2(36, 1280, 20), "gpt2-1558m": gpt2(48, 1600, 25),
    "llama-7b": llama(32, 4096, 32, 11008), "llama-13b": llama(40, 5120, 40, 13824), "llama-33b": llama(60, 6656, 52, 17920),
    "llama-65b": llama(80, 8192, 64, 22016),
    "gpt-j-6b": t.GPTJConfig(n_layer=28, n_embd=4096, n_head=16, n_positions=2048, rotary_dim=64, vocab_size=50400),
    "neox-20b": t.GPTNeoXConfig(num_hidden_layers=44, hidden_size=6144, num_attention_heads=64, intermediate_size=24576, vocab_size=50432),
    "opt-125m": opt(12, 768, 12), "opt-1.3b": opt(24, 2048, 32), "opt-2.7b": opt(32, 2560, 32), "opt-6.7b": opt(32, 4096, 32),
    "opt-13b": opt(40, 5120, 40), "opt-30b": opt(48, 7168, 56), "opt-66b": opt(64, 9216, 72), "opt-175b": opt(96, 12288, 96),
    "bloom-560m": bloom(24, 1024, 16), "bloom-1b1": bloom(24, 1536, 16), "bloom-1b7": bloom(24, 2048, 16), "bloom-3b": bloom(30, 2560, 32),
    "bloom-7b1": bloom(30, 4096, 32), "bloom-176b": bloom(70, 14336, 112),
}
published["opt-350m"] = t.OPTConfig(num_hidden_layers=24, hidden_size=1024, word_embed_proj_dim=512, num_attention_heads=16, ffn_dim=4096,
                                     do_layer_norm_before=False, max_position_embeddings=2048, vocab_size=50272)
for preset, config in published.items():
    count = theirs(config)
    if config.model_type == "opt":
        count -= 2 * config.hidden_size  # the rows of positions that no token uses
    ok(ours(preset) == count, f"{preset}: {count} parameters ({ours(preset)})")
finish()
