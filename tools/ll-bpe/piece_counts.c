/* SPDX-License-Identifier: MIT */
#include "ll-bpe/piece_counts.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"

#define LONG_MARK ((uint64_t)0xff << 56)
#define FIRST_SLOTS ((size_t)1 << 14)

static void claim(struct piece_counts *t, uint64_t bytes)
{
	ll_memory_claim(bytes, "the table of distinct pre-tokens");
	t->claimed += bytes;
}

static void grow(struct piece_counts *t)
{
	size_t old = t->slots, slots = old ? 2 * old : FIRST_SLOTS;
	claim(t, slots * sizeof *t->slot);
	struct piece_count *slot = ll_calloc(slots, sizeof *slot);
	for (size_t i = 0; i < old; i++) {
		if (!piece_counts_used(&t->slot[i]))
			continue;
		const struct ll_piece k = t->slot[i].key;
		size_t h = (k.high >= LONG_MARK ? k.low : ll_piece_hash(k)) & (slots - 1);
		while (piece_counts_used(&slot[h]))
			h = (h + 1) & (slots - 1);
		slot[h] = t->slot[i];
	}
	ll_free(t->slot);
	ll_memory_release(old * sizeof *t->slot);
	t->claimed -= old * sizeof *t->slot;
	t->slot = slot;
	t->slots = slots;
}

struct ll_str piece_counts_bytes(const struct piece_counts *t, const struct piece_count *slot)
{
	if (slot->key.high < LONG_MARK)
		return ll_str((const char *)&slot->key, slot->key.high >> 56);
	const char *p = t->bytes.data + (slot->key.high & ~LONG_MARK);
	return ll_str(p + 4, ll_get32(p));
}

static void add_long(struct piece_counts *t, const char *piece, size_t len, uint64_t n)
{
	uint64_t hash = ll_hash64(piece, len);
	size_t i = hash & (t->slots - 1);
	for (; piece_counts_used(&t->slot[i]); i = (i + 1) & (t->slots - 1)) {
		struct piece_count *s = &t->slot[i];
		if (s->key.low == hash && s->key.high >= LONG_MARK &&
		    ll_str_eq(piece_counts_bytes(t, s), ll_str(piece, len))) {
			s->count += n;
			return;
		}
	}
	if (len > UINT32_MAX)
		ll_die(LL_EXIT_RESOURCE, "a pre-token of %zu bytes is longer than can be counted", len);
	size_t cap = t->bytes.cap;
	t->slot[i] = (struct piece_count){ { hash, LONG_MARK | t->bytes.len }, n };
	t->used++;
	ll_buf_put32(&t->bytes, (uint32_t)len);
	ll_buf_add(&t->bytes, piece, len);
	claim(t, t->bytes.cap - cap);
}

void piece_counts_add(struct piece_counts *t, const char *piece, size_t len, const char *end, uint64_t n)
{
	if (LL_UNLIKELY(t->used * 8 >= t->slots * 5))
		grow(t);
	if (LL_UNLIKELY(len > LL_PIECE_SHORT)) {
		add_long(t, piece, len, n);
		return;
	}
	struct ll_piece key = ll_piece_pack(piece, len, end);
	for (size_t i = ll_piece_hash(key) & (t->slots - 1);; i = (i + 1) & (t->slots - 1)) {
		struct piece_count *s = &t->slot[i];
		if (LL_LIKELY(ll_piece_eq(s->key, key))) {
			s->count += n;
			return;
		}
		if (!piece_counts_used(s)) {
			*s = (struct piece_count){ key, n };
			t->used++;
			return;
		}
	}
}

void piece_counts_merge(struct piece_counts *t, struct piece_counts *from)
{
	for (size_t i = 0; i < from->slots; i++) {
		if (!piece_counts_used(&from->slot[i]))
			continue;
		struct ll_str s = piece_counts_bytes(from, &from->slot[i]);
		piece_counts_add(t, s.data, s.len, s.data + s.len, from->slot[i].count);
	}
	piece_counts_free(from);
}

void piece_counts_free(struct piece_counts *t)
{
	ll_free(t->slot);
	ll_buf_free(&t->bytes);
	ll_memory_release(t->claimed);
	*t = (struct piece_counts){ 0 };
}
