/* SPDX-License-Identifier: MIT */
/* digest_slots.h - inside digest_set*.c: the table itself. All versions of add leave equal tables. */
#ifndef LL_DIGEST_SLOTS_H
#define LL_DIGEST_SLOTS_H

#include "ll-dedup/digest_set.h"

struct digest_slot {
	uint64_t low, high; /* low: decides the place, and the order */
};

#define DIGEST_SPILL 64u /* slots after the last home place: more digests than that never wait there (5/6 full: p < 1e-11) */
#define DIGEST_AHEAD 24u /* digests whose slots are on their way from memory */

static inline struct digest_slot digest_load(const struct ll_id *digest)
{
	struct digest_slot s;

	memcpy(&s, digest, sizeof(s)); /* in the machine's order of bytes, which stays in here */
	return s;
}

static inline bool digest_is_free(struct digest_slot s)
{
	return (s.low | s.high) == 0;
}

static inline uint64_t digest_home(uint64_t cap, uint64_t low)
{
	return (uint64_t)((unsigned __int128)low * cap >> 64);
}

static inline uint64_t digest_room(uint64_t cap)
{
	return cap - cap / 6;
}

/* Inlined by force: gcc takes a function that only fetches for one without effect, and drops its calls. */
static inline __attribute__((always_inline)) void digest_prefetch(const struct digest_set *s, const struct ll_id *digest)
{
	const struct digest_slot *slot = &s->slot[digest_home(s->cap, digest_load(digest).low)];

	__builtin_prefetch(slot);
	__builtin_prefetch(slot + 4);
	__builtin_prefetch(slot + 8);
}

static inline void digest_set_bit(uint64_t *bits, uint64_t i)
{
	bits[i / 64] |= (uint64_t)1 << (i % 64);
}

/* Sets the bits of the digests for which `there` is true, but for zero, which is not kept in slots. Inlined, and `there` in it. */
static inline __attribute__((always_inline)) void digest_each(struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *bits,
							      uint64_t first, bool (*there)(struct digest_set *, struct digest_slot))
{
	for (size_t i = 0; i < LL_MIN(n, DIGEST_AHEAD); i++)
		digest_prefetch(s, &digest[i]);
	for (size_t i = 0; i < n; i++) {
		struct digest_slot d = digest_load(&digest[i]);
		if (i + DIGEST_AHEAD < n)
			digest_prefetch(s, &digest[i + DIGEST_AHEAD]);
		if (!digest_is_free(d) && there(s, d))
			digest_set_bit(bits, first + i);
	}
}

/* True when it was not there. */
bool digest_slot_add(struct digest_set *s, struct digest_slot digest);
void digest_set_add_all_avx512(struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first);

#endif
