/* SPDX-License-Identifier: MIT */
#include "ll-dedup/digest_set.h"

#include "base/memory.h"

static bool is_free(const struct ll_id *slot)
{
	static const struct ll_id zero;
	return ll_id_eq(*slot, zero);
}

static uint64_t place(const struct digest_table *t, struct ll_id digest)
{
	return (uint64_t)((unsigned __int128)ll_get64(digest.byte + 8) * t->cap >> 64);
}

/* The slot that holds the digest, or the free one where it belongs. */
static struct ll_id *find(const struct digest_table *t, struct ll_id digest)
{
	uint64_t at = place(t, digest);

	while (!is_free(&t->slot[at]) && !ll_id_eq(t->slot[at], digest))
		at = at + 1 == t->cap ? 0 : at + 1;
	return &t->slot[at];
}

#define SMALLEST 64u

static void grow(struct digest_table *t)
{
	struct digest_table old = *t;

	t->cap = old.cap ? old.cap + old.cap / 2 : SMALLEST;
	ll_memory_claim(t->cap * sizeof(*t->slot), "the set of digests");
	t->slot = ll_calloc(t->cap, sizeof(*t->slot));
	for (uint64_t i = 0; i < old.cap; i++)
		if (!is_free(&old.slot[i]))
			*find(t, old.slot[i]) = old.slot[i];
	ll_free(old.slot);
	ll_memory_release(old.cap * sizeof(*t->slot));
}

bool digest_set_add(struct digest_set *s, struct ll_id digest)
{
	struct digest_table *t = &s->table[digest.byte[0]];

	if (is_free(&digest)) {
		bool fresh = !s->has_zero;
		s->has_zero = true;
		s->len += fresh;
		return fresh;
	}
	if (t->len >= t->cap - t->cap / 6)
		grow(t);
	struct ll_id *slot = find(t, digest);
	if (!is_free(slot))
		return false;
	*slot = digest;
	t->len++;
	s->len++;
	return true;
}

#define AHEAD 24u /* digests whose slots are on their way from memory */

static void prefetch(const struct digest_set *s, const struct ll_id *digest)
{
	const struct digest_table *t = &s->table[digest->byte[0]];

	__builtin_prefetch(&t->slot[place(t, *digest)]);
}

static void set_bit(uint64_t *bits, uint64_t i)
{
	bits[i / 64] |= (uint64_t)1 << (i % 64);
}

void digest_set_add_all(struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first)
{
	for (size_t i = 0; i < LL_MIN(n, AHEAD); i++)
		prefetch(s, &digest[i]);
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			prefetch(s, &digest[i + AHEAD]);
		if (!is_free(&digest[i]) && !digest_set_add(s, digest[i]))
			set_bit(there, first + i);
	}
}

void digest_set_has_all(const struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first)
{
	for (size_t i = 0; i < LL_MIN(n, AHEAD); i++)
		prefetch(s, &digest[i]);
	for (size_t i = 0; i < n; i++) {
		if (i + AHEAD < n)
			prefetch(s, &digest[i + AHEAD]);
		if (!is_free(&digest[i]) && digest_set_has(s, digest[i]))
			set_bit(there, first + i);
	}
}

bool digest_set_has(const struct digest_set *s, struct ll_id digest)
{
	const struct digest_table *t = &s->table[digest.byte[0]];

	if (is_free(&digest))
		return s->has_zero;
	return t->cap > 0 && !is_free(find(t, digest));
}

/* A table grows by half when five sixths are full: 1.8 slots a digest, and the old slots beside the new ones while
 * they move. The tables fill evenly; the largest is taken to be twice the mean. */
uint64_t digest_set_bytes_with(const struct digest_set *s, uint64_t more)
{
	uint64_t n = s->len + more, slots = LL_COUNT(s->table) * (SMALLEST + 2) + n / 5 * 9 + 2;

	return (slots + slots / 128) * sizeof(struct ll_id);
}

void digest_set_free(struct digest_set *s)
{
	for (size_t i = 0; i < LL_COUNT(s->table); i++) {
		ll_free(s->table[i].slot);
		ll_memory_release(s->table[i].cap * sizeof(struct ll_id));
	}
	memset(s, 0, sizeof(*s));
}
