/* SPDX-License-Identifier: MIT */
/* Keys and slots as 16-byte vectors, CRC32C for the hash; without branches but one, taken where a piece is not there.
 */
#include "bpe/piece_cache.h"

#include <immintrin.h>

#define ROW(n)                                                                                                         \
	{                                                                                                              \
		n > 0 ? -1 : 0, n > 1 ? -1 : 0, n > 2 ? -1 : 0, n > 3 ? -1 : 0, n > 4 ? -1 : 0, n > 5 ? -1 : 0,        \
			n > 6 ? -1 : 0, n > 7 ? -1 : 0, n > 8 ? -1 : 0, n > 9 ? -1 : 0, n > 10 ? -1 : 0,               \
			n > 11 ? -1 : 0, n > 12 ? -1 : 0, n > 13 ? -1 : 0, n > 14 ? -1 : 0, 0                          \
	}

/* The bytes that count of a piece of n bytes; none of one that is too long. */
static const signed char keep[17][16] __attribute__((aligned(16))) = {
	ROW(0), ROW(1), ROW(2),	 ROW(3),  ROW(4),  ROW(5),  ROW(6),  ROW(7),
	ROW(8), ROW(9), ROW(10), ROW(11), ROW(12), ROW(13), ROW(14), ROW(15),
};

static const uint64_t tag[17][2] __attribute__((aligned(16))) = {
#define TAG(n)                                                                                                         \
	{                                                                                                              \
		0, (uint64_t)n << 56                                                                                   \
	}
	TAG(0),
	TAG(1),
	TAG(2),
	TAG(3),
	TAG(4),
	TAG(5),
	TAG(6),
	TAG(7),
	TAG(8),
	TAG(9),
	TAG(10),
	TAG(11),
	TAG(12),
	TAG(13),
	TAG(14),
	TAG(15),
	{ 0, LL_PIECE_LONG },
};

static inline uint32_t set_of(uint64_t low, uint64_t high, uint32_t mask)
{
	return 2 * ((uint32_t)_mm_crc32_u64(_mm_crc32_u64(0, low), high) & mask);
}

uint32_t ll_piece_set_avx2(const struct ll_piece_cache *c, struct ll_piece piece)
{
	return set_of(piece.low, piece.high, c->mask);
}

static inline void put_key(const struct ll_piece_cache *c, struct ll_batch *b, size_t i, __m128i bytes, size_t n)
{
	n = LL_MIN(n, 16);
	__m128i key = _mm_or_si128(_mm_and_si128(bytes, _mm_load_si128((const void *)keep[n])),
				   _mm_load_si128((const void *)tag[n]));
	uint32_t set = set_of((uint64_t)_mm_cvtsi128_si64(key), (uint64_t)_mm_extract_epi64(key, 1), c->mask);
	_mm_storeu_si128((void *)&b->piece[i], key);
	b->set[i] = set;
	_mm_prefetch((const void *)(c->slot + set), _MM_HINT_T0);
}

void ll_piece_keys_avx2(const struct ll_piece_cache *c, struct ll_batch *b, const char *text, size_t at, size_t n,
			size_t len)
{
	size_t i = 0, safe = n;
	/* The last pieces are copied: 16 bytes from where they start are not all of the text. */
	while (safe > 0 && (safe > 1 ? b->end[safe - 2] : at) + 16 > len)
		safe--;
	for (; i < safe; at = b->end[i++])
		put_key(c, b, i, _mm_loadu_si128((const void *)(text + at)), b->end[i] - at);
	for (; i < n; at = b->end[i++]) {
		char last[16] = { 0 };
		memcpy(last, text + at, LL_MIN(b->end[i] - at, 16));
		put_key(c, b, i, _mm_loadu_si128((const void *)last), b->end[i] - at);
	}
}

size_t ll_piece_hits_avx2(const struct ll_piece_cache *c, const struct ll_batch *b, size_t i, size_t n, uint32_t **out)
{
	uint32_t *to = *out;
	for (; i < n; i++) {
		const struct ll_slot *slot = c->slot + b->set[i];
		__m128i key = _mm_loadu_si128((const void *)&b->piece[i]);
		__m128i first = _mm_xor_si128(key, _mm_load_si128((const void *)&slot[0].piece));
		__m128i second = _mm_xor_si128(key, _mm_load_si128((const void *)&slot[1].piece));
		bool no_first = !_mm_testz_si128(first, first);
		bool no_second = !_mm_testz_si128(second, second);
		slot += no_first;
		if (LL_UNLIKELY((no_first & no_second) | (slot->n > LL_SLOT_IDS)))
			break;
		_mm_storeu_si128((void *)to, _mm_load_si128((const void *)slot->id));
		to += slot->n;
	}
	*out = to;
	return i;
}
