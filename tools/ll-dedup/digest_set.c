/* SPDX-License-Identifier: MIT */
#include "ll-dedup/digest_set.h"

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "ll-dedup/digest_slots.h"

#define SMALLEST 4096u
#define SMALL (1u << 20) /* below it grows faster: 16 MiB */

void digest_set_init(struct digest_set *s, uint64_t bytes)
{
	memset(s, 0, sizeof(*s));
	bytes = LL_MAX(bytes, (2 * DIGEST_SPILL) * sizeof(*s->slot));
	s->slot = ll_reserve(&bytes);
	s->max_cap = bytes / sizeof(*s->slot) - DIGEST_SPILL - 1; /* the last slot stays free */
}

static uint64_t slots(uint64_t cap)
{
	return cap ? cap + DIGEST_SPILL : 0;
}

/* True when it is there; otherwise *at is where it belongs. */
static inline bool find(const struct digest_set *s, struct digest_slot digest, uint64_t *at)
{
	const struct digest_slot *slot = &s->slot[digest_home(s->cap, digest.low)];

	while (slot->low < digest.low && !digest_is_free(*slot))
		slot++;
	for (; slot->low == digest.low && !digest_is_free(*slot); slot++)
		if (slot->high == digest.high)
			return true;
	*at = (uint64_t)(slot - s->slot);
	return false;
}

/* In place: all digests move to the end, in order, and from there, front to back, each to its home place or right behind
 * the one before it; those that are still at the end have room until they are reached. */
static void grow(struct digest_set *s)
{
	uint64_t cap = s->cap ? (s->cap < SMALL ? 4 : 2) * s->cap : SMALLEST, to, next = 0;

	if (s->cap == s->max_cap) {
		ll_hint("give more --memory");
		ll_die(LL_EXIT_RESOURCE, "%llu digests fill the %llu bytes of --memory that there are for them",
		       (unsigned long long)s->len, (unsigned long long)(slots(s->cap) * sizeof(*s->slot)));
	}
	if (cap + cap / 8 > s->max_cap)
		cap = s->max_cap;
	ll_memory_claim((slots(cap) - slots(s->cap)) * sizeof(*s->slot), "the set of digests");
	to = slots(cap);
	for (uint64_t i = slots(s->cap); i-- > 0;) {
		struct digest_slot digest = s->slot[i];
		if (digest_is_free(digest))
			continue;
		s->slot[i] = (struct digest_slot){ 0 };
		s->slot[--to] = digest;
	}
	for (; to < slots(cap); to++) {
		struct digest_slot digest = s->slot[to];
		s->slot[to] = (struct digest_slot){ 0 };
		next = LL_MAX(next, digest_home(cap, digest.low));
		LL_ASSERT(next <= to);
		s->slot[next++] = digest;
	}
	s->cap = cap;
}

bool digest_slot_add(struct digest_set *s, struct digest_slot digest)
{
	uint64_t at, stop;

	if (find(s, digest, &at))
		return false;
	if (LL_UNLIKELY(s->len >= digest_room(s->cap))) {
		grow(s);
		return digest_slot_add(s, digest);
	}
	for (stop = at; !digest_is_free(s->slot[stop]);)
		stop++;
	if (LL_UNLIKELY(stop == slots(s->cap))) {
		grow(s);
		return digest_slot_add(s, digest);
	}
	if (stop > at)
		memmove(&s->slot[at + 1], &s->slot[at], (stop - at) * sizeof(*s->slot));
	s->slot[at] = digest;
	s->len++;
	return true;
}

static bool has(const struct digest_set *s, struct digest_slot digest)
{
	uint64_t at;

	return s->cap > 0 && find(s, digest, &at);
}

bool digest_set_add(struct digest_set *s, struct ll_id digest)
{
	if (digest_is_free(digest_load(&digest))) {
		bool fresh = !s->has_zero;
		s->has_zero = true;
		s->len += fresh;
		return fresh;
	}
	return digest_slot_add(s, digest_load(&digest));
}

bool digest_set_has(const struct digest_set *s, struct ll_id digest)
{
	return digest_is_free(digest_load(&digest)) ? s->has_zero : has(s, digest_load(&digest));
}

static inline bool known(struct digest_set *s, struct digest_slot digest)
{
	return !digest_slot_add(s, digest);
}

static inline bool is_there(struct digest_set *s, struct digest_slot digest)
{
	return has(s, digest);
}

void digest_set_add_all(struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first)
{
#ifdef HAVE_AVX
	if (ll_cpu() >= LL_CPU_AVX512) {
		digest_set_add_all_avx512(s, digest, n, there, first);
		return;
	}
#endif
	digest_each(s, digest, n, there, first, known);
}

void digest_set_has_all(const struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first)
{
	digest_each((struct digest_set *)(uintptr_t)s, digest, n, there, first, is_there);
}

bool digest_set_has_room(const struct digest_set *s, uint64_t more)
{
	return s->len + more <= digest_room(s->max_cap);
}

void digest_set_free(struct digest_set *s)
{
	ll_free(s->slot);
	ll_memory_release(slots(s->cap) * sizeof(struct digest_slot));
	memset(s, 0, sizeof(*s));
}
