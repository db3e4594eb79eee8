/* SPDX-License-Identifier: MIT */
#include "kernels/minhash.h"

#include "base/cpu.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"

void ll_minhash_init(struct ll_minhash *m, uint32_t n)
{
	m->n = n;
	m->padded = (n + LL_MINHASH_LANES - 1) / LL_MINHASH_LANES * LL_MINHASH_LANES;
	m->a = ll_alloc_aligned(64, m->padded * sizeof(uint32_t));
	for (uint32_t i = 0; i < m->padded; i++)
		m->a[i] = (uint32_t)ll_random64(0, LL_MINHASH_PURPOSE, 2 * (uint64_t)i) | 1;
}

void ll_minhash_free(struct ll_minhash *m)
{
	ll_free(m->a);
	m->a = NULL;
}

void ll_minhash_sign(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature)
{
	for (uint32_t i = 0; i < m->padded; i++)
		signature[i] = UINT32_MAX;
#ifdef HAVE_AVX
	switch (ll_cpu()) {
	case LL_CPU_AVX512:
		ll_minhash_avx512(m, x, count, signature);
		return;
	case LL_CPU_AVX2:
		ll_minhash_avx2(m, x, count, signature);
		return;
	default:
		break;
	}
#endif
	ll_minhash_ref(m, x, count, signature);
}

void ll_minhash_bands(const uint32_t *signature, uint32_t bands, uint32_t rows, uint64_t *out)
{
	unsigned char bytes[4 * LL_MINHASH_ROWS_MAX];

	for (uint32_t k = 0; k < bands; k++) {
		for (uint32_t i = 0; i < rows; i++)
			ll_put32(bytes + 4 * i, signature[k * rows + i]);
		out[k] = ll_hash64_seeded(bytes, 4 * (size_t)rows, k);
	}
}

double ll_minhash_recall(double s, uint32_t bands, uint32_t rows)
{
	double band = 1, miss = 1;

	for (uint32_t i = 0; i < rows; i++)
		band *= s;
	for (uint32_t i = 0; i < bands; i++)
		miss *= 1 - band;
	return 1 - miss;
}
