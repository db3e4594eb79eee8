/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shared_units.h"

#include "base/memory.h"
#include "io/sort.h"

#define RECORD 24u /* digest 16, document u64 big-endian */

struct shared_units {
	struct ll_sorter *sorter;
};

struct shared_units *shared_units_new(uint64_t memory)
{
	struct shared_units *s = ll_calloc(1, sizeof(*s));

	s->sorter = ll_sorter_new(RECORD, RECORD, memory, "digests of units");
	return s;
}

void shared_units_add(struct shared_units *s, struct ll_id digest, uint64_t document)
{
	unsigned char record[RECORD];

	memcpy(record, digest.byte, 16);
	for (int i = 0; i < 8; i++)
		record[16 + i] = (unsigned char)(document >> (56 - 8 * i));
	ll_sorter_add(s->sorter, record);
}

void shared_units_find(struct shared_units *s, uint64_t count, struct digest_set *out)
{
	unsigned char last[RECORD];
	const unsigned char *record;
	uint64_t documents = 0; /* of the digest in `last` */

	ll_sorter_finish(s->sorter);
	while ((record = ll_sorter_next(s->sorter)) != NULL) {
		if (documents == 0 || memcmp(last, record, 16) != 0)
			documents = 1;
		else if (memcmp(last + 16, record + 16, 8) != 0)
			documents++;
		else
			continue;
		memcpy(last, record, RECORD);
		if (documents == count) {
			struct ll_id digest;
			memcpy(digest.byte, record, 16);
			digest_set_add(out, digest);
		}
	}
}

void shared_units_free(struct shared_units *s)
{
	if (!s)
		return;
	ll_sorter_free(s->sorter);
	ll_free(s);
}
