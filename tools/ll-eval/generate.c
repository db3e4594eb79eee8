/* SPDX-License-Identifier: MIT */
/* generate.c - text from a prompt, one token at a time, printed as soon as its characters are whole. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/option.h"
#include "base/random.h"
#include "io/file.h"
#include "ll-eval/eval.h"
#include "ll-eval/score.h"
#include "text/utf8.h"

struct candidate {
	float logit;
	int32_t id;
};

/* Largest logit first, ties by id. */
static int by_logit(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	return x->logit != y->logit ? (x->logit > y->logit ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

static int32_t choose(struct candidate *c, const float *logits, int64_t V, uint64_t position)
{
	int64_t k = eval_options.top_k > 0 ? LL_MIN(eval_options.top_k, V) : V;
	double sum = 0, at;

	for (int64_t i = 0; i < V; i++)
		c[i] = (struct candidate){ logits[i], (int32_t)i };
	qsort(c, (size_t)V, sizeof(*c), by_logit);
	if (eval_options.temperature <= 0)
		return c[0].id;
	for (int64_t i = 0; i < k; i++)
		sum += exp((double)(c[i].logit - c[0].logit) / eval_options.temperature);
	at = sum * ll_random_unit((uint64_t)ll_common.seed, 0x67656e, position);
	for (int64_t i = 0; i < k; i++) {
		at -= exp((double)(c[i].logit - c[0].logit) / eval_options.temperature);
		if (at < 0)
			return c[i].id;
	}
	return c[k - 1].id;
}

/* Writes what is in `text`, with U+FFFD for bytes that are no characters, and empties it. */
static void put(struct ll_out *out, struct ll_buf *text)
{
	struct ll_buf repaired = { 0 };

	if (text->len == 0)
		return;
	ll_utf8_repair(&repaired, text->data, text->len);
	ll_out_write(out, repaired.data, repaired.len);
	ll_out_flush(out);
	ll_buf_clear(text);
	ll_buf_free(&repaired);
}

int eval_generate(int operands, char **operand)
{
	struct scorer s;
	struct ll_ids prompt = { 0 };
	struct ll_buf shown = { 0 };
	struct ll_err err;

	(void)operand;
	if (operands > 0)
		ll_die(LL_EXIT_USAGE, "generate takes no operands: the text to go on from is --prompt=TEXT");
	if (!eval_options.model)
		ll_die(LL_EXIT_USAGE, "--model=DIR is needed");
	scorer_open(&s, eval_options.model);
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	struct ll_lm_cache *cache = ll_lm_cache_new(s.model);
	int64_t V = s.model->config.vocabulary;
	float *logits = ll_malloc((size_t)V * sizeof(*logits));
	struct candidate *candidates = ll_malloc((size_t)V * sizeof(*candidates));
	struct ll_str text = ll_cstr(eval_options.prompt ? eval_options.prompt : "");
	ll_bpe_encode(s.encoder, text, false, &prompt);
	if ((int64_t)prompt.len + 1 > s.context - 1)
		ll_die(LL_EXIT_USAGE, "the prompt of %zu tokens does not fit the model's context of %lld", prompt.len, (long long)s.context);
	ll_lm_decode(s.model, cache, s.prefix, logits);
	for (size_t i = 0; i < prompt.len; i++)
		ll_lm_decode(s.model, cache, (int32_t)prompt.id[i], logits);
	ll_buf_add_str(&shown, text);
	put(out, &shown);
	struct ll_bpe_stream stream = { .inside = text.len > 0 };
	for (int64_t i = 0; i < eval_options.max_tokens && ll_lm_cache_length(cache) < s.context; i++) {
		int32_t id = choose(candidates, logits, (int64_t)LL_MIN((uint64_t)V, (uint64_t)ll_bpe_vocabulary(s.bpe)), (uint64_t)i);
		if (id == s.prefix)
			break;
		if (ll_bpe_stream_put(&stream, s.bpe, (uint32_t)id, &shown, &err) == 0) /* an id that is no token has no text */
			put(out, &shown);
		if (i + 1 < eval_options.max_tokens)
			ll_lm_decode(s.model, cache, id, logits);
	}
	ll_bpe_stream_end(&stream, &shown);
	ll_buf_putc(&shown, '\n');
	put(out, &shown);
	ll_out_commit(out);
	ll_lm_cache_free(cache);
	ll_free(logits);
	ll_free(candidates);
	ll_ids_free(&prompt);
	ll_buf_free(&shown);
	scorer_close(&s);
	return LL_EXIT_OK;
}
