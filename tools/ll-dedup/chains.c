/* SPDX-License-Identifier: MIT */
#include "ll-dedup/chains.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/likeness.h"
#include "ll-dedup/shingle_order.h"
#include "ll-dedup/sketch.h"

#define FEW 8u /* members that are compared without tables */
#define PREFIX 0x80000000u
#define NONE UINT32_MAX

/* A shingle of a set in the block. Those of one shingle whose sets hang together are a list, the lists of one hash another. */
struct posting {
	uint64_t shingle;
	uint32_t set;  /* its highest bit: the shingle is in the set's prefix */
	uint32_t next; /* list of this hash: its first posting, plus 1 */
	uint32_t more; /* posting of this list, plus 1 */
	uint32_t last; /* of the first one: the last posting of the list */
};

struct mark {
	uint64_t scan;	/* the one that met a list whose sets have this root */
	uint32_t first; /* its first posting */
};

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
	/* its table, when there are more than FEW */
	bool indexed;
	uint32_t *large; /* the numbers of large ones (members.h), which are not in it */
	size_t n_large, large_cap;
	struct shingle_order order;
	struct sketches sketches;
	uint64_t sketch_bytes;
	uint32_t *head;
	uint64_t head_mask;
	struct posting *posting;
	size_t postings, posting_cap;
	struct mark *mark; /* by root */
	size_t mark_cap;
	uint64_t scan;
	uint32_t *stamp, query; /* by set: the last query that compared it */
	size_t stamp_cap;
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

static uint32_t root_of(uint32_t *root, uint32_t i)
{
	while (root[i] != i) {
		root[i] = root[root[i]];
		i = root[i];
	}
	return i;
}

static void join(uint32_t *root, uint32_t a, uint32_t b)
{
	a = root_of(root, a);
	b = root_of(root, b);
	root[LL_MAX(a, b)] = LL_MIN(a, b);
}

/* ---- the table of the block ---- */

static void clear_index(struct chains *c)
{
	if (!c->indexed)
		return;
	shingle_order_free(&c->order);
	ll_free(c->head);
	c->head = NULL;
	c->postings = 0;
	sketches_clear(&c->sketches);
	c->sketch_bytes = 0;
	c->indexed = false;
}

static uint32_t *head_of(struct chains *c, uint64_t shingle)
{
	return &c->head[shingle >> 20 & c->head_mask];
}

static void push(struct chains *c, uint32_t at)
{
	uint32_t *head = head_of(c, c->posting[at].shingle);

	c->posting[at].next = *head;
	*head = at + 1;
}

static void more_heads(struct chains *c)
{
	uint64_t old = c->head_mask;
	uint32_t *from = c->head;

	c->head_mask = 2 * old + 1;
	c->head = ll_calloc(c->head_mask + 1, sizeof(*c->head));
	for (uint64_t i = 0; i <= old; i++)
		for (uint32_t list = from[i], next; list; list = next) {
			next = c->posting[list - 1].next;
			push(c, list - 1);
		}
	ll_free(from);
}

/* Puts a set into the order; returns the length of its prefix. */
static uint32_t look_at(struct chains *c, const struct member *m)
{
	uint32_t first = likeness_prefix(c->rule.threshold, m->n_shingles);

	shingle_order_select(&c->order, shingle_order_set(&c->order, m->shingles, m->n_shingles), first);
	return first;
}

static void index_set(struct chains *c, uint32_t number)
{
	const struct member *m = &c->block[number].member;
	uint32_t first = look_at(c, m);
	uint32_t all = c->rule.likeness == LIKE_JACCARD ? first : m->n_shingles;

	c->sketch_bytes += sketches_add(&c->sketches, number, m->shingles, m->n_shingles);
	LL_GROW(c->posting, c->posting_cap, c->postings + all);
	for (uint32_t i = 0; i < all; i++, c->postings++) {
		uint32_t at = (uint32_t)c->postings;
		c->posting[at] = (struct posting){ .shingle = c->order.item[i].shingle, .set = number | (i < first ? PREFIX : 0), .last = at };
		push(c, at);
	}
	if (c->postings > c->head_mask)
		more_heads(c);
}

/* Anew, by the frequencies there are now. */
static void reindex(struct chains *c)
{
	clear_index(c);
	c->indexed = true;
	shingle_order_init(&c->order);
	c->head_mask = (1u << 12) - 1;
	c->head = ll_calloc(c->head_mask + 1, sizeof(*c->head));
	for (size_t i = 0; i < c->len; i++)
		if (!set_is_large(c->block[i].member.n_shingles))
			shingle_order_count(&c->order, c->block[i].member.shingles, c->block[i].member.n_shingles);
	for (size_t i = 0; i < c->len; i++) /* what shares its shingles hangs together with whom it has them from */
		if (!c->block[i].shares && !set_is_large(c->block[i].member.n_shingles))
			index_set(c, (uint32_t)i);
}

/* ---- a member against the block ---- */

struct query {
	const struct member *member;
	uint32_t local; /* in the block: behind its end */
	uint32_t equal; /* a member of the block with the same shingles, or NONE */
	size_t met, steps; /* sets, in so many steps in lists */
};

/* True when they are alike: from then on they hang together. */
static bool compare(struct chains *c, struct query *q, uint32_t other)
{
	const struct member *m = &c->block[other].member;
	double similarity;

	if (c->indexed && !sketches_may_be_alike(&c->sketches, other, c->rule.likeness, c->rule.threshold))
		return false;
	if (!like(c->rule.likeness, c->rule.threshold, m, q->member, &similarity))
		return false;
	join(c->root, q->member->place, (uint32_t)c->base + other);
	join(c->local, q->local, other);
	if (similarity >= 1 && m->n_shingles == q->member->n_shingles)
		q->equal = other;
	return true;
}

static void compare_list(struct chains *c, struct query *q, uint32_t first, bool prefixes)
{
	for (uint32_t i = first + 1; i; i = c->posting[i - 1].more, q->steps++) {
		const struct posting *p = &c->posting[i - 1];
		uint32_t set = p->set & ~PREFIX;
		if ((prefixes && !(p->set & PREFIX)) || c->stamp[set] == c->query)
			continue;
		c->stamp[set] = c->query;
		q->met++;
		if (compare(c, q, set))
			return; /* all others of the list hang together with it */
	}
}

/* Compares with the sets that have a shingle; joins lists whose sets hang together by now. */
static void look_up(struct chains *c, struct query *q, uint64_t shingle, bool prefixes)
{
	uint32_t *link = head_of(c, shingle);

	c->scan++;
	for (; *link; q->steps++) {
		uint32_t at = *link - 1;
		struct posting *p = &c->posting[at];
		if (p->shingle != shingle) {
			link = &p->next;
			continue;
		}
		uint32_t set = p->set & ~PREFIX;
		if (root_of(c->local, set) != root_of(c->local, q->local))
			compare_list(c, q, at, prefixes);
		struct mark *mark = &c->mark[root_of(c->local, set)];
		if (mark->scan == c->scan) {
			struct posting *first = &c->posting[mark->first];
			c->posting[first->last].more = at + 1;
			first->last = p->last;
			*link = p->next;
			continue;
		}
		*mark = (struct mark){ c->scan, at };
		link = &p->next;
	}
}

/* What is a small set like of all that does not hang together with it, without the lists: they stay as they are. */
static void look_at_all(struct chains *c, struct query *q)
{
	for (size_t i = 0; (i = sketches_next(&c->sketches, i, c->sketches.len, c->rule.likeness, c->rule.threshold)) < c->sketches.len; i++)
		if (c->stamp[i] != c->query && root_of(c->local, (uint32_t)i) != root_of(c->local, q->local))
			compare(c, q, (uint32_t)i);
}

static void look_up_all(struct chains *c, struct query *q)
{
	const struct member *m = q->member;

	if (++c->query == 0) {
		memset(c->stamp, 0, c->len * sizeof(*c->stamp));
		c->query = 1;
	}
	sketches_ask(&c->sketches, m->shingles, m->n_shingles);
	for (size_t i = 0; i < c->n_large; i++)
		if (root_of(c->local, c->large[i]) != root_of(c->local, q->local))
			compare(c, q, c->large[i]);
	if (set_is_large(m->n_shingles)) { /* not ordered: all of it against the prefixes of the others, which are smaller */
		for (uint32_t i = 0; i < m->n_shingles; i++)
			look_up(c, q, ll_get64(m->shingles + 8 * (size_t)i), true);
		return;
	}
	uint32_t first = look_at(c, m);
	uint32_t all = c->rule.likeness == LIKE_JACCARD ? first : m->n_shingles;
	for (uint32_t i = 0; i < all; i++) {
		look_up(c, q, c->order.item[i].shingle, i >= first);
		if (sketches_are_quicker(c->rule.likeness, c->rule.threshold, q->met, q->steps, c->len)) {
			look_at_all(c, q);
			return;
		}
	}
}

/* Returns a member of the block with the same shingles, or NONE. */
static uint32_t compare_with_block(struct chains *c, const struct member *m)
{
	struct query q = { m, (uint32_t)c->len, NONE, 0, 0 };

	c->local[c->len] = (uint32_t)c->len;
	if (c->indexed)
		look_up_all(c, &q);
	else
		for (uint32_t i = 0; i < c->len; i++)
			if (root_of(c->local, i) != root_of(c->local, q.local))
				compare(c, &q, i);
	return q.equal;
}

static void add_to_block(struct chains *c, const struct member *m, uint32_t equal)
{
	size_t n = ++c->len;

	LL_GROW(c->block, c->cap, n);
	c->used += survivor_init(&c->block[n - 1], m, equal == NONE ? NULL : &c->block[equal]);
	LL_GROW(c->local, c->local_cap, n + 1);
	LL_GROW(c->stamp, c->stamp_cap, n);
	LL_GROW(c->mark, c->mark_cap, n + 1);
	c->stamp[n - 1] = 0;
	if (equal == NONE && set_is_large(m->n_shingles)) {
		LL_GROW(c->large, c->large_cap, c->n_large + 1);
		c->large[c->n_large++] = (uint32_t)n - 1;
	}
	c->mark[n - 1] = c->mark[n] = (struct mark){ 0 };
	if (n >= FEW && (n & (n - 1)) == 0 && __builtin_ctzll(n) % 2 == 1)
		reindex(c);
	else if (c->indexed && equal == NONE && !set_is_large(m->n_shingles))
		index_set(c, (uint32_t)n - 1);
}

static uint64_t block_bytes(const struct chains *c)
{
	uint64_t tables = c->indexed ? c->postings * sizeof(struct posting) + (c->head_mask + 1) * sizeof(uint32_t) + c->sketch_bytes : 0;

	return c->used + tables + c->len * (sizeof(struct mark) + 2 * sizeof(uint32_t));
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
	clear_index(c);
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
		uint32_t root = root_of(c->root, m.place);
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
			uint32_t root = root_of(c->root, i);
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
	ll_free(c->posting);
	ll_free(c->mark);
	ll_free(c->stamp);
	ll_free(c->large);
	sketches_free(&c->sketches);
	ll_free(c);
}
