/* SPDX-License-Identifier: MIT */
/* Eight slots at a time: where a search ends, and how far what stands there must move, cost no branch that is hard to foresee. */
#include "ll-dedup/digest_slots.h"

#include <immintrin.h>

#define WINDOWS 3 /* a search that goes farther goes slot by slot; far enough from DIGEST_SPILL */

/* Moves slots [0, n), n < 8, one up. */
static inline void move_up(struct digest_slot *slot, unsigned n)
{
	uint32_t words = (1u << 2 * n) - 1;
	__m512i low = _mm512_loadu_si512(slot), high = _mm512_loadu_si512(slot + 4);

	_mm512_mask_storeu_epi64(slot + 1, (__mmask8)words, low);
	_mm512_mask_storeu_epi64(slot + 5, (__mmask8)(words >> 8), high);
}

static inline bool add(struct digest_set *s, struct digest_slot digest)
{
	const __m512i even = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0), odd = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
	const __m512i low = _mm512_set1_epi64((int64_t)digest.low), high = _mm512_set1_epi64((int64_t)digest.high);
	struct digest_slot *slot = &s->slot[digest_home(s->cap, digest.low)];

	for (unsigned w = 0; w < WINDOWS; w++, slot += 8) {
		__m512i a = _mm512_loadu_si512(slot), b = _mm512_loadu_si512(slot + 4);
		__m512i lows = _mm512_permutex2var_epi64(a, even, b), highs = _mm512_permutex2var_epi64(a, odd, b);
		__m512i any = _mm512_or_si512(lows, highs);
		uint32_t used = _mm512_test_epi64_mask(any, any), equal = used & _mm512_cmpeq_epi64_mask(lows, low);
		uint32_t stop = ~(used & _mm512_cmplt_epu64_mask(lows, low)) & 0xff, room = ~used & 0xff;

		if (LL_UNLIKELY(!stop))
			continue;
		if (equal & _mm512_cmpeq_epi64_mask(highs, high))
			return false;
		if (LL_UNLIKELY(!room || equal || s->len >= digest_room(s->cap)))
			break;
		unsigned at = (unsigned)__builtin_ctz(stop), to = (unsigned)__builtin_ctz(room);
		move_up(slot + at, to - at);
		slot[at] = digest;
		s->len++;
		return true;
	}
	return digest_slot_add(s, digest);
}

static inline bool known(struct digest_set *s, struct digest_slot digest)
{
	return !add(s, digest);
}

void digest_set_add_all_avx512(struct digest_set *s, const struct ll_id *digest, size_t n, uint64_t *there, uint64_t first)
{
	digest_each(s, digest, n, there, first, known);
}
