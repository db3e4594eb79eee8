/* SPDX-License-Identifier: MIT */
#include "ll-bpe/piece_counts.h"

#include "base/error.h"
#include "base/memory.h"

#define PAGES_FROM (64 * LL_KIB) /* tables from here on are pages of their own, which go back to the system when freed */

static struct piece_count *slots_new(size_t slots)
{
	size_t bytes = slots * sizeof(struct piece_count);
	return bytes >= PAGES_FROM ? ll_alloc_pages(bytes) : ll_calloc(1, bytes);
}

static void slots_free(struct piece_count *slot, size_t slots)
{
	if (slots * sizeof *slot >= PAGES_FROM)
		ll_free_pages(slot, slots * sizeof *slot);
	else
		ll_free(slot);
}

static void claim(struct piece_counts *t, uint64_t bytes)
{
	ll_memory_claim(bytes, "the table of distinct pre-tokens");
	t->claimed += bytes;
}

void piece_counts_init(struct piece_counts *t, size_t slots, unsigned skip)
{
	*t = (struct piece_counts){ .slots = slots, .skip = skip, .shift = 64 };
	for (size_t n = slots; n > 1; n /= 2)
		t->shift--;
	claim(t, slots * sizeof *t->slot);
	t->slot = slots_new(slots);
}

void piece_counts_free(struct piece_counts *t)
{
	slots_free(t->slot, t->slots);
	ll_buf_free(&t->bytes);
	ll_memory_release(t->claimed);
	*t = (struct piece_counts){ 0 };
}

void piece_counts_clear(struct piece_counts *t)
{
	memset(t->slot, 0, t->slots * sizeof *t->slot);
	t->used = 0;
	ll_buf_clear(&t->bytes);
}

void piece_counts_grow(struct piece_counts *t)
{
	size_t old = t->slots;
	struct piece_count *from = t->slot;
	claim(t, 2 * old * sizeof *t->slot);
	t->slots = 2 * old;
	t->shift--;
	t->slot = slots_new(t->slots);
	for (size_t i = 0; i < old; i++) {
		if (!piece_counts_used(&from[i]))
			continue;
		struct piece_count *s = piece_counts_home(t, piece_counts_hash(&from[i])), *end = t->slot + t->slots;
		while (piece_counts_used(s))
			s = s + 1 == end ? t->slot : s + 1;
		*s = from[i];
	}
	slots_free(from, old);
	ll_memory_release(old * sizeof *t->slot);
	t->claimed -= old * sizeof *t->slot;
}

static struct ll_str long_bytes(const struct piece_counts *t, const struct piece_count *slot)
{
	const char *p = t->bytes.data + (slot->key.high & ~PIECE_LONG);
	return ll_str(p + 4, ll_get32(p));
}

struct ll_str piece_counts_bytes(const struct piece_counts *t, const struct piece_count *slot, char room[16])
{
	return slot->key.high < PIECE_LONG ? ll_piece_bytes(slot->key, room) : long_bytes(t, slot);
}

void piece_counts_add_long(struct piece_counts *t, struct ll_str piece, uint64_t hash, uint64_t n)
{
	struct piece_count *s = piece_counts_home(t, hash), *end = t->slot + t->slots;
	for (; piece_counts_used(s); s = s + 1 == end ? t->slot : s + 1) {
		if (s->key.low == hash && s->key.high >= PIECE_LONG && ll_str_eq(long_bytes(t, s), piece)) {
			s->count = piece_counts_sum(s->count, n);
			return;
		}
	}
	if (piece.len > UINT32_MAX)
		ll_die(LL_EXIT_RESOURCE, "a pre-token of %zu bytes is longer than can be counted", piece.len);
	size_t cap = t->bytes.cap;
	*s = (struct piece_count){ { hash, PIECE_LONG | t->bytes.len }, n };
	t->used++;
	ll_buf_put32(&t->bytes, (uint32_t)piece.len);
	ll_buf_add_str(&t->bytes, piece);
	claim(t, t->bytes.cap - cap);
}
