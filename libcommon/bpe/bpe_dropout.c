/* SPDX-License-Identifier: MIT */
/*
 * The pairs of a pre-token wait in a heap, lowest rank and then leftmost first. To look at them in this order, drop
 * each with probability p and merge the first that stays is to draw for all and merge the best of those that stay. What
 * was dropped goes back into the heap after the merge: the next step draws anew.
 */
#include "bpe/bpe_dropout.h"

#include "base/memory.h"
#include "base/random.h"
#include "bpe/bpe_model.h"

#define PURPOSE 0x64726f70u /* "drop" */
#define STRETCH_MOST ((size_t)1 << 16)

struct node {
	uint32_t id, next, prev; /* places of first bytes */
	uint32_t rank, merged;	 /* of this token with the next; rank LL_BPE_NONE: they do not merge */
};

struct queue {
	uint64_t *at; /* rank << 32 | place */
	size_t len, cap;
};

struct ll_bpe_dropout {
	const struct ll_bpe *bpe;
	uint64_t threshold; /* of 32 random bits: below it, dropped */
	uint64_t seed, document;
	uint64_t piece;	  /* number of the pre-token in the document */
	uint64_t draws;	  /* in this pre-token */
	uint32_t word[4]; /* the random block at hand */
	struct node *node;
	size_t nodes_cap;
	struct queue heap, dropped;
};

struct ll_bpe_dropout *ll_bpe_dropout_new(const struct ll_bpe *b, double p, uint64_t seed)
{
	struct ll_bpe_dropout *d = ll_calloc(1, sizeof *d);
	d->bpe = b;
	d->threshold = (uint64_t)(p * 0x1p32);
	d->seed = seed;
	return d;
}

void ll_bpe_dropout_free(struct ll_bpe_dropout *d)
{
	if (!d)
		return;
	ll_free(d->node);
	ll_free(d->heap.at);
	ll_free(d->dropped.at);
	ll_free(d);
}

void ll_bpe_dropout_begin(struct ll_bpe_dropout *d, struct ll_id key)
{
	d->document = ll_random64(d->seed ^ ll_id_high64(key), PURPOSE, ll_id_low64(key));
	d->piece = 0;
}

/* Four draws a block of the generator, whose counter is the pre-token and the draw. */
static bool drop(struct ll_bpe_dropout *d)
{
	if (d->draws % 4 == 0) {
		uint64_t block = d->draws / 4;
		ll_philox((const uint32_t[]){ (uint32_t)block, (uint32_t)(block >> 32), (uint32_t)d->piece,
					      (uint32_t)(d->piece >> 32) },
			  (const uint32_t[]){ (uint32_t)d->document, (uint32_t)(d->document >> 32) }, d->word);
	}
	return d->word[d->draws++ % 4] < d->threshold;
}

static void push(struct queue *q, uint64_t v)
{
	if (q->len == q->cap)
		LL_GROW(q->at, q->cap, q->len + 1);
	size_t i = q->len++;
	for (; i > 0 && q->at[(i - 1) / 2] > v; i = (i - 1) / 2)
		q->at[i] = q->at[(i - 1) / 2];
	q->at[i] = v;
}

static uint64_t pop(struct queue *q)
{
	uint64_t top = q->at[0], v = q->at[--q->len];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < q->len; i = child) {
		child += child + 1 < q->len && q->at[child + 1] < q->at[child];
		if (q->at[child] >= v)
			break;
		q->at[i] = q->at[child];
	}
	q->at[i] = v;
	return top;
}

/* Looks up the pair that begins at a place, and queues it if it merges. */
static void find_pair(struct ll_bpe_dropout *d, uint32_t place, uint32_t end)
{
	struct node *node = &d->node[place];
	node->rank = LL_BPE_NONE;
	if (node->next == end)
		return;
	const struct ll_bpe_pair *pair = ll_bpe_find_pair(d->bpe, node->id, d->node[node->next].id);
	node->rank = pair->rank;
	node->merged = pair->id;
	if (node->rank != LL_BPE_NONE)
		push(&d->heap, (uint64_t)node->rank << 32 | place);
}

static void merge(struct ll_bpe_dropout *d, uint32_t place, uint32_t end)
{
	struct node *node = &d->node[place], *right = &d->node[node->next];
	node->id = node->merged;
	node->next = right->next;
	right->rank = LL_BPE_NONE;
	if (node->next != end)
		d->node[node->next].prev = place;
	find_pair(d, place, end);
	if (node->prev != LL_BPE_NONE)
		find_pair(d, node->prev, end);
}

static void merge_stretch(struct ll_bpe_dropout *d, const char *p, uint32_t n, struct ll_ids *out)
{
	d->heap.len = d->dropped.len = 0;
	LL_GROW(d->node, d->nodes_cap, n);
	for (uint32_t i = 0; i < n; i++)
		d->node[i] = (struct node){ .id = d->bpe->byte_id[(unsigned char)p[i]],
					    .next = i + 1,
					    .prev = i ? i - 1 : LL_BPE_NONE };
	for (uint32_t i = 0; i < n; i++)
		find_pair(d, i, n);
	while (d->heap.len) {
		uint64_t top = pop(&d->heap);
		uint32_t place = (uint32_t)top;
		if (d->node[place].rank != top >> 32)
			continue; /* a pair that is no more */
		if (drop(d)) {
			if (d->dropped.len == d->dropped.cap)
				LL_GROW(d->dropped.at, d->dropped.cap, d->dropped.len + 1);
			d->dropped.at[d->dropped.len++] = top;
			continue;
		}
		merge(d, place, n);
		while (d->dropped.len)
			push(&d->heap, d->dropped.at[--d->dropped.len]);
	}
	LL_GROW(out->id, out->cap, out->len + n);
	for (uint32_t i = 0; i < n; i = d->node[i].next)
		out->id[out->len++] = d->node[i].id;
}

void ll_bpe_dropout_piece(void *context, struct ll_str piece, struct ll_ids *out)
{
	struct ll_bpe_dropout *d = context;
	d->draws = 0;
	for (size_t at = 0; at < piece.len; at += STRETCH_MOST)
		merge_stretch(d, piece.data + at, (uint32_t)LL_MIN(piece.len - at, STRETCH_MOST), out);
	d->piece++;
}
