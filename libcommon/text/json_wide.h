/* SPDX-License-Identifier: MIT */
/* json_wide.h - for json*.c: the insides of strings 64 bytes at a time. Call only where ll_cpu() says AVX-512. */
#ifndef LL_JSON_WIDE_H
#define LL_JSON_WIDE_H

#include "base/base.h"

/* Goes from p, inside of a string and not behind a backslash that escapes, over bytes and escapes of one letter that JSON
 * allows: to a quote that closes the string, a \u, something that is wrong, or to within 64 bytes of the end. */
const char *ll_json_skip_avx512(const char *p, const char *end);

#define LL_JSON_ROOM 64u /* bytes that may be written behind what is unescaped */

/* Unescapes [*p, end), the inside of a valid string, to *to, up to its first \u, and moves both; *slash becomes true when a
 * \/ was there. */
void ll_json_unescape_avx512(const char **p, const char *end, char **to, bool *slash);

#endif
