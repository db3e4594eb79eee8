/* SPDX-License-Identifier: MIT */
#include "ll-bpe/inspect.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bpe/bpe_dropout.h"
#include "text/utf8.h"

static void add(struct id_list *l, uint32_t id)
{
	LL_GROW(l->id, l->cap, l->len + 1);
	l->id[l->len++] = id;
}

/* Whether the token comes out where its own text goes in. Bytes that are no valid UTF-8 are never a whole text: the
 * question is then whether merges make the token of its bytes. */
static bool is_reachable(struct ll_bpe_encoder *e, struct ll_bpe_dropout *merges, uint32_t id, struct ll_str bytes,
			 bool valid, struct ll_ids *ids)
{
	ids->len = 0;
	if (valid)
		ll_bpe_encode(e, bytes, false, ids);
	else
		ll_bpe_dropout_piece(merges, bytes, ids);
	return ids->len == 1 && ids->id[0] == id;
}

/* Keeps the `most` longest, longest first, lower ids before higher. */
static void keep_longest(struct id_list *l, const struct ll_bpe *b, uint32_t id, size_t most)
{
	size_t len = ll_bpe_token_bytes(b, id).len, at = l->len;
	while (at > 0 && ll_bpe_token_bytes(b, l->id[at - 1]).len < len)
		at--;
	if (at == most)
		return;
	add(l, id);
	memmove(l->id + at + 1, l->id + at, (l->len - 1 - at) * sizeof *l->id);
	l->id[at] = id;
	l->len = LL_MIN(l->len, most);
}

void inspect_vocabulary(struct inspected *t, size_t most)
{
	const struct ll_bpe *b = t->bpe;
	t->reachability = ll_bpe_splitting(b) != NULL;
	struct ll_bpe_encoder *encoder = ll_bpe_encoder_new(b);
	struct ll_bpe_dropout *merges = t->reachability ? ll_bpe_dropout_new(b, 0, 0) : NULL;
	struct ll_ids ids = { 0 };
	ll_bpe_encoder_inside(encoder);
	for (uint32_t id = 0; id < ll_bpe_vocabulary(b); id++) {
		struct ll_str bytes = ll_bpe_token_bytes(b, id);
		if (!bytes.data)
			continue;
		t->tokens++;
		if (ll_bpe_is_special(b, id)) {
			t->specials++;
			continue;
		}
		bool valid = ll_utf8_valid_prefix(bytes.data, bytes.len) == bytes.len;
		if (!valid)
			add(&t->invalid, id);
		if (t->reachability && !is_reachable(encoder, merges, id, bytes, valid, &ids))
			add(&t->unreachable, id);
		keep_longest(&t->longest, b, id, most);
	}
	ll_bpe_encoder_free(encoder);
	ll_bpe_dropout_free(merges);
	ll_ids_free(&ids);
}

/* log2 by the series of atanh, so that printed digits are the same with every library: x = m 2^e with m in [sqrt(1/2),
 * sqrt(2)), log m = 2 atanh((m-1)/(m+1)), whose argument is under 0.172: 13 terms leave less than 2^-60. */
static double log2_of(double x)
{
	int e;
	double m = frexp(x, &e);
	if (m < 0x1.6a09e667f3bcdp-1) {
		m *= 2;
		e--;
	}
	double s = (m - 1) / (m + 1), square = s * s, sum = 0;
	for (int k = 12; k >= 0; k--)
		sum = sum * square + 1.0 / (2 * k + 1);
	return e + 2 * s * sum * 0x1.71547652b82fep+0;
}

void inspect_frequencies(struct inspected *t)
{
	double sum = 0;
	for (uint32_t id = 0; id < ll_bpe_vocabulary(t->bpe); id++) {
		if (t->count[id] == 0) {
			if (ll_bpe_token_bytes(t->bpe, id).data && !ll_bpe_is_special(t->bpe, id))
				add(&t->unused, id);
			continue;
		}
		double p = (double)t->count[id] / (double)t->total;
		sum += p * p * sqrt(p); /* p^2.5; sqrt is exact to the last bit everywhere */
		t->used++;
	}
	double entropy = t->total ? log2_of(sum) / -1.5 : NAN;
	t->efficiency = t->used > 1 ? entropy / log2_of(t->used) : NAN;
	t->efficiency_vocabulary = t->total && t->tokens > 1 ? entropy / log2_of(t->tokens) : NAN;
}

void inspect_token_text(struct ll_buf *out, struct ll_str bytes)
{
	for (size_t i = 0; i < bytes.len;) {
		const char *p = bytes.data + i;
		size_t n = LL_MIN(bytes.len - i, (size_t)4), len = 1;
		while (len < n && ll_utf8_valid_prefix(p, len) != len)
			len++;
		if (ll_utf8_valid_prefix(p, len) != len || (unsigned char)*p < 0x20 || *p == 0x7f)
			ll_buf_printf(out, "\\x%02x", (unsigned char)bytes.data[i++]);
		else if (*p == '\\')
			ll_buf_puts(out, "\\\\"), i++;
		else
			ll_buf_add(out, p, len), i += len;
	}
}
