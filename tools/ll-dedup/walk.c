/* SPDX-License-Identifier: MIT */
#include "ll-dedup/walk.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/likeness.h"

struct walk {
	struct walk_rule rule;
	struct walk_events events;
	uint64_t memory, used, index_used; /* bytes of the survivors, of their index */
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
		w->index_used += like_index_add(w->index, (uint32_t)w->len, m->shingles, m->n_shingles);
	}
	w->len++;
}

static void reindex(struct walk *w)
{
	if (w->index)
		like_index_free(w->index);
	w->index = like_index_new(w->rule.likeness, w->rule.threshold);
	w->index_used = 0;
	for (size_t i = 0; i < w->len; i++)
		if (!set_is_large(w->survivor[i].member.n_shingles))
			like_index_count(w->index, w->survivor[i].member.shingles, w->survivor[i].member.n_shingles);
	for (size_t i = 0; i < w->len; i++)
		if (!set_is_large(w->survivor[i].member.n_shingles))
			w->index_used += like_index_add(w->index, (uint32_t)i, w->survivor[i].member.shingles, w->survivor[i].member.n_shingles);
}

/* The first survivor that is alike, or NULL. */
static struct survivor *find(struct walk *w, const struct member *m, double *similarity)
{
	const uint32_t *candidate = NULL;
	size_t n = w->len, n_large = 0;

	if (w->index) {
		candidate = like_index_candidates(w->index, m->shingles, m->n_shingles, &n);
		n_large = w->n_large;
	}
	for (size_t i = 0, k = 0; i < n || k < n_large;) {
		bool large = k < n_large && (i == n || w->large[k] < candidate[i]);
		size_t number = large ? w->large[k++] : candidate ? candidate[i++] : i++;
		struct survivor *s = &w->survivor[number];
		if (like(w->rule.likeness, w->rule.threshold, &s->member, m, similarity))
			return s;
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
	if (w->len && (w->waiting || w->used + w->index_used > w->memory / 2)) {
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
	w->used = w->index_used = 0;
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
