/* SPDX-License-Identifier: MIT */
#include "ll-dedup/walk.h"

#include "base/memory.h"
#include "doc/record.h"
#include "io/sort.h"
#include "ll-dedup/likeness.h"

struct survivor {
	struct member member; /* its strings and shingles point into `own` */
	char *own;
	uint64_t copies;
	struct ll_buf ids, similarities;
};

struct walk {
	struct walk_rule rule;
	struct walk_events events;
	uint64_t memory, used, index_used; /* bytes of the survivors, of their index */
	struct survivor *survivor;
	size_t len, cap;
	struct like_index *index; /* of the survivors; NULL while they are few */
	struct ll_sorter *waiting; /* members that go on against the next survivors */
	uint64_t waiting_count;
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
	size_t shingles = 8 * (size_t)m->n_shingles, size = shingles + m->id.len + m->source.len;

	LL_GROW(w->survivor, w->cap, w->len + 1);
	struct survivor *s = &w->survivor[w->len];
	*s = (struct survivor){ .member = *m, .own = ll_malloc(size + 1) };
	if (shingles)
		memcpy(s->own, m->shingles, shingles);
	if (m->id.len)
		memcpy(s->own + shingles, m->id.data, m->id.len);
	if (m->source.len)
		memcpy(s->own + shingles + m->id.len, m->source.data, m->source.len);
	s->member.shingles = (unsigned char *)s->own;
	s->member.id = ll_str(s->own + shingles, m->id.len);
	s->member.source = ll_str(s->own + shingles + m->id.len, m->source.len);
	w->used += size + sizeof(*s);
	if (w->index)
		w->index_used += like_index_add(w->index, (uint32_t)w->len, (unsigned char *)s->own, m->n_shingles);
	w->len++;
}

static void reindex(struct walk *w)
{
	if (w->index)
		like_index_free(w->index);
	w->index = like_index_new(w->rule.likeness, w->rule.threshold);
	w->index_used = 0;
	for (size_t i = 0; i < w->len; i++)
		like_index_count(w->index, w->survivor[i].member.shingles, w->survivor[i].member.n_shingles);
	for (size_t i = 0; i < w->len; i++)
		w->index_used += like_index_add(w->index, (uint32_t)i, w->survivor[i].member.shingles, w->survivor[i].member.n_shingles);
}

static void duplicate(struct walk *w, const struct member *m, struct survivor *s, double similarity)
{
	static const char *const item = "";

	w->events.duplicate(w->events.context, m, &s->member, similarity);
	if (!w->rule.copies)
		return;
	if (s->copies++ >= WALK_COPIES_MAX)
		return;
	char hex[33];
	ll_tags_add_string(&s->ids, item, m->id.len ? m->id : ll_cstr(ll_id_hex(m->key, hex)));
	if (similarity >= 0)
		ll_tags_add_float(&s->similarities, item, similarity);
	w->used += m->id.len + 40;
}

/* The first survivor that is alike, or NULL. */
static struct survivor *find(struct walk *w, const struct member *m, double *similarity)
{
	const uint32_t *candidate = NULL;
	size_t n = w->len;

	if (w->index)
		candidate = like_index_candidates(w->index, m->shingles, m->n_shingles, &n);
	for (size_t i = 0; i < n; i++) {
		struct survivor *s = &w->survivor[w->index ? candidate[i] : i];
		if (like(w->rule.likeness, w->rule.threshold, &s->member, m, similarity))
			return s;
	}
	return NULL;
}

/* ---- members that wait ---- */

static void put_off(struct walk *w, const struct member *m)
{
	struct ll_buf b = { 0 };
	unsigned char none = 0;

	if (!w->waiting) {
		w->waiting = ll_sorter_new_variable(0, w->memory / 4, "documents of a large cluster");
		w->waiting_count = 0;
	}
	ll_buf_put32(&b, m->document);
	ll_buf_put32(&b, m->old);
	ll_buf_put32(&b, m->n_shingles);
	ll_buf_put32(&b, (uint32_t)m->id.len);
	ll_buf_put32(&b, (uint32_t)m->source.len);
	ll_buf_add(&b, m->key.byte, 16);
	ll_buf_add(&b, m->shingles, 8 * (size_t)m->n_shingles);
	ll_buf_add_str(&b, m->id);
	ll_buf_add_str(&b, m->source);
	ll_sorter_add_variable(w->waiting, &none, b.data, b.len);
	w->waiting_count++;
	ll_buf_free(&b);
}

static bool next_waiting(struct ll_sorter *waiting, struct member *m)
{
	const void *payload;
	size_t len;

	if (!ll_sorter_next_variable(waiting, &payload, &len))
		return false;
	const unsigned char *p = payload;
	*m = (struct member){ .document = ll_get32(p), .old = ll_get32(p + 4) != 0, .n_shingles = ll_get32(p + 8), .shingles = p + 36 };
	memcpy(m->key.byte, p + 20, 16);
	p += 36 + 8 * (size_t)m->n_shingles;
	size_t id = ll_get32((const unsigned char *)payload + 12);
	m->id = ll_str((const char *)p, id);
	m->source = ll_str((const char *)p + id, ll_get32((const unsigned char *)payload + 16));
	return true;
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
		duplicate(w, m, s, similarity);
		return;
	}
	if (w->rule.likeness == LIKE_CANDIDATES && w->len)
		return; /* an old one beside an old one */
	if (w->len && (w->waiting || w->used + w->index_used > w->memory / 2)) {
		put_off(w, m);
		return;
	}
	add_survivor(w, m);
	if (w->rule.likeness != LIKE_CANDIDATES && w->len >= 8 && (w->len & (w->len - 1)) == 0 && __builtin_ctzll(w->len) % 2 == 1)
		reindex(w);
}

static void clear(struct walk *w)
{
	for (size_t i = 0; i < w->len; i++) {
		struct survivor *s = &w->survivor[i];
		if (s->copies && w->events.survivor)
			w->events.survivor(w->events.context, &s->member, s->copies, ll_buf_str(&s->ids), ll_buf_str(&s->similarities));
		ll_buf_free(&s->ids);
		ll_buf_free(&s->similarities);
		ll_free(s->own);
	}
	if (w->index)
		like_index_free(w->index);
	w->index = NULL;
	w->len = 0;
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
		while (next_waiting(waiting, &m))
			walk_add(w, &m);
		ll_sorter_free(waiting);
		clear(w);
	}
}

void walk_free(struct walk *w)
{
	ll_free(w->survivor);
	ll_free(w);
}
