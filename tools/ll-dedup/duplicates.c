/* SPDX-License-Identifier: MIT */
#include "ll-dedup/duplicates.h"

#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/shard_match.h"
#include "stream/reader.h"

#define FIXED 40u /* sizes, type, number or records, key or data id */

enum type { DUPLICATE = 0, SHARD = 1 };

static void put(struct ll_writer *w, enum type type, uint64_t number, struct ll_id id, struct ll_str name)
{
	struct ll_buf b = { 0 };
	unsigned char *p = (unsigned char *)ll_buf_reserve(&b, FIXED);
	uint32_t size = (uint32_t)(FIXED + name.len);

	memset(p, 0, FIXED);
	ll_put32(p, size);
	ll_put32(p + 4, type == DUPLICATE ? size - 8 : FIXED - 8);
	p[8] = (unsigned char)type;
	ll_put64(p + 16, number);
	memcpy(p + 24, id.byte, 16);
	b.len = FIXED;
	ll_buf_add_str(&b, name);
	ll_writer_put(w, b.data, b.len);
	ll_buf_free(&b);
}

void duplicates_put_shard(struct ll_writer *w, const struct shard *s)
{
	put(w, SHARD, s->records, s->data_id, ll_cstr(s->name ? s->name : ""));
}

void duplicates_put(struct ll_writer *w, uint64_t document, struct ll_id key, struct ll_str id)
{
	put(w, DUPLICATE, document, key, id);
}

struct duplicates {
	struct ll_sorter *sorter; /* shard among the wanted u32, document u64, big-endian -> key, id */
	uint64_t *offset;	  /* of each wanted shard's first document over all */
	const char *reason;
};

#define ORDER 12u

struct entry {
	enum type type;
	uint64_t number;
	struct ll_id id;
	struct ll_str name;
};

static bool next_entry(struct ll_reader *r, struct entry *e)
{
	size_t len;
	const unsigned char *record = ll_reader_next(r, &len);

	if (!record)
		return false;
	if (len < FIXED || record[8] > SHARD)
		ll_die(LL_EXIT_INPUT, "%s: not a record of duplicates", ll_reader_where(r));
	e->type = record[8];
	e->number = ll_get64(record + 16);
	memcpy(e->id.byte, record + 24, 16);
	e->name = ll_str((const char *)record + FIXED, len - FIXED);
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
			shards_add(&all, e.number, e.id, e.name.len ? e.name : ll_cstr(""));
	ll_reader_close(r);
	return all;
}

static void put_be(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> 8 * (bytes - 1 - i));
}

static uint64_t get_be(const unsigned char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static void take(struct duplicates *d, size_t shard, const struct entry *e, struct ll_buf *payload)
{
	unsigned char order[ORDER];

	put_be(order, shard, 4);
	put_be(order + 4, e->number, 8);
	ll_buf_clear(payload);
	ll_buf_add(payload, e->id.byte, 16);
	ll_buf_add_str(payload, e->name);
	ll_sorter_add_variable(d->sorter, order, payload->data, payload->len);
}

struct duplicates *duplicates_load(const char *path, const struct shards *wanted)
{
	struct duplicates *d = ll_calloc(1, sizeof(*d));
	bool exact;
	struct shards all = read_shards(path, &exact);
	size_t *match = shard_match(&all, wanted, path), shard = SIZE_MAX, n = 0;
	struct ll_buf payload = { 0 };
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
			take(d, shard, &e, &payload);
	}
	ll_reader_close(r);
	ll_buf_free(&payload);
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
	*out = (struct duplicate){ .document = d->offset[get_be(order, 4)] + get_be(order + 4, 8) };
	memcpy(out->key.byte, payload, 16);
	out->id = ll_str((const char *)payload + 16, len - 16);
	return true;
}

void duplicates_free(struct duplicates *d)
{
	ll_sorter_free(d->sorter);
	ll_free(d->offset);
	ll_free(d);
}
