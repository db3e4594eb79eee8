/* SPDX-License-Identifier: MIT */
/* places_avx2.h - where the ones of a byte are, by a table: bits one by one cost a branch that is never foreseen. */
#ifndef LL_PLACES_AVX2_H
#define LL_PLACES_AVX2_H

#include <immintrin.h>
#include <stdint.h>

extern const uint64_t ll_places[256];

/* The places of the ones in `byte`, a byte each from the lowest on; zeros after them. As indices of a shuffle they move the
 * bytes that are marked together. */
static inline __m128i ll_places_of_byte(uint64_t byte)
{
	return _mm_loadl_epi64((const __m128i *)&ll_places[byte]);
}

#endif
