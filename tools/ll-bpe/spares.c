/* SPDX-License-Identifier: MIT */
#include "ll-bpe/spares.h"

#include "base/memory.h"

void *spares_take(struct spares *s)
{
	pthread_mutex_lock(&s->lock);
	void *item = s->len ? s->item[--s->len] : NULL;
	pthread_mutex_unlock(&s->lock);
	return item;
}

void spares_give(struct spares *s, void *item)
{
	pthread_mutex_lock(&s->lock);
	LL_GROW(s->item, s->cap, s->len + 1);
	s->item[s->len++] = item;
	pthread_mutex_unlock(&s->lock);
}

void spares_free(struct spares *s)
{
	ll_free(s->item);
	pthread_mutex_destroy(&s->lock);
}
