/* SPDX-License-Identifier: MIT */
/* The oracle of minhash.h in plain C. */
#include "kernels/minhash.h"

void ll_minhash_ref(const struct ll_minhash *m, const uint64_t *x, size_t count, uint32_t *signature)
{
	for (uint32_t i = 0; i < m->padded; i++) {
		uint32_t a = m->a[i], least = signature[i];

		for (size_t k = 0; k < count; k++) {
			uint32_t upper = (uint32_t)(x[k] >> 32), h = a * (upper ? upper : 1);
			least = h < least ? h : least;
		}
		signature[i] = least;
	}
}
