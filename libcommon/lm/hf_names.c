/* SPDX-License-Identifier: MIT */
#include "lm/hf_names.h"

#include <stdio.h>

#include "base/memory.h"

enum ll_hf_family ll_hf_family(const struct ll_lm_config *c)
{
	if (c->band != 0 || c->attention_cap != 0 || c->attention_scale != 0 || c->output_scale != 1)
		return LL_HF_NONE;
	bool only_opt = c->post_norm || ll_lm_projects(c); /* no other family has these */
	bool llama = !only_opt && c->norm == LL_LM_NORM_RMS && c->position == LL_LM_POS_ROTARY && c->ffn == LL_LM_FFN_SWIGLU && !c->bias && !c->rotary_interleaved &&
		     c->rotary_fraction == 1 && !c->parallel_residual && !c->embedding_norm && !c->head_bias;
	if (c->experts != 0) /* the only choice of a token has weight 1 there, and here where there is no other */
		return llama && !c->qk_norm && (c->experts_per_token > 1 || c->experts == 1) ? LL_HF_MIXTRAL : LL_HF_NONE;
	bool plain = !c->parallel_residual && !c->embedding_norm && !c->head_bias;
	bool whole = !c->qk_norm && c->norm == LL_LM_NORM_LAYER && !ll_lm_gated(c) && c->bias && c->kv_heads == c->heads &&
		     c->heads * c->head_dim == c->width && !(c->position == LL_LM_POS_ROTARY && c->embedding_norm);
	bool classic = whole && c->attention_bias && !c->shared_norm && !c->head_bias;
	if (only_opt)
		return classic && plain && c->position == LL_LM_POS_LEARNED && c->norm_eps == 1e-5 ? LL_HF_OPT : LL_HF_NONE;
	if (whole && c->position == LL_LM_POS_ROTARY && c->rotary_interleaved && c->shared_norm && !c->attention_bias &&
	    c->rotary_base == 10000 && c->rotary_scaling == LL_LM_ROTARY_PLAIN && c->head_bias && !c->tied_head)
		return LL_HF_GPTJ;
	if (classic && plain && c->position == LL_LM_POS_LEARNED)
		return c->family == LL_LM_FAMILY_OPT ? LL_HF_OPT : LL_HF_GPT2;
	if (classic && c->position == LL_LM_POS_ROTARY && !c->rotary_interleaved)
		return LL_HF_NEOX;
	if (classic && !c->parallel_residual && c->embedding_norm && c->position == LL_LM_POS_ALIBI &&
	    c->ffn == LL_LM_FFN_GELU_TANH && c->ffn_width == 4 * c->width)
		return LL_HF_BLOOM;
	if (llama)
		return c->qk_norm ? LL_HF_QWEN3 : LL_HF_LLAMA;
	return LL_HF_NONE;
}

const char *ll_hf_family_name(enum ll_hf_family f)
{
	static const char *const names[] = { "lltools", "gpt2", "llama", "gptj", "gpt_neox", "bloom", "opt", "qwen3", "mixtral" };
	return names[f];
}

struct rename {
	const char *ours, *theirs;
	bool transpose;
};

/* "#" stands for the number of the layer, "@" for that of an expert. */
static const struct rename gpt2[] = {
	{ "wte", "transformer.wte.weight", false },
	{ "wpe", "transformer.wpe.weight", false },
	{ "h.#.norm1.w", "transformer.h.#.ln_1.weight", false },
	{ "h.#.norm1.b", "transformer.h.#.ln_1.bias", false },
	{ "h.#.qkv.w", "transformer.h.#.attn.c_attn.weight", true },
	{ "h.#.qkv.b", "transformer.h.#.attn.c_attn.bias", false },
	{ "h.#.proj.w", "transformer.h.#.attn.c_proj.weight", true },
	{ "h.#.proj.b", "transformer.h.#.attn.c_proj.bias", false },
	{ "h.#.norm2.w", "transformer.h.#.ln_2.weight", false },
	{ "h.#.norm2.b", "transformer.h.#.ln_2.bias", false },
	{ "h.#.up.w", "transformer.h.#.mlp.c_fc.weight", true },
	{ "h.#.up.b", "transformer.h.#.mlp.c_fc.bias", false },
	{ "h.#.down.w", "transformer.h.#.mlp.c_proj.weight", true },
	{ "h.#.down.b", "transformer.h.#.mlp.c_proj.bias", false },
	{ "norm_f.w", "transformer.ln_f.weight", false },
	{ "norm_f.b", "transformer.ln_f.bias", false },
	{ "head.w", "lm_head.weight", false },
	{ NULL, NULL, false },
};
/* A name of several, separated by "|", takes the tensor's rows apart: qkv by heads, gate and up in halves. */
static const struct rename llama[] = {
	{ "wte", "model.embed_tokens.weight", false },
	{ "h.#.norm1.w", "model.layers.#.input_layernorm.weight", false },
	{ "h.#.qkv.w",
	  "model.layers.#.self_attn.q_proj.weight|model.layers.#.self_attn.k_proj.weight|model.layers.#.self_attn.v_"
	  "proj.weight",
	  false },
	{ "h.#.q_norm.w", "model.layers.#.self_attn.q_norm.weight", false }, /* of qwen3 */
	{ "h.#.k_norm.w", "model.layers.#.self_attn.k_norm.weight", false },
	{ "h.#.proj.w", "model.layers.#.self_attn.o_proj.weight", false },
	{ "h.#.norm2.w", "model.layers.#.post_attention_layernorm.weight", false },
	{ "h.#.up.w", "model.layers.#.mlp.gate_proj.weight|model.layers.#.mlp.up_proj.weight", false },
	{ "h.#.down.w", "model.layers.#.mlp.down_proj.weight", false },
	{ "h.#.router.w", "model.layers.#.block_sparse_moe.gate.weight", false }, /* of mixtral */
	{ "h.#.e@.up.w", "model.layers.#.block_sparse_moe.experts.@.w1.weight|model.layers.#.block_sparse_moe.experts.@.w3.weight", false },
	{ "h.#.e@.down.w", "model.layers.#.block_sparse_moe.experts.@.w2.weight", false },
	{ "norm_f.w", "model.norm.weight", false },
	{ "head.w", "lm_head.weight", false },
	{ NULL, NULL, false },
};

static const struct rename gptj[] = {
	{ "wte", "transformer.wte.weight", false },
	{ "h.#.norm1.w", "transformer.h.#.ln_1.weight", false },
	{ "h.#.norm1.b", "transformer.h.#.ln_1.bias", false },
	{ "h.#.qkv.w",
	  "transformer.h.#.attn.q_proj.weight|transformer.h.#.attn.k_proj.weight|transformer.h.#.attn.v_proj.weight",
	  false },
	{ "h.#.proj.w", "transformer.h.#.attn.out_proj.weight", false },
	{ "h.#.up.w", "transformer.h.#.mlp.fc_in.weight", false },
	{ "h.#.up.b", "transformer.h.#.mlp.fc_in.bias", false },
	{ "h.#.down.w", "transformer.h.#.mlp.fc_out.weight", false },
	{ "h.#.down.b", "transformer.h.#.mlp.fc_out.bias", false },
	{ "norm_f.w", "transformer.ln_f.weight", false },
	{ "norm_f.b", "transformer.ln_f.bias", false },
	{ "head.w", "lm_head.weight", false },
	{ "head.b", "lm_head.bias", false },
	{ NULL, NULL, false },
};

static const struct rename neox[] = {
	{ "wte", "gpt_neox.embed_in.weight", false },
	{ "h.#.norm1.w", "gpt_neox.layers.#.input_layernorm.weight", false },
	{ "h.#.norm1.b", "gpt_neox.layers.#.input_layernorm.bias", false },
	{ "h.#.qkv.w", "gpt_neox.layers.#.attention.query_key_value.weight", false },
	{ "h.#.qkv.b", "gpt_neox.layers.#.attention.query_key_value.bias", false },
	{ "h.#.proj.w", "gpt_neox.layers.#.attention.dense.weight", false },
	{ "h.#.proj.b", "gpt_neox.layers.#.attention.dense.bias", false },
	{ "h.#.norm2.w", "gpt_neox.layers.#.post_attention_layernorm.weight", false },
	{ "h.#.norm2.b", "gpt_neox.layers.#.post_attention_layernorm.bias", false },
	{ "h.#.up.w", "gpt_neox.layers.#.mlp.dense_h_to_4h.weight", false },
	{ "h.#.up.b", "gpt_neox.layers.#.mlp.dense_h_to_4h.bias", false },
	{ "h.#.down.w", "gpt_neox.layers.#.mlp.dense_4h_to_h.weight", false },
	{ "h.#.down.b", "gpt_neox.layers.#.mlp.dense_4h_to_h.bias", false },
	{ "norm_f.w", "gpt_neox.final_layer_norm.weight", false },
	{ "norm_f.b", "gpt_neox.final_layer_norm.bias", false },
	{ "head.w", "embed_out.weight", false },
	{ NULL, NULL, false },
};
static const struct rename bloom[] = {
	{ "wte", "transformer.word_embeddings.weight", false },
	{ "emb_norm.w", "transformer.word_embeddings_layernorm.weight", false },
	{ "emb_norm.b", "transformer.word_embeddings_layernorm.bias", false },
	{ "h.#.norm1.w", "transformer.h.#.input_layernorm.weight", false },
	{ "h.#.norm1.b", "transformer.h.#.input_layernorm.bias", false },
	{ "h.#.qkv.w", "transformer.h.#.self_attention.query_key_value.weight", false },
	{ "h.#.qkv.b", "transformer.h.#.self_attention.query_key_value.bias", false },
	{ "h.#.proj.w", "transformer.h.#.self_attention.dense.weight", false },
	{ "h.#.proj.b", "transformer.h.#.self_attention.dense.bias", false },
	{ "h.#.norm2.w", "transformer.h.#.post_attention_layernorm.weight", false },
	{ "h.#.norm2.b", "transformer.h.#.post_attention_layernorm.bias", false },
	{ "h.#.up.w", "transformer.h.#.mlp.dense_h_to_4h.weight", false },
	{ "h.#.up.b", "transformer.h.#.mlp.dense_h_to_4h.bias", false },
	{ "h.#.down.w", "transformer.h.#.mlp.dense_4h_to_h.weight", false },
	{ "h.#.down.b", "transformer.h.#.mlp.dense_4h_to_h.bias", false },
	{ "norm_f.w", "transformer.ln_f.weight", false },
	{ "norm_f.b", "transformer.ln_f.bias", false },
	{ "head.w", "lm_head.weight", false },
	{ NULL, NULL, false },
};
#define OPT_LAYER "model.decoder.layers.#."
static const struct rename opt[] = {
	{ "wte", "model.decoder.embed_tokens.weight", false },
	{ "emb_in.w", "model.decoder.project_in.weight", false },
	{ "wpe", "model.decoder.embed_positions.weight", false },
	{ "h.#.norm1.w", OPT_LAYER "self_attn_layer_norm.weight", false },
	{ "h.#.norm1.b", OPT_LAYER "self_attn_layer_norm.bias", false },
	{ "h.#.qkv.w",
	  OPT_LAYER "self_attn.q_proj.weight|" OPT_LAYER "self_attn.k_proj.weight|" OPT_LAYER "self_attn.v_proj.weight",
	  false },
	{ "h.#.qkv.b",
	  OPT_LAYER "self_attn.q_proj.bias|" OPT_LAYER "self_attn.k_proj.bias|" OPT_LAYER "self_attn.v_proj.bias", false },
	{ "h.#.proj.w", OPT_LAYER "self_attn.out_proj.weight", false },
	{ "h.#.proj.b", OPT_LAYER "self_attn.out_proj.bias", false },
	{ "h.#.norm2.w", OPT_LAYER "final_layer_norm.weight", false },
	{ "h.#.norm2.b", OPT_LAYER "final_layer_norm.bias", false },
	{ "h.#.up.w", OPT_LAYER "fc1.weight", false },
	{ "h.#.up.b", OPT_LAYER "fc1.bias", false },
	{ "h.#.down.w", OPT_LAYER "fc2.weight", false },
	{ "h.#.down.b", OPT_LAYER "fc2.bias", false },
	{ "norm_f.w", "model.decoder.final_layer_norm.weight", false },
	{ "norm_f.b", "model.decoder.final_layer_norm.bias", false },
	{ "emb_out.w", "model.decoder.project_out.weight", false },
	{ "head.w", "lm_head.weight", false },
	{ NULL, NULL, false },
};

/* Matches "h.12.qkv.w" with "h.#.qkv.w" and gives the digits of the numbers: of the layer, of the expert. */
static bool matches(const char *name, const char *pattern, struct ll_str number[2])
{
	number[0] = number[1] = ll_str(NULL, 0);
	for (; *pattern; pattern++) {
		if (*pattern == '#' || *pattern == '@') {
			size_t n = strspn(name, "0123456789");
			if (n == 0)
				return false;
			number[*pattern == '@'] = ll_str(name, n);
			name += n;
		} else if (*name++ != *pattern) {
			return false;
		}
	}
	return *name == '\0';
}

/* Writes one of the "|" parts of a pattern with the numbers filled in; returns where the next part starts or NULL. */
static const char *expand(char out[96], const char *pattern, const struct ll_str number[2])
{
	size_t len = 0;
	for (; *pattern && *pattern != '|' && len < 80; pattern++) {
		const struct ll_str *n = &number[*pattern == '@'];
		if (*pattern == '#' || *pattern == '@')
			len += (size_t)snprintf(out + len, 96 - len, "%.*s", (int)n->len, n->data);
		else
			out[len++] = *pattern;
	}
	out[len] = '\0';
	return *pattern == '|' ? pattern + 1 : NULL;
}

static int64_t part_rows(const struct ll_lm_config *c, const struct ll_lm_tensor *t, int part, bool is_qkv, bool parted)
{
	if (!parted)
		return t->shape[0];
	if (is_qkv)
		return (part == 0 ? c->heads : c->kv_heads) * c->head_dim;
	return t->shape[0] / 2;
}

struct ll_hf_tensor *ll_hf_tensors(const struct ll_lm *m, enum ll_hf_family f, size_t *n)
{
	struct ll_hf_tensor *list = ll_calloc(3 * m->tensors + 1, sizeof(*list));
	static const struct rename *const tables[] = { NULL, gpt2, llama, gptj, neox, bloom, opt, llama, llama };
	const struct rename *table = tables[f];
	bool by_heads = f == LL_HF_NEOX || f == LL_HF_BLOOM;
	*n = 0;
	for (size_t i = 0; i < m->tensors; i++) {
		const struct ll_lm_tensor *t = &m->tensor[i];
		struct ll_str number[2];
		if (f == LL_HF_NONE) {
			list[*n] = (struct ll_hf_tensor){ .tensor = i, .rows = t->shape[0] };
			snprintf(list[(*n)++].name, 96, "%s", t->name);
			continue;
		}
		const struct rename *r = table;
		while (r->ours && !matches(t->name, r->ours, number))
			r++;
		if (!r->ours)
			LL_BUG("tensor %s has no name in %s", t->name, ll_hf_family_name(f));
		bool parted = strchr(r->theirs, '|') != NULL;
		int64_t row = 0;
		int part = 0;
		for (const char *p = r->theirs; p; part++) {
			struct ll_hf_tensor *h = &list[(*n)++];
			p = expand(h->name, p, number);
			h->tensor = i;
			h->row = row;
			h->rows = part_rows(&m->config, t, part, strstr(r->ours, "qkv") != NULL, parted);
			h->transpose = r->transpose;
			h->heads = by_heads && strstr(r->ours, "qkv") ? m->config.heads : 0;
			h->before = f == LL_HF_OPT && strcmp(r->ours, "wpe") == 0 ? 2 : 0;
			row += h->rows;
		}
	}
	return list;
}
