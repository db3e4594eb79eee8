# SPDX-License-Identifier: MIT
# packages: torch numpy transformers
"""Our checkpoint folders in transformers: they load with no tensor missing or left over, and give our logits."""
import os
import random
import subprocess
import sys

import torch
import transformers

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import BIN, dataset, finish, ok, run

rng = random.Random(1)
text = "\n\n".join(" ".join(rng.choice("a bird sang when the rain had gone over hills".split()) for _ in range(30)) for _ in range(100))
dataset("ds", text.encode())
CHECKPOINT_TEST = os.path.join(BIN, "../unit/checkpoint_test")


def compare(name, preset, *settings, family=None):
    args = [a for s in settings for a in ("--set", s)]
    run("ll-train", f"--preset={preset}", *args, "--data=ds", "--seq-len=32", "--batch=4", "--steps=12", "--lr=3e-3", "-q", "-o", name)
    model, info = transformers.AutoModelForCausalLM.from_pretrained(f"{name}/latest", output_loading_info=True, dtype=torch.float32)
    left = {k: v for k, v in info.items() if v}
    ok(not left, f"{name}: nothing missing or left over {left or ''}")
    ok(model.config.model_type == family, f"{name}: a {family}")
    ids = [rng.randrange(257) for _ in range(48)]
    ours = subprocess.run([CHECKPOINT_TEST, "--logits", f"{name}/latest", *map(str, ids)], check=True, stdout=subprocess.PIPE).stdout
    ours = torch.tensor([[float(x) for x in line.split()] for line in ours.decode().splitlines()])
    with torch.no_grad():
        theirs = model.eval()(torch.tensor([ids])).logits[0]
    worst = (ours - theirs).abs().max().item()
    print(f"# {name}: largest difference of logits {worst:.2e} among values up to {theirs.abs().max().item():.2f}")
    ok(ours.shape == theirs.shape and worst < 1e-4, f"{name}: the same logits")
    tokenizer = transformers.AutoTokenizer.from_pretrained(f"{name}/latest")
    sample = "a bird, über <|endoftext|> 123"
    ok(tokenizer.decode(tokenizer.encode(sample)) == sample, f"{name}: its tokenizer loads and gives back its text")


compare("gpt2", "gpt2-tiny", family="gpt2")
compare("gpt2-untied-relu", "gpt2-tiny", "tied_head=false", "ffn=relu", family="gpt2")
compare("gpt2-erf", "gpt2-tiny", "ffn=gelu", "ffn_width=80", family="gpt2")
compare("llama", "llama-tiny", family="llama")
compare("llama-grouped", "llama-tiny", "kv_heads=2", "tied_head=true", "rotary_base=500000", "head_dim=16", family="llama")
compare("qwen3", "llama-tiny", "qk_norm=true", "kv_heads=2", "head_dim=12", family="qwen3")
compare("mixtral", "llama-tiny", "experts=4", "kv_heads=2", "head_dim=12", "expert_balance=0.01", family="mixtral")
compare("gpt-j", "gpt-j-tiny", family="gptj")
compare("gpt-j-relu", "gpt-j-tiny", "width=96", "heads=3", "ffn=relu", "rotary_fraction=0.4", "ffn_width=100", family="gptj")
compare("neox", "neox-tiny", family="gpt_neox")
compare("neox-sequential", "neox-tiny", "parallel_residual=false", "ffn=gelu", "width=80", "heads=2", "ffn_width=90", "rotary_base=500", family="gpt_neox")
compare("bloom", "bloom-tiny", family="bloom")
compare("bloom-6-heads", "bloom-tiny", "width=240", "heads=6", family="bloom")
compare("opt", "opt-tiny", family="opt")
compare("opt-350m", "opt-tiny", "post_norm=true", "embedding_width=20", family="opt")
compare("opt-post-norm-gelu", "gpt2-tiny", "post_norm=true", "width=96", family="opt")
compare("opt-untied", "opt-tiny", "tied_head=false", "ffn=gelu", "width=96", "heads=1", family="opt")
finish()
