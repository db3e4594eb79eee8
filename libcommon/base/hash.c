/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/cpu.h"
#include "base/hash_pieces.h"
#include "base/hash_wide.h"
#include "base/memory.h"

struct ll_hash128_state {
	XXH3_state_t state;
};

#define LONG 240u /* XXH3 reads shorter inputs without its loop over stripes */

uint64_t ll_hash64(const void *data, size_t len)
{
#ifdef HAVE_AVX
	if (len > LONG && ll_cpu() != LL_CPU_SCALAR)
		return ll_cpu() == LL_CPU_AVX512 ? ll_hash64_avx512(data, len) : ll_hash64_avx2(data, len);
#endif
	return XXH3_64bits(len ? data : "", len);
}

uint64_t ll_hash64_seeded(const void *data, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(len ? data : "", len, seed);
}

struct ll_id ll_hash128(const void *data, size_t len)
{
#ifdef HAVE_AVX
	if (len > LONG && ll_cpu() != LL_CPU_SCALAR)
		return ll_cpu() == LL_CPU_AVX512 ? ll_hash128_avx512(data, len) : ll_hash128_avx2(data, len);
#endif
	return canonical(XXH3_128bits(len ? data : "", len));
}

void ll_hash128_pieces(const char *text, size_t start, const uint32_t *end, size_t n, struct ll_id *out)
{
#ifdef HAVE_AVX
	if (ll_cpu() != LL_CPU_SCALAR) {
		(ll_cpu() == LL_CPU_AVX512 ? ll_hash128_pieces_avx512 : ll_hash128_pieces_avx2)(text, start, end, n, out);
		return;
	}
#endif
	hash128_pieces(text, start, end, n, out);
}

struct ll_hash128_state *ll_hash128_new(void)
{
	struct ll_hash128_state *s = ll_alloc_aligned(64, sizeof(*s));
	XXH3_128bits_reset(&s->state);
	return s;
}

void ll_hash128_update(struct ll_hash128_state *s, const void *data, size_t len)
{
#ifdef HAVE_AVX
	if (len > LONG && ll_cpu() != LL_CPU_SCALAR) {
		(ll_cpu() == LL_CPU_AVX512 ? ll_hash128_update_avx512 : ll_hash128_update_avx2)(&s->state, data, len);
		return;
	}
#endif
	if (len)
		XXH3_128bits_update(&s->state, data, len);
}

struct ll_id ll_hash128_digest(const struct ll_hash128_state *s)
{
	return canonical(XXH3_128bits_digest(&s->state));
}

void ll_hash128_free(struct ll_hash128_state *s)
{
	ll_free(s);
}

static uint64_t big_endian(const unsigned char *p)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

uint64_t ll_id_high64(struct ll_id id)
{
	return big_endian(id.byte);
}

uint64_t ll_id_low64(struct ll_id id)
{
	return big_endian(id.byte + 8);
}

void ll_id_add(struct ll_id *a, struct ll_id b)
{
	unsigned carry = 0;
	for (int i = 15; i >= 0; i--) {
		carry += (unsigned)a->byte[i] + b.byte[i];
		a->byte[i] = (unsigned char)(carry & 0xff);
		carry >>= 8;
	}
}

char *ll_id_hex(struct ll_id id, char out[33])
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < 16; i++) {
		out[2 * i] = digits[id.byte[i] >> 4];
		out[2 * i + 1] = digits[id.byte[i] & 15];
	}
	out[32] = '\0';
	return out;
}

int ll_id_parse(struct ll_str hex, struct ll_id *out)
{
	struct ll_id id = { { 0 } };
	if (hex.len != 32)
		return -1;
	for (size_t i = 0; i < 32; i++) {
		char c = hex.data[i];
		int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (v < 0)
			return -1;
		id.byte[i / 2] = (unsigned char)(id.byte[i / 2] << 4 | v);
	}
	*out = id;
	return 0;
}
