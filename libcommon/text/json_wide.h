/* SPDX-License-Identifier: MIT */
/* json_wide.h - for json*.c: the insides of strings 64 bytes at a time. Call only what ll_cpu() says that there is. */
#ifndef LL_JSON_WIDE_H
#define LL_JSON_WIDE_H

#include "base/base.h"

/* Goes from p, inside of a string and not behind a backslash that escapes, over bytes and escapes of one letter that JSON
 * allows: to a quote that closes the string, a \u, something that is wrong, or to within 64 bytes of the end. */
const char *ll_json_skip_avx2(const char *p, const char *end);
const char *ll_json_skip_avx512(const char *p, const char *end);

#define LL_JSON_ROOM 64u /* bytes that may be written behind what is unescaped */

/* Unescapes [*p, end), the inside of a valid string, to *to, up to its first \u, and moves both; *slash becomes true when a
 * \/ was there. */
void ll_json_unescape_avx2(const char **p, const char *end, char **to, bool *slash);
void ll_json_unescape_avx512(const char **p, const char *end, char **to, bool *slash);

/* The bytes behind a backslash that is not escaped itself, when none stands before the first bit: G. Langdale,
 * D. Lemire, "Parsing gigabytes of JSON per second", VLDB Journal 28 (2019), section 3.1.1. */
static inline uint64_t ll_json_escaped_by(uint64_t slash)
{
	const uint64_t even = 0x5555555555555555ull;
	uint64_t follows = slash << 1;

	if (LL_LIKELY((slash & follows) == 0))
		return follows;
	/* of runs of backslashes those at odd places: the sum carries to the end of runs that begin at an odd bit */
	uint64_t odd_starts = slash & ~even & ~follows, to_end = odd_starts + slash;
	return (even ^ to_end << 1) & follows;
}

/* What to do with the first n of 64 bytes, of which `slash` are backslashes and `u` the letter u: go as far as the first \u, or
 * leave a last byte that escapes one not there yet to the next block. */
struct ll_json_escapes {
	uint64_t escaped, kept; /* letters behind a backslash; all bytes but the backslashes before them */
	unsigned n;
	bool at_u;
};

static inline struct ll_json_escapes ll_json_escapes_of(uint64_t slash, uint64_t u, unsigned n)
{
	uint64_t escaped = ll_json_escaped_by(slash), escapes = slash & ~escaped;

	u &= escaped;
	n = u ? (unsigned)__builtin_ctzll(u) - 1 : n - (unsigned)(escapes >> 63);
	uint64_t inside = n ? ~(uint64_t)0 >> (64 - n) : 0;
	return (struct ll_json_escapes){ escaped & inside, inside & ~escapes, n, u != 0 };
}

#endif
