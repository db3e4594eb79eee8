/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_roof.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

#define FIRST 1.0    /* seconds before a run's first measurement */
#define AGAIN 30.0   /* and between two of them */
#define LASTING 0.03 /* seconds of one */
#define SIDE 512     /* of its products */
#define LEAST 3	     /* products, should others have the processors meanwhile */

double ll_train_roof(struct ll_pool *pool, const struct ll_ops_f32 *ops, int64_t side, double seconds)
{
	size_t n = (size_t)(side * side);
	float *x = ll_alloc_aligned(64, 3 * n * sizeof(float));
	double best = INFINITY, began = ll_seconds();
	memset(x, 0, 3 * n * sizeof(float));
	for (int i = 0; i < LEAST || ll_seconds() - began < seconds; i++) {
		double start = ll_seconds();
		ops->linear(pool, x, x + n, x + 2 * n, NULL, side, side, side);
		best = fmin(best, ll_seconds() - start);
	}
	ll_free(x);
	return 2 * (double)side * (double)side * (double)side / best;
}

void ll_train_roof_begin(struct ll_train_roof *r, double rate)
{
	*r = (struct ll_train_roof){ .rate = rate > 0 ? rate : NAN, .given = rate > 0, .next = ll_seconds() + FIRST };
}

void ll_train_roof_learn(struct ll_train_roof *r, struct ll_pool *pool, const struct ll_ops_f32 *ops, double reached)
{
	if (r->given)
		return;
	if (ll_seconds() >= r->next) {
		r->rate = fmax(r->rate, ll_train_roof(pool, ops, SIDE, LASTING)); /* of a NaN, the other */
		r->next = ll_seconds() + AGAIN;
	}
	if (reached > r->rate)
		r->rate = reached;
}

void ll_train_resident(struct ll_train_resident *r)
{
	static int fd = -1; /* opened once: steps may be short */
	char text[128];
	unsigned long long pages;
	if (fd < 0)
		fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	r->now = sscanf(text, "%*u %llu", &pages) == 1 ? pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
	r->peak = LL_MAX(LL_MAX(r->peak, ll_memory_peak()), r->now); /* the kernel's own peak lags behind */
}
