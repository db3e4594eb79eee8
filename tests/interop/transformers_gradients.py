# SPDX-License-Identifier: MIT
# packages: torch numpy transformers
"""Random models of transformers, of every family and of odd shapes, read as their folders: logits and every gradient are theirs.

Folders in float32, bfloat16 and float16, whole and in several files; the comparison is with the values stored."""
import json
import os
import random
import subprocess
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

sys.path.insert(0, os.path.join(os.environ["ROOT"], "tests/interop/lib"))
from training import BIN, finish, ok

rng = random.Random(2)
torch.manual_seed(3)
CHECKPOINT_TEST = os.path.join(BIN, "../unit/checkpoint_test")


def relative(a, b):
    """Of norms, in float64."""
    a, b = a.double(), b.double()
    return ((a - b).norm() / b.norm().clamp_min(1e-30)).item()


def compare(name, config, dtype=torch.float32, shard="5GB", tokens=33):
    model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    with torch.no_grad():
        for p in model.parameters():
            p.copy_((p + torch.randn_like(p) * 0.05).to(dtype))
    model.to(dtype).save_pretrained(name, max_shard_size=shard)
    more = dict(experts_implementation="eager") if config.model_type == "mixtral" else {}
    # Read anew: .to() rounds the tables of rotary positions too.
    model = transformers.AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32, attn_implementation="eager", **more).double().eval()
    shards = len([f for f in os.listdir(name) if f.endswith(".safetensors")])
    ok((shards > 1) == (shard != "5GB"), f"{name}: {shards} files")
    ids = [rng.randrange(config.vocab_size) for _ in range(tokens)]
    words = list(map(str, ids))
    ours = subprocess.run([CHECKPOINT_TEST, "--logits", name, *words], check=True, stdout=subprocess.PIPE).stdout.decode()
    ours = torch.tensor([[float(x) for x in line.split()] for line in ours.splitlines()])
    logits = model(torch.tensor([ids])).logits[0]
    difference = relative(ours, logits.detach())
    ok(ours.shape == logits.shape and difference <= 1e-5, f"{name}: logits within 1e-5 ({difference:.1e})")
    loss = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(ids[1:]))
    if config.model_type == "mixtral":  # their balance loss, as ours of every layer by itself; with one layer it is theirs as it is
        out = model(torch.tensor([ids[:-1]]), output_router_logits=True)
        each = [load_balancing_loss_func((gate,), config.num_local_experts, config.num_experts_per_tok) for gate in out.router_logits]
        aux = sum(each) / len(each)
        ok((aux / out.aux_loss - 1).abs() < 1e-6 if len(each) == 1 else aux > out.aux_loss, f"{name}: balance losses {[round(x.item(), 4) for x in each]}, "
           f"of all layers together {out.aux_loss.item():.4f}")
        loss = loss + config.router_aux_loss_coef * aux
    loss.backward()
    subprocess.run([CHECKPOINT_TEST, "--gradients", name, f"{name}-gradients", *words], check=True)
    gradients = load_file(f"{name}-gradients/latest/model.safetensors")
    parameters = dict(model.named_parameters())
    gradient = {k: p.grad for k, p in parameters.items()}
    if config.model_type == "mixtral":  # files have every expert's matrices apart
        for key in [k for k in gradient if ".mlp." in k]:
            g, file = gradient.pop(key), key.replace(".mlp.", ".block_sparse_moe.")
            if "experts" not in file:
                gradient[file] = g
            for e in range(len(g)) if "experts" in file else ():
                part = key.split(".mlp.")[0] + f".block_sparse_moe.experts.{e}."
                gradient.update({part + "w2.weight": g[e]} if "down" in key else {part + "w1.weight": g[e].chunk(2)[0], part + "w3.weight": g[e].chunk(2)[1]})
    if config.model_type == "gpt_neox" and "lm_head.weight" in parameters:  # newer names, files keep the old
        gradient["embed_out.weight"] = gradient.pop("lm_head.weight")
    worst, where = 0.0, ""
    for key, theirs in gradient.items():
        mine = gradients[key]
        if "embed_positions" in key:  # the rows before the first are no parameters here
            ok(theirs[:2].abs().max() == 0, f"{name}: no token uses the first two positions")
        d = relative(mine, theirs)
        if key.endswith("k_proj.bias"):  # it moves all scores of a row alike: zero but for rounding, so judged beside the query's
            q = parameters[key.replace("k_proj", "q_proj")].grad
            d = ((mine.double() - theirs).norm() / q.norm()).item()
        if theirs.norm() == 0 and any(part in key for part in (".q_", ".k_")):  # one token attends to itself alone: judged beside the value
            v = parameters[key.replace(".q_", ".v_").replace(".k_", ".v_").replace("v_norm", "v_proj")].grad
            d = (mine.double().norm() / v.norm()).item()
        if not d <= worst:
            worst, where = d, key
    ok(gradients.keys() == gradient.keys(), f"{name}: a gradient for every parameter")
    ok(worst <= 1e-5, f"{name}: gradients within 1e-5 ({worst:.1e} at {where})")


none = dict(bos_token_id=0, eos_token_id=0)
t = transformers
compare("gpt2", t.GPT2Config(vocab_size=211, n_embd=120, n_layer=3, n_head=3, n_positions=40, **none))
compare("gpt2-1", t.GPT2Config(vocab_size=97, n_embd=96, n_layer=2, n_head=1, n_positions=2, **none), tokens=2)
llama = dict(vocab_size=211, hidden_size=160, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=40, **none)
compare("llama", t.LlamaConfig(intermediate_size=200, num_key_value_heads=2, **llama))
compare("llama-80", t.LlamaConfig(intermediate_size=101, num_key_value_heads=1, head_dim=80, **llama), torch.bfloat16, "200KB")
compare("qwen3", t.Qwen3Config(intermediate_size=101, num_key_value_heads=2, head_dim=24, use_sliding_window=False, **llama))
compare("mixtral", t.MixtralConfig(intermediate_size=101, num_key_value_heads=2, num_local_experts=5, **llama))
compare("mixtral-balanced", t.MixtralConfig(intermediate_size=101, num_key_value_heads=2, num_local_experts=5, router_aux_loss_coef=2.0, **llama))
compare("mixtral-of-one-layer", t.MixtralConfig(intermediate_size=101, num_key_value_heads=2, num_local_experts=5, num_experts_per_tok=3, router_aux_loss_coef=2.0,
                                                **dict(llama, num_hidden_layers=1)))
compare("mixtral-of-3", t.MixtralConfig(intermediate_size=77, num_key_value_heads=1, num_local_experts=4, num_experts_per_tok=3, tie_word_embeddings=True,
                                        **llama), torch.bfloat16, "200KB")
gptj = dict(vocab_size=211, n_embd=160, n_layer=3, n_positions=40, **none)
compare("gptj", t.GPTJConfig(n_head=4, rotary_dim=10, tie_word_embeddings=False, **gptj))
compare("gptj-80", t.GPTJConfig(n_head=2, rotary_dim=64, n_inner=99, tie_word_embeddings=False, **gptj), torch.bfloat16, "200KB")
compare("neox-49", t.GPTNeoXConfig(vocab_size=101, hidden_size=98, num_hidden_layers=2, num_attention_heads=2, intermediate_size=77,
                                   rotary_pct=0.3, max_position_embeddings=40, **none))
compare("neox", t.GPTNeoXConfig(vocab_size=211, hidden_size=160, num_hidden_layers=3, num_attention_heads=2, intermediate_size=300,
                                max_position_embeddings=40, **none), torch.float16, "200KB")
compare("neox-40", t.GPTNeoXConfig(vocab_size=101, hidden_size=120, num_hidden_layers=2, num_attention_heads=3, intermediate_size=77,
                                   max_position_embeddings=40, use_parallel_residual=False, tie_word_embeddings=True, **none))
compare("bloom", t.BloomConfig(vocab_size=211, hidden_size=288, n_layer=2, n_head=3, **none), torch.bfloat16)
compare("bloom-40", t.BloomConfig(vocab_size=101, hidden_size=200, n_layer=3, n_head=5, **none))

def family(kind, size, heads, groups, vocabulary=199):
    """A small model of a family with heads of a size; of `groups` keys and values, where the family has a choice."""
    n = dict(vocab_size=vocabulary, num_hidden_layers=2, num_attention_heads=heads, hidden_size=size * heads, max_position_embeddings=40, **none)
    old = dict(vocab_size=vocabulary, n_layer=2, n_head=heads, n_embd=size * heads, n_positions=40, **none)
    if kind in ("llama", "qwen3"):
        more = dict(use_sliding_window=False) if kind == "qwen3" else {}
        return (t.LlamaConfig if kind == "llama" else t.Qwen3Config)(intermediate_size=103, num_key_value_heads=groups, head_dim=size, **more, **n)
    return {"gpt2": lambda: t.GPT2Config(n_inner=103, **old), "gptj": lambda: t.GPTJConfig(rotary_dim=size // 4 * 2, n_inner=103, tie_word_embeddings=False, **old),
            "neox": lambda: t.GPTNeoXConfig(intermediate_size=103, **n), "bloom": lambda: t.BloomConfig(**n),
            "opt": lambda: t.OPTConfig(word_embed_proj_dim=size * heads, ffn_dim=103, pad_token_id=None, **n)}[kind]()


# Head sizes that are no powers of 2, heads in groups, sequences of one token, vocabularies that are prime.
for kind in ("gpt2", "llama", "qwen3", "gptj", "neox", "bloom", "opt"):
    for size, heads, groups in ((40, 3, 3), (80, 2, 1), (96, 4, 2)):
        compare(f"{kind}-of-{size}", family(kind, size, heads, groups))
    compare(f"{kind}-of-one", family(kind, 40, 2, 1, 97), tokens=2)
# Rotary positions slowed for a longer context: 4 to 0.5 turns within it, so that every kind has pairs left alone, divided and between.
none_slow = dict(rope_type="llama3", factor=8.0, original_max_position_embeddings=32, low_freq_factor=0.5, high_freq_factor=4.0, rope_theta=500.0)
yarn = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32, rope_theta=500.0)
scaled = dict(llama, intermediate_size=101, num_key_value_heads=2)
compare("llama-linear", t.LlamaConfig(rope_parameters=dict(rope_type="linear", factor=2.5, rope_theta=10000.0), **scaled))
compare("llama-llama3", t.LlamaConfig(rope_parameters=none_slow, **scaled))
compare("llama-yarn", t.LlamaConfig(rope_parameters=yarn, **scaled))
compare("llama-yarn-set", t.LlamaConfig(rope_parameters=dict(yarn, beta_fast=4.0, beta_slow=0.5, attention_factor=0.8), **scaled))
compare("llama-yarn-scales", t.LlamaConfig(rope_parameters=dict(yarn, beta_fast=3, mscale=0.7, mscale_all_dim=1.3), **scaled))
compare("qwen3-yarn", t.Qwen3Config(head_dim=40, use_sliding_window=False, rope_parameters=dict(yarn, beta_fast=4.0), **scaled))
compare("neox-linear", t.GPTNeoXConfig(vocab_size=101, hidden_size=160, num_hidden_layers=2, num_attention_heads=2, intermediate_size=77, max_position_embeddings=40,
                                       rope_parameters=dict(rope_type="linear", factor=3.0, rope_theta=10000.0, partial_rotary_factor=0.3), **none))
compare("neox-yarn", t.GPTNeoXConfig(vocab_size=101, hidden_size=160, num_hidden_layers=2, num_attention_heads=2, intermediate_size=77, max_position_embeddings=40,
                                     rope_parameters=dict(yarn, beta_fast=4.0, partial_rotary_factor=0.5), **none))


def older(name, scaling, **more):
    """The same model with its configuration as versions before 5 wrote it."""
    words = [str(rng.randrange(101)) for _ in range(20)]
    logits = lambda: subprocess.run([CHECKPOINT_TEST, "--logits", name, *words], check=True, stdout=subprocess.PIPE).stdout
    before, path = logits(), f"{name}/config.json"
    config = json.load(open(path))
    rope = config.pop("rope_parameters")
    json.dump(dict(config, rope_scaling=scaling, **more), open(path, "w"))
    ok(logits() == before, f"{name}: its older spelling")


older("llama", None, rope_theta=10000.0)
older("llama-linear", dict(type="linear", factor=2.5))
older("llama-llama3", {k: v for k, v in none_slow.items() if k != "rope_theta"}, rope_theta=500.0)
older("llama-yarn", dict(type="yarn", factor=4.0, original_max_position_embeddings=32), rope_theta=500.0)
older("neox-linear", dict(type="linear", factor=3), rotary_pct=0.3, rotary_emb_base=10000)
opt = dict(vocab_size=211, num_hidden_layers=3, num_attention_heads=2, max_position_embeddings=40, pad_token_id=None, **none)
compare("opt", t.OPTConfig(hidden_size=160, word_embed_proj_dim=160, ffn_dim=301, **opt))
# What opt-350m has: norms after the residual, none at the end, embeddings narrower than the model; and each alone.
compare("opt-350m", t.OPTConfig(hidden_size=160, word_embed_proj_dim=80, ffn_dim=301, do_layer_norm_before=False, **opt))
compare("opt-350m-halves", t.OPTConfig(hidden_size=96, word_embed_proj_dim=40, ffn_dim=64, do_layer_norm_before=False, **opt), torch.float16, "200KB")
compare("opt-350m-of-one", t.OPTConfig(hidden_size=80, word_embed_proj_dim=24, ffn_dim=103, do_layer_norm_before=False, **opt), tokens=2)
compare("opt-post-norm", t.OPTConfig(hidden_size=96, word_embed_proj_dim=96, ffn_dim=64, do_layer_norm_before=False, **opt))
compare("opt-narrow", t.OPTConfig(hidden_size=64, word_embed_proj_dim=32, ffn_dim=64, **opt))
compare("opt-wide-untied", t.OPTConfig(hidden_size=64, word_embed_proj_dim=72, ffn_dim=64, tie_word_embeddings=False, **opt))
compare("opt-untied", t.OPTConfig(hidden_size=96, word_embed_proj_dim=96, ffn_dim=64, tie_word_embeddings=False, **opt), torch.float16)


def headless(name):
    """The same folder with the names of a model saved without its head, as files of the hub have them."""
    words = [str(rng.randrange(101)) for _ in range(20)]
    logits = lambda: subprocess.run([CHECKPOINT_TEST, "--logits", name, *words], check=True, stdout=subprocess.PIPE).stdout
    before, path = logits(), f"{name}/model.safetensors"
    save_file({k.removeprefix("model."): v for k, v in load_file(path).items()}, path, {"format": "pt"})
    ok(logits() == before, f"{name}: without the prefix of its names")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)(torch.tensor([[int(w) for w in words]])).logits[0]
    ours = torch.tensor([[float(x) for x in line.split()] for line in before.decode().splitlines()])
    ok(relative(ours, theirs.detach()) <= 1e-5, f"{name}: which is the same to transformers")


headless("opt-350m")
headless("opt")


def refused(name, config, why):
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(name)
    p = subprocess.run([CHECKPOINT_TEST, "--logits", name, "1", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ok(p.returncode == 3 and why in p.stderr.decode(), f"{name}: refused")


refused("opt-no-last-norm", t.OPTConfig(hidden_size=64, word_embed_proj_dim=64, ffn_dim=64, _remove_final_layer_norm=True, **opt), "none at the end")
refused("bloom-post", t.BloomConfig(vocab_size=101, hidden_size=64, n_layer=1, n_head=2, apply_residual_connection_post_layernorm=True, **none),
        "after the norm")
finish()
