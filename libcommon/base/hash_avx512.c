/* SPDX-License-Identifier: MIT */
#include "base/hash_wide.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash_pieces.h"

uint64_t ll_hash64_avx512(const void *data, size_t len)
{
	return XXH3_64bits(data, len);
}

struct ll_id ll_hash128_avx512(const void *data, size_t len)
{
	return canonical(XXH3_128bits(data, len));
}

void ll_hash128_pieces_avx512(const char *text, size_t start, const uint32_t *end, size_t n, struct ll_id *out)
{
	hash128_pieces(text, start, end, n, out);
}

void ll_hash128_update_avx512(void *state, const void *data, size_t len)
{
	XXH3_128bits_update(state, data, len);
}
