/* SPDX-License-Identifier: MIT */
/* As json_avx512.c, in two registers of 32 bytes; what is kept of eight bytes is moved together by a table of its places. */
#include "text/json_wide.h"

#include "base/places_avx2.h"

struct block {
	__m256i low, high;
};

static inline struct block load(const char *p)
{
	return (struct block){ _mm256_loadu_si256((const __m256i *)p), _mm256_loadu_si256((const __m256i *)(p + 32)) };
}

static inline void store(char *p, struct block v)
{
	_mm256_storeu_si256((__m256i *)p, v.low);
	_mm256_storeu_si256((__m256i *)(p + 32), v.high);
}

static inline uint64_t bits(__m256i low, __m256i high)
{
	return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

static inline uint64_t equal(struct block v, char c)
{
	return bits(_mm256_cmpeq_epi8(v.low, _mm256_set1_epi8(c)), _mm256_cmpeq_epi8(v.high, _mm256_set1_epi8(c)));
}

static inline __m256i control(__m256i v)
{
	return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
}

static inline __m256i lookup(__m256i v, char c0, char c2, char c4, char c6, char cc, char ce, char cf)
{
	return _mm256_shuffle_epi8(_mm256_setr_epi8(c0, 0, c2, 0, c4, 0, c6, 0, 0, 0, 0, 0, cc, 0, ce, cf, c0, 0, c2, 0, c4, 0, c6, 0, 0, 0,
						    0, 0, cc, 0, ce, cf),
				   v);
}

/* Not zero for the letters of escapes: 0x2f, 0x5c and 0x?2, ?4, ?6, ?e with a bit for each upper half that they have. */
static inline __m256i known(__m256i v)
{
	__m256i upper = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0xf));
	__m256i halves = _mm256_setr_epi8(0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);

	/* a byte from 0x80 on gives 0 for its lower half */
	return _mm256_and_si256(lookup(v, 0, 1 | 4 | 8, 8, 4, 2, 4, 1), _mm256_shuffle_epi8(halves, upper));
}

static inline uint64_t good_letters(struct block v)
{
	const __m256i zero = _mm256_setzero_si256();

	return ~bits(_mm256_cmpeq_epi8(known(v.low), zero), _mm256_cmpeq_epi8(known(v.high), zero));
}

/* What a backslash and this letter stand for; bits 4 and 6 of the letter tell which table has it. */
static inline __m256i translated(__m256i v)
{
	__m256i six = lookup(v, 0, '\b', 0, '\f', 0, '\n', 0), seven = lookup(v, 0, '\r', '\t', 0, '\\', 0, 0);

	return _mm256_blendv_epi8(v, _mm256_blendv_epi8(six, seven, _mm256_slli_epi16(v, 3)), _mm256_slli_epi16(v, 1));
}

/* The bytes where a bit is set, as masks. */
static inline __m256i spread(uint32_t mask)
{
	const __m256i byte = _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101, 0);
	const __m256i bit = _mm256_set1_epi64x((int64_t)0x8040201008040201ull);
	__m256i v = _mm256_shuffle_epi8(_mm256_set1_epi32((int)mask), byte);

	return _mm256_cmpeq_epi8(_mm256_and_si256(v, bit), bit);
}

const char *ll_json_skip_avx2(const char *p, const char *end)
{
	while (end - p >= 64) {
		struct block v = load(p);
		uint64_t slash = equal(v, '\\'), stop = equal(v, '"') | bits(control(v.low), control(v.high));
		unsigned open = 0; /* the last byte escapes one that is not there yet */

		if (slash) {
			uint64_t escaped = ll_json_escaped_by(slash);
			stop = (stop & ~escaped) | (escaped & ~good_letters(v)) >> 1;
			open = (unsigned)((slash & ~escaped) >> 63);
		}
		if (stop)
			return p + __builtin_ctzll(stop);
		p += 64 - open;
	}
	return p;
}

/* Writes the bytes of v whose bit is set; returns their end. */
static inline char *squeeze(char *to, struct block v, uint64_t kept)
{
	char bytes[64];

	store(bytes, v);
	for (int k = 0; k < 64; k += 8, kept >>= 8) {
		__m128i eight = _mm_loadl_epi64((const __m128i *)(bytes + k));
		_mm_storel_epi64((__m128i *)to, _mm_shuffle_epi8(eight, ll_places_of_byte(kept & 0xff)));
		to += __builtin_popcountll(kept & 0xff);
	}
	return to;
}

void ll_json_unescape_avx2(const char **from, const char *end, char **into, bool *slash_seen)
{
	const char *p = *from;
	char *to = *into, last[64] = { 0 };
	bool again = true;

	while (p < end && again) {
		unsigned n = end - p < 64 ? (unsigned)(end - p) : 64;
		if (n < 64)
			memcpy(last, p, n);
		struct block v = load(n < 64 ? last : p);
		uint64_t slash = equal(v, '\\') & ~(uint64_t)0 >> (64 - n);

		if (slash) {
			struct ll_json_escapes e = ll_json_escapes_of(slash, equal(v, 'u'), n);
			*slash_seen |= (e.escaped & equal(v, '/')) != 0;
			v.low = _mm256_blendv_epi8(v.low, translated(v.low), spread((uint32_t)e.escaped));
			v.high = _mm256_blendv_epi8(v.high, translated(v.high), spread((uint32_t)(e.escaped >> 32)));
			to = squeeze(to, v, e.kept);
			n = e.n;
			again = !e.at_u;
		} else {
			store(to, v);
			to += n;
		}
		p += n;
	}
	*from = p;
	*into = to;
}
