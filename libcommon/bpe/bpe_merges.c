/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_merges.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bpe/bpe_merge.h"
#include "text/utf8.h"

/* ---- the plain rule over a list of merges ---- */

uint32_t ll_bpe_merge_symbols(const struct ll_bpe *b, struct ll_ids *out, size_t base)
{
	uint32_t last = LL_BPE_NONE;
	for (;;) {
		uint32_t best = LL_BPE_NONE;
		size_t at = 0;
		for (size_t i = base; i + 1 < out->len; i++) {
			uint32_t rank = ll_bpe_rank(b, out->id[i], out->id[i + 1]);
			if (rank < best) {
				best = rank;
				at = i;
			}
		}
		if (best == LL_BPE_NONE)
			return last;
		out->id[at] = ll_bpe_merged(b, best);
		memmove(out->id + at + 1, out->id + at + 2, (out->len - at - 2) * sizeof *out->id);
		out->len--;
		last = best;
	}
}

void ll_bpe_plain_merge(const struct ll_bpe *b, struct ll_str piece, struct ll_ids *out, struct ll_bpe_pair *last)
{
	size_t base = out->len;
	LL_GROW(out->id, out->cap, out->len + piece.len);
	for (size_t i = 0; i < piece.len; i++)
		out->id[out->len++] = b->byte_id[(unsigned char)piece.data[i]];
	uint32_t rank = ll_bpe_merge_symbols(b, out, base);
	if (last)
		*last = rank == LL_BPE_NONE ? (struct ll_bpe_pair){ .rank = rank } : b->merge[rank];
}

struct ll_bpe_pair *ll_bpe_live_merges(const struct ll_bpe *b)
{
	struct ll_bpe_pair *live = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *live);
	struct ll_ids ids = { 0 };
	for (uint32_t id = 0; id < b->tokens; id++) {
		live[id] = (struct ll_bpe_pair){ .rank = LL_BPE_NONE, .id = id };
		if (!ll_token_is_ordinary(b->token[id].flags))
			continue;
		struct ll_bpe_pair last;
		ids.len = 0;
		ll_bpe_plain_merge(b, ll_bpe_token_bytes(b, id), &ids, &last);
		if (ids.len == 1 && ids.id[0] == id && last.rank != LL_BPE_NONE)
			live[id] = last;
	}
	ll_ids_free(&ids);
	return live;
}

bool ll_bpe_all_live(const struct ll_bpe *b, const struct ll_bpe_pair *live)
{
	for (uint32_t id = 0; id < b->tokens; id++)
		if (ll_token_is_ordinary(b->token[id].flags) &&
		    b->token[id].len > 1 && live[id].rank == LL_BPE_NONE)
			return false;
	return true;
}

/* ---- ranks ---- */

/* A symbol of the token being looked at. */
struct part {
	uint32_t start, id, rank; /* rank of this part with the next: LL_BPE_NONE when they make no token */
	uint32_t joined;
};

struct ranks {
	const struct ll_bpe *b;
	const uint32_t *rank;
	bool chars;
	uint32_t *of_two; /* the token of every two bytes: most look-ups are of these */
	struct part *part;
	size_t n, cap;
};

static void rank_part(struct ranks *r, const char *p, size_t i)
{
	struct part *part = &r->part[i];
	part->rank = LL_BPE_NONE;
	if (i + 2 >= r->n) /* the last one is a sentinel at the end of the token */
		return;
	size_t len = part[2].start - part->start;
	p += part->start;
	part->joined =
		len == 2 ? r->of_two[(unsigned char)p[0] << 8 | (unsigned char)p[1]] : ll_bpe_find_word(r->b, p, len);
	if (part->joined != LL_BPE_NONE)
		part->rank = r->rank[part->joined];
}

static void start_parts(struct ranks *r, struct ll_str token)
{
	const char *p = token.data, *end = p + token.len;
	LL_GROW(r->part, r->cap, token.len + 1);
	r->n = 0;
	while (p < end) {
		const char *from = p;
		if (r->chars)
			ll_utf8_next(&p);
		else
			p++;
		r->part[r->n++] = (struct part){ .start = (uint32_t)(from - token.data),
						 .id = ll_bpe_find_word(r->b, from, (size_t)(p - from)) };
	}
	r->part[r->n++] = (struct part){ .start = (uint32_t)token.len, .rank = LL_BPE_NONE };
	for (size_t i = 0; i + 1 < r->n; i++)
		rank_part(r, token.data, i);
}

/* Merges until the token itself comes out; its two last parts are in left and right. False when it does not. */
static bool merge_parts(struct ranks *r, struct ll_str token, uint32_t *left, uint32_t *right)
{
	start_parts(r, token);
	while (r->n > 2) {
		size_t best = 0;
		for (size_t i = 1; i + 2 < r->n; i++)
			if (r->part[i].rank < r->part[best].rank)
				best = i;
		if (r->part[best].rank == LL_BPE_NONE)
			return false;
		if (r->n == 3) {
			*left = r->part[0].id;
			*right = r->part[1].id;
			return true;
		}
		r->part[best].id = r->part[best].joined;
		memmove(r->part + best + 1, r->part + best + 2, (r->n - best - 2) * sizeof *r->part);
		r->n--;
		rank_part(r, token.data, best);
		if (best)
			rank_part(r, token.data, best - 1);
	}
	return false;
}

static uint32_t *tokens_of_two(const struct ll_bpe *b)
{
	uint32_t *of_two = ll_malloc(65536 * sizeof *of_two);
	memset(of_two, 0xff, 65536 * sizeof *of_two);
	for (uint32_t id = 0; id < b->tokens; id++) {
		struct ll_str s = ll_bpe_token_name(b, id);
		if (s.len == 2 && ll_token_is_ordinary(b->token[id].flags))
			of_two[(unsigned char)s.data[0] << 8 | (unsigned char)s.data[1]] = id;
	}
	return of_two;
}

static int by_rank(const void *a, const void *b)
{
	const struct ll_bpe_pair *x = a, *y = b;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* The merges of tokens in the order of their ranks, each from those before it: merging the bytes of a token with what is
 * known leaves its two parts, as long as no merge of a higher rank has to come before. False, with no merges, where that is
 * not so. *dead counts tokens that do not come out at all. */
static bool merges_in_order(struct ll_bpe *b, struct ranks *r, size_t *dead)
{
	struct ll_err ignored;
	struct ll_merger merger;
	struct ll_ids ids = { 0 };
	bool ordered = ll_bpe_index_alphabet(b, &ignored) == 0;
	uint32_t left, right, last = LL_BPE_NONE;
	*dead = 0;
	ll_bpe_index_start(b, b->tokens);
	ll_merger_init(&merger, b);
	for (uint32_t id = 0; id < b->tokens && ordered; id++) {
		struct ll_str token = ll_str(b->bytes.data + b->token[id].offset, b->token[id].len);
		if (r->rank[id] == LL_BPE_NONE)
			continue;
		ordered = (last == LL_BPE_NONE || r->rank[id] > last) && token.len <= LL_BPE_RANKED_MOST;
		last = r->rank[id];
		if (token.len < 2 || !ordered)
			continue;
		ids.len = 0;
		ll_merge(&merger, token.data, token.len, &ids);
		if (ids.len == 2) {
			ll_bpe_add_merge(b, ids.id[0], ids.id[1], (uint32_t)b->merges, id);
			ll_bpe_index_merge(b, &b->merge[b->merges - 1]);
		} else {
			ordered = !merge_parts(r, token, &left, &right);
			(*dead)++;
		}
	}
	ll_merger_free(&merger);
	ll_ids_free(&ids);
	if (!ordered) {
		ll_bpe_index_free(b);
		b->merges = 0;
	}
	return ordered;
}

/* The merges in any order. */
static int merges_by_bytes(struct ll_bpe *b, struct ranks *r, size_t *dead, struct ll_err *err)
{
	*dead = 0;
	for (uint32_t id = 0; id < b->tokens; id++) {
		struct ll_str token = ll_str(b->bytes.data + b->token[id].offset, b->token[id].len);
		uint32_t left, right;
		if (r->rank[id] == LL_BPE_NONE || token.len < 2)
			continue;
		if (token.len > LL_BPE_RANKED_MOST)
			return ll_err_set(err, "token %u has %zu bytes, more than the %u believed", id, token.len,
					  LL_BPE_RANKED_MOST);
		if (!merge_parts(r, token, &left, &right)) {
			(*dead)++;
			continue;
		}
		if (left == LL_BPE_NONE || right == LL_BPE_NONE)
			return ll_err_set(err, "token %u is merged from a character that is no token itself", id);
		ll_bpe_add_merge(b, left, right, r->rank[id], id);
	}
	if (b->merges)
		qsort(b->merge, b->merges, sizeof *b->merge, by_rank);
	for (size_t i = 0; i < b->merges; i++) {
		if (i && b->merge[i].rank == r->rank[b->merge[i - 1].id])
			return ll_err_set(err, "tokens %u and %u have the same rank", b->merge[i - 1].id,
					  b->merge[i].id);
		b->merge[i].rank = (uint32_t)i;
	}
	return 0;
}

int ll_bpe_merges_of_ranks(struct ll_bpe *b, const uint32_t *rank, bool chars, struct ll_err *err)
{
	struct ranks r = { .b = b, .rank = rank, .chars = chars, .of_two = tokens_of_two(b) };
	size_t dead = 0;
	int rc = 0;
	if (chars || !merges_in_order(b, &r, &dead))
		rc = merges_by_bytes(b, &r, &dead, err);
	ll_free(r.part);
	ll_free(r.of_two);
	if (rc)
		return rc;
	b->merges_live = true;
	b->ignore_merges &= dead > 0;
	b->all_live = dead == 0;
	for (uint32_t id = 0; id < b->tokens && b->all_live; id++)
		b->all_live = rank[id] != LL_BPE_NONE || b->token[id].len < 2 ||
			      !ll_token_is_ordinary(b->token[id].flags);
	return 0;
}
