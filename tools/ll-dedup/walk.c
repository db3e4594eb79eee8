/* SPDX-License-Identifier: MIT */
#include "ll-dedup/walk.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/like_index.h"
#include "ll-dedup/likeness.h"

struct walk {
	struct walk_rule rule;
	struct walk_events events;
	uint64_t memory, used; /* bytes of the survivors */
	struct survivor *survivor;
	size_t len, cap;
	struct like_index *index; /* of the survivors but for large ones; NULL while they are few */
	uint32_t *large;	  /* the numbers of these, ascending */
	size_t n_large, large_cap;
	struct ll_sorter *waiting; /* members that go on against the next survivors */
};

struct walk *walk_new(const struct walk_rule *rule, uint64_t memory, const struct walk_events *events)
{
	struct walk *w = ll_calloc(1, sizeof(*w));

	w->rule = *rule;
	w->events = *events;
	w->memory = memory;
	return w;
}

static void add_survivor(struct walk *w, const struct member *m)
{
	LL_GROW(w->survivor, w->cap, w->len + 1);
	struct survivor *s = &w->survivor[w->len];
	w->used += survivor_init(s, m, NULL);
	if (set_is_large(m->n_shingles)) {
		LL_GROW(w->large, w->large_cap, w->n_large + 1);
		w->large[w->n_large++] = (uint32_t)w->len;
	} else if (w->index) {
		like_index_add(w->index, (uint32_t)w->len, m->shingles, m->n_shingles);
	}
	w->len++;
}

static void reindex(struct walk *w)
{
	if (w->index)
		like_index_free(w->index);
	w->index = like_index_new(w->rule.likeness, w->rule.threshold);
	for (size_t i = 0; i < w->len; i++)
		if (!set_is_large(w->survivor[i].member.n_shingles))
			like_index_count(w->index, w->survivor[i].member.shingles, w->survivor[i].member.n_shingles);
	for (size_t i = 0; i < w->len; i++)
		if (!set_is_large(w->survivor[i].member.n_shingles))
			like_index_choose(w->index, w->survivor[i].member.shingles, w->survivor[i].member.n_shingles);
	like_index_settle(w->index);
	for (size_t i = 0; i < w->len; i++)
		if (!set_is_large(w->survivor[i].member.n_shingles))
			like_index_add(w->index, (uint32_t)i, w->survivor[i].member.shingles, w->survivor[i].member.n_shingles);
}

/* The first survivor that is alike, or NULL. */
static struct survivor *find(struct walk *w, const struct member *m, double *similarity)
{
	uint32_t next = 0, end = w->index ? UINT32_MAX : (uint32_t)w->len;
	size_t large = 0, n_large = w->index ? w->n_large : 0;

	if (w->index) {
		like_index_ask(w->index, m->shingles, m->n_shingles);
		next = like_index_next(w->index);
	}
	while (next < end || large < n_large) {
		bool is_large = large < n_large && w->large[large] < next;
		struct survivor *s = &w->survivor[is_large ? w->large[large++] : next];
		bool may_be = is_large || !w->index || like_index_may_be(w->index, next);
		if (may_be && like(w->rule.likeness, w->rule.threshold, &s->member, m, similarity))
			return s;
		if (!is_large)
			next = w->index ? like_index_next(w->index) : next + 1;
	}
	return NULL;
}

/* ---- the walk ---- */

void walk_add(struct walk *w, const struct member *m)
{
	double similarity = -1;
	struct survivor *s;

	if (w->rule.likeness == LIKE_CANDIDATES)
		s = w->len && !m->old ? &w->survivor[0] : NULL;
	else
		s = m->old ? NULL : find(w, m, &similarity);
	if (s) {
		w->used += survivor_duplicate(s, &w->events, m, similarity);
		return;
	}
	if (w->rule.likeness == LIKE_CANDIDATES && w->len)
		return; /* an old one beside an old one */
	if (w->len && (w->waiting || w->used + (w->index ? like_index_bytes(w->index) : 0) > w->memory / 2)) {
		if (!w->waiting)
			w->waiting = member_spool_new(w->memory / 4);
		member_spool_put(w->waiting, m);
		return;
	}
	add_survivor(w, m);
	if (w->rule.likeness != LIKE_CANDIDATES && w->len >= 8 && (w->len & (w->len - 1)) == 0 && __builtin_ctzll(w->len) % 2 == 1)
		reindex(w);
}

static void clear(struct walk *w)
{
	for (size_t i = 0; i < w->len; i++)
		survivor_end(&w->survivor[i], &w->events);
	if (w->index)
		like_index_free(w->index);
	w->index = NULL;
	w->len = w->n_large = 0;
	w->used = 0;
}

void walk_end_component(struct walk *w)
{
	clear(w);
	while (w->waiting) {
		struct ll_sorter *waiting = w->waiting;
		struct member m;
		w->waiting = NULL;
		ll_sorter_finish(waiting);
		while (member_spool_next(waiting, &m))
			walk_add(w, &m);
		ll_sorter_free(waiting);
		clear(w);
	}
}

void walk_free(struct walk *w)
{
	ll_free(w->survivor);
	ll_free(w->large);
	ll_free(w);
}
