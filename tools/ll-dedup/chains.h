/* SPDX-License-Identifier: MIT */
/*
 * chains.h - the documents of one component of candidates, best first, by the transitive rule (--cluster=component with
 * verification): whoever is alike is joined, and so is whoever is like one of those; of all that hang together the best one
 * survives. The similarity told is that to the survivor, which may be below the threshold.
 *
 * What is alike is defined and looked up as in walk.h, among all documents instead of the survivors. Two documents that hang
 * together already are not compared, and are passed over in one step: the documents of one shingle that hang together stand
 * in one list, lists are joined when they meet. So a large cluster of documents that are alike takes about the time of their
 * number; one of very many that are nearly, but not quite, alike is compared pair by pair, by sketches first (sketch.h).
 *
 * Sets stand in a share of --memory. What comes when they fill it is compared with those, and waits in a temporary file until
 * it is its turn to stand there; the answer is the same.
 */
#ifndef LL_CHAINS_H
#define LL_CHAINS_H

#include "ll-dedup/walk.h"

struct chains;
struct chains *chains_new(const struct walk_rule *rule, uint64_t memory, const struct walk_events *events);
/* The next member of the component. Old ones come first; they are not told of. */
void chains_add(struct chains *c, const struct member *m);
void chains_end_component(struct chains *c);
void chains_free(struct chains *c);

#endif
