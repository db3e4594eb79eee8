/* SPDX-License-Identifier: MIT */
/* roofs.c - what this machine can do at most, for tests/bench/run.sh: memcpy, XXH3, zstd, sgemm; MB/s or GFLOP/s of one core. */
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_BLAS
#include <cblas.h>
#endif

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/codec.h"
#include "io/file.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

/* The median of seven runs. */
#define MEDIAN(result, work, statement)                    \
	do {                                               \
		double seconds[7];                         \
		for (int run = 0; run < 7; run++) {        \
			double start = ll_seconds();       \
			statement;                         \
			seconds[run] = ll_seconds() - start; \
		}                                          \
		qsort(seconds, 7, sizeof(double), by_value); \
		result = (work) / seconds[3];              \
	} while (0)

int main(int argc, char **argv)
{
	struct ll_buf text = ll_read_file(argc > 1 ? argv[1] : "/proc/self/exe", (size_t)1 << 30);
	char *copy = ll_malloc(text.len);
	size_t block = LL_MIN(text.len, LL_MIB);
	volatile uint64_t sink = 0;
	double rate;

	memcpy(copy, text.data, text.len);
	MEDIAN(rate, (double)text.len / 1e6, memcpy(copy, text.data, text.len));
	printf("memcpy\t%.0f\tMB/s\n", rate);
	MEDIAN(rate, (double)text.len / 1e6, sink += ll_hash64(text.data, text.len));
	printf("XXH3-64\t%.0f\tMB/s\n", rate);
	MEDIAN(rate, (double)block / 1e6, sink += ll_zstd_compress(copy, block, text.data, block, 1));
	printf("zstd -1\t%.0f\tMB/s\n", rate);
	MEDIAN(rate, (double)block / 1e6, sink += ll_zstd_compress(copy, block, text.data, block, 3));
	printf("zstd -3\t%.0f\tMB/s\n", rate);
#ifdef HAVE_BLAS
	enum { N = 1024 };
	float *a = ll_alloc_aligned(64, 3 * N * N * sizeof(float)), *b = a + N * N, *c = b + N * N;
	openblas_set_num_threads(1);
	for (int i = 0; i < 2 * N * N; i++)
		a[i] = (float)(i % 17) - 8;
	MEDIAN(rate, 2.0 * N * N * N / 1e9, cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, N, N, 1, a, N, b, N, 0, c, N));
	printf("sgemm\t%.0f\tGFLOP/s\n", rate);
	ll_free(a);
#endif
	ll_free(copy);
	ll_buf_free(&text);
	return sink == 42;
}
