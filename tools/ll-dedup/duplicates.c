/* SPDX-License-Identifier: MIT */
#include "ll-dedup/duplicates.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/shard_match.h"
#include "stream/reader.h"

#define SHARD_FIXED 40u	    /* sizes, type, records, data id */
#define DUPLICATE_FIXED 24u /* sizes, type, number */

enum type { DUPLICATE = 0, SHARD = 1 };

static unsigned char *start(struct ll_buf *b, enum type type, uint32_t fixed, uint64_t number)
{
	unsigned char *p = (unsigned char *)ll_buf_reserve(b, fixed);

	memset(p, 0, fixed);
	p[8] = (unsigned char)type;
	ll_put64(p + 16, number);
	b->len = fixed;
	return p;
}

void duplicates_put_shard(struct ll_writer *w, const struct shard *s)
{
	struct ll_buf b = { 0 };

	memcpy(start(&b, SHARD, SHARD_FIXED, s->records) + 24, s->data_id.byte, 16);
	ll_buf_puts(&b, s->name ? s->name : "");
	ll_put32(b.data, (uint32_t)b.len);
	ll_put32(b.data + 4, SHARD_FIXED - 8);
	ll_writer_put(w, b.data, b.len);
	ll_buf_free(&b);
}

bool duplicates_get_shard(const unsigned char *record, size_t len, struct shard *out, struct ll_str *name)
{
	if (len < SHARD_FIXED || record[8] != SHARD)
		return false;
	*out = (struct shard){ .records = ll_get64(record + 16) };
	memcpy(out->data_id.byte, record + 24, 16);
	*name = ll_str((const char *)record + SHARD_FIXED, len - SHARD_FIXED);
	return true;
}

void duplicates_put(struct ll_writer *w, uint64_t document, const struct duplicate *d)
{
	struct ll_buf b = { 0 };

	start(&b, DUPLICATE, DUPLICATE_FIXED, document);
	duplicate_put(&b, d);
	ll_put32(b.data, (uint32_t)b.len);
	ll_put32(b.data + 4, (uint32_t)b.len - 8);
	ll_writer_put(w, b.data, b.len);
	ll_buf_free(&b);
}

struct duplicates {
	struct ll_sorter *sorter; /* shard among the wanted u32, document u64, big-endian -> a duplicate */
	uint64_t *offset;	  /* of each wanted shard's first document over all */
	const char *reason;
};

#define ORDER 12u

struct entry {
	enum type type;
	uint64_t number;
	struct ll_id id;    /* of a shard */
	struct ll_str data; /* the name, or the duplicate */
};

static bool next_entry(struct ll_reader *r, struct entry *e)
{
	size_t len;
	const unsigned char *record = ll_reader_next(r, &len);
	struct duplicate d;

	if (!record)
		return false;
	if (len < DUPLICATE_FIXED || record[8] > SHARD || (record[8] == SHARD && len < SHARD_FIXED))
		ll_die(LL_EXIT_INPUT, "%s: not a record of duplicates", ll_reader_where(r));
	*e = (struct entry){ .type = record[8], .number = ll_get64(record + 16) };
	size_t fixed = e->type == SHARD ? SHARD_FIXED : DUPLICATE_FIXED;
	e->data = ll_str((const char *)record + fixed, len - fixed);
	if (e->type == SHARD)
		memcpy(e->id.byte, record + 24, 16);
	else if (duplicate_get(e->data, &d) < 0)
		ll_die(LL_EXIT_INPUT, "%s: a duplicate that does not add up", ll_reader_where(r));
	return true;
}

static struct shards read_shards(const char *path, bool *exact)
{
	struct ll_reader *r = ll_reader_open(&path, 1, "duplicates");
	const struct ll_header *h = ll_reader_header(r);
	char *kind = h ? ll_header_get(h, "exact") : NULL;
	struct shards all = { 0 };
	struct entry e;

	*exact = kind != NULL;
	ll_free(kind);
	while (next_entry(r, &e))
		if (e.type == SHARD)
			shards_add(&all, e.number, e.id, e.data.len ? e.data : ll_cstr(""));
	ll_reader_close(r);
	return all;
}

static void take(struct duplicates *d, size_t shard, const struct entry *e)
{
	unsigned char order[ORDER];

	ll_put_be(order, shard, 4);
	ll_put_be(order + 4, e->number, 8);
	ll_sorter_add_variable(d->sorter, order, e->data.data, e->data.len);
}

struct duplicates *duplicates_load(const char *path, const struct shards *wanted)
{
	struct duplicates *d = ll_calloc(1, sizeof(*d));
	bool exact;
	struct shards all = read_shards(path, &exact);
	size_t *match = shard_match(&all, wanted, path), shard = SIZE_MAX, n = 0;
	struct entry e;

	d->reason = exact ? "duplicate" : "near-duplicate";
	d->sorter = ll_sorter_new_variable(ORDER, ll_memory_left() / 4, "duplicates");
	d->offset = ll_calloc(wanted->len + 1, sizeof(*d->offset));
	for (size_t i = 0; i < wanted->len; i++)
		d->offset[i + 1] = d->offset[i] + wanted->item[i].records;
	struct ll_reader *r = ll_reader_open(&path, 1, "duplicates");
	while (next_entry(r, &e)) {
		if (e.type == SHARD)
			shard = n < all.len ? match[n++] : SIZE_MAX;
		else if (n == 0 || e.number >= all.item[n - 1].records)
			ll_die(LL_EXIT_INPUT, "%s: a document that its shard does not have", ll_reader_where(r));
		else if (shard != SIZE_MAX)
			take(d, shard, &e);
	}
	ll_reader_close(r);
	ll_free(match);
	shards_free(&all);
	ll_sorter_finish(d->sorter);
	return d;
}

const char *duplicates_reason(const struct duplicates *d)
{
	return d->reason;
}

bool duplicates_next(void *context, struct duplicate *out)
{
	struct duplicates *d = context;
	const void *payload;
	size_t len;
	const unsigned char *order = ll_sorter_next_variable(d->sorter, &payload, &len);

	if (!order)
		return false;
	*out = (struct duplicate){ .document = d->offset[ll_get_be(order, 4)] + ll_get_be(order + 4, 8) };
	if (duplicate_get(ll_str(payload, len), out) < 0)
		LL_BUG("a duplicate that does not add up");
	return true;
}

void duplicates_free(struct duplicates *d)
{
	ll_sorter_free(d->sorter);
	ll_free(d->offset);
	ll_free(d);
}
