/* SPDX-License-Identifier: MIT */
#include "ll-dedup/like_index.h"

#include <stdlib.h>

#include "base/memory.h"
#include "ll-dedup/likeness.h"
#include "ll-dedup/sketch.h"

#define PREFIX 0x80000000u
#define NONE UINT32_MAX
#define TRIES 64u /* questions after which it is clear what answers them */

struct node {
	uint64_t shingle;
	uint32_t set; /* its highest bit: the shingle is in the set's prefix */
	uint32_t next; /* number of a node plus 1 */
};

struct like_index {
	struct like_order order;
	struct sketches sketches;
	uint64_t sketch_bytes;
	uint32_t *head; /* of lists of nodes; NULL when most questions are answered by all sketches */
	uint64_t head_mask;
	struct node *node;
	size_t nodes, node_cap;
	uint32_t *stamp; /* by set: the last question that met it */
	size_t stamp_cap, sets;
	uint32_t question, asked, too_many; /* too_many: of those asked, which met too many sets to look at one by one */
	bool by_sketch;			    /* the answer to the last question: all that have a sketch, from `at` on, */
	uint32_t *found;		    /* or these, from found[at] on */
	size_t found_cap, n_found, at;
};

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

/* ---- lists of the sets that have a shingle ---- */

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

static void list(struct like_index *x, uint32_t number, const unsigned char *shingles, uint32_t n)
{
	uint32_t first = like_order_set(&x->order, shingles, n), all = x->order.how == LIKE_JACCARD ? first : n;

	LL_GROW(x->node, x->node_cap, x->nodes + all);
	for (uint32_t i = 0; i < all; i++) {
		uint64_t s = x->order.item[i].shingle;
		uint32_t *h = &x->head[s >> 20 & x->head_mask];
		x->node[x->nodes] = (struct node){ s, number | (i < first ? PREFIX : 0), *h };
		*h = (uint32_t)++x->nodes;
	}
	if (x->nodes > x->head_mask)
		more_heads(x);
}

static void drop_lists(struct like_index *x)
{
	ll_free(x->head);
	ll_free(x->node);
	ll_free(x->stamp);
	x->head = x->stamp = NULL;
	x->node = NULL;
	x->nodes = x->node_cap = x->stamp_cap = 0;
}

void like_index_add(struct like_index *x, uint32_t number, const unsigned char *shingles, uint32_t n)
{
	x->sketch_bytes += sketches_add(&x->sketches, number, shingles, n);
	x->sets = number + 1;
	if (!x->head)
		return;
	LL_GROW(x->stamp, x->stamp_cap, x->sets);
	x->stamp[number] = 0;
	list(x, number, shingles, n);
}

uint64_t like_index_bytes(const struct like_index *x)
{
	uint64_t lists = x->nodes * sizeof(*x->node) + (x->head ? (x->head_mask + 1) * sizeof(*x->head) + x->sets * sizeof(*x->stamp) : 0);

	return x->sketch_bytes + lists + x->n_found * sizeof(*x->found);
}

/* ---- questions ---- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Collects the sets of the lists of one shingle. */
static size_t collect(struct like_index *x, uint64_t shingle, bool prefixes)
{
	size_t steps = 0;

	for (uint32_t k = x->head[shingle >> 20 & x->head_mask]; k; k = x->node[k - 1].next, steps++) {
		const struct node *node = &x->node[k - 1];
		uint32_t set = node->set & ~PREFIX;
		if (node->shingle != shingle || (prefixes && !(node->set & PREFIX)) || x->stamp[set] == x->question)
			continue;
		x->stamp[set] = x->question;
		x->found[x->n_found++] = set;
	}
	return steps;
}

/* False when there are too many. */
static bool look_up(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	bool large = set_is_large(n); /* not ordered, and so all of it against the prefixes of the others, which are smaller */
	uint32_t first = large ? 0 : like_order_set(&x->order, shingles, n), all = x->order.how == LIKE_JACCARD && !large ? first : n;
	size_t steps = 0;

	if (++x->question == 0) {
		memset(x->stamp, 0, x->sets * sizeof(*x->stamp));
		x->question = 1;
	}
	LL_GROW(x->found, x->found_cap, x->sets + 1);
	for (uint32_t i = 0; i < all; i++) {
		steps += collect(x, large ? ll_get64(shingles + 8 * (size_t)i) : x->order.item[i].shingle, i >= first);
		if (!large && sketches_are_quicker(x->order.how, x->order.threshold, x->n_found, steps, x->sets))
			return false;
	}
	if (x->n_found > 1)
		qsort(x->found, x->n_found, sizeof(*x->found), by_number);
	return true;
}

void like_index_ask(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	x->n_found = x->at = 0;
	sketches_ask(&x->sketches, shingles, n);
	x->by_sketch = !x->head || !look_up(x, shingles, n);
	x->asked++;
	x->too_many += x->by_sketch;
	if (x->head && x->asked >= TRIES && x->too_many > x->asked / 2)
		drop_lists(x);
}

uint32_t like_index_next(struct like_index *x)
{
	const struct like_order *o = &x->order;

	if (x->by_sketch) {
		x->at = sketches_next(&x->sketches, x->at, x->sketches.len, o->how, o->threshold);
		return x->at < x->sketches.len ? (uint32_t)x->at++ : NONE;
	}
	while (x->at < x->n_found) {
		uint32_t number = x->found[x->at++];
		if (sketches_may_be_alike(&x->sketches, number, o->how, o->threshold))
			return number;
	}
	return NONE;
}

void like_index_free(struct like_index *x)
{
	drop_lists(x);
	like_order_free(&x->order);
	sketches_free(&x->sketches);
	ll_free(x->found);
	ll_free(x);
}
