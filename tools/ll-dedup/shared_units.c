/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shared_units.h"

#include "base/memory.h"
#include "io/sort.h"

#define RECORD 24u /* digest 16, document (or key) u64 big-endian */

struct shared_units {
	struct ll_sorter *sorter;
	struct ll_sorter *keys, *found; /* by digest; by number */
};

struct shared_units *shared_units_new(uint64_t memory)
{
	struct shared_units *s = ll_calloc(1, sizeof(*s));

	s->sorter = ll_sorter_new(RECORD, RECORD, memory, "digests of units");
	return s;
}

static void add(struct ll_sorter *sorter, struct ll_id digest, uint64_t number)
{
	unsigned char record[RECORD];

	memcpy(record, digest.byte, 16);
	ll_put_be(record + 16, number, 8);
	ll_sorter_add(sorter, record);
}

void shared_units_add(struct shared_units *s, struct ll_id digest, uint64_t document)
{
	add(s->sorter, digest, document);
}

struct shared_cursor {
	unsigned char last[RECORD];
	uint64_t documents; /* of the digest in `last` */
};

/* The next digest of at least `count` documents, ascending; false at the end. */
static bool next_shared(struct shared_units *s, struct shared_cursor *c, uint64_t count, struct ll_id *digest)
{
	const unsigned char *record;

	while ((record = ll_sorter_next(s->sorter)) != NULL) {
		if (c->documents == 0 || memcmp(c->last, record, 16) != 0)
			c->documents = 1;
		else if (memcmp(c->last + 16, record + 16, 8) != 0)
			c->documents++;
		else
			continue;
		memcpy(c->last, record, RECORD);
		if (c->documents == count) {
			memcpy(digest->byte, record, 16);
			return true;
		}
	}
	return false;
}

void shared_units_find(struct shared_units *s, uint64_t count, struct digest_set *out)
{
	struct shared_cursor cursor = { .documents = 0 };
	struct ll_id digest;

	ll_sorter_finish(s->sorter);
	while (next_shared(s, &cursor, count, &digest))
		digest_set_add(out, digest);
}

/* ---- by keys ---- */

struct shared_units *shared_units_new_keys(uint64_t memory)
{
	struct shared_units *s = shared_units_new(memory / 8 * 3);

	s->keys = ll_sorter_new(RECORD, RECORD, memory / 8 * 3, "keys");
	s->found = ll_sorter_new(8, 8, memory / 4, "keys of many documents");
	return s;
}

void shared_units_add_key(struct shared_units *s, struct ll_id digest, uint64_t document, uint64_t key)
{
	add(s->sorter, digest, document);
	add(s->keys, digest, key);
}

void shared_units_find_keys(struct shared_units *s, uint64_t count)
{
	struct shared_cursor cursor = { .documents = 0 };
	const unsigned char *record;
	struct ll_id digest;
	int order = 0;

	ll_sorter_finish(s->sorter);
	ll_sorter_finish(s->keys);
	record = ll_sorter_next(s->keys);
	while (record && next_shared(s, &cursor, count, &digest))
		for (; record && (order = memcmp(record, digest.byte, 16)) <= 0; record = ll_sorter_next(s->keys))
			if (order == 0)
				ll_sorter_add(s->found, record + 16);
	ll_sorter_free(s->keys);
	s->keys = NULL;
	ll_sorter_finish(s->found);
}

bool shared_units_next_key(struct shared_units *s, uint64_t *key)
{
	const unsigned char *record = ll_sorter_next(s->found);

	*key = 0;
	for (int i = 0; record && i < 8; i++)
		*key = *key << 8 | record[i];
	return record != NULL;
}

void shared_units_free(struct shared_units *s)
{
	if (!s)
		return;
	ll_sorter_free(s->sorter);
	ll_sorter_free(s->keys);
	ll_sorter_free(s->found);
	ll_free(s);
}
