/* SPDX-License-Identifier: MIT */
#include "ll-dedup/like_index.h"

#include <stdlib.h>

#include "base/memory.h"
#include "ll-dedup/likeness.h"
#include "ll-dedup/shingle_order.h"
#include "ll-dedup/sketch.h"

#define NONE UINT32_MAX

/*
 * D(A), its items and their order are those of shingle_order.h. Sets that are alike share at least so many of them, n and m being
 * the sizes and `share` what is shared of the sets themselves, at least (likeness.h):
 *
 *	c = share + (|D(A)| - n) / 2 + (|D(B)| - m) / 2
 *
 * by |A and B| = (n + m - |A \ B| - |B \ A|) / 2. So one of the items they share is among the first |D| - c + 1 of both. Where
 * c <= 0 they need not share any; they are alike then. What is computed of c is in eighths, rounded to the side that finds more.
 */
struct listed {
	uint32_t n, stamp; /* stamp: the last question that met it */
	int32_t excess;	   /* |D| - n */
};

/* A set among those that have a rare item. */
struct node {
	uint32_t tag;  /* bits of the shingle: two of one tag make a set a candidate that is none */
	uint32_t next; /* number of a node plus 1 */
	uint32_t set;
	int16_t slack; /* |D| - its place in the order of the set, less what is the set's own of c: what is left for the other's own */
};

/* The sets that have a frequent one, of which a list would miss the cache at each step. */
struct column {
	uint32_t *set;
	int16_t *slack;
	size_t len, cap, slack_cap;
};

struct question {
	uint32_t n, items;
	int32_t excess;
	int64_t own;   /* what is its own of 8 c */
	int16_t least; /* the same of c: what others leave must be as much */
};

struct like_index {
	enum likeness how;
	double threshold;
	struct shingle_order order;
	struct sketches sketches;
	uint64_t sketch_bytes;
	uint32_t *head; /* of lists of nodes; NULL when most questions are answered by all sketches */
	uint64_t head_mask;
	struct node *node;
	size_t nodes, node_cap;
	struct column *column; /* by number of the frequent item */
	uint64_t column_bytes;
	struct listed *set;
	size_t set_cap, sets;
	uint32_t *far; /* sets that are in no list, since they have little of what is common */
	size_t n_far, far_cap;
	uint32_t least_n, greatest_n; /* of the sets in lists */
	int32_t least_excess;
	uint32_t stamp, asked, too_many; /* too_many: of those asked, which met too many sets to look at one by one */
	bool by_sketch;			 /* the answer to the last question: all that have a sketch, from `at` on, */
	uint32_t *found;		 /* or these, from found[at] on */
	size_t found_cap, n_found, at;
};

struct like_index *like_index_new(enum likeness how, double threshold)
{
	struct like_index *x = ll_calloc(1, sizeof(*x));

	x->how = how;
	x->threshold = threshold;
	shingle_order_init(&x->order);
	x->head_mask = (1u << 12) - 1;
	x->head = ll_calloc(x->head_mask + 1, sizeof(*x->head));
	x->least_n = UINT32_MAX;
	x->least_excess = INT32_MAX;
	return x;
}

void like_index_count(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	shingle_order_count(&x->order, shingles, n);
}

void like_index_choose(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	shingle_order_choose(&x->order, shingles, n);
}

void like_index_settle(struct like_index *x)
{
	shingle_order_settle(&x->order);
	x->column = ll_calloc(x->order.n_frequent, sizeof(*x->column));
	x->column_bytes = x->order.n_frequent * sizeof(*x->column);
}

/* ---- how many items alike sets share ---- */

/* 8 times the share of a set of n that is its own, whatever the other one is. */
static int64_t own_share(const struct like_index *x, uint32_t n)
{
	return x->how == LIKE_JACCARD ? (int64_t)(8 * x->threshold / (1 + x->threshold) * n) : 0;
}

/* The rest of it. */
static int64_t common_share(const struct like_index *x, uint32_t n, uint32_t m)
{
	return x->how == LIKE_JACCARD ? 0 : (int64_t)(8 * x->threshold * LL_MIN(n, m));
}

/* 8 c, at most, of a set and any other. */
static int64_t least_with_any(const struct like_index *x, uint32_t n, int32_t excess)
{
	int64_t share = x->how == LIKE_JACCARD ? (int64_t)(8 * x->threshold * n) : 0;

	return share + 4 * ((int64_t)excess - x->order.n_common);
}

/* How many of the items of a set it takes when c is at least that. */
static uint32_t prefix(uint32_t items, int64_t least)
{
	int64_t last = (8 * (int64_t)items - LL_MAX(8, least)) / 8;

	return last < 0 || 8 * (int64_t)items < least ? 0 : (uint32_t)last + 1;
}

/* ---- lists of the sets that have an item ---- */

static uint32_t tag_of(uint64_t shingle)
{
	return (uint32_t)(shingle >> 20);
}

static void more_heads(struct like_index *x)
{
	x->head_mask = 2 * x->head_mask + 1;
	x->head = ll_realloc(x->head, (x->head_mask + 1) * sizeof(*x->head));
	memset(x->head, 0, (x->head_mask + 1) * sizeof(*x->head));
	for (size_t i = 0; i < x->nodes; i++) {
		uint32_t *h = &x->head[x->node[i].tag & x->head_mask];
		x->node[i].next = *h;
		*h = (uint32_t)i + 1;
	}
}

/* Eighths, up or down to a whole number that fits. */
static int16_t at_most(int64_t eighths)
{
	return (int16_t)LL_MAX(INT16_MIN, LL_MIN((eighths + 7) >> 3, INT16_MAX));
}

static int16_t at_least(int64_t eighths)
{
	return (int16_t)LL_MAX(INT16_MIN, LL_MIN(eighths >> 3, INT16_MAX));
}

static void put(struct like_index *x, const struct ordered *item, uint32_t number, int16_t slack)
{
	if (item->frequent != SHINGLE_RARE) {
		struct column *c = &x->column[item->frequent];
		size_t cap = c->cap;
		LL_GROW(c->set, c->cap, c->len + 1);
		LL_GROW(c->slack, c->slack_cap, c->len + 1);
		x->column_bytes += (c->cap - cap) * (sizeof(*c->set) + sizeof(*c->slack));
		c->set[c->len] = number;
		c->slack[c->len++] = slack;
		return;
	}
	uint32_t *h = &x->head[tag_of(item->shingle) & x->head_mask];
	LL_GROW(x->node, x->node_cap, x->nodes + 1);
	x->node[x->nodes] = (struct node){ tag_of(item->shingle), *h, number, slack };
	*h = (uint32_t)++x->nodes;
	if (x->nodes > x->head_mask)
		more_heads(x);
}

static void list(struct like_index *x, uint32_t number, const unsigned char *shingles, uint32_t n)
{
	uint32_t items = shingle_order_set(&x->order, shingles, n);

	if (items == SHINGLE_FAR) {
		LL_GROW(x->far, x->far_cap, x->n_far + 1);
		x->far[x->n_far++] = number;
		return;
	}
	int32_t excess = (int32_t)(items - n);
	uint32_t first = prefix(items, least_with_any(x, n, excess));
	int64_t own = own_share(x, n) + 4 * (int64_t)excess;
	shingle_order_sort(&x->order, items, first);
	for (uint32_t i = 0; i < first; i++)
		put(x, &x->order.item[i], number, at_most(8 * (int64_t)(items - i) - own));
	x->set[number].n = n;
	x->set[number].excess = excess;
	x->least_n = LL_MIN(x->least_n, n);
	x->greatest_n = LL_MAX(x->greatest_n, n);
	x->least_excess = LL_MIN(x->least_excess, excess);
}

static void column_free(struct column *c)
{
	ll_free(c->set);
	ll_free(c->slack);
}

static void drop_lists(struct like_index *x)
{
	for (uint32_t i = 0; x->column && i < x->order.n_frequent; i++)
		column_free(&x->column[i]);
	ll_free(x->column);
	ll_free(x->head);
	ll_free(x->node);
	ll_free(x->set);
	ll_free(x->far);
	shingle_order_free(&x->order);
	x->column = NULL;
	x->head = x->far = NULL;
	x->node = NULL;
	x->set = NULL;
	x->nodes = x->node_cap = x->set_cap = x->n_far = x->far_cap = 0;
	x->column_bytes = 0;
}

void like_index_add(struct like_index *x, uint32_t number, const unsigned char *shingles, uint32_t n)
{
	x->sketch_bytes += sketches_add(&x->sketches, number, shingles, n);
	if (!x->head) {
		x->sets = number + 1;
		return;
	}
	LL_GROW(x->set, x->set_cap, (size_t)number + 1);
	while (x->sets <= number) /* those between are large: nothing is alike */
		x->set[x->sets++] = (struct listed){ .excess = INT32_MAX };
	list(x, number, shingles, n);
}

uint64_t like_index_bytes(const struct like_index *x)
{
	uint64_t lists = x->nodes * sizeof(*x->node) + (x->head ? (x->head_mask + 1) * sizeof(*x->head) + x->sets * sizeof(*x->set) : 0);

	return x->sketch_bytes + lists + x->column_bytes + shingle_order_bytes(&x->order) + x->n_found * sizeof(*x->found);
}

/* ---- questions ---- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void find(struct like_index *x, uint32_t number)
{
	x->set[number].stamp = x->stamp;
	x->found[x->n_found++] = number;
}

/* Takes note of a set that has the item at a place in the order of the one that is asked for, when it leaves enough. */
static void meet(struct like_index *x, const struct question *q, uint32_t number, uint32_t place)
{
	const struct listed *b = &x->set[number];

	if (b->stamp == x->stamp)
		return;
	int64_t c = q->own + own_share(x, b->n) + 4 * (int64_t)b->excess + common_share(x, q->n, b->n);
	if (c <= 8 * (int64_t)(q->items - place))
		find(x, number);
}

/* Most leave too little: that is seen of so many at once. */
#define AT_ONCE 32u

static void meet_column(struct like_index *x, const struct question *q, const struct column *c, uint32_t place)
{
	for (size_t from = 0, end; from < c->len; from = end) {
		int16_t most = INT16_MIN;
		end = LL_MIN(from + AT_ONCE, c->len);
		if (end - from == AT_ONCE) {
			for (size_t i = 0; i < AT_ONCE; i++)
				most = LL_MAX(most, c->slack[from + i]);
			if (most < q->least)
				continue;
		}
		for (size_t i = from; i < end; i++)
			if (c->slack[i] >= q->least)
				meet(x, q, c->set[i], place);
	}
}

/* Returns how many steps it took, in those of lists. */
static size_t meet_all(struct like_index *x, const struct question *q, const struct ordered *item, uint32_t place)
{
	size_t steps = 0;

	if (item->frequent != SHINGLE_RARE) {
		meet_column(x, q, &x->column[item->frequent], place);
		return x->column[item->frequent].len / AT_ONCE;
	}
	uint32_t tag = tag_of(item->shingle);
	for (uint32_t k = x->head[tag & x->head_mask]; k; k = x->node[k - 1].next, steps++)
		if (x->node[k - 1].tag == tag && x->node[k - 1].slack >= q->least)
			meet(x, q, x->node[k - 1].set, place);
	return steps;
}

/* All sets that need not share anything. */
static void meet_alike(struct like_index *x, const struct question *q)
{
	for (uint32_t i = 0; i < x->sets; i++) {
		const struct listed *b = &x->set[i];
		if (b->excess < INT32_MAX && q->own + own_share(x, b->n) + 4 * (int64_t)b->excess + common_share(x, q->n, b->n) <= 0)
			find(x, i);
	}
}

static void next_stamp(struct like_index *x)
{
	if (++x->stamp > 0)
		return;
	for (size_t i = 0; i < x->sets; i++)
		x->set[i].stamp = 0;
	x->stamp = 1;
}

/* A large set is not put in order: all of it against the prefixes of the others, which are smaller. */
static void look_up_large(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	struct question q = { .n = n, .items = UINT32_MAX, .own = own_share(x, n), .least = at_least(own_share(x, n)) };

	for (uint32_t i = 0; i < n; i++)
		meet_all(x, &q, &(struct ordered){ .shingle = ll_get64(shingles + 8 * (size_t)i), .frequent = SHINGLE_RARE }, 0);
}

/* The items of a set, rare ones first; false when there are too many. */
static bool look_up_small(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	uint32_t items = shingle_order_set(&x->order, shingles, n);
	struct question q = { .n = n, .items = items, .excess = (int32_t)(items - n) };
	size_t steps = 0;

	if (items == SHINGLE_FAR)
		return false;
	q.own = own_share(x, n) + 4 * (int64_t)q.excess;
	q.least = at_least(q.own);
	int64_t least = q.own + own_share(x, x->least_n) + common_share(x, n, x->least_n) + 4 * (int64_t)x->least_excess;
	least = LL_MAX(least, least_with_any(x, n, q.excess));
	if (x->how == LIKE_JACCARD) /* of its items, the other set lacks at most so many as they differ in */
		least = LL_MAX(least, 8 * (int64_t)items - (int64_t)ceil(8 * (1 - x->threshold) / (1 + x->threshold) * ((double)n + x->greatest_n)));
	uint32_t first = prefix(items, least);
	if (least <= 0)
		meet_alike(x, &q);
	shingle_order_sort(&x->order, items, first);
	for (uint32_t i = 0; i < first; i++) {
		steps += meet_all(x, &q, &x->order.item[i], i);
		if (sketches_are_quicker(x->how, x->threshold, x->n_found, steps, x->sets))
			return false;
	}
	return true;
}

/* False when there are too many. */
static bool look_up(struct like_index *x, const unsigned char *shingles, uint32_t n)
{
	if (set_is_large(n) && x->order.frequent)
		return false;
	next_stamp(x);
	LL_GROW(x->found, x->found_cap, x->sets + 1);
	for (size_t i = 0; i < x->n_far; i++)
		find(x, x->far[i]);
	if (set_is_large(n))
		look_up_large(x, shingles, n);
	else if (x->least_n < UINT32_MAX && !look_up_small(x, shingles, n))
		return false;
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
	if (x->head && sketches_are_mostly_quicker(x->asked, x->too_many))
		drop_lists(x);
}

uint32_t like_index_next(struct like_index *x)
{
	if (x->by_sketch) {
		x->at = sketches_next(&x->sketches, x->at, x->sketches.len, x->how, x->threshold);
		return x->at < x->sketches.len ? (uint32_t)x->at++ : NONE;
	}
	return x->at < x->n_found ? x->found[x->at++] : NONE;
}

bool like_index_may_be(const struct like_index *x, uint32_t number)
{
	return x->by_sketch || sketches_may_be_alike(&x->sketches, number, x->how, x->threshold);
}

bool like_index_fails(const struct like_index *x)
{
	return !x->head;
}

void like_index_free(struct like_index *x)
{
	drop_lists(x);
	sketches_free(&x->sketches);
	ll_free(x->found);
	ll_free(x);
}
