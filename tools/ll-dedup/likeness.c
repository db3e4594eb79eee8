/* SPDX-License-Identifier: MIT */
#include "ll-dedup/likeness.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

uint32_t walk_shared(const unsigned char *a, uint32_t n, const unsigned char *b, uint32_t m)
{
	uint32_t shared = 0;

	for (uint32_t i = 0, j = 0; i < n && j < m;) {
		uint64_t x = ll_get64(a + 8 * (size_t)i), y = ll_get64(b + 8 * (size_t)j);
		shared += x == y;
		i += x <= y;
		j += y <= x;
	}
	return shared;
}

/* At least so many shared shingles it takes to make n and m of them alike. */
static uint32_t needed(enum likeness how, double threshold, uint32_t n, uint32_t m)
{
	double whole = how == LIKE_JACCARD ? threshold / (1 + threshold) * ((double)n + m) : threshold * LL_MIN(n, m);
	double least = floor(whole) - 1;

	return least < 1 ? 1 : (uint32_t)least; /* rounding: one too few is looked at again */
}

bool like(enum likeness how, double threshold, const struct member *a, const struct member *b, double *similarity)
{
	uint32_t n = a->n_shingles, m = b->n_shingles, least = needed(how, threshold, n, m);

	if (least > LL_MIN(n, m))
		return false;
	uint32_t shared = walk_shared(a->shingles, n, b->shingles, m);
	double whole = how == LIKE_JACCARD ? (double)n + m - shared : (double)LL_MIN(n, m);
	if (shared / whole < threshold)
		return false;
	*similarity = shared / whole;
	return true;
}

/* ---- the index ---- */

struct node {
	uint64_t shingle;
	uint32_t set; /* its highest bit: the shingle is in the set's prefix */
	uint32_t next; /* number of a node plus 1 */
};

struct ordered {
	uint32_t count;
	uint64_t shingle;
};

struct like_index {
	enum likeness how;
	double threshold;
	uint32_t *count, *head;
	uint64_t count_mask, head_mask;
	struct node *node;
	size_t nodes, node_cap;
	struct ordered *order;
	size_t order_cap;
	uint32_t *stamp, *found; /* by set: the last query that met it */
	size_t stamp_cap, sets, found_cap;
	uint32_t query;
};

#define PREFIX 0x80000000u

struct like_index *like_index_new(enum likeness how, double threshold)
{
	struct like_index *x = ll_calloc(1, sizeof(*x));

	x->how = how;
	x->threshold = threshold;
	x->count_mask = (1u << 16) - 1;
	x->count = ll_calloc(x->count_mask + 1, sizeof(*x->count));
	x->head_mask = (1u << 12) - 1;
	x->head = ll_calloc(x->head_mask + 1, sizeof(*x->head));
	return x;
}

void like_index_count(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *c = &x->count[ll_get64(shingles + 8 * (size_t)i) & x->count_mask];
		*c += *c < UINT32_MAX;
	}
}

static int rare_first(const void *x, const void *y)
{
	const struct ordered *a = x, *b = y;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return (a->shingle > b->shingle) - (a->shingle < b->shingle);
}

/* Orders a set; returns the length of its prefix. */
static uint32_t prefix(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	double kept = ceil(x->threshold * n - 1e-6 * n); /* rounding: a longer prefix is right too */

	LL_GROW(x->order, x->order_cap, n);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t s = ll_get64(shingles + 8 * (size_t)i);
		x->order[i] = (struct ordered){ x->count[s & x->count_mask], s };
	}
	qsort(x->order, n, sizeof(*x->order), rare_first);
	return LL_MIN(n, n - (uint32_t)kept + 1);
}

static void more_heads(struct like_index *x)
{
	x->head_mask = 2 * x->head_mask + 1;
	x->head = ll_realloc(x->head, (x->head_mask + 1) * sizeof(*x->head));
	memset(x->head, 0, (x->head_mask + 1) * sizeof(*x->head));
	for (size_t i = 0; i < x->nodes; i++) {
		uint32_t *h = &x->head[x->node[i].shingle >> 20 & x->head_mask];
		x->node[i].next = *h;
		*h = (uint32_t)i + 1;
	}
}

uint64_t like_index_add(struct like_index *x, uint32_t number, const unsigned char *shingles, uint32_t n)
{
	uint32_t first = prefix(x, shingles, n), all = x->how == LIKE_JACCARD ? first : n;

	LL_GROW(x->stamp, x->stamp_cap, (size_t)number + 1);
	x->stamp[number] = 0;
	x->sets = number + 1;
	LL_GROW(x->node, x->node_cap, x->nodes + all);
	for (uint32_t i = 0; i < all; i++) {
		uint64_t s = x->order[i].shingle;
		uint32_t *h = &x->head[s >> 20 & x->head_mask];
		x->node[x->nodes] = (struct node){ s, number | (i < first ? PREFIX : 0), *h };
		*h = (uint32_t)++x->nodes;
	}
	if (x->nodes > x->head_mask)
		more_heads(x);
	return all * (sizeof(struct node) + 8);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

const uint32_t *like_index_candidates(struct like_index *x, const unsigned char *shingles, uint32_t n, size_t *found)
{
	uint32_t first = prefix(x, shingles, n), all = x->how == LIKE_JACCARD ? first : n;

	if (++x->query == 0) {
		memset(x->stamp, 0, x->sets * sizeof(*x->stamp));
		x->query = 1;
	}
	*found = 0;
	LL_GROW(x->found, x->found_cap, x->sets + 1);
	for (uint32_t i = 0; i < all; i++)
		for (uint32_t k = x->head[x->order[i].shingle >> 20 & x->head_mask]; k; k = x->node[k - 1].next) {
			const struct node *node = &x->node[k - 1];
			uint32_t set = node->set & ~PREFIX;
			if (node->shingle != x->order[i].shingle || (i >= first && !(node->set & PREFIX)) || x->stamp[set] == x->query)
				continue;
			x->stamp[set] = x->query;
			x->found[(*found)++] = set;
		}
	if (*found > 1)
		qsort(x->found, *found, sizeof(*x->found), by_number);
	return x->found;
}

void like_index_free(struct like_index *x)
{
	ll_free(x->count);
	ll_free(x->head);
	ll_free(x->node);
	ll_free(x->order);
	ll_free(x->stamp);
	ll_free(x->found);
	ll_free(x);
}
