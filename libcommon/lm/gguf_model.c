/* SPDX-License-Identifier: MIT */
#include "lm/gguf_model.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "io/file.h"
#include "lm/hf_names.h"
#include "lm/rotary.h"

#define PIECE 8192 /* elements converted at a time: a multiple of every block */

/* ---- which architecture ---- */

/* src/models/llama.cpp: both ways of turning, since its own is ours with rotary_interleaved. */
static bool is_llama(const struct ll_lm_config *c)
{
	struct ll_lm_config halves = *c;
	halves.rotary_interleaved = false;
	return ll_hf_family(&halves) == LL_HF_LLAMA;
}

/* What no key of llama.cpp's says: a llama may have a tensor with the speed of every pair. */
static bool by_pairs(const struct ll_lm_config *c)
{
	return c->rotary_scaling == LL_LM_ROTARY_LLAMA3 ||
	       (c->rotary_scaling == LL_LM_ROTARY_YARN && (c->rotary_fast != 32 || c->rotary_slow != 1));
}

const char *ll_gguf_architecture(const struct ll_lm_config *c, const char **note, struct ll_err *err)
{
	enum ll_hf_family f = ll_hf_family(c);
	if (note)
		*note = NULL;
	if (c->norm == LL_LM_NORM_BATCH) {
		ll_err_set(err, "norm = batch is for ablations: no other program computes it");
		return NULL;
	}
	if (c->post_norm || ll_lm_projects(c)) {
		ll_err_set(err, "llama.cpp has no architecture with %s", c->post_norm ? "norms after the residual (post_norm)" :
										"embeddings of another width than the model (embedding_width)");
		return NULL;
	}
	if (is_llama(c))
		return "llama";
	if (by_pairs(c)) {
		ll_err_set(err, c->rotary_scaling == LL_LM_ROTARY_LLAMA3 ? "llama.cpp knows rotary_scaling = llama3 in a llama only" :
									   "llama.cpp knows rotary_fast and rotary_slow but 32 and 1 in a llama only");
		return NULL;
	}
	if (f == LL_HF_QWEN3)
		return "qwen3";
	if (f == LL_HF_MIXTRAL) {
		ll_err_set(err, "mixtures of experts are not built here");
		return NULL;
	}
	if (f == LL_HF_GPTJ) {
		ll_err_set(err, "llama.cpp has no architecture for GPT-J");
		return NULL;
	}
	if (f == LL_HF_NONE) {
		ll_err_set(err, "no architecture of llama.cpp computes this configuration (it has gpt2, llama, qwen3, gptneox and bloom)");
		return NULL;
	}
	/* gptneox computes tanh's GELU, and llama.cpp converts models trained with erf's (Pythia) to it. */
	if (note && f == LL_HF_NEOX && c->ffn == LL_LM_FFN_GELU)
		*note = "llama.cpp computes tanh's GELU where this model has erf's; the two differ by up to 0.0005";
	if (c->ffn != LL_LM_FFN_GELU_TANH && !(f == LL_HF_NEOX && c->ffn == LL_LM_FFN_GELU)) {
		ll_err_set(err, "llama.cpp computes %s with ffn = gelu-tanh only%s", f == LL_HF_NEOX ? "gptneox" : "gpt2",
			   f == LL_HF_OPT ? ", and has no architecture for OPT" : "");
		return NULL;
	}
	return f == LL_HF_NEOX ? "gptneox" : f == LL_HF_BLOOM ? "bloom" : "gpt2";
}

/* ---- which tensors ---- */

static const struct name {
	const char *ours, *theirs; /* without "h.N." and "blk.N.": those of a layer */
} names[] = {
	{ "wte", "token_embd.weight" },	 { "wpe", "position_embd.weight" }, { "emb_norm.w", "token_embd_norm.weight" }, { "emb_norm.b", "token_embd_norm.bias" },
	{ "norm_f.w", "output_norm.weight" }, { "norm_f.b", "output_norm.bias" },   { "head.w", "output.weight" },
	{ "norm1.w", "attn_norm.weight" },    { "norm1.b", "attn_norm.bias" },	    { "qkv.w", "attn_qkv.weight" },
	{ "q_norm.w", "attn_q_norm.weight" }, { "k_norm.w", "attn_k_norm.weight" },
	{ "qkv.b", "attn_qkv.bias" },	      { "proj.w", "attn_output.weight" },   { "proj.b", "attn_output.bias" },
	{ "norm2.w", "ffn_norm.weight" },     { "norm2.b", "ffn_norm.bias" },	    { "up.w", "ffn_up.weight" },
	{ "up.b", "ffn_up.bias" },	      { "down.w", "ffn_down.weight" },	    { "down.b", "ffn_down.bias" },
};

/* Rows [row, row + rows) of one of our tensors under a name of theirs. */
struct piece {
	char name[64];
	const float *data;
	int ndim;
	int64_t rows, columns;
	int64_t turn; /* above 0: the rows of every head are read as [2, turn], and written as [turn, 2] */
	enum ll_gguf_tensor_type type;
	uint64_t offset, bytes;
};

struct pieces {
	struct piece *list;
	float *slowed; /* of rope_freqs, or NULL */
	size_t n, kept;
	uint64_t bytes;
};

static void place(struct pieces *p, struct piece *x)
{
	x->offset = p->bytes;
	x->bytes = ll_gguf_bytes(x->type, (size_t)(x->rows * x->columns));
	p->bytes = (x->offset + x->bytes + LL_GGUF_ALIGNMENT - 1) / LL_GGUF_ALIGNMENT * LL_GGUF_ALIGNMENT;
}

static void add(struct pieces *p, const struct ll_lm *m, const struct ll_lm_tensor *t, const char *name, int64_t row, int64_t rows, int64_t turn,
		enum ll_gguf_tensor_type type)
{
	int64_t columns = t->ndim > 1 ? t->shape[1] : 1;
	struct piece *x = &p->list[p->n++];
	if (t->ndim == 1 || strcmp(t->name, "wpe") == 0) {
		type = LL_GGML_F32;
	} else if (type == LL_GGML_Q8_0 && columns % 32) {
		type = LL_GGML_F16;
		p->kept++;
	}
	*x = (struct piece){ .data = m->param + t->offset + row * columns, .ndim = t->ndim, .rows = rows, .columns = columns, .turn = turn, .type = type };
	snprintf(x->name, sizeof(x->name), "%s", name);
	place(p, x);
}

/* pairs: rows of a head's query and key are wanted in pairs that turn together. */
static void add_llama_parts(struct pieces *p, const struct ll_lm *m, const struct ll_lm_tensor *t, const char *layer, bool qkv, bool pairs,
			    enum ll_gguf_tensor_type type)
{
	static const char *const parts[] = { "attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up" };
	const struct ll_lm_config *c = &m->config;
	int64_t row = 0;
	for (int i = qkv ? 0 : 3; i < (qkv ? 3 : 5); i++) {
		char name[64];
		int64_t rows = i == 0 ? c->heads * c->head_dim : i < 3 ? c->kv_heads * c->head_dim : t->shape[0] / 2;
		snprintf(name, sizeof(name), "%s%s.weight", layer, parts[i]);
		add(p, m, t, name, row, rows, i < 2 && pairs && !c->rotary_interleaved ? c->head_dim / 2 : 0, type);
		row += rows;
	}
}

static void add_tensor(struct pieces *p, const struct ll_lm *m, const struct ll_lm_tensor *t, const char *architecture,
		       enum ll_gguf_tensor_type type)
{
	bool llama = strcmp(architecture, "llama") == 0, parted = llama || strcmp(architecture, "qwen3") == 0;
	char layer[32] = "", name[64];
	const char *own = t->name;
	size_t i = 0;
	int number, len = 0;
	if (sscanf(t->name, "h.%d.%n", &number, &len) == 1 && len > 0) {
		snprintf(layer, sizeof(layer), "blk.%d.", number);
		own += len;
	}
	if (parted && (strcmp(own, "qkv.w") == 0 || strcmp(own, "up.w") == 0)) {
		add_llama_parts(p, m, t, layer, own[0] == 'q', llama, type);
		return;
	}
	while (i < LL_COUNT(names) && strcmp(names[i].ours, own) != 0)
		i++;
	if (i == LL_COUNT(names))
		LL_BUG("tensor %s has no name in a GGUF file", t->name);
	snprintf(name, sizeof(name), "%s%s", layer, names[i].theirs);
	add(p, m, t, name, 0, t->shape[0], 0, type);
}

/* What llama.cpp divides the speed of each pair by. */
static void add_slowed(struct pieces *p, const struct ll_lm_config *c)
{
	int64_t n = ll_lm_turning(c) / 2;
	p->slowed = ll_calloc((size_t)n, sizeof(float));
	for (int64_t i = 0; i < n; i++)
		p->slowed[i] = (float)(ll_rotary_frequency_plain(c, i) / ll_rotary_frequency(c, i));
	p->list[p->n] = (struct piece){ .name = "rope_freqs.weight", .data = p->slowed, .ndim = 1, .rows = n, .columns = 1, .type = LL_GGML_F32 };
	place(p, &p->list[p->n++]);
}

static struct pieces pieces_of(const struct ll_lm *m, const char *architecture, enum ll_gguf_tensor_type type)
{
	struct pieces p = { .list = ll_calloc(3 * m->tensors + 2, sizeof(struct piece)) };
	for (size_t i = 0; i < m->tensors; i++)
		add_tensor(&p, m, &m->tensor[i], architecture, type);
	if (m->config.tied_head && strcmp(architecture, "gptneox") == 0) { /* the one that knows no tied head */
		const struct ll_lm_tensor *t = ll_lm_find(m, "wte");
		add(&p, m, t, "output.weight", 0, t->shape[0], 0, type);
	}
	if (by_pairs(&m->config))
		add_slowed(&p, &m->config);
	return p;
}

/* ---- the file ---- */

static uint64_t put_model(struct ll_buf *out, const struct ll_lm_config *c, const char *architecture, enum ll_gguf_tensor_type type)
{
	/* enum llama_ftype of llama.cpp */
	uint32_t file_type = type == LL_GGML_F32 ? 0 : type == LL_GGML_F16 ? 1 : type == LL_GGML_Q8_0 ? 7 : 32;
	bool llama = strcmp(architecture, "llama") == 0 || strcmp(architecture, "qwen3") == 0;
	char key[96];
	uint64_t n = 12;
#define KEY(rest) (snprintf(key, sizeof(key), "%s." rest, architecture), key)
	ll_gguf_put_string(out, "general.architecture", architecture);
	ll_gguf_put_u32(out, "general.alignment", LL_GGUF_ALIGNMENT);
	ll_gguf_put_u32(out, "general.file_type", file_type);
	ll_gguf_put_u32(out, "general.quantization_version", 2);
	ll_gguf_put_u32(out, KEY("vocab_size"), (uint32_t)c->vocabulary);
	ll_gguf_put_u32(out, KEY("context_length"), (uint32_t)c->context);
	ll_gguf_put_u32(out, KEY("embedding_length"), (uint32_t)c->width);
	ll_gguf_put_u32(out, KEY("block_count"), (uint32_t)c->layers);
	ll_gguf_put_u32(out, KEY("feed_forward_length"), (uint32_t)c->ffn_width);
	ll_gguf_put_u32(out, KEY("attention.head_count"), (uint32_t)c->heads);
	ll_gguf_put_u32(out, KEY("attention.head_count_kv"), (uint32_t)c->kv_heads);
	if (llama)
		ll_gguf_put_f32(out, KEY("attention.layer_norm_rms_epsilon"), (float)c->norm_eps);
	else
		ll_gguf_put_f32(out, KEY("attention.layer_norm_epsilon"), (float)c->norm_eps);
	if (c->position == LL_LM_POS_ROTARY) {
		ll_gguf_put_u32(out, KEY("rope.dimension_count"), (uint32_t)ll_lm_turning(c));
		ll_gguf_put_f32(out, KEY("rope.freq_base"), (float)c->rotary_base);
		n += 2;
	}
	bool yarn = c->rotary_scaling == LL_LM_ROTARY_YARN && !by_pairs(c);
	if (c->rotary_scaling == LL_LM_ROTARY_LINEAR || yarn) {
		ll_gguf_put_string(out, KEY("rope.scaling.type"), yarn ? "yarn" : "linear");
		ll_gguf_put_f32(out, KEY("rope.scaling.factor"), (float)c->rotary_factor);
		n += 2;
	}
	if (yarn) {
		ll_gguf_put_u32(out, KEY("rope.scaling.original_context_length"), (uint32_t)c->rotary_context);
		n++;
	}
	if (c->rotary_scaling == LL_LM_ROTARY_YARN) { /* beside its own factor, that of the paper */
		ll_gguf_put_f32(out, KEY("rope.scaling.attn_factor"), (float)(ll_rotary_gain(c) / (yarn ? 0.1 * log(c->rotary_factor) + 1 : 1)));
		n++;
	}
	if (llama) {
		ll_gguf_put_u32(out, KEY("attention.key_length"), (uint32_t)c->head_dim);
		ll_gguf_put_u32(out, KEY("attention.value_length"), (uint32_t)c->head_dim);
		n += 2;
	}
	if (strcmp(architecture, "gptneox") == 0) {
		ll_gguf_put_bool(out, KEY("use_parallel_residual"), c->parallel_residual);
		n++;
	}
#undef KEY
	return n;
}

static void pad(struct ll_out *out)
{
	static const char zeros[LL_GGUF_ALIGNMENT];
	size_t over = (size_t)(ll_out_offset(out) % LL_GGUF_ALIGNMENT);
	if (over)
		ll_out_write(out, zeros, LL_GGUF_ALIGNMENT - over);
}

/* The row of ours that stands at theirs. */
static int64_t row_of(const struct piece *p, int64_t theirs)
{
	if (p->turn == 0)
		return theirs;
	int64_t in_head = theirs % (2 * p->turn);
	return theirs - in_head + in_head % 2 * p->turn + in_head / 2;
}

static int write_piece(struct ll_out *out, const struct piece *p, struct ll_err *err)
{
	unsigned char bytes[4 * PIECE];
	/* A run is what lies together: a row where rows are turned, else the whole tensor. */
	int64_t runs = p->turn ? p->rows : 1, length = p->turn ? p->columns : p->rows * p->columns;
	for (int64_t r = 0; r < runs; r++) {
		const float *x = p->data + row_of(p, r) * p->columns;
		for (int64_t i = 0; i < length; i += PIECE) {
			size_t n = (size_t)LL_MIN(length - i, PIECE);
			if (!ll_gguf_convert(p->type, x + i, n, bytes))
				return ll_err_set(err, "tensor %s holds a value that %s cannot; bf16 and f32 can", p->name,
						  p->type == LL_GGML_Q8_0 ? "q8_0" : "f16");
			ll_out_write(out, bytes, ll_gguf_bytes(p->type, n));
		}
	}
	pad(out);
	return 0;
}

int ll_gguf_model_write(struct ll_out *out, const struct ll_lm *m, enum ll_gguf_tensor_type type, struct ll_str tokenizer, uint64_t pairs, size_t *kept,
			struct ll_err *err)
{
	const char *architecture = ll_gguf_architecture(&m->config, NULL, err);
	struct ll_buf model = { 0 }, head = { 0 };
	int rc = 0;
	if (!architecture)
		return -1;
	struct pieces p = pieces_of(m, architecture, type);
	uint64_t n = put_model(&model, &m->config, architecture, type);
	if (pairs == 0) {
		ll_gguf_put_string(&model, "tokenizer.ggml.model", "none");
		n++;
	}
	ll_gguf_put_head(&head, p.n, n + pairs);
	ll_buf_add_str(&head, ll_buf_str(&model));
	ll_buf_add_str(&head, tokenizer);
	for (size_t i = 0; i < p.n; i++) {
		const struct piece *x = &p.list[i];
		ll_gguf_put_tensor(&head, x->name, (unsigned)x->ndim, (const uint64_t[]){ (uint64_t)x->rows, (uint64_t)x->columns }, x->type, x->offset);
	}
	ll_out_write(out, head.data, head.len);
	pad(out);
	for (size_t i = 0; i < p.n && rc == 0; i++)
		rc = write_piece(out, &p.list[i], err);
	*kept = p.kept;
	ll_free(p.list);
	ll_free(p.slowed);
	ll_buf_free(&model);
	ll_buf_free(&head);
	return rc;
}
