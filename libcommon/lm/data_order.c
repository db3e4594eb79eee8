/* SPDX-License-Identifier: MIT */
#include "lm/data_order.h"

#define PURPOSE_EPOCH 0x64617461u /* "data": the epochs follow it */

static void set_epoch(struct ll_data_order *o, uint64_t epoch)
{
	o->epoch = epoch;
	ll_permutation_init(&o->permutation, o->samples, o->seed, ((uint64_t)PURPOSE_EPOCH << 32) + epoch);
}

int ll_data_order_init(struct ll_data_order *o, uint64_t tokens, uint64_t length, uint64_t seed)
{
	if (length == 0 || tokens < 2 || tokens - 1 < length)
		return -1;
	*o = (struct ll_data_order){ .length = length, .samples = (tokens - 1) / length, .seed = seed };
	set_epoch(o, 0);
	return 0;
}

uint64_t ll_data_order_at(struct ll_data_order *o, uint64_t cursor)
{
	uint64_t epoch = cursor / o->samples;
	if (epoch != o->epoch)
		set_epoch(o, epoch);
	return ll_permutation_at(&o->permutation, cursor % o->samples) * o->length;
}
