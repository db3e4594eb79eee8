/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - which instruction set the kernels use: chosen once, at run time, from what the processor has, lowered by
 * LL_CPU=scalar|avx2|avx512 (for tests and for comparing results; asking for more than there is, is an error).
 */
#ifndef LL_CPU_H
#define LL_CPU_H

#include "base/base.h"

enum ll_cpu {
	LL_CPU_SCALAR = 0,
	LL_CPU_AVX2 = 1,   /* AVX2, FMA, BMI1/2 */
	LL_CPU_AVX512 = 2, /* AVX-512 F, BW, DQ, VL, VBMI, VBMI2 */
};

enum ll_cpu ll_cpu(void);
const char *ll_cpu_name(enum ll_cpu cpu);
bool ll_cpu_has_avx512_bf16(void);

#endif
