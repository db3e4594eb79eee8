/* SPDX-License-Identifier: MIT */
/*
 * bpe_merge.h - the merges of one pre-token: exactly the rule of bpe.h, whatever the list of merges. Short runs are
 * merged by looking for the lowest rank. Longer ones are walked through (bpe_walk.h), in linear time, where that is exact;
 * elsewhere they are merged with a heap, in O(n log n), very long ones window by window.
 *
 * Why windows are exact: let the tokens of a window end with t and those of the next window, which starts where t
 * starts, begin with t. Then joining both is the encoding of the whole. For if the whole ever merged across one of the
 * joined boundaries, take the first time: until then the state inside the window that holds this boundary has been a
 * state of that window's own run (it has met the same pairs in the same order), so the lowest, leftmost pair of the
 * whole would have been the choice of that window too, and it would have crossed the boundary, which it did not.
 */
#ifndef LL_BPE_MERGE_H
#define LL_BPE_MERGE_H

#include "base/memory.h"
#include "bpe/bpe_model.h"
#include "bpe/bpe_walk.h"

#define LL_SCAN_MOST 128u	 /* tokens that are merged by looking through all of them */
#define LL_SCAN_RANKS (1u << 25) /* where there are fewer merges than that */

struct ll_merge_node;

/* Scratch of one thread. */
struct ll_merger {
	const struct ll_bpe *bpe;
	struct ll_merge_node *node;
	size_t nodes_cap;
	uint64_t *heap; /* rank << 32 | place: pops the lowest rank, the leftmost of equals */
	size_t heap_len, heap_cap;
	struct ll_ids window;
	unsigned (*scan)(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n);
	struct ll_walker walker;
	size_t unwalked; /* bytes merged without the walk, which takes some 20 ms to make, or other work as long */
};

void ll_merger_init(struct ll_merger *m, const struct ll_bpe *b);
void ll_merger_free(struct ll_merger *m);
/* Appends the ids of n > 0 bytes. */
void ll_merge(struct ll_merger *m, const char *p, size_t n, struct ll_ids *out);

/* Merges id[0 .. n), 0 < n <= LL_SCAN_MOST, of a model of fewer than LL_SCAN_RANKS merges, in place and returns how
 * many are left. p: the bytes that the ids stand for, one each, or NULL when they stand for more. */
unsigned ll_scan_plain(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n);
unsigned ll_scan_avx2(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n);
unsigned ll_scan_avx512(const struct ll_bpe *b, const unsigned char *p, uint32_t *id, unsigned n);

/* True when two live tokens stay apart (bpe_walk.h), and perhaps not always where they are long; of a model whose merges
 * are steady. */
bool ll_merger_apart(struct ll_merger *m, uint32_t left, uint32_t right);

static inline uint32_t *ll_ids_reserve(struct ll_ids *out, size_t n)
{
	if (LL_UNLIKELY(out->cap - out->len < n))
		LL_GROW(out->id, out->cap, out->len + n);
	return out->id + out->len;
}

#endif
