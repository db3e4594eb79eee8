/* SPDX-License-Identifier: MIT */
#include "lm/bin_model.h"

#include <stdio.h>

#include "base/memory.h"
#include "io/file.h"

#define LLMC_MAGIC 20240326u
#define LLMC_HEADER (256 * 4)
/* What else llm.c writes with a header of its own. */
static const struct {
	uint32_t magic;
	const char *what;
} others[] = { { 20240327, "a debug state" }, { 20240328, "a tokenizer" }, { 20240520, "a file of tokens" }, { 20240522, "a file of questions" },
		{ 20240527, "the state of an optimizer" }, { 20240801, "a file of tokens" }, { 20240803, "a llama" } };

#define LLAMA2C_MAGIC 0x616b3432u
#define LLAMA2C_HEADER 256

struct ll_bin_model {
	struct ll_map map;
	enum { LLMC, LLAMA2C_0, LLAMA2C_1 } format;
	bool bf16;
	int64_t rows; /* of the embedding, padding with them */
	size_t header;
};

/* Where reading is. */
struct at {
	const unsigned char *p;
	bool bf16;
};

static void take(struct at *at, float *to, size_t n)
{
	size_t size = at->bf16 ? 2 : 4;
	for (size_t i = 0; to && i < n; i++) {
		uint32_t bits = at->bf16 ? (uint32_t)ll_get16(at->p + i * 2) << 16 : ll_get32(at->p + i * 4);
		memcpy(&to[i], &bits, 4);
	}
	at->p += n * size;
}

static const struct ll_lm_tensor *tensor(const struct ll_lm *m, int64_t layer, const char *name)
{
	char full[48];
	if (layer >= 0)
		snprintf(full, sizeof(full), "h.%lld.%s", (long long)layer, name);
	const struct ll_lm_tensor *t = ll_lm_find(m, layer >= 0 ? full : name);
	LL_ASSERT(t);
	return t;
}

static void take_tensor(struct at *at, struct ll_lm *m, int64_t layer, const char *name)
{
	const struct ll_lm_tensor *t = tensor(m, layer, name);
	take(at, m->param + t->offset, t->size);
}

/* One kind over all layers. */
static void take_all(struct at *at, struct ll_lm *m, const char *name)
{
	for (int64_t l = 0; l < m->config.layers; l++)
		take_tensor(at, m, l, name);
}

/* Rows [row, row + rows) of it. */
static void take_rows(struct at *at, struct ll_lm *m, const char *name, int64_t row, int64_t rows)
{
	for (int64_t l = 0; l < m->config.layers; l++) {
		const struct ll_lm_tensor *t = tensor(m, l, name);
		take(at, m->param + t->offset + row * t->shape[1], (size_t)(rows * t->shape[1]));
	}
}

/* The same, heads whose rows (2i, 2i + 1) turn together: to (i, i + n/2). */
static void take_turned(struct at *at, struct ll_lm *m, int64_t row, int64_t heads)
{
	int64_t half = m->config.head_dim / 2;
	for (int64_t l = 0; l < m->config.layers; l++) {
		const struct ll_lm_tensor *t = tensor(m, l, "qkv.w");
		float *to = m->param + t->offset + row * t->shape[1];
		for (int64_t h = 0; h < heads; h++)
			for (int64_t i = 0; i < 2 * half; i++)
				take(at, to + (h * 2 * half + i / 2 + i % 2 * half) * t->shape[1], (size_t)t->shape[1]);
	}
}

static void read_llmc(const struct ll_bin_model *b, struct at *at, struct ll_lm *m)
{
	static const char *const kinds[] = { "norm1.w", "norm1.b", "qkv.w", "qkv.b", "proj.w", "proj.b",
					     "norm2.w", "norm2.b", "up.w",  "up.b",  "down.w", "down.b" };
	take_tensor(at, m, -1, "wte");
	take(at, NULL, (size_t)((b->rows - m->config.vocabulary) * m->config.width));
	take_tensor(at, m, -1, "wpe");
	for (size_t i = 0; i < LL_COUNT(kinds); i++)
		take_all(at, m, kinds[i]);
	take_tensor(at, m, -1, "norm_f.w");
	take_tensor(at, m, -1, "norm_f.b");
}

static void read_attention(struct at *at, struct ll_lm *m)
{
	const struct ll_lm_config *c = &m->config;
	take_turned(at, m, 0, c->heads);
	take_turned(at, m, c->heads * c->head_dim, c->kv_heads);
	take_rows(at, m, "qkv.w", (c->heads + c->kv_heads) * c->head_dim, c->kv_heads * c->head_dim);
	take_all(at, m, "proj.w");
}

static void read_feed_forward(struct at *at, struct ll_lm *m)
{
	int64_t F = m->config.ffn_width;
	take_rows(at, m, "up.w", 0, F);
	take_all(at, m, "down.w");
	take_rows(at, m, "up.w", F, F);
}

static void read_llama2c(const struct ll_bin_model *b, struct at *at, struct ll_lm *m)
{
	const struct ll_lm_config *c = &m->config;
	if (b->format == LLAMA2C_0) {
		take_tensor(at, m, -1, "wte");
		take_all(at, m, "norm1.w");
		read_attention(at, m);
		take_all(at, m, "norm2.w");
		read_feed_forward(at, m);
		take_tensor(at, m, -1, "norm_f.w");
		take(at, NULL, (size_t)(c->context * c->head_dim)); /* tables of positions */
	} else {
		take_all(at, m, "norm1.w");
		take_all(at, m, "norm2.w");
		take_tensor(at, m, -1, "norm_f.w");
		take_tensor(at, m, -1, "wte");
		read_attention(at, m);
		read_feed_forward(at, m);
	}
	if (!c->tied_head)
		take_tensor(at, m, -1, "head.w");
}

void ll_bin_model_read(const struct ll_bin_model *b, struct ll_lm *m)
{
	struct at at = { b->map.data + b->header, b->bf16 };
	(b->format == LLMC ? read_llmc : read_llama2c)(b, &at, m);
	LL_ASSERT(at.p == b->map.data + b->map.len);
}

static int open_llmc(struct ll_bin_model *b, struct ll_lm_config *c, struct ll_err *err)
{
	int32_t h[8];
	for (int i = 0; i < 8; i++)
		h[i] = (int32_t)ll_get32(b->map.data + 4 * i);
	if (h[1] != 3 && h[1] != 5)
		return ll_err_set(err, "llm.c version %d; 3 (float32) and 5 (bfloat16) are read", h[1]);
	if (ll_lm_preset(c, "gpt2-124m", err) < 0)
		return -1;
	c->context = h[2], c->vocabulary = h[3], c->layers = h[4], c->heads = h[5], c->width = h[6];
	b->rows = h[7];
	b->bf16 = h[1] == 5;
	b->header = LLMC_HEADER;
	return b->rows < c->vocabulary ? ll_err_set(err, "%lld rows of the embedding are fewer than the vocabulary of %d", (long long)b->rows, h[3]) : 0;
}

static int open_llama2c(struct ll_bin_model *b, struct ll_lm_config *c, struct ll_err *err)
{
	bool magic = ll_get32(b->map.data) == LLAMA2C_MAGIC;
	uint32_t version = magic ? ll_get32(b->map.data + 4) : 0;
	int32_t h[7];
	if (version > 1 || (magic && version == 0))
		return ll_err_set(err, "llama2.c version %u; 0 and 1 (float32) are read", version);
	for (int i = 0; i < 7; i++)
		h[i] = (int32_t)ll_get32(b->map.data + (magic ? 8 : 0) + 4 * i);
	if (ll_lm_preset(c, "llama-7b", err) < 0)
		return -1;
	b->format = magic ? LLAMA2C_1 : LLAMA2C_0;
	b->header = magic ? LLAMA2C_HEADER : 28;
	c->width = h[0], c->ffn_width = h[1], c->layers = h[2], c->heads = h[3], c->kv_heads = h[4], c->context = h[6];
	c->tied_head = magic ? b->map.data[36] != 0 : h[5] > 0;
	c->vocabulary = h[5] < 0 && !magic ? -(int64_t)h[5] : h[5];
	b->rows = c->vocabulary;
	return 0;
}

static int check(struct ll_bin_model *b, struct ll_lm_config *c, struct ll_err *err)
{
	if (b->map.len < LLMC_HEADER)
		return ll_err_set(err, "%zu bytes are no model of llm.c or llama2.c", b->map.len);
	for (size_t i = 0; i < LL_COUNT(others); i++)
		if (ll_get32(b->map.data) == others[i].magic)
			return ll_err_set(err, "%s of llm.c; of its models GPT-2s are read", others[i].what);
	if ((ll_get32(b->map.data) == LLMC_MAGIC ? open_llmc : open_llama2c)(b, c, err) < 0)
		return -1;
	if (c->ffn_width < 0 || c->kv_heads < 0 || ll_lm_config_check(c, err) < 0)
		return b->format == LLAMA2C_0 ? ll_err_set(err, "no model of llm.c or llama2.c") : -1;
	uint64_t n = ll_lm_config_parameters(c) + (uint64_t)(b->rows - c->vocabulary) * (uint64_t)c->width;
	n += b->format == LLAMA2C_0 ? (uint64_t)(c->context * c->head_dim) : 0;
	uint64_t bytes = b->header + n * (b->bf16 ? 2 : 4);
	return bytes == b->map.len ? 0
				   : ll_err_set(err, "%zu bytes, a model of %s with this header has %llu", b->map.len,
						b->format == LLMC ? "llm.c" : "llama2.c", (unsigned long long)bytes);
}

struct ll_bin_model *ll_bin_model_open(const char *path, struct ll_lm_config *c, struct ll_err *err)
{
	struct ll_bin_model *b = ll_calloc(1, sizeof(*b));
	struct ll_err why;
	b->map = ll_map_open(path);
	if (check(b, c, &why) == 0)
		return b;
	ll_err_set(err, "%s: %s", path, why.text);
	ll_bin_model_close(b);
	return NULL;
}

void ll_bin_model_close(struct ll_bin_model *b)
{
	ll_map_close(&b->map);
	ll_free(b);
}
