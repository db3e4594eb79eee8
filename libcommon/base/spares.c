/* SPDX-License-Identifier: MIT */
#include "base/spares.h"

#include "base/memory.h"

void *ll_spares_take(struct ll_spares *s)
{
	pthread_mutex_lock(&s->lock);
	void *item = s->len ? s->item[--s->len] : NULL;
	pthread_mutex_unlock(&s->lock);
	return item;
}

void ll_spares_give(struct ll_spares *s, void *item)
{
	pthread_mutex_lock(&s->lock);
	LL_GROW(s->item, s->cap, s->len + 1);
	s->item[s->len++] = item;
	pthread_mutex_unlock(&s->lock);
}

void ll_spares_free(struct ll_spares *s)
{
	ll_free(s->item);
	pthread_mutex_destroy(&s->lock);
}
