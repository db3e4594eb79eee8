/* SPDX-License-Identifier: MIT */
/*
 * bloom.h - a blocked Bloom filter (Putze, Sanders, Singler: Cache-, hash- and space-efficient Bloom filters, 2007): all
 * bits of a digest lie in one block of 512, a cache line. Never false for what was added; true for something else with
 * the probability that was asked for once `items` were added, less before.
 */
#ifndef LL_DEDUP_BLOOM_H
#define LL_DEDUP_BLOOM_H

#include "base/hash.h"

#define BLOOM_BLOCK_BYTES 64u

struct bloom_plan {
	uint64_t items;	 /* as many distinct digests may be added */
	uint64_t blocks;
	unsigned probes; /* bits set for a digest */
};

/* The rate of a filter that holds on average `load` digests a block: exact for independent hash bits. */
double bloom_rate(double load, unsigned probes);
/* The smallest filter for so many items at that rate. */
struct bloom_plan bloom_plan_items(uint64_t items, double rate);
/* What fits into so many bytes at that rate. */
struct bloom_plan bloom_plan_bytes(uint64_t bytes, double rate);

struct bloom;

struct bloom *bloom_new(const struct bloom_plan *plan);
/* Sets bit first + i of `there` for every digest i that seems to have been added before, and adds the others. The digest
 * zero is passed over. */
void bloom_add_all(struct bloom *b, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first);
bool bloom_has(const struct bloom *b, struct ll_id digest);
/* Digests that were added. */
uint64_t bloom_len(const struct bloom *b);
void bloom_free(struct bloom *b);

#endif
