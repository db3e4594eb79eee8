/* SPDX-License-Identifier: MIT */
#include "kernels/ops_dispatch.h"

#include <stdlib.h>

#ifdef HAVE_BLAS
#include <cblas.h>
#endif

#include "base/cpu.h"

const char *ll_ops_features(void)
{
#ifdef HAVE_BLAS
	return openblas_get_config();
#else
	return "no BLAS";
#endif
}

const struct ll_ops_f32 *ll_ops_f32_best(void)
{
	const char *asked = getenv("LL_OPS");
	if (asked && strcmp(asked, "reference") == 0)
		return &ll_ops_f32_reference;
#ifdef HAVE_BLAS
	openblas_set_num_threads(1); /* our pool is the one that has threads: OpenBLAS's own change the bits */
#endif
#ifdef HAVE_AVX
	if (ll_cpu() == LL_CPU_AVX512)
		return &ll_ops_f32_avx512;
	if (ll_cpu() == LL_CPU_AVX2)
		return &ll_ops_f32_avx2;
#endif
	return &ll_ops_f32_scalar;
}

const struct ll_ops_f32 *ll_ops_bf16_best(void)
{
	const struct ll_ops_f32 *f32 = ll_ops_f32_best();
#ifdef HAVE_AVX
	if (f32 == &ll_ops_f32_avx512)
		return &ll_ops_bf16_avx512;
	if (f32 == &ll_ops_f32_avx2)
		return &ll_ops_bf16_avx2;
#endif
	(void)f32;
	return &ll_ops_bf16_scalar;
}
