/* SPDX-License-Identifier: MIT */
/*
 * walk.h - the documents of one component of candidates, best first, to survivors and duplicates. Without verification the
 * first one survives. With it, a document survives unless a survivor before it is alike: their shingle sets have a Jaccard
 * similarity |A and B| / |A or B|, or a containment |A and B| / min(|A|, |B|), of at least the threshold. So no two survivors
 * of a component are alike, and whoever is removed is like the survivor named, which is the first that is.
 *
 * Exact, and without comparing all: survivors are looked up by the shingles of their prefix, the |A| - ceil(t |A|) + 1 of them
 * that come first in one order of all shingles, rare ones before frequent ones. Sets with a Jaccard similarity of at least t
 * share a shingle of both prefixes (S. Chaudhuri, V. Ganti, R. Kaushik, "A primitive operator for similarity joins in data
 * cleaning", ICDE 2006; R. Bayardo, Y. Ma, R. Srikant, "Scaling up all pairs similarity search", WWW 2007); sets with such a
 * containment share one of the smaller one's prefix. Where most survivors have much in common, as documents made from one template
 * do, that is done with what tells each from the common part (shingle_order.h, like_index.c). Where too many are met even so,
 * survivors are gone through in order by their sketches (sketch.h): quadratic, but with some ns a pair.
 *
 * Large sets (members.h) are not looked up so, but compared one by one, with all other large ones and with what has a prefix
 * that they meet; or, where survivors have a common part, with all whose size allows it.
 *
 * Survivors' sets stand in a share of --memory. When they fill it, the documents that are like none of them wait in a
 * temporary file until the rest was seen, and go on against the next survivors; the answer is the same.
 */
#ifndef LL_WALK_H
#define LL_WALK_H

#include "ll-dedup/members.h"

enum likeness { LIKE_CANDIDATES, LIKE_JACCARD, LIKE_CONTAINMENT };

struct walk_rule {
	enum likeness likeness;
	double threshold;
	bool transitive; /* chains.h in the place of walk.h */
};

struct walk;
struct walk *walk_new(const struct walk_rule *rule, uint64_t memory, const struct walk_events *events);
/* The next member of the component. Old ones come first. */
void walk_add(struct walk *w, const struct member *m);
void walk_end_component(struct walk *w);
void walk_free(struct walk *w);

#endif
