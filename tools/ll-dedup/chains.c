/* SPDX-License-Identifier: MIT */
#include "ll-dedup/chains.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/chain_lists.h"
#include "ll-dedup/like_index.h"
#include "ll-dedup/likeness.h"

#define FEW 8u /* members that are compared without tables */
#define NONE UINT32_MAX

struct chains {
	struct walk_rule rule;
	struct walk_events events;
	uint64_t memory, used;
	uint32_t *root; /* of every member of the component: who hangs together; roots are the first */
	size_t members, root_cap;
	/* the block: members base .. base + len - 1, and who of them hangs together as far as was looked; one place more for
	 * the member that is compared */
	struct survivor *block;
	size_t base, len, cap;
	uint32_t *local;
	size_t local_cap;
	/* its table, when there are more than FEW: one of the two */
	struct chain_lists *lists;
	struct like_index *index;
	uint32_t *large; /* the numbers of large ones (members.h), which are not in it */
	size_t n_large, large_cap;
	struct ll_sorter *waiting; /* members after the block */
};

struct chains *chains_new(const struct walk_rule *rule, uint64_t memory, const struct walk_events *events)
{
	struct chains *c = ll_calloc(1, sizeof(*c));

	c->rule = *rule;
	c->events = *events;
	c->memory = memory;
	return c;
}

/* ---- who hangs together ---- */

static void join(uint32_t *root, uint32_t a, uint32_t b)
{
	a = chain_root(root, a);
	b = chain_root(root, b);
	root[LL_MAX(a, b)] = LL_MIN(a, b);
}

/* ---- the table of the block ---- */

static void clear_table(struct chains *c)
{
	chain_lists_free(c->lists);
	c->lists = NULL;
	if (c->index)
		like_index_free(c->index);
	c->index = NULL;
}

/* What shares its shingles hangs together with whom it has them from. */
static bool is_in_table(const struct survivor *s)
{
	return !s->shares && !set_is_large(s->member.n_shingles);
}

static void put_into_table(struct chains *c, uint32_t number)
{
	const struct member *m = &c->block[number].member;

	if (!is_in_table(&c->block[number]))
		return;
	if (c->lists)
		chain_lists_add(c->lists, number, m->shingles, m->n_shingles);
	else
		like_index_add(c->index, number, m->shingles, m->n_shingles);
}

static void count_for_lists(struct chains *c)
{
	c->lists = chain_lists_new(&c->rule);
	for (size_t i = 0; i < c->len; i++)
		if (is_in_table(&c->block[i]))
			chain_lists_count(c->lists, c->block[i].member.shingles, c->block[i].member.n_shingles);
}

static void count_for_index(struct chains *c)
{
	c->index = like_index_new(c->rule.likeness, c->rule.threshold);
	for (size_t i = 0; i < c->len; i++)
		if (is_in_table(&c->block[i]))
			like_index_count(c->index, c->block[i].member.shingles, c->block[i].member.n_shingles);
	for (size_t i = 0; i < c->len; i++)
		if (is_in_table(&c->block[i]))
			like_index_choose(c->index, c->block[i].member.shingles, c->block[i].member.n_shingles);
	like_index_settle(c->index);
}

/* Anew, by the frequencies there are now. Lists go on until they fail; then it is an index, until that does. */
static void remake_table(struct chains *c)
{
	bool with_index = c->index ? !like_index_fails(c->index) : c->lists && chain_lists_fail(c->lists);

	clear_table(c);
	if (with_index)
		count_for_index(c);
	else
		count_for_lists(c);
	for (size_t i = 0; i < c->len; i++)
		put_into_table(c, (uint32_t)i);
}

/* ---- a member against the block ---- */

struct query {
	struct chains *chains;
	const struct member *member;
	uint32_t local; /* in the block: behind its end */
	uint32_t equal; /* a member of the block with the same shingles, or NONE */
};

static bool hang_together(const struct query *q, uint32_t other)
{
	return chain_root(q->chains->local, other) == chain_root(q->chains->local, q->local);
}

/* True when they are alike: from then on they hang together. */
static bool compare(void *query, uint32_t other)
{
	struct query *q = query;
	struct chains *c = q->chains;
	const struct member *m = &c->block[other].member;
	double similarity;

	if (!like(c->rule.likeness, c->rule.threshold, m, q->member, &similarity))
		return false;
	join(c->root, q->member->place, (uint32_t)c->base + other);
	join(c->local, q->local, other);
	if (similarity >= 1 && m->n_shingles == q->member->n_shingles)
		q->equal = other;
	return true;
}

static void compare_indexed(struct query *q)
{
	struct like_index *x = q->chains->index;

	like_index_ask(x, q->member->shingles, q->member->n_shingles);
	for (uint32_t i; (i = like_index_next(x)) != NONE;)
		if (!hang_together(q, i) && like_index_may_be(x, i))
			compare(q, i);
}

/* Returns a member of the block with the same shingles, or NONE. */
static uint32_t compare_with_block(struct chains *c, const struct member *m)
{
	struct query q = { c, m, (uint32_t)c->len, NONE };
	bool few = !c->lists && !c->index;

	c->local[c->len] = (uint32_t)c->len;
	for (size_t i = 0, n = few ? c->len : c->n_large; i < n; i++) {
		uint32_t other = few ? (uint32_t)i : c->large[i];
		if (!hang_together(&q, other))
			compare(&q, other);
	}
	if (c->index)
		compare_indexed(&q);
	else if (c->lists)
		chain_lists_ask(c->lists, &(struct chain_question){ c->local, q.local, compare, &q }, m->shingles, m->n_shingles);
	return q.equal;
}

static void add_to_block(struct chains *c, const struct member *m, uint32_t equal)
{
	size_t n = ++c->len;

	LL_GROW(c->block, c->cap, n);
	c->used += survivor_init(&c->block[n - 1], m, equal == NONE ? NULL : &c->block[equal]);
	LL_GROW(c->local, c->local_cap, n + 1);
	if (equal == NONE && set_is_large(m->n_shingles)) {
		LL_GROW(c->large, c->large_cap, c->n_large + 1);
		c->large[c->n_large++] = (uint32_t)n - 1;
	}
	if ((n >= FEW && (n & (n - 1)) == 0 && __builtin_ctzll(n) % 2 == 1) || (c->lists && chain_lists_fail(c->lists)))
		remake_table(c);
	else if (c->lists || c->index)
		put_into_table(c, (uint32_t)n - 1);
}

static uint64_t block_bytes(const struct chains *c)
{
	uint64_t table = c->lists ? chain_lists_bytes(c->lists) : c->index ? like_index_bytes(c->index) : 0;

	return c->used + table + c->len * sizeof(*c->local);
}

static void compare_and_keep(struct chains *c, const struct member *m)
{
	uint32_t equal = compare_with_block(c, m);

	if (!c->waiting && (c->len == 0 || block_bytes(c) < c->memory / 2)) {
		add_to_block(c, m, equal);
		return;
	}
	if (!c->waiting)
		c->waiting = member_spool_new(c->memory / 8);
	member_spool_put(c->waiting, m);
}

void chains_add(struct chains *c, const struct member *m)
{
	struct member placed = *m;

	placed.place = (uint32_t)c->members++;
	LL_GROW(c->root, c->root_cap, c->members);
	LL_GROW(c->local, c->local_cap, 1);
	c->root[placed.place] = placed.place;
	compare_and_keep(c, &placed);
}

/* ---- the end of a component ---- */

static void clear_block(struct chains *c)
{
	for (size_t i = 0; i < c->len; i++)
		survivor_end(&c->block[i], &c->events);
	clear_table(c);
	c->len = c->used = c->n_large = 0;
}

static void tell(struct chains *c, const struct member *m, struct survivor *s)
{
	if (!m->old)
		c->used += survivor_duplicate(s, &c->events, m, likeness_of(c->rule.likeness, m, &s->member));
}

/* Brings block after block into memory, until each was compared with all that came after it; returns all members. */
static struct ll_sorter *compare_waiting(struct chains *c)
{
	struct ll_sorter *all = member_spool_new(c->memory / 8);
	struct member m;

	for (;;) {
		struct ll_sorter *waiting = c->waiting;
		for (size_t i = 0; i < c->len; i++)
			member_spool_put(all, &c->block[i].member);
		c->base += c->len;
		clear_block(c);
		if (!waiting)
			break;
		c->waiting = NULL;
		ll_sorter_finish(waiting);
		while (member_spool_next(waiting, &m))
			compare_and_keep(c, &m);
		ll_sorter_free(waiting);
	}
	return all;
}

/* The survivor at a place, when it is among those in memory. */
static struct survivor *find_survivor(struct chains *c, uint32_t place)
{
	size_t low = 0, high = c->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (c->block[middle].member.place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->len && c->block[low].member.place == place ? &c->block[low] : NULL;
}

static void keep_survivor(struct chains *c, const struct member *m)
{
	LL_GROW(c->block, c->cap, c->len + 1);
	c->used += survivor_init(&c->block[c->len++], m, NULL);
}

/* With as many survivors in memory as fit; returns the members of the others. */
static struct ll_sorter *tell_some(struct chains *c, struct ll_sorter *members)
{
	struct ll_sorter *rest = NULL;
	struct member m;

	ll_sorter_finish(members);
	while (member_spool_next(members, &m)) {
		uint32_t root = chain_root(c->root, m.place);
		struct survivor *s = root == m.place ? NULL : find_survivor(c, root);
		if (s) {
			tell(c, &m, s);
		} else if (root == m.place && !rest && (c->len == 0 || c->used < c->memory / 2)) {
			keep_survivor(c, &m);
		} else {
			if (!rest)
				rest = member_spool_new(c->memory / 8);
			member_spool_put(rest, &m);
		}
	}
	ll_sorter_free(members);
	clear_block(c);
	return rest;
}

void chains_end_component(struct chains *c)
{
	if (c->waiting) {
		for (struct ll_sorter *members = compare_waiting(c); members;)
			members = tell_some(c, members);
	} else {
		for (uint32_t i = 0; i < c->len; i++) {
			uint32_t root = chain_root(c->root, i);
			if (root != i)
				tell(c, &c->block[i].member, &c->block[root]);
		}
		clear_block(c);
	}
	c->members = c->base = 0;
}

void chains_free(struct chains *c)
{
	ll_free(c->root);
	ll_free(c->block);
	ll_free(c->local);
	ll_free(c->large);
	ll_free(c);
}
