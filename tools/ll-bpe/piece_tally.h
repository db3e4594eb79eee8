/* SPDX-License-Identifier: MIT */
/*
 * piece_tally.h - counting pieces on many threads within a share of --memory. A worker counts into a small table of its own
 * that stays in its processor's cache; when that is full it is added to 64 tables shared by all, by the leading bits of
 * the hashes and each under a lock of its own. So a piece is kept once, not once a thread, and there is nothing left to add
 * up at the end. When the shared tables reach their share they go into an external sort (io/sort.h).
 *
 * Pieces may be counted by groups (sources, languages): up to 2^24 of them, known by number here.
 */
#ifndef LL_PIECE_TALLY_H
#define LL_PIECE_TALLY_H

#include "ll-bpe/piece_counts.h"

#define TALLY_TABLES 64u
#define TALLY_GROUPS_MAX ((uint32_t)1 << 24)
#define TALLY_BATCH 256u

struct tally;
struct tally_worker;

/* Takes up to about three quarters of the --memory left when it spills, less when it does not. */
struct tally *tally_new(bool grouped);
void tally_free(struct tally *t);
struct tally_worker *tally_worker_new(struct tally *t);
/* Adds what the worker has counted and frees it. */
void tally_worker_free(struct tally_worker *w);
/* One occurrence each of up to TALLY_BATCH pieces of text: the first begins at `at`, piece i ends at end[i]. `group` is 0
 * without groups. */
void tally_add(struct tally_worker *w, struct ll_str text, size_t at, const size_t *end, size_t n, uint32_t group);
/* Adds a count of one piece of at least a byte. */
void tally_add_count(struct tally_worker *w, struct ll_str piece, uint32_t group, uint64_t count);

/* After all workers are gone: did it spill? If not, the pieces are in the tables, which tally_table_free gives back one by
 * one. Without groups only. */
bool tally_spilled(const struct tally *t);
const struct piece_counts *tally_table(const struct tally *t, size_t i);
void tally_table_free(struct tally *t, size_t i);
uint64_t tally_bytes(const struct tally *t); /* of all tables */

/* After all workers are gone, every piece in the order of bytes, with its count in every group that has it (by number).
 * False at the end. Valid until the next call. */
struct tally_part {
	uint32_t group;
	uint64_t count;
};
bool tally_next(struct tally *t, struct ll_str *piece, struct tally_part **part, size_t *parts);

#endif
