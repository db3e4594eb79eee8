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
#include "bpe/piece_cache.h"

#define PURPOSE 0x64726f70u /* "drop" */
#define STRETCH_MOST ((size_t)1 << 16)
#define SCAN_MOST 48 /* bytes merged by scanning; at most 64 */

struct node {
	uint32_t id, next, prev; /* places of first bytes */
	uint32_t rank;		 /* of this token with the next; LL_BPE_NONE: they do not merge */
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
	struct ll_piece_cache cache; /* ids without dropout */
	struct ll_ids undropped;
	bool cached;
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
	ll_ids_free(&d->undropped);
	if (d->cached)
		ll_piece_cache_free(&d->cache);
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
	node->rank = ll_bpe_rank(d->bpe, node->id, d->node[node->next].id);
	if (node->rank != LL_BPE_NONE)
		push(&d->heap, (uint64_t)node->rank << 32 | place);
}

static void merge(struct ll_bpe_dropout *d, uint32_t place, uint32_t end)
{
	struct node *node = &d->node[place], *right = &d->node[node->next];
	node->id = ll_bpe_merged(d->bpe, node->rank);
	node->next = right->next;
	right->rank = LL_BPE_NONE;
	if (node->next != end)
		d->node[node->next].prev = place;
	find_pair(d, place, end);
	if (node->prev != LL_BPE_NONE)
		find_pair(d, node->prev, end);
}

static void merge_heap(struct ll_bpe_dropout *d, const char *p, uint32_t n, struct ll_ids *out)
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

/* The same for n <= SCAN_MOST, without a heap. */
static void merge_scan(struct ll_bpe_dropout *d, const char *p, size_t n, struct ll_ids *out)
{
	const struct ll_bpe *b = d->bpe;
	uint32_t id[SCAN_MOST], rank[SCAN_MOST];
	uint64_t dropped = 0; /* places of pairs */
	for (size_t i = 0; i < n; i++)
		id[i] = b->byte_id[(unsigned char)p[i]];
	for (size_t i = 0; i + 1 < n; i++)
		rank[i] = b->bytes_rank[(unsigned char)p[i] << 8 | (unsigned char)p[i + 1]];
	for (;;) {
		uint64_t lowest = (uint64_t)LL_BPE_NONE << 32; /* rank, then place: without a branch to guess */
		for (size_t i = 0; i + 1 < n; i++) {
			uint64_t v = ((uint64_t)rank[i] << 32 | i) | (0 - (dropped >> i & 1));
			lowest = v < lowest ? v : lowest;
		}
		size_t best = (uint32_t)lowest;
		if (lowest >> 32 == LL_BPE_NONE)
			break;
		if (drop(d)) {
			dropped |= (uint64_t)1 << best;
			continue;
		}
		dropped = 0;
		id[best] = ll_bpe_merged(b, rank[best]);
		n--;
		for (size_t i = best + 1; i < n; i++) {
			id[i] = id[i + 1];
			rank[i] = rank[i + 1];
		}
		for (size_t i = best ? best - 1 : 0; i <= best && i + 1 < n; i++)
			rank[i] = ll_bpe_rank(b, id[i], id[i + 1]);
	}
	LL_GROW(out->id, out->cap, out->len + n);
	memcpy(out->id + out->len, id, n * sizeof *id);
	out->len += n;
}

static void merge_piece(struct ll_bpe_dropout *d, struct ll_str piece, struct ll_ids *out)
{
	d->draws = 0;
	if (piece.len <= SCAN_MOST) {
		merge_scan(d, piece.data, piece.len, out);
		return;
	}
	for (size_t at = 0; at < piece.len; at += STRETCH_MOST)
		merge_heap(d, piece.data + at, (uint32_t)LL_MIN(piece.len - at, STRETCH_MOST), out);
}

/* Ids without dropout, remembered. */
static const uint32_t *undropped(struct ll_bpe_dropout *d, struct ll_str piece, size_t *n)
{
	if (!d->cached) {
		ll_piece_cache_init(&d->cache);
		d->cached = true;
	}
	struct ll_piece key = piece.len <= LL_PIECE_SHORT ? ll_piece_pack(piece.data, piece.len, piece.data + piece.len)
							  : ll_piece_long(piece.data, piece.len);
	uint32_t set = d->cache.set(&d->cache, key);
	const uint32_t *id = ll_piece_cache_find(&d->cache, key, set, piece.data, piece.len, n);
	if (id)
		return id;
	uint64_t threshold = d->threshold;
	d->undropped.len = 0;
	d->threshold = 0;
	merge_piece(d, piece, &d->undropped);
	d->threshold = threshold;
	*n = d->undropped.len;
	ll_piece_cache_put(&d->cache, key, set, piece.data, piece.len, d->undropped.id, *n);
	return d->undropped.id;
}

void ll_bpe_dropout_piece(void *context, struct ll_str piece, struct ll_ids *out)
{
	struct ll_bpe_dropout *d = context;
	size_t n = 0, drawn = 0;
	const uint32_t *id = d->threshold && piece.len <= LL_PIECE_CACHED ? undropped(d, piece, &n) : NULL;
	d->draws = 0;
	while (id && drawn < piece.len - n && !drop(d))
		drawn++;
	if (!id || drawn < piece.len - n) {
		merge_piece(d, piece, out);
	} else {
		LL_GROW(out->id, out->cap, out->len + n);
		memcpy(out->id + out->len, id, n * sizeof *id);
		out->len += n;
	}
	d->piece++;
}
