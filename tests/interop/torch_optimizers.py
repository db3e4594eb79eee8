# SPDX-License-Identifier: MIT
# packages: torch numpy transformers
"""Every optimizer that torch.optim has too: 30 steps of a small Llama from the same weights and batches, losses and weights."""
import inspect
import os
import sys

import torch
import torch.optim._muon
import transformers

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import batch_starts, dataset, finish, log, ok, run, shakespeare, skip_all

text = shakespeare(200000)
if text is None:
    skip_all("LLTOOLS_TEST_DATA has no tinyshakespeare.txt")
ids = dataset("ds", text)
torch.set_num_threads(2)
BATCH, LENGTH, STEPS, CLIP = 8, 64, 30, 1.0
SHAPE = ["layers=3", "width=96", "heads=6", "kv_heads=2", "ffn_width=256"]

# PyTorch's Newton-Schulz runs in bfloat16; its own text, with float32 in that place, is what we are to agree with.
source = inspect.getsource(torch.optim._muon._zeropower_via_newtonschulz)
assert "torch.bfloat16" in source
exec(source.replace("torch.bfloat16", "torch.float32"), torch.optim._muon.__dict__)

common = ["--preset=llama-tiny", "--data=ds", f"--seq-len={LENGTH}", f"--batch={BATCH}", "--seed=5", "-q"]
common += [a for k in SHAPE for a in ("--set", k)]
run("ll-train", *common, "--steps=0", "-o", "start")


def start():
    model = transformers.AutoModelForCausalLM.from_pretrained("start/latest", dtype=torch.float32, attn_implementation="eager")
    return model.eval()


def groups(model, decay):
    """Weight decay on matrices alone."""
    return [{"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": decay},
            {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}]


def muon(model, decay):
    hidden = [p for n, p in model.named_parameters() if p.dim() > 1 and ".layers." in n]
    rest = [p for n, p in model.named_parameters() if p.dim() > 1 and ".layers." not in n]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    return [torch.optim.Muon(hidden, weight_decay=decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW([{"params": rest, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}],
                              betas=(0.9, 0.95), eps=1e-8)]


def compare(name, options, make, tolerance=1e-5):
    run("ll-train", *common, f"--clip={CLIP}", f"--steps={STEPS}", "--warmup=5", *options, "-o", name)
    rows = log(name)
    model = start()
    optimizers = make(model)
    optimizers = optimizers if isinstance(optimizers, list) else [optimizers]
    first = {n: p.detach().clone() for n, p in model.named_parameters()}
    worst = 0.0
    for step, row in enumerate(rows):
        window = torch.tensor([ids[s:s + LENGTH + 1] for s in batch_starts(name, step + 1)])
        logits = model(window[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), window[:, 1:].reshape(-1))
        model.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = row[3]
            optimizer.step()
        worst = max(worst, abs(loss.item() - row[2]))
    ours = dict(transformers.AutoModelForCausalLM.from_pretrained(f"{name}/latest", dtype=torch.float32).named_parameters())
    far = max(((ours[n] - p).norm() / (p - first[n]).norm()).item() for n, p in model.named_parameters())
    print(f"# {name}: loss {rows[0][2]:.4f} to {rows[-1][2]:.4f}; largest difference {worst:.2e}; of the way of a tensor {far:.2e}")
    ok(len(rows) == STEPS and rows[-1][2] < rows[0][2] - 0.2, f"{name}: the loss falls")
    ok(worst < tolerance, f"{name}: losses equal to {tolerance:g} over {STEPS} steps")
    ok(far < 100 * tolerance, f"{name}: every tensor went the same way to {100 * tolerance:g}")


compare("adamw", ["--lr=1e-3", "--weight-decay=0.1"], lambda m: torch.optim.AdamW(groups(m, 0.1), betas=(0.9, 0.95)))
compare("adam", ["--optimizer=adam", "--lr=1e-3", "--weight-decay=0.01", "--beta2=0.99"],
        lambda m: torch.optim.Adam(groups(m, 0.01), betas=(0.9, 0.99)))
compare("momentum", ["--optimizer=sgd", "--lr=0.1", "--weight-decay=0.01"],
        lambda m: torch.optim.SGD(groups(m, 0.01), momentum=0.9))
compare("nesterov", ["--optimizer=sgd", "--lr=0.1", "--nesterov=1", "--momentum=0.8", "--l2=0.01"],
        lambda m: torch.optim.SGD(groups(m, 0.01), momentum=0.8, nesterov=True))
compare("descent", ["--optimizer=sgd", "--lr=0.2", "--momentum=0"], lambda m: torch.optim.SGD(groups(m, 0.0)))
# PyTorch has the relative step alone; its own bound on the rate, 1 / sqrt(step), is above ours throughout. Its first epsilon
# is no addend but a bound, of which the square counts too.
compare("adafactor", ["--optimizer=adafactor", "--lr=0.02", "--weight-decay=0.1", "--relative-step=1"],
        lambda m: torch.optim.Adafactor(groups(m, 0.1), eps=(1e-15, 1e-3)))
compare("muon", ["--optimizer=muon", "--lr=2e-3", "--weight-decay=0.1"], lambda m: muon(m, 0.1))
finish()
