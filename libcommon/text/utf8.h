/* SPDX-License-Identifier: MIT */
/* utf8.h - UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, nothing above U+10FFFF. Pure functions. */
#ifndef LL_UTF8_H
#define LL_UTF8_H

#include "base/buffer.h"

/* Length of the valid prefix; equal to n when all of it is valid. Fast on ASCII and on valid text. */
size_t ll_utf8_valid_prefix(const char *s, size_t n);
/* Decodes one code point of valid UTF-8 and advances *p. */
uint32_t ll_utf8_next(const char **p);
/* Encodes; returns 1..4 bytes written to out. c must be a scalar value. */
size_t ll_utf8_put(char out[4], uint32_t c);
/* Number of code points of valid UTF-8. */
size_t ll_utf8_count(const char *s, size_t n);
/* Appends s with every maximal invalid sequence replaced by U+FFFD (WHATWG decoder); returns the number of replacements. */
size_t ll_utf8_repair(struct ll_buf *out, const char *s, size_t n);

#endif
