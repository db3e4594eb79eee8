/* SPDX-License-Identifier: MIT */
/*
 * spares.h - objects of one worker at a time (an encoder, a table), handed from batch to batch: as many are made as
 * ever worked at once.
 */
#ifndef LL_SPARES_H
#define LL_SPARES_H

#include <pthread.h>

#include "base/base.h"

struct spares {
	pthread_mutex_t lock;
	void **item;
	size_t len, cap;
};

#define SPARES_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

/* One that is idle, or NULL: make a new one. */
void *spares_take(struct spares *s);
void spares_give(struct spares *s, void *item);
/* Frees the list; the items are the caller's. */
void spares_free(struct spares *s);

#endif
