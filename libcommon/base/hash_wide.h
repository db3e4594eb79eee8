/* SPDX-License-Identifier: MIT */
/* hash_wide.h - XXH3 of long inputs, or of many, by wide registers; the values are those of hash.h. Only hash.c calls them, by cpu.h. */
#ifndef LL_HASH_WIDE_H
#define LL_HASH_WIDE_H

#include "base/hash.h"

/* state: an XXH3_state_t, 64-byte aligned; its content does not depend on who updates it. */
void ll_hash128_update_avx2(void *state, const void *data, size_t len);
void ll_hash128_update_avx512(void *state, const void *data, size_t len);

uint64_t ll_hash64_avx2(const void *data, size_t len);
struct ll_id ll_hash128_avx2(const void *data, size_t len);
uint64_t ll_hash64_avx512(const void *data, size_t len);
struct ll_id ll_hash128_avx512(const void *data, size_t len);

void ll_hash128_pieces_avx2(const char *text, size_t start, const uint32_t *end, size_t n, struct ll_id *out);
void ll_hash128_pieces_avx512(const char *text, size_t start, const uint32_t *end, size_t n, struct ll_id *out);

#endif
