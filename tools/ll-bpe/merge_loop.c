/* SPDX-License-Identifier: MIT */
#include "ll-bpe/merge_loop.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "ll-bpe/merge_state.h"

#define BLOCK_PLACES ((size_t)1 << 18)
#define AHEAD_PLACE 12u /* how far ahead of the work its memory is called for */
#define AHEAD_WORD 6u

/* ---- memory ---- */

void merge_state_claim(struct merge_state *s)
{
	uint64_t need = s->n * sizeof *s->place + s->words * (sizeof *s->word_count + sizeof *s->word_start) + s->listed +
			(s->pairs_cap * sizeof *s->pair + s->known.slots * sizeof *s->known.slot) * 3 / 2 +
			merge_queue_bytes(&s->queue) + s->changes_cap * sizeof *s->change + s->names.bytes.cap;
	if (need > s->claimed) {
		merge_state_check_room(s, need - s->claimed, ll_memory_left());
		ll_memory_claim(need - s->claimed, "learning merges");
		s->claimed = need;
	}
}

uint32_t *merge_state_list(struct merge_state *s, size_t len)
{
	if (s->block_left < len) {
		s->block_left = LL_MAX(len, BLOCK_PLACES);
		LL_GROW(s->block, s->blocks_cap, s->blocks + 1);
		s->block[s->blocks++] = ll_malloc(s->block_left * sizeof **s->block);
		s->listed += s->block_left * sizeof **s->block;
	}
	/* From the end of the block: what is left stands at its beginning. */
	s->block_left -= len;
	return s->block[s->blocks - 1] + s->block_left;
}

/* ---- pairs and the places found in a step ---- */

uint32_t merge_state_new_pair(struct merge_state *s, uint32_t left, uint32_t right)
{
	if (s->pairs >= NONE)
		ll_die(LL_EXIT_RESOURCE, "more than %u different pairs of tokens", NONE);
	LL_GROW(s->pair, s->pairs_cap, s->pairs + 1);
	s->pair[s->pairs] = (struct pair){ .left = left, .right = right };
	if (s->known_in_use)
		pair_table_put(&s->known, left, right, (uint32_t)s->pairs);
	return (uint32_t)s->pairs++;
}

/* For a new token under an old id: its pairs may be old ones too. */
uint32_t merge_state_find_pair(struct merge_state *s, uint32_t left, uint32_t right)
{
	if (!s->known_in_use) {
		s->known_in_use = true;
		for (size_t p = 0; p < s->pairs; p++)
			pair_table_put(&s->known, s->pair[p].left, s->pair[p].right, (uint32_t)p);
	}
	uint32_t p = pair_table_get(&s->known, left, right);
	return p == NONE ? merge_state_new_pair(s, left, right) : p;
}

static void gain(struct merge_state *s, uint32_t p, uint32_t at, uint64_t count)
{
	struct pair *pair = &s->pair[p];
	if (!pair->counted || pair->step != s->step) {
		pair->again |= pair->counted;
		pair->counted = true;
		pair->step = s->step;
		pair->fresh = 0;
		LL_GROW(s->touched, s->touches_cap, s->touches + 1);
		s->touched[s->touches++] = p;
	}
	pair->count += (int64_t)count;
	pair->fresh++;
	s->place[at].pair = p;
	LL_GROW(s->change, s->changes_cap, s->changes + 1);
	s->change[s->changes++] = (struct change){ p, at };
}

/* Makes candidates of the pairs that got places in this step. */
static void settle(struct merge_state *s)
{
	LL_GROW(s->fill, s->fill_cap, s->touches);
	for (size_t i = 0; i < s->touches; i++) {
		struct pair *p = &s->pair[s->touched[i]];
		s->fill[i] = p->count > 0 ? merge_state_list(s, p->fresh) : NULL;
		if (s->fill[i])
			merge_queue_push(&s->queue, (struct candidate){ p->count, (uint64_t)p->left << 32 | p->right,
									s->touched[i], p->fresh, s->fill[i] });
		p->fresh = (uint32_t)i; /* from here on: where its list is */
		s->as_left[p->left] = s->as_right[p->right] = NONE;
	}
	for (size_t i = 0; i < s->changes; i++) {
		uint32_t **next = &s->fill[s->pair[s->change[i].pair].fresh];
		if (*next)
			*(*next)++ = s->change[i].at;
	}
	s->touches = s->changes = 0;
	s->step++;
	merge_state_claim(s);
}

/* ---- one merge ---- */

static uint32_t length(const struct merge_state *s, uint32_t id)
{
	return s->names.length[id];
}

static uint32_t pair_of(struct merge_state *s, uint32_t *known, uint32_t left, uint32_t right, bool reused)
{
	if (*known == NONE)
		*known = reused ? merge_state_find_pair(s, left, right) : merge_state_new_pair(s, left, right);
	return *known;
}

static void merge_at(struct merge_state *s, uint32_t at, uint32_t left, uint32_t right, uint32_t new, bool reused)
{
	struct place *place = s->place;
	uint64_t count = s->word_count[place[at].word];
	uint32_t middle = at + length(s, left), end = middle + length(s, right);
	uint32_t before = place[at - 1].id, after = place[end].id, after_pair = place[middle].pair;
	place[at].id = place[end - 1].id = new;
	place[middle].pair = place[at].pair = NONE;
	if (before != WALL) {
		uint32_t start = at - length(s, before), old = place[start].pair;
		if (old != NONE)
			s->pair[old].count -= (int64_t)count;
		place[start].pair = NONE;
		if (merge_state_counts(s, before, new)) {
			uint32_t *known = before == new ? &s->as_right[new] : &s->as_left[before];
			gain(s, pair_of(s, known, before, new, reused), start, count);
		}
	}
	if (after != WALL) {
		if (after_pair != NONE)
			s->pair[after_pair].count -= (int64_t)count;
		if (merge_state_counts(s, new, after))
			gain(s, pair_of(s, &s->as_right[after], new, after, reused), at, count);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Every place of the pair in the words that its list names; the caller frees it. */
static uint32_t *find_in_words(struct merge_state *s, const struct candidate *c, uint32_t *len)
{
	uint32_t *word = ll_malloc(c->len * sizeof *word), *at = NULL;
	size_t cap = 0, n = 0;
	for (uint32_t i = 0; i < c->len; i++)
		word[i] = s->place[c->at[i]].word;
	qsort(word, c->len, sizeof *word, by_number);
	for (uint32_t i = 0; i < c->len; i++) {
		if (i && word[i] == word[i - 1])
			continue;
		for (uint32_t k = s->word_start[word[i]]; s->place[k].id != WALL; k += length(s, s->place[k].id)) {
			if (s->place[k].pair != c->pair)
				continue;
			LL_GROW(at, cap, n + 1);
			at[n++] = k;
		}
	}
	ll_free(word);
	*len = (uint32_t)n;
	return at;
}

static void merge_pair(struct merge_state *s, const struct candidate *c, uint32_t new, bool reused)
{
	uint32_t *at = c->at, *found = NULL, len = c->len, left = (uint32_t)(c->key >> 32), right = (uint32_t)c->key;
	if (s->pair[c->pair].again)
		at = found = find_in_words(s, c, &len);
	bool ascending = true;
	for (uint32_t i = 1; i < len && ascending; i++)
		ascending = at[i - 1] < at[i];
	if (!ascending)
		qsort(at, len, sizeof *at, by_number);
	for (uint32_t i = 0; i < len; i++) {
		if (i + AHEAD_PLACE < len)
			__builtin_prefetch(&s->place[at[i + AHEAD_PLACE]]);
		if (i + AHEAD_WORD < len)
			__builtin_prefetch(&s->word_count[s->place[at[i + AHEAD_WORD]].word]);
		if (s->place[at[i]].pair == c->pair)
			merge_at(s, at[i], left, right, new, reused);
	}
	ll_free(found);
	settle(s);
}

/* The pair to merge next, by value. False when none is left. */
static bool take_best(struct merge_state *s, struct candidate *best)
{
	for (const struct candidate *top; (top = merge_queue_top(&s->queue));) {
		int64_t now = s->pair[top->pair].count;
		if (top->count == now) {
			*best = *top;
			merge_queue_drop(&s->queue);
			return true;
		}
		if (now > 0)
			merge_queue_recount(&s->queue, now);
		else
			merge_queue_drop(&s->queue);
	}
	return false;
}

static void make_room_for_ids(struct merge_state *s)
{
	size_t ids = (size_t)s->o->sizes[s->o->n_sizes - 1] + 1;
	s->as_left = ll_malloc(ids * sizeof *s->as_left);
	s->as_right = ll_malloc(ids * sizeof *s->as_right);
	memset(s->as_left, 0xff, ids * sizeof *s->as_left);
	memset(s->as_right, 0xff, ids * sizeof *s->as_right);
}

static void free_state(struct merge_state *s)
{
	for (size_t i = 0; i < s->blocks; i++)
		ll_free(s->block[i]);
	ll_free(s->block);
	merge_queue_free(&s->queue);
	pair_table_free(&s->known);
	token_names_free(&s->names);
	ll_free(s->place);
	ll_free(s->word_count);
	ll_free(s->word_start);
	ll_free(s->pair);
	ll_free(s->change);
	ll_free(s->as_left);
	ll_free(s->as_right);
	ll_free(s->touched);
	ll_free(s->fill);
	ll_memory_release(s->claimed);
}

void merge_loop(const struct merge_words *words, const struct merge_options *o, struct merge_list *out)
{
	struct merge_state s = { .o = o };
	int64_t least = (int64_t)LL_MAX(o->min_frequency, 1);
	size_t size = 0;
	struct candidate c;
	token_names_init(&s.names, o->base, o->veto);
	merge_queue_init(&s.queue, o->ties, &s.names);
	make_room_for_ids(&s);
	merge_layout(&s, words);
	*out = (struct merge_list){ .at_size = ll_calloc(o->n_sizes, sizeof *out->at_size) };
	for (;;) {
		while (size < o->n_sizes && s.names.len >= o->sizes[size])
			out->at_size[size++] = out->len;
		if (size == o->n_sizes || !take_best(&s, &c) || c.count < least)
			break;
		bool reused;
		uint32_t new = token_names_join(&s.names, (uint32_t)(c.key >> 32), (uint32_t)c.key, &reused);
		if (new == TOKEN_NAMES_VETOED)
			continue;
		LL_GROW(out->pair, out->cap, out->len + 1);
		out->pair[out->len][0] = (uint32_t)(c.key >> 32);
		out->pair[out->len++][1] = (uint32_t)c.key;
		merge_pair(&s, &c, new, reused);
	}
	while (size < o->n_sizes)
		out->at_size[size++] = out->len;
	out->ids = s.names.len;
	free_state(&s);
}

void merge_list_free(struct merge_list *list)
{
	ll_free(list->pair);
	ll_free(list->at_size);
}
