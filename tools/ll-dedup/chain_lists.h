/* SPDX-License-Identifier: MIT */
/*
 * chain_lists.h - for chains.c: the sets of its block by shingle. Those of one shingle that hang together stand in one
 * list and are passed over in one step; lists are joined when they meet. So a large cluster of sets that are alike
 * takes about the time of their number. Where a question meets too many sets that do not hang together, it goes through
 * all of them by their sketches (sketch.h) instead.
 */
#ifndef LL_CHAIN_LISTS_H
#define LL_CHAIN_LISTS_H

#include "ll-dedup/walk.h"

/* A set against the others. */
struct chain_question {
	uint32_t *root;	 /* by number of the set: who hangs together as far as was looked; see chain_root */
	uint32_t number; /* the set's own, in root: above all that were added */
	bool (*compare)(void *context, uint32_t other); /* joins both in root, when they are alike: true then */
	void *context;
};

/* Copies what it keeps of shingles, which are as in struct member (members.h); freed by chain_lists_free. */
struct chain_lists;
struct chain_lists *chain_lists_new(const struct walk_rule *rule);
/* Of all sets, before the first add: what frequency the order of shingles goes by. */
void chain_lists_count(struct chain_lists *l, const unsigned char *shingles, uint32_t n);
/* Not of a large set (members.h); numbers ascend. */
void chain_lists_add(struct chain_lists *l, uint32_t number, const unsigned char *shingles, uint32_t n);
/* Bytes of memory that all of it takes. */
uint64_t chain_lists_bytes(const struct chain_lists *l);
/* Has the set, which may be large, compared with sets here, until it hangs together with all that are alike. */
void chain_lists_ask(struct chain_lists *l, const struct chain_question *q, const unsigned char *shingles, uint32_t n);
/* True once most questions met too many sets: then the lists are only a detour. */
bool chain_lists_fail(const struct chain_lists *l);
void chain_lists_free(struct chain_lists *l);

/* The first of those that a set hangs together with. */
static inline uint32_t chain_root(uint32_t *root, uint32_t i)
{
	while (root[i] != i) {
		root[i] = root[root[i]];
		i = root[i];
	}
	return i;
}

#endif
