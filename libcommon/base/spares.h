/* SPDX-License-Identifier: MIT */
/*
 * spares.h - objects of one worker at a time (an encoder, a table), handed from batch to batch: as many are made as
 * ever worked at once.
 */
#ifndef LL_SPARES_H
#define LL_SPARES_H

#include <pthread.h>

#include "base/base.h"

struct ll_spares {
	pthread_mutex_t lock;
	void **item;
	size_t len, cap;
};

#define LL_SPARES_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

/* One that is idle, or NULL: make a new one. */
void *ll_spares_take(struct ll_spares *s);
void ll_spares_give(struct ll_spares *s, void *item);
/* Frees the list; the items are the caller's. */
void ll_spares_free(struct ll_spares *s);

#endif
