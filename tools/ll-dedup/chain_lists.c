/* SPDX-License-Identifier: MIT */
#include "ll-dedup/chain_lists.h"

#include "base/memory.h"
#include "ll-dedup/likeness.h"
#include "ll-dedup/shingle_order.h"
#include "ll-dedup/sketch.h"

#define PREFIX 0x80000000u

/* A shingle of a set. Those of one shingle whose sets hang together are a list, the lists of one hash another. */
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

struct chain_lists {
	enum likeness how;
	double threshold;
	struct shingle_order order;
	struct sketches sketches;
	uint64_t sketch_bytes;
	uint32_t *head;
	uint64_t head_mask;
	struct posting *posting;
	size_t postings, posting_cap;
	struct mark *mark; /* by root */
	size_t marks, mark_cap;
	uint64_t scan;
	uint32_t *stamp, stamped; /* by set: the last question that compared it */
	size_t stamps, stamp_cap;
	uint32_t asked, too_many; /* too_many: of those asked, which met too many sets */
};

struct chain_lists *chain_lists_new(const struct walk_rule *rule)
{
	struct chain_lists *l = ll_calloc(1, sizeof(*l));

	l->how = rule->likeness;
	l->threshold = rule->threshold;
	shingle_order_init(&l->order);
	l->head_mask = (1u << 12) - 1;
	l->head = ll_calloc(l->head_mask + 1, sizeof(*l->head));
	return l;
}

void chain_lists_free(struct chain_lists *l)
{
	if (!l)
		return;
	shingle_order_free(&l->order);
	sketches_free(&l->sketches);
	ll_free(l->head);
	ll_free(l->posting);
	ll_free(l->mark);
	ll_free(l->stamp);
	ll_free(l);
}

uint64_t chain_lists_bytes(const struct chain_lists *l)
{
	return l->postings * sizeof(*l->posting) + (l->head_mask + 1) * sizeof(*l->head) + l->marks * sizeof(*l->mark) +
	       l->stamps * sizeof(*l->stamp) + l->sketch_bytes;
}

bool chain_lists_fail(const struct chain_lists *l)
{
	return sketches_are_mostly_quicker(l->asked, l->too_many);
}

/* ---- making ---- */

static uint32_t *head_of(struct chain_lists *l, uint64_t shingle)
{
	return &l->head[shingle >> 20 & l->head_mask];
}

static void push(struct chain_lists *l, uint32_t at)
{
	uint32_t *head = head_of(l, l->posting[at].shingle);

	l->posting[at].next = *head;
	*head = at + 1;
}

static void more_heads(struct chain_lists *l)
{
	uint64_t old = l->head_mask;
	uint32_t *from = l->head;

	l->head_mask = 2 * old + 1;
	l->head = ll_calloc(l->head_mask + 1, sizeof(*l->head));
	for (uint64_t i = 0; i <= old; i++)
		for (uint32_t list = from[i], next; list; list = next) {
			next = l->posting[list - 1].next;
			push(l, list - 1);
		}
	ll_free(from);
}

/* Puts a set into the order; returns the length of its prefix. */
static uint32_t look_at(struct chain_lists *l, const unsigned char *shingles, uint32_t n)
{
	uint32_t first = likeness_prefix(l->threshold, n);

	shingle_order_select(&l->order, shingle_order_set(&l->order, shingles, n), first);
	return first;
}

void chain_lists_count(struct chain_lists *l, const unsigned char *shingles, uint32_t n)
{
	shingle_order_count(&l->order, shingles, n);
}

void chain_lists_add(struct chain_lists *l, uint32_t number, const unsigned char *shingles, uint32_t n)
{
	uint32_t first = look_at(l, shingles, n), all = l->how == LIKE_JACCARD ? first : n;

	l->sketch_bytes += sketches_add(&l->sketches, number, shingles, n);
	LL_GROW(l->posting, l->posting_cap, l->postings + all);
	for (uint32_t i = 0; i < all; i++, l->postings++) {
		uint32_t at = (uint32_t)l->postings;
		l->posting[at] = (struct posting){ .shingle = l->order.item[i].shingle,
						   .set = number | (i < first ? PREFIX : 0),
						   .last = at };
		push(l, at);
	}
	if (l->postings > l->head_mask)
		more_heads(l);
}

/* ---- questions ---- */

struct asking {
	const struct chain_question *q;
	size_t met, steps; /* sets, in so many steps in lists */
};

static bool hang_together(const struct chain_question *q, uint32_t other)
{
	return chain_root(q->root, other) == chain_root(q->root, q->number);
}

static bool compare(struct chain_lists *l, const struct chain_question *q, uint32_t other)
{
	return sketches_may_be_alike(&l->sketches, other, l->how, l->threshold) && q->compare(q->context, other);
}

static void compare_list(struct chain_lists *l, struct asking *a, uint32_t first, bool prefixes)
{
	for (uint32_t i = first + 1; i; i = l->posting[i - 1].more, a->steps++) {
		const struct posting *p = &l->posting[i - 1];
		uint32_t set = p->set & ~PREFIX;
		if ((prefixes && !(p->set & PREFIX)) || l->stamp[set] == l->stamped)
			continue;
		l->stamp[set] = l->stamped;
		a->met++;
		if (compare(l, a->q, set))
			return; /* all others of the list hang together with it */
	}
}

/* Compares with the sets that have a shingle; joins lists whose sets hang together by now. */
static void look_up(struct chain_lists *l, struct asking *a, uint64_t shingle, bool prefixes)
{
	uint32_t *link = head_of(l, shingle);

	l->scan++;
	for (; *link; a->steps++) {
		uint32_t at = *link - 1;
		struct posting *p = &l->posting[at];
		if (p->shingle != shingle) {
			link = &p->next;
			continue;
		}
		uint32_t set = p->set & ~PREFIX;
		if (!hang_together(a->q, set))
			compare_list(l, a, at, prefixes);
		struct mark *mark = &l->mark[chain_root(a->q->root, set)];
		if (mark->scan == l->scan) {
			struct posting *first = &l->posting[mark->first];
			l->posting[first->last].more = at + 1;
			first->last = p->last;
			*link = p->next;
			continue;
		}
		*mark = (struct mark){ l->scan, at };
		link = &p->next;
	}
}

/* What is a small set like of all that does not hang together with it, without the lists: they stay as they are. */
static void look_at_all(struct chain_lists *l, const struct chain_question *q)
{
	for (size_t i = 0;
	     (i = sketches_next(&l->sketches, i, l->sketches.len, l->how, l->threshold)) < l->sketches.len; i++)
		if (l->stamp[i] != l->stamped && !hang_together(q, (uint32_t)i))
			q->compare(q->context, (uint32_t)i);
}

static void begin(struct chain_lists *l, uint32_t number)
{
	LL_GROW(l->mark, l->mark_cap, (size_t)number + 1);
	LL_GROW(l->stamp, l->stamp_cap, (size_t)number + 1);
	while (l->marks <= number)
		l->mark[l->marks++] = (struct mark){ 0 };
	while (l->stamps <= number)
		l->stamp[l->stamps++] = 0;
	if (++l->stamped == 0) {
		memset(l->stamp, 0, l->stamps * sizeof(*l->stamp));
		l->stamped = 1;
	}
}

void chain_lists_ask(struct chain_lists *l, const struct chain_question *q, const unsigned char *shingles, uint32_t n)
{
	struct asking a = { .q = q };

	begin(l, q->number);
	sketches_ask(&l->sketches, shingles, n);
	if (set_is_large(n)) { /* not ordered: all of it against the prefixes of the others, which are smaller */
		for (uint32_t i = 0; i < n; i++)
			look_up(l, &a, ll_get64(shingles + 8 * (size_t)i), true);
		return;
	}
	uint32_t first = look_at(l, shingles, n), all = l->how == LIKE_JACCARD ? first : n;
	l->asked++;
	for (uint32_t i = 0; i < all; i++) {
		look_up(l, &a, l->order.item[i].shingle, i >= first);
		if (sketches_are_quicker(l->how, l->threshold, a.met, a.steps, q->number)) {
			l->too_many++;
			look_at_all(l, q);
			return;
		}
	}
}
