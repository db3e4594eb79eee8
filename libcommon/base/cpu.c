/* SPDX-License-Identifier: MIT */
#include "base/cpu.h"

#include <stdlib.h>

#include "base/error.h"

const char *ll_cpu_name(enum ll_cpu cpu)
{
	static const char *const names[] = { "scalar", "avx2", "avx512" };
	return names[cpu];
}

static enum ll_cpu detect(void)
{
#ifdef HAVE_AVX
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
	    __builtin_cpu_supports("avx512vbmi2"))
		return LL_CPU_AVX512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
		return LL_CPU_AVX2;
#endif
	return LL_CPU_SCALAR;
}

static enum ll_cpu choose(void)
{
	enum ll_cpu best = detect();
	const char *wanted = getenv("LL_CPU");
	if (!wanted || !*wanted)
		return best;
	for (int c = LL_CPU_SCALAR; c <= LL_CPU_AVX512; c++)
		if (strcmp(wanted, ll_cpu_name((enum ll_cpu)c)) == 0) {
			if (c > (int)best)
				ll_die(LL_EXIT_USAGE, "LL_CPU=%s: this processor has only %s", wanted, ll_cpu_name(best));
			return (enum ll_cpu)c;
		}
	ll_die(LL_EXIT_USAGE, "LL_CPU=%s: not one of scalar, avx2, avx512", wanted);
}

enum ll_cpu ll_cpu(void)
{
	static int chosen = -1; /* every thread computes the same value */
	int c = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
	if (c < 0) {
		c = (int)choose();
		__atomic_store_n(&chosen, c, __ATOMIC_RELAXED);
	}
	return (enum ll_cpu)c;
}

bool ll_cpu_has_avx512_bf16(void)
{
#ifdef HAVE_AVX
	__builtin_cpu_init();
	return ll_cpu() == LL_CPU_AVX512 && __builtin_cpu_supports("avx512bf16");
#else
	return false;
#endif
}
