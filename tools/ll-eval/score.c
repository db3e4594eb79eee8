/* SPDX-License-Identifier: MIT */
#include "ll-eval/score.h"

#include "base/memory.h"

#define BATCH 8     /* rows of every batch */
#define LENGTHS 32  /* rows are padded to a multiple of this many tokens */

void scorer_open(struct scorer *s, const char *dir)
{
	*s = (struct scorer){ .pool = ll_pool_new(ll_threads()) };
	s->model = ll_lm_load_folder(dir, BATCH, 0, LL_LM_INFERENCE, s->pool, &s->folder);
	s->context = s->model->seq_len;
	if (!s->folder.tokenizer_path)
		ll_die(LL_EXIT_INPUT, "%s: the model has no tokenizer.json", dir);
	s->bpe = ll_bpe_load(s->folder.tokenizer_path, NULL);
	if ((int64_t)ll_bpe_vocabulary(s->bpe) > s->model->config.vocabulary)
		ll_die(LL_EXIT_INPUT, "%s: the tokenizer has %u ids, the model %lld", dir, ll_bpe_vocabulary(s->bpe),
		       (long long)s->model->config.vocabulary);
	int64_t eot = ll_bpe_eot(s->bpe);
	if (eot < 0)
		ll_die(LL_EXIT_INPUT, "%s: the tokenizer has no end-of-text token to stand before a text", dir);
	s->prefix = (int32_t)eot;
	s->encoder = ll_bpe_encoder_new(s->bpe);
}

void scorer_close(struct scorer *s)
{
	ll_bpe_encoder_free(s->encoder);
	ll_bpe_free(s->bpe);
	ll_lm_free(s->model);
	ll_lm_folder_free(&s->folder);
	ll_pool_free(s->pool);
}

struct request request_make(const struct scorer *s, const int32_t *whole, size_t n, size_t n_scored)
{
	struct request r = { 0 };
	size_t room = (size_t)s->context + 1;

	LL_ASSERT(n >= 2 && n_scored >= 1 && n_scored < n);
	if (n > room) {
		whole += n - room;
		n = room;
		r.truncated = true;
	}
	n_scored = LL_MIN(n_scored, n - 1);
	r.n = (int64_t)n - 1;
	r.first = r.n - (int64_t)n_scored;
	r.inputs = ll_malloc(2 * (size_t)r.n * sizeof(int32_t));
	r.targets = r.inputs + r.n;
	memcpy(r.inputs, whole, (size_t)r.n * sizeof(int32_t));
	memcpy(r.targets, whole + 1, (size_t)r.n * sizeof(int32_t));
	return r;
}

void request_free(struct request *r)
{
	ll_free(r->inputs);
	*r = (struct request){ 0 };
}

static int64_t padded(const struct scorer *s, const struct request *r)
{
	return LL_MIN(s->context, (r->n + LENGTHS - 1) / LENGTHS * LENGTHS);
}

static void run_batch(struct scorer *s, struct request **row, size_t n, int64_t T)
{
	size_t cells = (size_t)(BATCH * T);
	int32_t *tokens = ll_calloc(cells, sizeof(*tokens)), *targets = ll_malloc(cells * sizeof(*targets));
	float *loss = ll_malloc(cells * sizeof(*loss));
	unsigned char *greedy = ll_malloc(cells);
	uint64_t count;

	for (size_t i = 0; i < cells; i++)
		targets[i] = -1;
	for (size_t b = 0; b < n; b++) {
		memcpy(tokens + (int64_t)b * T, row[b]->inputs, (size_t)row[b]->n * sizeof(int32_t));
		for (int64_t t = row[b]->first; t < row[b]->n; t++)
			targets[(int64_t)b * T + t] = row[b]->targets[t];
	}
	ll_lm_loss(s->model, tokens, targets, BATCH, T, (struct ll_lm_step){ 0 }, 0, false, &count, loss, greedy);
	for (size_t b = 0; b < n; b++) {
		row[b]->log_likelihood = 0;
		row[b]->greedy = true;
		for (int64_t t = row[b]->first; t < row[b]->n; t++) {
			row[b]->log_likelihood -= (double)loss[(int64_t)b * T + t];
			row[b]->greedy &= greedy[(int64_t)b * T + t];
		}
	}
	ll_free(tokens);
	ll_free(targets);
	ll_free(loss);
	ll_free(greedy);
}

void score(struct scorer *s, struct request *r, size_t n)
{
	struct request *row[BATCH];

	for (int64_t T = LL_MIN(s->context, LENGTHS);; T = LL_MIN(s->context, T + LENGTHS)) {
		size_t rows = 0;
		for (size_t i = 0; i < n; i++) {
			if (padded(s, &r[i]) != T)
				continue;
			row[rows++] = &r[i];
			if (rows == BATCH) {
				run_batch(s, row, rows, T);
				rows = 0;
			}
		}
		if (rows)
			run_batch(s, row, rows, T);
		if (T == s->context)
			return;
	}
}

static void append_ids(struct scorer *s, struct ll_str text, struct ll_ids *out)
{
	ll_bpe_encode(s->encoder, text, false, out);
}

struct request request_text(struct scorer *s, struct ll_str context, struct ll_str continuation, size_t *n_scored)
{
	struct ll_buf text = { 0 };
	struct ll_ids ids = { 0 }, own = { 0 };
	size_t trimmed = context.len;

	while (trimmed > 0 && memchr(" \t\n\r\v\f", context.data[trimmed - 1], 6))
		trimmed--;
	append_ids(s, ll_str(context.data, trimmed), &own);
	ll_buf_add_str(&text, context);
	ll_buf_add_str(&text, continuation);
	append_ids(s, ll_buf_str(&text), &ids);
	size_t before = LL_MIN(own.len, ids.len), n = 0;
	int32_t *whole = ll_malloc((ids.len + own.len + 2) * sizeof(*whole));
	if (own.len == 0)
		whole[n++] = s->prefix;
	for (size_t i = 0; i < own.len; i++)
		whole[n++] = (int32_t)own.id[i];
	for (size_t i = before; i < ids.len; i++)
		whole[n++] = (int32_t)ids.id[i];
	*n_scored = ids.len - before;
	struct request r = { 0 };
	if (*n_scored > 0)
		r = request_make(s, whole, n, *n_scored);
	ll_free(whole);
	ll_buf_free(&text);
	ll_ids_free(&ids);
	ll_ids_free(&own);
	return r;
}
