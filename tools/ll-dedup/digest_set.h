/* SPDX-License-Identifier: MIT */
/*
 * digest_set.h - a set of 128-bit digests in memory, 19 to 38 bytes a digest, 19 when it is full. Every byte is claimed
 * from --memory.
 *
 * Open addressing in which the digests stand in order (Amble, Knuth: Ordered hash tables, 1974): a search for what is not
 * there ends early although the table is nearly full, and the table grows in place, in one pass from front to back.
 */
#ifndef LL_DIGEST_SET_H
#define LL_DIGEST_SET_H

#include "base/hash.h"

struct digest_set {
	struct digest_slot *slot; /* both words zero: free */
	uint64_t cap;		  /* home places; some more slots follow */
	uint64_t max_cap, len;
	bool has_zero;
};

/* An empty set that takes at most so many bytes. */
void digest_set_init(struct digest_set *s, uint64_t bytes);
/* Adds; returns true when the digest was not there before. Ends with status 4 when the set is full. */
bool digest_set_add(struct digest_set *s, struct ll_id digest);
/* The same for n digests at once, which hides the latency of memory: sets bit first + i of `there` for every digest i that
 * was there before. The digest zero is passed over. */
void digest_set_add_all(struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first);
/* Only asks. */
void digest_set_has_all(const struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first);
bool digest_set_has(const struct digest_set *s, struct ll_id digest);
/* True when so many more fit. */
bool digest_set_has_room(const struct digest_set *s, uint64_t more);
void digest_set_free(struct digest_set *s);

#endif
