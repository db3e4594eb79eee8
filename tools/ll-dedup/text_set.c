/* SPDX-License-Identifier: MIT */
#include "ll-dedup/text_set.h"

#include "base/memory.h"
#include "ll-dedup/text_store.h"

struct slot {
	uint64_t hash;
	uint64_t at; /* in the store, of u32 length and the bytes, plus 1; 0: free */
};

struct text_set {
	struct text_store *store;
	struct slot *slot;
	uint64_t cap, len; /* cap: a power of two */
	uint64_t hash_mask;
	struct ll_buf record;
};

struct text_set *text_set_new(unsigned hash_bits)
{
	struct text_set *s = ll_calloc(1, sizeof(*s));

	s->store = text_store_new("texts to compare");
	s->hash_mask = hash_bits >= 64 ? UINT64_MAX : ((uint64_t)1 << hash_bits) - 1;
	return s;
}

static uint64_t home(const struct text_set *s, uint64_t hash)
{
	return hash * 0x9e3779b97f4a7c15ull >> 32 & (s->cap - 1);
}

static void grow(struct text_set *s)
{
	struct slot *old = s->slot;
	uint64_t old_cap = s->cap;

	s->cap = old_cap ? 2 * old_cap : 1024;
	ll_memory_claim(s->cap * sizeof(*s->slot), "the set of texts (--verify-bytes)");
	s->slot = ll_calloc(s->cap, sizeof(*s->slot));
	for (uint64_t i = 0; i < old_cap; i++) {
		if (!old[i].at)
			continue;
		uint64_t at = home(s, old[i].hash);
		while (s->slot[at].at)
			at = (at + 1) & (s->cap - 1);
		s->slot[at] = old[i];
	}
	ll_free(old);
	ll_memory_release(old_cap * sizeof(*s->slot));
}

static bool holds(struct text_set *s, uint64_t at, struct ll_str text)
{
	const char *p = text_store_at(s->store, at);

	return ll_get32(p) == text.len && (text.len == 0 || memcmp(p + 4, text.data, text.len) == 0);
}

uint64_t text_set_add(struct text_set *s, struct ll_str text, bool *fresh)
{
	uint64_t hash = ll_hash64(text.data, text.len) & s->hash_mask;

	if (s->len >= s->cap / 4 * 3)
		grow(s);
	uint64_t i = home(s, hash);
	for (; s->slot[i].at; i = (i + 1) & (s->cap - 1))
		if (s->slot[i].hash == hash && holds(s, s->slot[i].at - 1, text)) {
			*fresh = false;
			return s->slot[i].at;
		}
	ll_buf_clear(&s->record);
	ll_buf_put32(&s->record, (uint32_t)text.len);
	ll_buf_add_str(&s->record, text);
	s->slot[i] = (struct slot){ hash, text_store_add(s->store, s->record.data, s->record.len) + 1 };
	s->len++;
	*fresh = true;
	return s->slot[i].at;
}

void text_set_free(struct text_set *s)
{
	if (!s)
		return;
	text_store_free(s->store);
	ll_buf_free(&s->record);
	ll_free(s->slot);
	ll_memory_release(s->cap * sizeof(*s->slot));
	ll_free(s);
}
