/* SPDX-License-Identifier: MIT */
/* utf8_avx2.h - for utf8.c: the wide part of validation. */
#ifndef LL_UTF8_AVX2_H
#define LL_UTF8_AVX2_H

#include "base/base.h"

/* Length of a prefix, a multiple of 32, with nothing wrong but perhaps a character cut at its end. Call only where ll_cpu()
 * says AVX2. */
size_t ll_utf8_blocks_avx2(const unsigned char *s, size_t n);

#endif
