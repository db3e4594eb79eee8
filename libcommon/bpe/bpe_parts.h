/* SPDX-License-Identifier: MIT */
/*
 * bpe_parts.h - pre-tokens of kana and Han, part by part. They are long and seldom seen again, but their parts are: what
 * lies between two places where no merge can cross, one or two characters mostly.
 *
 * All neighbours in the row of tokens that comes of it stay apart, which makes it the encoding (bpe_walk.h): inside of a
 * part since its tokens are its own encoding; at a boundary where no merge joins whole characters because of
 * bpe_chars.h, but for where a merge of ends of characters is possible, at the boundary (it is loose) or inside of one of
 * the parts (it is dirty). There the two tokens are looked at, and if they do not stay apart both parts become one.
 */
#ifndef LL_BPE_PARTS_H
#define LL_BPE_PARTS_H

#include "bpe/bpe_merge.h"
#include "bpe/piece_cache.h"

/* Of one thread; the rest is the encoder's. */
struct ll_parts {
	const struct ll_bpe *bpe;
	struct ll_piece_cache *cache;
	struct ll_merger *merger;
	struct ll_slot *late; /* parts met of late, of up to LL_SLOT_IDS ids: few, and so near at hand; NULL at first */
};

void ll_parts_free(struct ll_parts *x);
/* True where it is worth trying. */
bool ll_has_parts(const struct ll_bpe *b, const char *p, size_t n);
/* Appends the ids of a piece of n bytes in a text that ends at `stop`; false, and nothing appended, where it has to be
 * encoded otherwise. */
bool ll_parts_encode(struct ll_parts *x, const char *p, size_t n, const char *stop, struct ll_ids *out);

#endif
