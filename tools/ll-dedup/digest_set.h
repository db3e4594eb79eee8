/* SPDX-License-Identifier: MIT */
/*
 * digest_set.h - a set of 128-bit digests in memory: 256 tables by the first byte, open addressing, each growing by
 * half, so that growth needs little room beside the set (19 to 29 bytes a digest). Every byte is claimed from --memory.
 */
#ifndef LL_DIGEST_SET_H
#define LL_DIGEST_SET_H

#include "base/hash.h"

struct digest_table {
	struct ll_id *slot; /* all zero: free */
	uint64_t cap, len;
};

struct digest_set {
	struct digest_table table[256];
	uint64_t len;
	bool has_zero;
};

/* Adds; returns true when the digest was not there before. The set is zeroed before first use. */
bool digest_set_add(struct digest_set *s, struct ll_id digest);
/* The same for n digests at once, which hides the latency of memory: sets bit first + i of `there` for every digest i that
 * was there before. The digest zero is passed over. */
void digest_set_add_all(struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first);
/* Only asks. */
void digest_set_has_all(const struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first);
bool digest_set_has(const struct digest_set *s, struct ll_id digest);
/* What the set would take at most with so many more: bytes, while it grows too. */
uint64_t digest_set_bytes_with(const struct digest_set *s, uint64_t more);
void digest_set_free(struct digest_set *s);

#endif
