/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shards.h"

#include "base/memory.h"

void shards_add(struct shards *s, uint64_t records, struct ll_id data_id, struct ll_str name)
{
	LL_GROW(s->item, s->cap, s->len + 1);
	s->item[s->len++] = (struct shard){ records, data_id, name.data ? ll_strndup(name.data, name.len) : NULL };
}

void shards_free(struct shards *s)
{
	for (size_t i = 0; i < s->len; i++)
		ll_free(s->item[i].name);
	ll_free(s->item);
	*s = (struct shards){ 0 };
}
