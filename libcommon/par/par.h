/* SPDX-License-Identifier: MIT */
/*
 * par.h - the one place that knows about ranks. A program sees a small set of collective operations; the one-process version
 * (par_single.c) is always there, an MPI version is a plug-in opened at run time when it is built. No other room includes
 * mpi.h or nccl.h.
 */
#ifndef LL_PAR_H
#define LL_PAR_H

#include "base/base.h"

struct ll_par {
	int rank, ranks;
	void *state;
	/* In place, over all ranks, in a fixed order of ranks. */
	void (*sum_f32)(struct ll_par *p, float *data, size_t n);
	void (*sum_f64)(struct ll_par *p, double *data, size_t n);
	void (*max_f64)(struct ll_par *p, double *data, size_t n);
	void (*broadcast)(struct ll_par *p, void *data, size_t bytes, int root);
	void (*barrier)(struct ll_par *p);
	void (*close)(struct ll_par *p);
};

/* One process: rank 0 of 1, every operation the identity. */
void ll_par_single(struct ll_par *p);

#endif
