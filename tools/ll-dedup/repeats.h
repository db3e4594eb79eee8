/* SPDX-License-Identifier: MIT */
/*
 * repeats.h - passages of N elements (bytes, or words of 32 or 64 bits) and more that came before, exactly.
 *
 * A window of N elements is a repeat when an equal one lies in an earlier text, or before it in the same text without
 * overlap; the answer is the union of all of them. Every window of N contains an aligned block of N/2 elements, so only
 * aligned blocks are indexed, 13 bytes each, and all positions are looked up by a rolling hash; what is found is
 * compared and extended to both sides. Blocks that occur in many places (a rule of dashes) are not compared with each:
 * from the ninth on the windows around them are kept by their hashes. What does not fit is done in several passes, each
 * over a range of hashes. The texts lie in --tmpdir.
 *
 * Against a suffix array (Lee et al., Deduplicating training data makes language models better, 2022) this needs no
 * memory for most of the text, and one pass over it for every so many blocks as fit.
 */
#ifndef LL_DEDUP_REPEATS_H
#define LL_DEDUP_REPEATS_H

#include "base/base.h"

struct repeats;

/* length: N elements, 4 or more of 1 byte, 2 or more of 4 or 8. No element is all ones (bytes of UTF-8 are not). */
struct repeats *repeats_new(uint64_t length, unsigned width);
/* The next text. */
void repeats_add(struct repeats *r, const void *elements, uint64_t n);
/* After the last: finds them all within so many bytes of memory, or ends with status 4. */
void repeats_find(struct repeats *r, uint64_t memory);

struct repeat {
	uint64_t text;	     /* its number, from 0 */
	uint64_t start, end; /* elements */
};

/* In ascending order, apart from each other; false at the end. */
bool repeats_next(struct repeats *r, struct repeat *out);
/* Passes over all texts that it took. */
unsigned repeats_passes(const struct repeats *r);
void repeats_free(struct repeats *r);

#endif
