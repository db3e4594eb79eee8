/* SPDX-License-Identifier: MIT */
/* hash_wide.h - XXH3 of long inputs by wide registers; the values are those of hash.h. Only hash.c calls them, by cpu.h. */
#ifndef LL_HASH_WIDE_H
#define LL_HASH_WIDE_H

#include "base/hash.h"

uint64_t ll_hash64_avx2(const void *data, size_t len);
struct ll_id ll_hash128_avx2(const void *data, size_t len);
uint64_t ll_hash64_avx512(const void *data, size_t len);
struct ll_id ll_hash128_avx512(const void *data, size_t len);

#endif
