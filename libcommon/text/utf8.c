/* SPDX-License-Identifier: MIT */
#include "text/utf8.h"

#include "base/cpu.h"
#include "text/utf8_avx2.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Number of ASCII bytes at the front, up to the nearest block. */
static size_t skip_ascii(const unsigned char *s, size_t n)
{
	size_t i = 0;

#ifdef __SSE2__
	for (; i + 64 <= n; i += 64) {
		const __m128i *p = (const __m128i *)(const void *)(s + i);
		__m128i any = _mm_or_si128(_mm_or_si128(_mm_loadu_si128(p), _mm_loadu_si128(p + 1)),
					   _mm_or_si128(_mm_loadu_si128(p + 2), _mm_loadu_si128(p + 3)));
		if (_mm_movemask_epi8(any))
			break;
	}
	for (; i + 16 <= n; i += 16) {
		int mask = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(s + i)));
		if (mask)
			return i + (size_t)__builtin_ctz((unsigned)mask);
	}
#endif
	while (i < n && s[i] < 0x80)
		i++;
	return i;
}

/* Length of the valid sequence at s (n > 0), or minus the length of the maximal invalid prefix of one (Unicode 15, table
 * 3-7 and "maximal subpart" of section 3.9, which is what the WHATWG decoder replaces). */
static int sequence(const unsigned char *s, size_t n)
{
	unsigned char c = s[0], low = 0x80, high = 0xbf;
	int need;

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf) {
		need = 1;
	} else if (c >= 0xe0 && c <= 0xef) {
		need = 2;
		if (c == 0xe0)
			low = 0xa0;
		else if (c == 0xed)
			high = 0x9f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		need = 3;
		if (c == 0xf0)
			low = 0x90;
		else if (c == 0xf4)
			high = 0x8f;
	} else {
		return -1;
	}
	for (int i = 1; i <= need; i++) {
		if ((size_t)i >= n || s[i] < low || s[i] > high)
			return -i;
		low = 0x80;
		high = 0xbf;
	}
	return need + 1;
}

size_t ll_utf8_valid_prefix(const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 0;

#ifdef HAVE_AVX
	if (n >= 64 && ll_cpu() >= LL_CPU_AVX2) {
		i = ll_utf8_blocks_avx2(s, n);
		/* Back to the start of a character that the end of the last block may cut. */
		for (int back = 0; back < 3 && i > 0 && (s[i - 1] & 0xc0) == 0x80; back++)
			i--;
		if (i > 0 && s[i - 1] >= 0xc0)
			i--;
	}
#endif
	while (i < n) {
		if (s[i] < 0x80) {
			i += skip_ascii(s + i, n - i);
			continue;
		}
		/* The two common shapes without a call: two and three bytes, no special second byte. */
		if (n - i >= 3 && s[i] >= 0xc2 && s[i] <= 0xdf && (s[i + 1] & 0xc0) == 0x80) {
			i += 2;
			continue;
		}
		if (n - i >= 3 && s[i] >= 0xe1 && s[i] <= 0xef && s[i] != 0xed && (s[i + 1] & 0xc0) == 0x80 &&
		    (s[i + 2] & 0xc0) == 0x80) {
			i += 3;
			continue;
		}
		int len = sequence(s + i, n - i);
		if (len < 0)
			return i;
		i += (size_t)len;
	}
	return n;
}

uint32_t ll_utf8_next(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;

	if (s[0] < 0x80) {
		*p += 1;
		return s[0];
	}
	if (s[0] < 0xe0) {
		*p += 2;
		return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
	}
	if (s[0] < 0xf0) {
		*p += 3;
		return (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
	}
	*p += 4;
	return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 | (uint32_t)(s[2] & 0x3f) << 6 |
	       (s[3] & 0x3f);
}

size_t ll_utf8_put(char out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t ll_utf8_count(const char *s, size_t n)
{
	const uint64_t ones = 0x0101010101010101u;
	size_t count = n, i = 0;

	for (; n - i >= 8; i += 8) { /* less the bytes 10xxxxxx, eight at a time */
		uint64_t x = ll_get64(s + i);
		count -= ((x >> 7 & ~(x >> 6) & ones) * ones) >> 56;
	}
	for (; i < n; i++)
		count -= (s[i] & 0xc0) == 0x80;
	return count;
}

size_t ll_utf8_repair(struct ll_buf *out, const char *s, size_t n)
{
	size_t replaced = 0;

	while (n > 0) {
		size_t valid = ll_utf8_valid_prefix(s, n);
		ll_buf_add(out, s, valid);
		s += valid;
		n -= valid;
		if (n > 0) {
			int len = -sequence((const unsigned char *)s, n);
			ll_buf_puts(out, "\xef\xbf\xbd");
			replaced++;
			s += len;
			n -= (size_t)len;
		}
	}
	return replaced;
}
