/* SPDX-License-Identifier: MIT */
#include "ll-dedup/exact_duplicates.h"

#include "base/memory.h"
#include "io/sort.h"

#define RECORD 24u /* digest 16, document u64 big-endian; in the results the other way round */

struct exact_duplicates {
	uint64_t groups, duplicates;
	struct ll_sorter *digests, *results;
};

struct exact_duplicates *exact_duplicates_new(uint64_t memory)
{
	struct exact_duplicates *e = ll_calloc(1, sizeof(*e));

	e->digests = ll_sorter_new(RECORD, RECORD, memory / 4 * 3, "digests of texts");
	e->results = ll_sorter_new(RECORD, 8, memory / 4, "duplicates");
	return e;
}

void exact_duplicates_add(struct exact_duplicates *e, uint64_t document, struct ll_id digest)
{
	unsigned char record[RECORD];

	memcpy(record, digest.byte, 16);
	ll_put_be(record + 16, document, 8);
	ll_sorter_add(e->digests, record);
}

void exact_duplicates_known(struct exact_duplicates *e, uint64_t document, struct ll_id digest)
{
	unsigned char record[RECORD];

	ll_put_be(record, document, 8);
	memcpy(record + 8, digest.byte, 16);
	ll_sorter_add(e->results, record);
	e->duplicates++;
}

void exact_duplicates_resolve(struct exact_duplicates *e, const struct shard_order *order)
{
	struct ll_id digest = { { 0 } };
	const unsigned char *record;
	uint64_t first = 0, size = 0; /* of the run of equal digests */

	ll_sorter_finish(e->digests);
	while ((record = ll_sorter_next(e->digests)) != NULL) {
		uint64_t document = ll_get_be(record + 16, 8);
		if (size == 0 || memcmp(digest.byte, record, 16) != 0) {
			memcpy(digest.byte, record, 16);
			first = document;
			size = 1;
			continue;
		}
		bool better = order && shard_order_place(order, document) < shard_order_place(order, first);
		exact_duplicates_known(e, better ? first : document, digest);
		first = better ? document : first;
		e->groups += size++ == 1;
	}
	ll_sorter_free(e->digests);
	e->digests = NULL;
	ll_sorter_finish(e->results);
}

bool exact_duplicates_next(struct exact_duplicates *e, struct duplicate *out)
{
	const unsigned char *record = ll_sorter_next(e->results);

	if (!record)
		return false;
	*out = (struct duplicate){ .document = ll_get_be(record, 8), .similarity = -1 };
	memcpy(out->key.byte, record + 8, 16);
	return true;
}

uint64_t exact_duplicates_groups(const struct exact_duplicates *e)
{
	return e->groups;
}

uint64_t exact_duplicates_count(const struct exact_duplicates *e)
{
	return e->duplicates;
}

void exact_duplicates_free(struct exact_duplicates *e)
{
	if (!e)
		return;
	ll_sorter_free(e->digests);
	ll_sorter_free(e->results);
	ll_free(e);
}
