/* SPDX-License-Identifier: MIT */
#include "base/hash_wide.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t ll_hash64_avx2(const void *data, size_t len)
{
	return XXH3_64bits(data, len);
}

struct ll_id ll_hash128_avx2(const void *data, size_t len)
{
	XXH128_canonical_t c;
	struct ll_id id;

	XXH128_canonicalFromHash(&c, XXH3_128bits(data, len));
	memcpy(id.byte, c.digest, sizeof(id.byte));
	return id;
}

void ll_hash128_update_avx2(void *state, const void *data, size_t len)
{
	XXH3_128bits_update(state, data, len);
}
