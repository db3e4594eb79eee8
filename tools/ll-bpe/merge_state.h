/* SPDX-License-Identifier: MIT */
/*
 * merge_state.h - what merge_loop.c and merge_layout.c share.
 *
 * All words stand in one array, a place a byte, walls between them. A token's id stands at its first and at its last
 * place, so that both neighbours are found: the next begins where this one ends, the previous one's id is at the place
 * before.
 */
#ifndef LL_MERGE_STATE_H
#define LL_MERGE_STATE_H

#include "ll-bpe/merge_loop.h"
#include "ll-bpe/pair_table.h"

#define NONE UINT32_MAX
#define WALL UINT32_MAX /* the token between two words */

struct place {
	uint32_t id;
	uint32_t word;
	uint32_t pair; /* of the token that begins here with the next; NONE elsewhere and for pairs that do not count */
};

struct pair {
	int64_t count;
	uint32_t left, right;
	uint32_t fresh; /* places found in the running step */
	uint32_t step;	/* of its last new place: a pair that gets places in two steps ... */
	bool again;	/* ... is looked for in whole words, as the reference does */
	bool counted;
};

struct change {
	uint32_t pair, at;
};

struct merge_state {
	const struct merge_options *o;
	struct place *place;
	size_t n;
	uint64_t *word_count;
	uint32_t *word_start;
	size_t words;
	struct pair *pair;
	size_t pairs, pairs_cap;
	struct pair_table known; /* of all pairs, once one of them can come up a second time */
	bool known_in_use;
	struct merge_queue queue;
	struct token_names names;
	struct change *change;
	size_t changes, changes_cap;
	uint32_t *as_left, *as_right; /* by id: the pair (id, new) and (new, id) of the running step */
	uint32_t *touched, **fill;
	size_t touches, touches_cap, fill_cap;
	uint32_t step;
	uint32_t **block; /* the lists of places stand in blocks one after the other */
	size_t blocks, blocks_cap, block_left;
	uint64_t listed;  /* bytes of the blocks */
	uint64_t claimed; /* of the memory budget */
};

/* Room for a list of `len` places, kept until the end. */
uint32_t *merge_state_list(struct merge_state *s, size_t len);
uint32_t merge_state_new_pair(struct merge_state *s, uint32_t left, uint32_t right);
uint32_t merge_state_find_pair(struct merge_state *s, uint32_t left, uint32_t right);
/* Keeps the claim on the budget at what the tables have come to, half of the largest more for when it grows. */
void merge_state_claim(struct merge_state *s);
/* Ends with status 4, the number and what can be done, when `need` more bytes than are left would be claimed. */
void merge_state_check_room(const struct merge_state *s, uint64_t need, uint64_t left);
/* Whether a pair of tokens of these lengths counts. */
static inline bool merge_state_counts(const struct merge_state *s, uint32_t left, uint32_t right)
{
	uint64_t most = s->o->max_length;
	return LL_LIKELY(!most) || (uint64_t)s->names.length[left] + s->names.length[right] < most;
}

/* merge_layout.c: all words, their first pairs, and the queue of these. */
void merge_layout(struct merge_state *s, const struct merge_words *words);

#endif
