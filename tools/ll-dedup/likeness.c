/* SPDX-License-Identifier: MIT */
#include "ll-dedup/likeness.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Of a set that is much the smaller one: each of its shingles is looked up in what is left of the other. */
static uint32_t shared_of_few(const unsigned char *few, uint32_t n, const unsigned char *many, uint32_t m)
{
	uint32_t shared = 0, from = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t x = ll_get64(few + 8 * (size_t)i);
		uint32_t high = m;
		while (from < high) {
			uint32_t middle = from + (high - from) / 2;
			if (ll_get64(many + 8 * (size_t)middle) < x)
				from = middle + 1;
			else
				high = middle;
		}
		shared += from < m && ll_get64(many + 8 * (size_t)from) == x;
	}
	return shared;
}

uint32_t walk_shared(const unsigned char *a, uint32_t n, const unsigned char *b, uint32_t m)
{
	uint32_t shared = 0;

	if (n / 64 > m || m / 64 > n)
		return n < m ? shared_of_few(a, n, b, m) : shared_of_few(b, m, a, n);
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

static double whole_of(enum likeness how, uint32_t n, uint32_t m, uint32_t shared)
{
	return how == LIKE_JACCARD ? (double)n + m - shared : (double)LL_MIN(n, m);
}

bool like(enum likeness how, double threshold, const struct member *a, const struct member *b, double *similarity)
{
	uint32_t n = a->n_shingles, m = b->n_shingles, least = needed(how, threshold, n, m);

	if (least > LL_MIN(n, m))
		return false;
	uint32_t shared = walk_shared(a->shingles, n, b->shingles, m);
	double share = shared / whole_of(how, n, m, shared);
	if (share < threshold)
		return false;
	*similarity = share;
	return true;
}

double likeness_of(enum likeness how, const struct member *a, const struct member *b)
{
	uint32_t shared = walk_shared(a->shingles, a->n_shingles, b->shingles, b->n_shingles);

	return shared / whole_of(how, a->n_shingles, b->n_shingles, shared);
}

/* ---- the order ---- */

#define COUNTS (1u << 16)

void like_order_init(struct like_order *o, enum likeness how, double threshold)
{
	*o = (struct like_order){ .how = how, .threshold = threshold, .count = ll_calloc(COUNTS, sizeof(*o->count)) };
}

void like_order_count(struct like_order *o, const unsigned char *shingles, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t *c = &o->count[ll_get64(shingles + 8 * (size_t)i) & (COUNTS - 1)];
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

uint32_t like_order_set(struct like_order *o, const unsigned char *shingles, uint32_t n)
{
	double kept = ceil(o->threshold * n - 1e-6 * n); /* rounding: a longer prefix is right too */

	LL_GROW(o->item, o->cap, n);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t s = ll_get64(shingles + 8 * (size_t)i);
		o->item[i] = (struct ordered){ o->count[s & (COUNTS - 1)], s };
	}
	qsort(o->item, n, sizeof(*o->item), rare_first);
	return LL_MIN(n, n - (uint32_t)kept + 1);
}

void like_order_free(struct like_order *o)
{
	ll_free(o->count);
	ll_free(o->item);
}

/* ---- the index ---- */

struct node {
	uint64_t shingle;
	uint32_t set; /* its highest bit: the shingle is in the set's prefix */
	uint32_t next; /* number of a node plus 1 */
};

struct like_index {
	struct like_order order;
	uint32_t *head;
	uint64_t head_mask;
	struct node *node;
	size_t nodes, node_cap;
	uint32_t *stamp, *found; /* by set: the last query that met it */
	size_t stamp_cap, sets, found_cap;
	uint32_t query;
};

#define PREFIX 0x80000000u

struct like_index *like_index_new(enum likeness how, double threshold)
{
	struct like_index *x = ll_calloc(1, sizeof(*x));

	like_order_init(&x->order, how, threshold);
	x->head_mask = (1u << 12) - 1;
	x->head = ll_calloc(x->head_mask + 1, sizeof(*x->head));
	return x;
}

void like_index_count(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	like_order_count(&x->order, shingles, n);
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
	uint32_t first = like_order_set(&x->order, shingles, n), all = x->order.how == LIKE_JACCARD ? first : n;

	LL_GROW(x->stamp, x->stamp_cap, (size_t)number + 1);
	x->stamp[number] = 0;
	x->sets = number + 1;
	LL_GROW(x->node, x->node_cap, x->nodes + all);
	for (uint32_t i = 0; i < all; i++) {
		uint64_t s = x->order.item[i].shingle;
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
	bool large = set_is_large(n); /* not ordered, and so all of it against the prefixes of the others, which are smaller */
	uint32_t first = large ? 0 : like_order_set(&x->order, shingles, n), all = x->order.how == LIKE_JACCARD && !large ? first : n;

	if (++x->query == 0) {
		memset(x->stamp, 0, x->sets * sizeof(*x->stamp));
		x->query = 1;
	}
	*found = 0;
	LL_GROW(x->found, x->found_cap, x->sets + 1);
	for (uint32_t i = 0; i < all; i++) {
		uint64_t shingle = large ? ll_get64(shingles + 8 * (size_t)i) : x->order.item[i].shingle;
		for (uint32_t k = x->head[shingle >> 20 & x->head_mask]; k; k = x->node[k - 1].next) {
			const struct node *node = &x->node[k - 1];
			uint32_t set = node->set & ~PREFIX;
			if (node->shingle != shingle || (i >= first && !(node->set & PREFIX)) || x->stamp[set] == x->query)
				continue;
			x->stamp[set] = x->query;
			x->found[(*found)++] = set;
		}
	}
	if (*found > 1)
		qsort(x->found, *found, sizeof(*x->found), by_number);
	return x->found;
}

void like_index_free(struct like_index *x)
{
	like_order_free(&x->order);
	ll_free(x->head);
	ll_free(x->node);
	ll_free(x->stamp);
	ll_free(x->found);
	ll_free(x);
}
