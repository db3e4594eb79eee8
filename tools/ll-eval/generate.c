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

/* Bytes at the end that begin a character and do not complete it: 0 to 3. */
static size_t incomplete(const char *p, size_t n)
{
	for (size_t tail = 1; tail <= 3 && tail <= n; tail++) {
		unsigned char c = (unsigned char)p[n - tail];
		if ((c & 0xc0) == 0x80)
			continue;
		size_t length = c >= 0xf0 && c <= 0xf4 ? 4 : c >= 0xe0 && c <= 0xef ? 3 : c >= 0xc2 && c <= 0xdf ? 2 : 1;
		return length > tail ? tail : 0;
	}
	return 0;
}

/* Whole characters go out, U+FFFD for bytes that are none; the beginning of one waits for the rest, until the end. */
static void put(struct ll_out *out, struct ll_buf *held, struct ll_str bytes, bool end)
{
	struct ll_buf repaired = { 0 };

	ll_buf_add_str(held, bytes);
	if (held->len == 0)
		return;
	size_t go = held->len - (end ? 0 : incomplete(held->data, held->len));
	ll_utf8_repair(&repaired, held->data, go);
	ll_out_write(out, repaired.data, repaired.len);
	memmove(held->data, held->data + go, held->len - go);
	held->len -= go;
	ll_out_flush(out);
	ll_buf_free(&repaired);
}

int eval_generate(int operands, char **operand)
{
	struct scorer s;
	struct ll_ids prompt = { 0 };
	struct ll_buf held = { 0 };

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
	put(out, &held, text, true);
	for (int64_t i = 0; i < eval_options.max_tokens && ll_lm_cache_length(cache) < s.context; i++) {
		int32_t id = choose(candidates, logits, (int64_t)LL_MIN((uint64_t)V, (uint64_t)ll_bpe_vocabulary(s.bpe)), (uint64_t)i);
		if (id == s.prefix)
			break;
		put(out, &held, ll_bpe_token_bytes(s.bpe, (uint32_t)id), false);
		if (i + 1 < eval_options.max_tokens)
			ll_lm_decode(s.model, cache, id, logits);
	}
	put(out, &held, ll_str("\n", 1), true);
	ll_out_commit(out);
	ll_lm_cache_free(cache);
	ll_free(logits);
	ll_free(candidates);
	ll_ids_free(&prompt);
	ll_buf_free(&held);
	scorer_close(&s);
	return LL_EXIT_OK;
}
