/* SPDX-License-Identifier: MIT */
/* Backslashes are squeezed out of all 64 bytes at once: where lines end at no regular distance that saves a mispredicted branch
 * for each of them. */
#include "text/json_wide.h"

#include <immintrin.h>

/* What a backslash and this letter stand for; 0: no escape of one letter. */
static const unsigned char short_escape[128] = {
	['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

static inline __m512i translated(__m512i v)
{
	return _mm512_permutex2var_epi8(_mm512_loadu_si512(short_escape), v, _mm512_loadu_si512(short_escape + 64));
}

const char *ll_json_skip_avx512(const char *p, const char *end)
{
	while (end - p >= 64) {
		__m512i v = _mm512_loadu_si512(p);
		uint64_t slash = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));
		uint64_t stop = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')) | _mm512_cmplt_epu8_mask(v, _mm512_set1_epi8(0x20));
		unsigned open = 0; /* the last byte escapes one that is not there yet */

		if (slash) {
			uint64_t escaped = ll_json_escaped_by(slash);
			__m512i to = translated(v);
			uint64_t good = _mm512_test_epi8_mask(to, to) & ~_mm512_movepi8_mask(v);
			stop = (stop & ~escaped) | (escaped & ~good) >> 1;
			open = (unsigned)((slash & ~escaped) >> 63);
		}
		if (stop)
			return p + __builtin_ctzll(stop);
		p += 64 - open;
	}
	return p;
}

void ll_json_unescape_avx512(const char **from, const char *end, char **into, bool *slash_seen)
{
	const char *p = *from;
	char *to = *into;
	bool again = true;

	while (p < end && again) {
		unsigned n = end - p < 64 ? (unsigned)(end - p) : 64;
		uint64_t inside = ~(uint64_t)0 >> (64 - n);
		__m512i v = _mm512_maskz_loadu_epi8(inside, p);
		uint64_t slash = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\'));

		if (slash) {
			struct ll_json_escapes e = ll_json_escapes_of(slash, _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('u')), n);
			*slash_seen |= (e.escaped & _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('/'))) != 0;
			v = _mm512_maskz_compress_epi8(e.kept, _mm512_mask_mov_epi8(v, e.escaped, translated(v)));
			_mm512_storeu_si512(to, v);
			to += __builtin_popcountll(e.kept);
			n = e.n;
			again = !e.at_u;
		} else {
			_mm512_storeu_si512(to, v);
			to += n;
		}
		p += n;
	}
	*from = p;
	*into = to;
}
