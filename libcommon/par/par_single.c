/* SPDX-License-Identifier: MIT */
/* par_single.c - one process: every collective operation is the identity. */
#include "par/par.h"

static void sum_f32(struct ll_par *p, float *data, size_t n)
{
	(void)p, (void)data, (void)n;
}

static void over_f64(struct ll_par *p, double *data, size_t n)
{
	(void)p, (void)data, (void)n;
}

static void broadcast(struct ll_par *p, void *data, size_t bytes, int root)
{
	(void)p, (void)data, (void)bytes, (void)root;
}

static void nothing(struct ll_par *p)
{
	(void)p;
}

void ll_par_single(struct ll_par *p)
{
	*p = (struct ll_par){ 0, 1, NULL, sum_f32, over_f64, over_f64, broadcast, nothing, nothing };
}
