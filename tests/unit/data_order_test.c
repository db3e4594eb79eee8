/* SPDX-License-Identifier: MIT */
/* The order of samples: every epoch holds every sample once, orders differ, and the cursor alone decides. */
#include "test.h"

#include "base/memory.h"
#include "lm/data_order.h"

static bool is_permutation(struct ll_data_order *o, uint64_t epoch)
{
	unsigned char *seen = ll_calloc(o->samples, 1);
	bool good = true;
	for (uint64_t i = 0; i < o->samples; i++) {
		uint64_t at = ll_data_order_at(o, epoch * o->samples + i);
		good = good && at % o->length == 0 && at / o->length < o->samples && !seen[at / o->length];
		if (good)
			seen[at / o->length] = 1;
	}
	ll_free(seen);
	return good;
}

int main(void)
{
	struct ll_data_order o, p;
	bool good = true, differ = false, jump = true;
	ok(ll_data_order_init(&o, 8, 8, 1) < 0 && ll_data_order_init(&o, 0, 1, 1) < 0 &&
		   ll_data_order_init(&o, 10, 0, 1) < 0,
	   "a dataset too short is refused: a sample reads one token more than it predicts");
	ok(ll_data_order_init(&o, 9, 8, 1) == 0 && o.samples == 1 && ll_data_order_at(&o, 0) == 0 &&
		   ll_data_order_at(&o, 5) == 0,
	   "one sample is every epoch");
	for (uint64_t tokens = 2; tokens < 300; tokens += 7)
		for (uint64_t length = 1; length < tokens && length < 20; length += 3)
			for (uint64_t seed = 0; seed < 2; seed++)
				good = good && ll_data_order_init(&o, tokens, length, seed) == 0 &&
				       is_permutation(&o, 0) && is_permutation(&o, 3);
	ok(good, "every epoch is a permutation of the samples");
	good = ll_data_order_init(&o, 10001, 10, 7) == 0 && ll_data_order_init(&p, 10001, 10, 8) == 0;
	for (uint64_t i = 0; i < 1000; i++)
		differ = differ || (ll_data_order_at(&o, i) != ll_data_order_at(&p, i));
	ok(good && differ, "another seed, another order");
	differ = false;
	for (uint64_t i = 0; i < 1000; i++)
		differ = differ || ll_data_order_at(&p, i) != ll_data_order_at(&p, 1000 + i);
	ok(differ, "another epoch, another order");
	uint64_t straight[64];
	for (uint64_t i = 0; i < 64; i++)
		straight[i] = ll_data_order_at(&o, 970 + i);
	for (uint64_t i = 64; i-- > 0;) {
		good = ll_data_order_init(&p, 10001, 10, 7) == 0;
		jump = jump && good && ll_data_order_at(&p, 970 + i) == straight[i];
	}
	ok(jump, "a fresh start at any cursor, across an epoch's end, gives the same samples");
	return test_done();
}
