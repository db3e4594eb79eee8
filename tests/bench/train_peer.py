# SPDX-License-Identifier: MIT
"""Training steps beside PyTorch (PyPI), in one run, interleaved: medians of both and of the ratio of each pair.

usage: train_peer.py BIN [large|small|NAME...]     NAME: 4x64, 4x256, 1x1024, small1, small2, small3

BIN is the folder of ll-train. A step is the same on both sides: GPT-2, random tokens, forward, backward, norm of the gradient,
AdamW. PyTorch runs fused AdamW with torch.compile (MODES="eager compile" tries both, the faster counts), bf16 by autocast, its
allocator told to keep its pages. Both use THREADS (2) threads; PAIRS (7) pairs of STEPS (3) steps; PRECISIONS ("f32 bf16").
Without torch only our own figures.
"""
import os
import re
import statistics
import subprocess
import sys

SHAPES = {  # preset, batch, length, changes of the preset (layers, width, heads, vocabulary, longest sequence)
    "4x64": (4, 64, (12, 768, 12, 50257, 1024)), "4x256": (4, 256, (12, 768, 12, 50257, 1024)), "1x1024": (1, 1024, (12, 768, 12, 50257, 1024)),
    "small1": (8, 128, (4, 128, 4, 50257, 1024)), "small2": (16, 128, (4, 128, 4, 4096, 256)), "small3": (8, 256, (6, 384, 6, 4096, 256)),
}
GROUPS = {"large": ["4x64", "4x256", "1x1024"], "small": ["small1", "small2", "small3"]}

PEER = r'''
import sys, time, statistics, torch, torch.nn as nn, torch.nn.functional as F
batch, length, layers, width, heads, vocab, longest, threads = map(int, sys.argv[1:9])
mode, bf16 = sys.argv[9], sys.argv[10] == "bf16"
torch.set_num_threads(threads)
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, heads, c // heads).transpose(1, 2) for z in self.qkv(self.norm1(x)).split(c, 2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocab, width), nn.Embedding(longest, width)
        self.blocks = nn.ModuleList(Block() for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocab, bias=False)
        self.head.weight = self.wte.weight
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, 0, 0.02)
    def forward(self, x, y):
        h = self.wte(x) + self.wpe(torch.arange(x.shape[1]))
        for block in self.blocks:
            h = block(h)
        logits = self.head(self.norm(h)).float()
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1))
torch.manual_seed(0)
model = Model()
opt = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
run = torch.compile(model) if mode == "compile" else model
def step():
    x, y = (torch.randint(0, vocab, (batch, length)) for _ in range(2))
    start = time.perf_counter()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        loss = run(x, y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    opt.zero_grad(set_to_none=True)
    return 1e3 * (time.perf_counter() - start)
step(), step()
print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    print(statistics.median(step() for _ in range(int(line))), flush=True)
'''


def our_step(binary, shape, precision, threads, steps):
    batch, length, (layers, width, heads, vocab, _) = SHAPES[shape]
    command = [os.path.join(binary, "ll-train"), "bench", "--preset=gpt2-124m", f"--batch={batch}", f"--seq-len={length}", f"--layers={layers}",
               f"--width={width}", f"--heads={heads}", f"--vocab={vocab}", f"--precision={precision}", f"--steps={steps}", f"-@{threads}"]
    last = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    found = dict(re.findall(r"(\w+)=([0-9.]+)", last))
    return float(found["ms"]), float(found["share"])


class Peer:
    def __init__(self, shape, precision, threads, mode):
        batch, length, sizes = SHAPES[shape]
        env = dict(os.environ, OMP_NUM_THREADS=str(threads),
                   GLIBC_TUNABLES="glibc.malloc.mmap_threshold=17179869184:glibc.malloc.trim_threshold=17179869184")
        self.process = subprocess.Popen([sys.executable, "-c", PEER, *map(str, (batch, length, *sizes, threads)), mode, precision],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env)
        self.mode, self.version = mode, (self.process.stdout.readline().split() or ["", ""])[-1]

    def step(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(binary, shape, precision, threads, pairs, steps, modes):
    peers = [p for p in (Peer(shape, precision, threads, mode) for mode in modes) if p.version] if modes else []
    ours, shares, theirs, ratios = [], [], [], []
    for _ in range(pairs):
        ms, share = our_step(binary, shape, precision, threads, steps)
        ours.append(ms)
        shares.append(share)
        if peers:
            theirs.append(min(p.step(steps) for p in peers))
            ratios.append(theirs[-1] / ms)
    line = f"{shape:8} {precision:5} ours {statistics.median(ours):8.1f} ms, {statistics.median(shares):.2f} of the roof"
    if peers:
        line += f"   torch {peers[0].version} {statistics.median(theirs):8.1f} ms   ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    print(line, flush=True)
    for p in peers:
        p.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    names = [n for word in sys.argv[2:] or ["large", "small"] for n in GROUPS.get(word, [word])]
    modes = os.environ.get("MODES", "compile").split()
    try:
        import torch  # noqa: F401
    except ImportError:
        modes = []
        print("no torch: our own figures only")
    for name in names:
        for kind in os.environ.get("PRECISIONS", "f32 bf16").split():
            compare(sys.argv[1], name, kind, int(os.environ.get("THREADS", 2)), int(os.environ.get("PAIRS", 7)), int(os.environ.get("STEPS", 3)), modes)
