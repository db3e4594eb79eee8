/* SPDX-License-Identifier: MIT */
#include "bpe/piece_cache.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/thread.h"

#define SLOTS_MOST ((size_t)1 << 20)
#define STORE_SHARE 4 /* the store has a quarter of the slots' bytes */
#define SLOTS_LEAST ((size_t)1 << 11)

void ll_piece_cache_init(struct ll_piece_cache *c)
{
	size_t slots = SLOTS_MOST, share = (size_t)LL_MIN(ll_memory_left(), SIZE_MAX) / 8 / (size_t)ll_threads();
	while (slots > SLOTS_LEAST && slots * sizeof *c->slot * (STORE_SHARE + 1) / STORE_SHARE > share)
		slots /= 2;
	*c = (struct ll_piece_cache){ .mask = (uint32_t)(slots / 2 - 1), .slot_bytes = slots * sizeof *c->slot };
	c->store_most = c->slot_bytes / STORE_SHARE / sizeof *c->store;
	if (slots > SLOTS_LEAST) {
		c->claimed = c->slot_bytes + c->store_most * sizeof *c->store;
		ll_memory_claim(c->claimed, "the cache of an encoder");
	}
	c->slot = ll_alloc_pages(c->slot_bytes);
	c->store = ll_alloc_pages(c->store_most * sizeof *c->store);
	c->keys = ll_piece_keys_plain;
	c->hits = ll_piece_hits_plain;
	c->set = ll_piece_set_plain;
#ifdef HAVE_AVX
	if (ll_cpu() >= LL_CPU_AVX2) {
		c->keys = ll_piece_keys_avx2;
		c->hits = ll_piece_hits_avx2;
		c->set = ll_piece_set_avx2;
	}
#endif
}

void ll_piece_cache_free(struct ll_piece_cache *c)
{
	ll_free_pages(c->slot, c->slot_bytes);
	ll_free_pages(c->store, c->store_most * sizeof *c->store);
	ll_memory_release(c->claimed);
	*c = (struct ll_piece_cache){ 0 };
}

struct ll_piece ll_piece_long(const char *p, size_t n)
{
	return (struct ll_piece){ ll_hash64(p, n), LL_PIECE_LONG | n };
}

const uint32_t *ll_piece_cache_find(const struct ll_piece_cache *c, struct ll_piece piece, uint32_t set, const char *p,
				    size_t n, size_t *ids)
{
	const struct ll_slot *slot = c->slot + set;
	if (!ll_piece_eq(slot->piece, piece) && !ll_piece_eq((++slot)->piece, piece))
		return NULL;
	*ids = slot->n & ~LL_SLOT_STORED;
	if (!(slot->n & LL_SLOT_STORED))
		return slot->id;
	if (slot->id[1] != c->generation)
		return NULL;
	const uint32_t *stored = c->store + slot->id[0];
	return n > LL_PIECE_SHORT && memcmp(stored + *ids, p, n) != 0 ? NULL : stored;
}

void ll_piece_cache_put(struct ll_piece_cache *c, struct ll_piece piece, uint32_t set, const char *p, size_t n,
			const uint32_t *id, size_t ids)
{
	struct ll_slot *slot = c->slot + set;
	struct ll_slot new = { .piece = piece, .n = (uint32_t)ids };
	if (n <= LL_PIECE_SHORT && ids <= LL_SLOT_IDS) {
		memcpy(new.id, id, ids * sizeof *id);
	} else {
		size_t bytes = n > LL_PIECE_SHORT ? n : 0, words = ids + (bytes + 3) / 4;
		if (c->store_most - c->stored < words) {
			c->stored = 0;
			c->generation++;
		}
		memcpy(c->store + c->stored, id, ids * sizeof *id);
		memcpy(c->store + c->stored + ids, p, bytes);
		new.id[0] = (uint32_t)c->stored;
		new.id[1] = c->generation;
		new.n |= LL_SLOT_STORED;
		c->stored += words;
	}
	if (!ll_piece_eq(slot->piece, piece))
		slot[1] = slot[0];
	*slot = new;
}

/* ---- the plain version of what piece_cache_avx2.c does ---- */

uint32_t ll_piece_set_plain(const struct ll_piece_cache *c, struct ll_piece piece)
{
	return 2 * ((uint32_t)ll_piece_hash(piece) & c->mask);
}

void ll_piece_keys_plain(const struct ll_piece_cache *c, struct ll_batch *b, const char *text, size_t at, size_t n,
			 size_t len)
{
	for (size_t i = 0; i < n; at = b->end[i++]) {
		size_t bytes = b->end[i] - at;
		b->piece[i] = (struct ll_piece){ 0, LL_PIECE_LONG };
		if (bytes <= LL_PIECE_SHORT)
			b->piece[i] = ll_piece_pack(text + at, bytes, text + len);
		b->set[i] = ll_piece_set_plain(c, b->piece[i]);
		__builtin_prefetch(c->slot + b->set[i]);
	}
}

size_t ll_piece_hits_plain(const struct ll_piece_cache *c, const struct ll_batch *b, size_t i, size_t n, uint32_t **out)
{
	for (; i < n; i++) {
		const struct ll_slot *slot = c->slot + b->set[i];
		if (!ll_piece_eq(slot->piece, b->piece[i]) && !ll_piece_eq((++slot)->piece, b->piece[i]))
			break;
		if (slot->n > LL_SLOT_IDS)
			break;
		memcpy(*out, slot->id, sizeof slot->id);
		*out += slot->n;
	}
	return i;
}
