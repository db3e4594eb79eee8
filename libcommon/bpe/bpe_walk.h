/* SPDX-License-Identifier: MIT */
/*
 * bpe_walk.h - the merges of one run without merging: from the left, the longest token that stays apart from the one
 * before; where none does, one token is taken back and a shorter one tried in its place (the way of the crate bpe of
 * GitHub's rust-gems, 2024; the proofs and the code are of this project). Time is linear in the length.
 *
 * Two tokens stay apart when their bytes together are encoded as these two. Tokens t1 .. tk that are each the encoding
 * of their own bytes are the encoding of all their bytes exactly when every two neighbours stay apart:
 * - If neighbours stay apart: take the first merge across one of the boundaries between tokens, between t and u say.
 *   Until then no merge has crossed the outer boundaries of t and u, so the state of their bytes has been one of their
 *   own run, and the lowest, leftmost pair of the whole would have been that of their own run, which never takes it.
 * - If they are the encoding of the whole, no merge ever crosses a boundary, and what happens to the bytes of two
 *   neighbours is all of their own run.
 * So at most one row of tokens fits a text, and that of a text is that of its beginning with more tokens behind: a place
 * from which it was not possible to go on need not be reached again. A bit a byte remembers these.
 *
 * Whether two tokens stay apart is seen backwards in time, where merges are steady (every merge has a higher rank than
 * those that made its parts), so that merging goes through the ranks once, upwards: while one of the two is unmade, the
 * younger first, the facing ends of both stand side by side between the rank that made the younger of them and that
 * which took it in; they merge when they are a pair of a rank in between. Of two merges of one rank the left goes first.
 */
#ifndef LL_BPE_WALK_H
#define LL_BPE_WALK_H

#include "bpe/bpe_model.h"

/* A token that comes out of its own bytes. */
struct ll_bpe_live {
	uint32_t left, right; /* what it is merged from */
	uint32_t rank;	      /* 1 + that of its merge; 0: a byte */
	uint32_t len;	      /* 0: it does not come out */
};

struct ll_bpe_walk {
	const struct ll_bpe_live *live;
	uint32_t *shorter; /* the longest token that a token begins with, or LL_BPE_NONE */
	/* The tokens by their bytes: nodes are beginnings of tokens, edges (node << 8 | byte) are hashed. */
	struct ll_walk_edge {
		uint32_t key, node;
	} *edge;
	uint32_t shift; /* of the hash */
	size_t edges, slots;
	struct ll_walk_node {
		uint64_t bytes; /* a bit for every byte there is an edge for, modulo 64 */
		uint32_t token; /* that ends here, or LL_BPE_NONE */
	} *node;
	size_t nodes, nodes_cap;
	uint32_t *two; /* the node of every two bytes, or LL_BPE_NONE */
};

/* Scratch of one thread, zeroed at first. */
struct ll_walker {
	uint64_t *dead; /* a bit for every place of the run that leads nowhere */
	size_t dead_cap;
	uint64_t *memo; /* pairs looked at: left << 33 | right << 1 | stay apart */
	uint64_t steps; /* edges followed, pairs and tokens looked at, so far */
};

/* Of a model of byte-level BPE that is sealed; made when they are first asked for, by any thread. NULL where merges are not
 * steady: then the walk would not be exact. The tokens that come out, by id: */
const struct ll_bpe_live *ll_bpe_live(const struct ll_bpe *b);
const struct ll_bpe_live *ll_bpe_live_made(const struct ll_bpe *b); /* NULL too where nobody has asked yet */
/* True where the model's list of merges tells by itself what ll_bpe_live would: every merge happens, and the ids of what they make
 * follow each other, so that a token's number says which merge made it. */
static inline bool ll_bpe_lists_live(const struct ll_bpe *b)
{
	return b->steady && b->merges_live && b->ids_follow_ranks;
}
const struct ll_bpe_walk *ll_bpe_walk(const struct ll_bpe *b);
void ll_bpe_walk_free(struct ll_bpe_walk *w);
void ll_walker_free(struct ll_walker *r);
/* Appends the ids of n > 0 bytes. */
void ll_walk(struct ll_walker *r, const struct ll_bpe *b, const struct ll_bpe_walk *w, const char *p, size_t n,
	     struct ll_ids *out);
/* True when the bytes of both are encoded as these two, which are live. `live` is what ll_bpe_live gave, or
 * NULL where ll_bpe_lists_live. *steps grows by the merges looked at. */
bool ll_walk_apart(const struct ll_bpe *b, const struct ll_bpe_live *live, uint32_t left, uint32_t right, uint64_t *steps);
/* The answers of late: 0 or 1, or -1 where it is not remembered. */
int ll_walker_recall(struct ll_walker *r, uint32_t left, uint32_t right);
void ll_walker_remember(struct ll_walker *r, uint32_t left, uint32_t right, bool apart);

#endif
