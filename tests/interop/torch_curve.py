# SPDX-License-Identifier: MIT
# packages: torch numpy transformers
"""The loss curve of a small GPT-2 and a small Llama on tinyshakespeare: PyTorch from the same initial weights and batches, 50 steps; once with label smoothing and z-loss."""
import math
import os
import sys

import torch
import transformers

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import batch_starts, dataset, finish, log, ok, run, shakespeare, skip_all

text = shakespeare(200000)
if text is None:
    skip_all("LLTOOLS_TEST_DATA has no tinyshakespeare.txt")
ids = dataset("ds", text)
torch.set_num_threads(2)
BATCH, LENGTH, STEPS, DECAY, CLIP = 8, 64, 50, 0.1, 1.0


scores = []  # logarithms of the denominators of attention's softmax in a forward pass
plain_softmax = torch.nn.functional.softmax


def softmax(x, *args, **kwargs):
    scores.append(x.detach().logsumexp(-1).max().item())
    return plain_softmax(x, *args, **kwargs)


torch.nn.functional.softmax = softmax


def compare(preset, shape, smoothing=0.0, z=0.0):
    name = preset + ("-loss" if smoothing or z else "")
    common = [f"--preset={preset}", "--data=ds", f"--seq-len={LENGTH}", f"--batch={BATCH}", "--seed=5", "-q"]
    common += [a for k in shape for a in ("--set", k)]
    train = ["--lr=1e-3", "--min-lr=1e-4", "--warmup=10", f"--weight-decay={DECAY}", f"--clip={CLIP}"]
    train += [f"--set=label_smoothing={smoothing}", f"--set=z_loss={z}"]
    run("ll-train", *common, "--steps=0", "-o", f"{name}-start")
    run("ll-train", *common, *train, f"--steps={STEPS}", "-o", f"{name}-run")
    rows = log(f"{name}-run")
    model = transformers.AutoModelForCausalLM.from_pretrained(f"{name}-start/latest", dtype=torch.float32, attn_implementation="eager")
    model.eval()  # no dropout in either
    weights = [p for p in model.parameters() if p.dim() > 1]
    others = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": weights, "weight_decay": DECAY}, {"params": others, "weight_decay": 0.0}], lr=1e-3,
                                  betas=(0.9, 0.95), eps=1e-8)
    worst = worst_norm = worst_z = worst_lse = 0.0
    for step, row in enumerate(rows):
        starts = batch_starts(f"{name}-run", step + 1)
        window = torch.tensor([ids[s:s + LENGTH + 1] for s in starts])
        scores.clear()
        logits = model(window[:, :-1]).logits
        logits, targets = logits.reshape(-1, logits.shape[-1]), window[:, 1:].reshape(-1)
        loss = torch.nn.functional.cross_entropy(logits, targets)  # what the log says
        whole = torch.nn.functional.cross_entropy(logits, targets, label_smoothing=smoothing)
        whole = whole + z * logits.logsumexp(-1).square().mean()
        optimizer.zero_grad()
        whole.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for group in optimizer.param_groups:
            group["lr"] = row[3]
        optimizer.step()
        worst = max(worst, abs(loss.item() - row[2]))
        worst_z = max(worst_z, abs(logits.logsumexp(-1).mean().item() - row[10]))
        worst_lse = max(worst_lse, abs(max(scores) - row[9]))
        worst_norm = max(worst_norm, abs(norm.item() / row[4] - 1))
    print(f"# {name}: loss {rows[0][2]:.4f} to {rows[-1][2]:.4f}; largest difference {worst:.2e}, of gradient norms {worst_norm:.2e} relative")
    ok(len(rows) == STEPS and rows[-1][2] < rows[0][2] - 1, f"{name}: {STEPS} steps, the loss falls")
    ok(worst < 1e-4, f"{name}: losses equal to 1e-4 over {STEPS} steps")
    ok(len(scores) == 3 and worst_lse < 1e-3, f"{name}: attention_lse is the largest of three layers ({worst_lse:.1e})")
    ok(worst_z < 1e-3, f"{name}: log_z is the mean of the logits' ({worst_z:.1e})")
    ok(all(abs(r[8] - math.exp(r[2])) < 1e-9 * r[8] for r in rows), f"{name}: perplexity is e to the loss")
    ok(worst_norm < 1e-2, f"{name}: gradient norms equal to 1 %")


compare("gpt2-tiny", ["layers=3", "width=96", "heads=6"])
compare("gpt2-tiny", ["layers=3", "width=96", "heads=6"], smoothing=0.1, z=1e-3)
compare("llama-tiny", ["layers=3", "width=96", "heads=6", "kv_heads=2", "ffn_width=256"])
finish()
