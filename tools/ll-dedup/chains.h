/* SPDX-License-Identifier: MIT */
/*
 * chains.h - the documents of one component of candidates, best first, by the transitive rule (--cluster=component with
 * verification): whoever is alike is joined, and so is whoever is like one of those; of all that hang together the best one
 * survives. The similarity told is that to the survivor, which may be below the threshold.
 *
 * What is alike is defined as in walk.h, among all documents instead of the survivors. Two documents that hang together already
 * are not compared. They are looked up in lists (chain_lists.h) in which those that hang together are passed over in one step, so
 * that a large cluster of documents that are alike takes about the time of their number. Where most lists lead to documents that
 * do not hang together, as they do for documents of one template that are nearly, but not quite, alike, they are looked up by
 * what tells them apart (like_index.h).
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
