/* SPDX-License-Identifier: MIT */
#include "ll-bpe/merge_loop.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe.h"
#include "ll-bpe/pair_table.h"
#include "ll-bpe/token_names.h"

#define NONE UINT32_MAX
#define WALL UINT32_MAX /* the token between two words */
#define LIST_BYTES(len) ((size_t)(len) * sizeof(uint32_t) + 24) /* with the allocator's own */

/*
 * All words stand in one array, a place a byte, walls between them. A token's id stands at its first and at its last
 * place, so that both neighbours are found: the next begins where this one ends, the previous one's id is at the place
 * before.
 */
struct place {
	uint32_t id;
	uint32_t word;
	uint32_t pair; /* of the token that begins here with the next; NONE elsewhere */
};

struct pair {
	int64_t count;
	uint32_t left, right;
	uint32_t fresh; /* places found in the running step */
	uint32_t step;	/* of its last new place: a pair that gets places in two steps ... */
	bool again;	/* ... is looked for in whole words, as the reference does */
	bool counted;
};

struct places {
	uint32_t *at;
	uint32_t len;
};

struct candidate {
	int64_t count;
	uint32_t left, right, pair;
	struct places places;
};

struct change {
	uint32_t pair, at;
};

struct loop {
	const struct merge_options *o;
	struct place *place;
	size_t n;
	uint64_t *word_count;
	uint32_t *word_start;
	size_t words;
	struct pair *pair;
	size_t pairs, pairs_cap;
	struct pair_table known;
	struct candidate *heap;
	size_t heap_len, heap_cap;
	struct token_names names;
	struct change *change;
	size_t changes, changes_cap;
	uint32_t *as_left, *as_right; /* by id: the pair (id, new) and (new, id) of the running step */
	uint32_t *touched;
	size_t touches, touches_cap;
	uint32_t step;
	uint64_t listed;  /* bytes of the candidates' lists of places */
	uint64_t claimed; /* of the memory budget */
};

/* Keeps the claim on the budget at what the tables have come to, half of the largest more for when it grows. */
static void claim_growth(struct loop *l)
{
	uint64_t need = l->n * sizeof *l->place + l->words * (sizeof *l->word_count + sizeof *l->word_start) +
			l->listed + (l->pairs_cap * sizeof *l->pair + l->known.slots * sizeof *l->known.slot) * 3 / 2 +
			l->heap_cap * sizeof *l->heap + l->changes_cap * sizeof *l->change + l->names.bytes.cap;
	if (need > l->claimed) {
		ll_memory_claim(need - l->claimed, "learning merges");
		l->claimed = need;
	}
}

static void free_places(struct loop *l, struct places *p)
{
	l->listed -= LIST_BYTES(p->len);
	ll_free(p->at);
}

/* ---- the heap: largest count first, then the smallest pair ---- */

static bool goes_first(const struct candidate *a, const struct candidate *b)
{
	if (a->count != b->count)
		return a->count > b->count;
	if (a->left != b->left)
		return a->left < b->left;
	return a->right < b->right;
}

static void sift_down(struct loop *l)
{
	struct candidate v = l->heap[0];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < l->heap_len; i = child) {
		child += child + 1 < l->heap_len && goes_first(&l->heap[child + 1], &l->heap[child]);
		if (!goes_first(&l->heap[child], &v))
			break;
		l->heap[i] = l->heap[child];
	}
	l->heap[i] = v;
}

static void heap_push(struct loop *l, struct candidate v)
{
	LL_GROW(l->heap, l->heap_cap, l->heap_len + 1);
	size_t i = l->heap_len++;
	for (; i > 0 && goes_first(&v, &l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		l->heap[i] = l->heap[(i - 1) / 2];
	l->heap[i] = v;
}

static void heap_drop(struct loop *l)
{
	l->heap[0] = l->heap[--l->heap_len];
	if (l->heap_len)
		sift_down(l);
}

/* The pair to merge next, by value; its places are the caller's. False when none is left. */
static bool heap_best(struct loop *l, struct candidate *best)
{
	while (l->heap_len) {
		struct candidate *top = &l->heap[0];
		int64_t now = l->pair[top->pair].count;
		if (top->count == now) {
			*best = *top;
			heap_drop(l);
			return true;
		}
		if (now > 0) {
			top->count = now;
			sift_down(l);
		} else {
			free_places(l, &top->places);
			heap_drop(l);
		}
	}
	return false;
}

/* ---- pairs and the places found in a step ---- */

static uint32_t new_pair(struct loop *l, uint32_t left, uint32_t right)
{
	if (l->pairs >= NONE)
		ll_die(LL_EXIT_RESOURCE, "more than %u different pairs of tokens", NONE);
	LL_GROW(l->pair, l->pairs_cap, l->pairs + 1);
	l->pair[l->pairs] = (struct pair){ .left = left, .right = right };
	pair_table_put(&l->known, left, right, (uint32_t)l->pairs);
	return (uint32_t)l->pairs++;
}

/* `reused`: the new token has an old id, so that the pair may be an old one too. */
static uint32_t find_pair(struct loop *l, uint32_t left, uint32_t right, bool reused)
{
	uint32_t p = reused ? pair_table_get(&l->known, left, right) : NONE;
	return p == NONE ? new_pair(l, left, right) : p;
}

static void gain(struct loop *l, uint32_t p, uint32_t at, uint64_t count)
{
	struct pair *pair = &l->pair[p];
	if (!pair->counted || pair->step != l->step) {
		pair->again |= pair->counted;
		pair->counted = true;
		pair->step = l->step;
		pair->fresh = 0;
		LL_GROW(l->touched, l->touches_cap, l->touches + 1);
		l->touched[l->touches++] = p;
	}
	pair->count += (int64_t)count;
	pair->fresh++;
	l->place[at].pair = p;
	LL_GROW(l->change, l->changes_cap, l->changes + 1);
	l->change[l->changes++] = (struct change){ p, at };
}

/* Makes candidates of the pairs that got places in this step. */
static void settle(struct loop *l)
{
	uint32_t **fill = ll_malloc(l->touches * sizeof *fill);
	for (size_t i = 0; i < l->touches; i++) {
		struct pair *p = &l->pair[l->touched[i]];
		fill[i] = p->count > 0 ? ll_malloc(p->fresh * sizeof **fill) : NULL;
		l->listed += fill[i] ? LIST_BYTES(p->fresh) : 0;
		if (fill[i])
			heap_push(l, (struct candidate){
					     p->count, p->left, p->right, l->touched[i], { fill[i], p->fresh } });
		p->fresh = (uint32_t)i; /* from here on: where its list is */
	}
	for (size_t i = 0; i < l->changes; i++) {
		uint32_t **next = &fill[l->pair[l->change[i].pair].fresh];
		if (*next)
			*(*next)++ = l->change[i].at;
	}
	ll_free(fill);
	for (size_t i = 0; i < l->touches; i++) {
		const struct pair *p = &l->pair[l->touched[i]];
		l->as_left[p->left] = l->as_right[p->right] = NONE;
	}
	l->touches = l->changes = 0;
	l->step++;
	claim_growth(l);
}

/* ---- one merge ---- */

static uint32_t length(const struct loop *l, uint32_t id)
{
	return l->names.length[id];
}

static void merge_at(struct loop *l, uint32_t at, uint32_t left, uint32_t right, uint32_t new, bool reused)
{
	struct place *place = l->place;
	uint64_t count = l->word_count[place[at].word];
	uint32_t middle = at + length(l, left), end = middle + length(l, right);
	uint32_t before = place[at - 1].id, after = place[end].id, after_pair = place[middle].pair;
	place[at].id = place[end - 1].id = new;
	place[middle].pair = NONE;
	if (before != WALL) {
		uint32_t start = at - length(l, before);
		uint32_t *known = before == new ? &l->as_right[new] : &l->as_left[before];
		l->pair[place[start].pair].count -= (int64_t)count;
		if (*known == NONE)
			*known = find_pair(l, before, new, reused);
		gain(l, *known, start, count);
	}
	if (after != WALL) {
		uint32_t *known = &l->as_right[after];
		l->pair[after_pair].count -= (int64_t)count;
		if (*known == NONE)
			*known = find_pair(l, new, after, reused);
		gain(l, *known, at, count);
	} else {
		place[at].pair = NONE;
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Every place of the pair in the words that its list names. */
static void find_in_words(struct loop *l, const struct candidate *c, struct places *out)
{
	uint32_t *word = ll_malloc(c->places.len * sizeof *word);
	size_t cap = 0;
	*out = (struct places){ 0 };
	for (uint32_t i = 0; i < c->places.len; i++)
		word[i] = l->place[c->places.at[i]].word;
	qsort(word, c->places.len, sizeof *word, by_number);
	for (uint32_t i = 0; i < c->places.len; i++) {
		if (i && word[i] == word[i - 1])
			continue;
		for (uint32_t at = l->word_start[word[i]]; l->place[at].id != WALL; at += length(l, l->place[at].id)) {
			if (l->place[at].pair != c->pair)
				continue;
			LL_GROW(out->at, cap, out->len + 1);
			out->at[out->len++] = at;
		}
	}
	ll_free(word);
}

static void merge_pair(struct loop *l, struct candidate *c, uint32_t new, bool reused)
{
	if (l->pair[c->pair].again) {
		struct places all;
		find_in_words(l, c, &all);
		free_places(l, &c->places);
		c->places = all;
		l->listed += LIST_BYTES(all.len);
	}
	bool ascending = true;
	for (uint32_t i = 1; i < c->places.len && ascending; i++)
		ascending = c->places.at[i - 1] < c->places.at[i];
	if (!ascending)
		qsort(c->places.at, c->places.len, sizeof *c->places.at, by_number);
	for (uint32_t i = 0; i < c->places.len; i++) {
		if (i + 8 < c->places.len)
			__builtin_prefetch(&l->place[c->places.at[i + 8]]);
		if (l->place[c->places.at[i]].pair == c->pair)
			merge_at(l, c->places.at[i], c->left, c->right, new, reused);
	}
	free_places(l, &c->places);
	settle(l);
}

/* ---- before the first merge ---- */

static void lay_out(struct loop *l, struct piece_counts *t)
{
	uint64_t bytes = 1;
	size_t words = 0;
	for (size_t i = 0; i < t->slots; i++) {
		if (!piece_counts_used(&t->slot[i]))
			continue;
		size_t len = piece_counts_bytes(t, &t->slot[i]).len;
		bytes += len > 1 ? len + 1 : 0;
		words += len > 1;
	}
	if (bytes >= NONE)
		ll_die(LL_EXIT_RESOURCE, "%llu bytes of distinct pre-tokens; at most %u can be merged",
		       (unsigned long long)bytes, NONE);
	l->n = bytes;
	l->words = words;
	claim_growth(l);
	l->place = ll_malloc(bytes * sizeof *l->place);
	l->word_count = ll_malloc(words * sizeof *l->word_count);
	l->word_start = ll_malloc(words * sizeof *l->word_start);
	l->place[0] = (struct place){ WALL, 0, NONE };
	size_t at = 1, word = 0;
	for (size_t i = 0; i < t->slots; i++) {
		if (!piece_counts_used(&t->slot[i]))
			continue;
		struct ll_str s = piece_counts_bytes(t, &t->slot[i]);
		if (s.len < 2)
			continue;
		l->word_count[word] = t->slot[i].count;
		l->word_start[word] = (uint32_t)at;
		for (size_t k = 0; k < s.len; k++)
			l->place[at++] =
				(struct place){ l->names.byte_id[(unsigned char)s.data[k]], (uint32_t)word, NONE };
		l->place[at++] = (struct place){ WALL, (uint32_t)word, NONE };
		word++;
	}
	piece_counts_free(t);
}

static void count_first_pairs(struct loop *l)
{
	uint32_t base = (uint32_t)l->o->specials, *first = ll_malloc((size_t)65536 * sizeof *first);
	memset(first, 0xff, (size_t)65536 * sizeof *first);
	for (size_t at = 1; at + 1 < l->n; at++) {
		uint32_t left = l->place[at].id, right = l->place[at + 1].id;
		if (left == WALL || right == WALL)
			continue;
		uint32_t *p = &first[(left - base) << 8 | (right - base)];
		if (*p == NONE)
			*p = new_pair(l, left, right);
		gain(l, *p, (uint32_t)at, l->word_count[l->place[at].word]);
	}
	ll_free(first);
	settle(l);
}

static void make_room_for_ids(struct loop *l)
{
	size_t ids = (size_t)l->o->vocabulary + 1;
	l->as_left = ll_malloc(ids * sizeof *l->as_left);
	l->as_right = ll_malloc(ids * sizeof *l->as_right);
	memset(l->as_left, 0xff, ids * sizeof *l->as_left);
	memset(l->as_right, 0xff, ids * sizeof *l->as_right);
}

void merge_loop(struct piece_counts *counts, const struct merge_options *o, struct merge_list *out)
{
	struct loop l = { .o = o };
	int64_t least = (int64_t)LL_MAX(o->min_frequency, 1);
	struct candidate c;
	token_names_init(&l.names, o->special, o->specials);
	make_room_for_ids(&l);
	lay_out(&l, counts);
	count_first_pairs(&l);
	while (l.names.len < o->vocabulary && heap_best(&l, &c)) {
		if (c.count < least) {
			free_places(&l, &c.places);
			break;
		}
		bool reused;
		uint32_t new = token_names_join(&l.names, c.left, c.right, &reused);
		if (new == TOKEN_NAMES_SPECIAL) {
			free_places(&l, &c.places);
			continue;
		}
		LL_GROW(out->pair, out->cap, out->len + 1);
		out->pair[out->len][0] = c.left;
		out->pair[out->len++][1] = c.right;
		merge_pair(&l, &c, new, reused);
	}
	out->ids = l.names.len;
	while (l.heap_len)
		ll_free(l.heap[--l.heap_len].places.at);
	pair_table_free(&l.known);
	token_names_free(&l.names);
	ll_free(l.heap);
	ll_free(l.place);
	ll_free(l.word_count);
	ll_free(l.word_start);
	ll_free(l.pair);
	ll_free(l.change);
	ll_free(l.as_left);
	ll_free(l.as_right);
	ll_free(l.touched);
	ll_memory_release(l.claimed);
}
