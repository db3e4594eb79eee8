# SPDX-License-Identifier: MIT
# packages: torch numpy
"""nanoGPT's configuration for a CPU (its README, "I only have a macbook") on tinyshakespeare by characters: after 2,000 iterations our
validation loss is no worse than that of nanoGPT, run here from its own sources (LLTOOLS_NANOGPT: a checkout), + 0.01."""
import os
import pickle
import shutil
import subprocess
import sys

import numpy
import torch

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import dataset, finish, log, ok, run, shakespeare, skip_all

source = os.environ.get("LLTOOLS_NANOGPT")
text = shakespeare(-1)
if not source or text is None:
    skip_all("LLTOOLS_NANOGPT names no checkout of nanoGPT" if text else "LLTOOLS_TEST_DATA has no tinyshakespeare.txt")
LAYERS, WIDTH, HEADS, LENGTH, BATCH, STEPS = 4, 128, 4, 64, 12, 2000
cut = len(text) * 9 // 10
train, valid = dataset("train", text[:cut]), dataset("valid", text[cut:])
windows = (len(valid) - 1) // LENGTH

run("ll-train", "--preset=gpt2-mini", *(a for k in (f"layers={LAYERS}", f"width={WIDTH}", f"heads={HEADS}", f"context={LENGTH}", "bias=false",
    "ffn=gelu") for a in ("--set", k)), "--data=train", "--valid=valid", f"--valid-batches={windows // BATCH}", f"--seq-len={LENGTH}",
    f"--batch={BATCH}", f"--steps={STEPS}", "--lr=1e-3", "--min-lr=1e-4", "--warmup=100", "--beta2=0.99", "--weight-decay=0.1", "--clip=1",
    "--seed=1337", "-q", "-o", "ours")
ours = log("ours")[-1]

for name in ("model.py", "train.py", "configurator.py"):
    shutil.copy(os.path.join(source, name), ".")
os.makedirs("data/chars")
vocabulary = max(max(train), max(valid)) + 1
numpy.array(train, dtype=numpy.uint16).tofile("data/chars/train.bin")
numpy.array(valid, dtype=numpy.uint16).tofile("data/chars/val.bin")
with open("data/chars/meta.pkl", "wb") as f:
    pickle.dump({"vocab_size": vocabulary}, f)
options = dict(dataset="chars", out_dir="theirs", device="cpu", compile=False, dtype="float32", eval_iters=1, eval_interval=STEPS, log_interval=500,
               always_save_checkpoint=True, gradient_accumulation_steps=1, block_size=LENGTH, batch_size=BATCH, n_layer=LAYERS, n_head=HEADS,
               n_embd=WIDTH, max_iters=STEPS, lr_decay_iters=STEPS, dropout=0.0, learning_rate=1e-3, min_lr=1e-4, beta2=0.99, warmup_iters=100)
subprocess.run([sys.executable, "train.py", *(f"--{k}={v}" for k, v in options.items())], check=True, stdout=subprocess.DEVNULL)
sys.path.insert(0, ".")
from model import GPT, GPTConfig

saved = torch.load("theirs/ckpt.pt", weights_only=False)
model = GPT(GPTConfig(**saved["model_args"]))
model.load_state_dict(saved["model"])
model.eval()
total = count = 0
with torch.no_grad():
    for first in range(0, windows // BATCH * BATCH, BATCH):
        rows = torch.tensor([valid[w * LENGTH:(w + 1) * LENGTH + 1] for w in range(first, first + BATCH)])
        total += model(rows[:, :-1].contiguous(), rows[:, 1:].contiguous())[1].item()
        count += 1
theirs = total / count
print(f"# validation after {STEPS} iterations over {count * BATCH} windows: ours {ours[5]:.4f}, nanoGPT {theirs:.4f}")
ok(ours[5] <= theirs + 0.01, "validation no worse than nanoGPT's + 0.01")
finish()
