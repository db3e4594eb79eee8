# SPDX-License-Identifier: MIT
# packages: torch numpy
"""What no class of transformers computes, against its definition written in PyTorch: logits and the gradient of every tensor in float32
within 1e-5 of float64, for bands, caps and scales of attention, norms of every kind, positions, gates, and experts with their losses."""
import json
import math
import os
import random
import struct
import subprocess
import sys

import torch

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import BIN, dataset, finish, ok, run

rng = random.Random(4)
dataset("ds", b"\n\n".join(b" ".join(rng.choice(b"a bird sang when the rain had gone".split()) for _ in range(30)) for _ in range(60)))
CHECKPOINT_TEST = os.path.join(BIN, "../unit/checkpoint_test")
torch.set_default_dtype(torch.float64)


def tensors(folder):
    raw = open(f"{folder}/model.safetensors", "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + n])
    head.pop("__metadata__", None)
    return {k: torch.frombuffer(bytearray(raw[8 + n + t["data_offsets"][0]:8 + n + t["data_offsets"][1]]), dtype=torch.float32).reshape(t["shape"]).double()
            for k, t in head.items()}


def config_of(folder):
    lines = json.load(open(f"{folder}/ll-state.json"))["model"].splitlines()
    value = lambda v: v == "true" if v in ("true", "false") else v if v[0].isalpha() else float(v)
    return {k: int(v) if isinstance(v, float) and v == int(v) else v for k, v in ((k, value(v)) for k, v in (l.split(" = ") for l in lines))}


class Model:
    """The definition, one sequence at a time, from the keys and the names in the manual and in libcommon/lm/model.h."""

    def __init__(self, c, w):
        self.c, self.w, self.added, self.training = c, w, 0.0, False

    def norm(self, x, name, kind=None):
        kind = kind or self.c["norm"]
        if kind == "none":
            return x
        if kind == "layer":
            y = (x - x.mean(-1, keepdim=True)) / (x.var(-1, unbiased=False, keepdim=True) + self.c["norm_eps"]).sqrt()
        elif kind == "rms":
            y = x / (x.square().mean(-1, keepdim=True) + self.c["norm_eps"]).sqrt()
        else:  # batch
            mean, var = (x.mean(0), x.var(0, unbiased=False)) if self.training else (self.w[f"{name}.mean"], self.w[f"{name}.var"])
            y = (x - mean) / (var + self.c["norm_eps"]).sqrt()
        return y * self.w[f"{name}.w"] + self.w.get(f"{name}.b", 0)

    def linear(self, x, name):
        return x @ self.w[f"{name}.w"].T + self.w.get(f"{name}.b", 0)

    def positions(self, T):
        C = self.c["width"]
        if self.c["position"] == "learned":
            return self.w["wpe"][:T]
        if self.c["position"] != "sinusoidal":
            return 0
        angle = torch.arange(T)[:, None] / 10000 ** (torch.arange(C) // 2 * 2 / C)
        return torch.where(torch.arange(C) % 2 == 0, angle.sin(), angle.cos())

    def turn(self, x):  # [T, heads, head_dim]
        n = int(self.c["head_dim"] * self.c["rotary_fraction"])
        angle = torch.arange(len(x))[:, None, None] * self.c["rotary_base"] ** (-2 * torch.arange(n // 2) / n)
        a, b = (x[..., 0:n:2], x[..., 1:n:2]) if self.c["rotary_interleaved"] else (x[..., :n // 2], x[..., n // 2:n])
        a, b = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
        turned = torch.stack((a, b), -1).flatten(-2) if self.c["rotary_interleaved"] else torch.cat((a, b), -1)
        return torch.cat((turned, x[..., n:]), -1)

    def attention(self, x, l):
        c, T = self.c, len(x)
        H, K, d = c["heads"], c["kv_heads"], c["head_dim"]
        q, k, v = self.linear(x, f"h.{l}.qkv").split([H * d, K * d, K * d], -1)
        q, k, v = q.reshape(T, H, d), k.reshape(T, K, d), v.reshape(T, K, d)
        if c["qk_norm"]:
            kind = "layer" if c["norm"] == "layer" else "rms"
            q, k = self.norm(q, f"h.{l}.q_norm", kind), self.norm(k, f"h.{l}.k_norm", kind)
        if c["position"] == "rotary":
            q, k = self.turn(q), self.turn(k)
        k, v = k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1)
        s = torch.einsum("ihd,jhd->hij", q, k) * (c["attention_scale"] or d ** -0.5)
        back = torch.arange(T)[:, None] - torch.arange(T)
        if c["position"] == "alibi":  # heads a power of 2
            s = s - 2 ** (-8 * (torch.arange(H) + 1) / H)[:, None, None] * back
        if c["attention_cap"]:
            s = c["attention_cap"] * (s / c["attention_cap"]).tanh()
        banded = c["band"] and (l + 1) % c["band_every"] == 0
        hidden = (back < 0) | (back >= c["band"] if banded else back < 0)
        out = torch.einsum("hij,jhd->ihd", s.masked_fill(hidden, -math.inf).softmax(-1), v).reshape(T, H * d)
        return self.linear(out, f"h.{l}.proj")

    def dense(self, x, name):
        up, kind = self.linear(x, f"{name}.up"), self.c["ffn"]
        act = {"relu": torch.relu, "gelu": torch.nn.functional.gelu, "gelu-tanh": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
               "swiglu": torch.nn.functional.silu, "geglu": torch.nn.functional.gelu}[kind]
        if kind in ("swiglu", "geglu"):
            gate, up = up.chunk(2, -1)
            return self.linear(act(gate) * up, f"{name}.down")
        return self.linear(act(up), f"{name}.down")

    def feed_forward(self, x, l):
        c, T = self.c, len(x)
        if not c["experts"]:
            return self.dense(x, f"h.{l}")
        E, N = c["experts"], c["experts_per_token"]
        p = self.linear(x, f"h.{l}.router").softmax(-1)
        weight, chosen = p.topk(N, -1)
        weight = weight / weight.sum(-1, keepdim=True) if N > 1 else weight
        if self.training:
            share = torch.bincount(chosen.flatten(), minlength=E) / (T * N)
            self.added = self.added + c["expert_balance"] * E * (share * p.mean(0)).sum() * T
        room = math.ceil(c["expert_capacity"] * T * N / E) if self.training and c["expert_capacity"] else T * N
        used, rows = [0] * E, []
        for t in range(T):
            row = torch.zeros(c["width"])
            for j in range(N):
                e = int(chosen[t, j])
                used[e] += 1
                if used[e] <= room:
                    row = row + weight[t, j] * self.dense(x[t], f"h.{l}.e{e}")
            rows.append(row)
        return torch.stack(rows)

    def logits(self, ids):
        c, w = self.c, self.w
        x = w["wte"][ids] + self.positions(len(ids))
        x = self.norm(x, "emb_norm") if c["embedding_norm"] else x
        for l in range(c["layers"]):
            first = self.norm(x, f"h.{l}.norm1")
            mid = x + self.attention(first, l)
            second = first if c["shared_norm"] else self.norm(x if c["parallel_residual"] else mid, f"h.{l}.norm2")
            x = mid + self.feed_forward(second, l)
        x = self.norm(x, "norm_f") * c["output_scale"]
        return x @ w["wte" if c["tied_head"] else "head.w"].T + w.get("head.b", 0)

    def loss(self, ids):
        """The mean that gradients are of: with label smoothing, z-loss and balance."""
        self.training, self.added = True, 0.0
        z = self.logits(ids[:-1])
        whole = torch.nn.functional.cross_entropy(z, ids[1:], label_smoothing=float(self.c["label_smoothing"]), reduction="sum")
        return (whole + self.c["z_loss"] * z.logsumexp(-1).square().sum() + self.added) / (len(ids) - 1)


def relative(a, b):
    return ((a - b).norm() / b.norm().clamp_min(1e-12)).item()


def compare(name, preset, *settings, tokens=24):
    args = [a for s in settings for a in ("--set", s)]
    run("ll-train", f"--preset={preset}", *args, "--set=init_std=0.15", "--data=ds", "--seq-len=32", "--batch=2", "--steps=6", "--lr=2e-2", "-q", "-o", name,
        stderr=subprocess.DEVNULL)
    folder = f"{name}/latest"
    ids = torch.tensor([rng.randrange(257) for _ in range(tokens)])
    words = [str(int(i)) for i in ids]
    out = subprocess.run([CHECKPOINT_TEST, "--logits", folder, *words], check=True, stdout=subprocess.PIPE).stdout.decode()
    ours = torch.tensor([[float(x) for x in line.split()] for line in out.splitlines()])
    subprocess.run([CHECKPOINT_TEST, "--gradients", folder, f"{name}-gradients", *words], check=True)
    weights = {k: v.requires_grad_() for k, v in tensors(folder).items()}
    m = Model(config_of(folder), weights)
    d = relative(ours, m.logits(ids).detach())
    ok(d <= 1e-5, f"{name}: logits within 1e-5 ({d:.1e})")
    m.loss(ids).backward()
    gradients, off = tensors(f"{name}-gradients/latest"), {}
    for k, v in weights.items():
        theirs = torch.zeros_like(v) if v.grad is None else v.grad
        off[k] = gradients[k].norm().item() if theirs.norm() < 1e-12 else relative(gradients[k], theirs)
    where = max(off, key=off.get)
    worst = off[where]
    ok(gradients.keys() == weights.keys() and all(x <= 1e-5 for x in off.values()), f"{name}: the gradient of every tensor within 1e-5 ({worst:.1e} at {where})")


compare("untold", "gpt2-tiny", "width=120", "heads=3", "position=none")
compare("bands", "gpt2-tiny", "band=5", "band_every=2", "layers=4")
compare("cap", "llama-tiny", "attention_cap=1.5", "kv_heads=2", "head_dim=40")
compare("scales", "gpt2-tiny", "attention_scale=0.3", "output_scale=0.5", "tied_head=false")
compare("mup", "gpt2-tiny", "init=mup", "mup_base=16")
compare("sinusoidal", "gpt2-tiny", "position=sinusoidal", "ffn=geglu", "bias=false", "norm=rms")
compare("none", "llama-tiny", "position=none", "norm=none", "ffn=gelu", "tied_head=true")
compare("alibi", "llama-tiny", "position=alibi", "attention_cap=3", "band=7")
compare("turned", "llama-tiny", "rotary_interleaved=true", "rotary_fraction=0.5", "parallel_residual=true", "head_bias=true")
compare("normed", "gpt2-tiny", "qk_norm=true", "position=rotary", "embedding_norm=true", "parallel_residual=true", "shared_norm=true")
compare("losses", "gpt2-tiny", "position=none", "label_smoothing=0.1", "z_loss=0.01")
compare("batch", "llama-tiny", "norm=batch", "qk_norm=true", "kv_heads=1")
compare("switch", "gpt2-tiny", "experts=4", "experts_per_token=1", "expert_capacity=1", "expert_balance=0.3")
compare("mixture", "llama-tiny", "ffn=geglu", "experts=5", "kv_heads=2", "expert_balance=0.1", "z_loss=0.001")
compare("three", "gpt-j-tiny", "experts=3", "experts_per_token=3", "expert_capacity=0.7")
compare("one", "llama-tiny", "experts=4", "attention_cap=2", tokens=2)
finish()
