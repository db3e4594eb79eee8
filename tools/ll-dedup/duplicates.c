/* SPDX-License-Identifier: MIT */
#include "ll-dedup/duplicates.h"

#include "base/memory.h"
#include "stream/reader.h"

#define FIXED 40u /* sizes, type, number or records, key or data id */

static void put(struct ll_writer *w, unsigned char type, uint64_t number, struct ll_id id, struct ll_str name, bool name_is_core)
{
	struct ll_buf b = { 0 };
	unsigned char *p = (unsigned char *)ll_buf_reserve(&b, FIXED);
	uint32_t size = (uint32_t)(FIXED + name.len);

	memset(p, 0, FIXED);
	ll_put32(p, size);
	ll_put32(p + 4, name_is_core ? size - 8 : FIXED - 8);
	p[8] = type;
	ll_put64(p + 16, number);
	memcpy(p + 24, id.byte, 16);
	b.len = FIXED;
	ll_buf_add_str(&b, name);
	ll_writer_put(w, b.data, b.len);
	ll_buf_free(&b);
}

void duplicates_put_shard(struct ll_writer *w, const struct shard *s, struct ll_str name)
{
	put(w, 1, s->records, s->data_id, name, false);
}

void duplicates_put(struct ll_writer *w, uint64_t document, struct ll_id key, struct ll_str id)
{
	put(w, 0, document, key, id, true);
}

struct entry {
	size_t shard; /* position among the wanted */
	uint64_t document;
	struct ll_id key;
	size_t id, id_len; /* in ids */
};

struct duplicates {
	struct entry *entry;
	size_t len, cap, next;
	struct ll_buf ids;
	size_t *first;    /* of each wanted shard in entry */
	uint64_t *offset; /* of each wanted shard's first document over all */
	size_t shards, shard;
};

static size_t find(const struct shards *wanted, const struct shard *s)
{
	size_t i = 0;

	while (i < wanted->len && !(wanted->item[i].records == s->records && ll_id_eq(wanted->item[i].data_id, s->data_id)))
		i++;
	return i;
}

struct duplicates *duplicates_load(const char *path, const struct shards *wanted)
{
	struct duplicates *d = ll_calloc(1, sizeof(*d));
	struct ll_reader *r = ll_reader_open(&path, 1, "duplicates");
	const unsigned char *record;
	size_t len, shard = wanted->len;
	bool *seen = ll_calloc(wanted->len, sizeof(*seen));

	d->first = ll_calloc(wanted->len + 1, sizeof(*d->first));
	d->offset = ll_calloc(wanted->len + 1, sizeof(*d->offset));
	d->shards = wanted->len;
	while ((record = ll_reader_next(r, &len)) != NULL) {
		struct shard s = { ll_get64(record + 16), { { 0 } } };
		if (len < FIXED || record[8] > 1)
			ll_die(LL_EXIT_INPUT, "%s: not a record of duplicates", ll_reader_where(r));
		memcpy(s.data_id.byte, record + 24, 16);
		if (record[8] == 1) {
			shard = find(wanted, &s);
			if (shard < wanted->len && !seen[shard]) {
				seen[shard] = true;
				d->first[shard] = d->len;
			} else {
				shard = wanted->len;
			}
		} else if (shard < wanted->len) {
			LL_GROW(d->entry, d->cap, d->len + 1);
			d->entry[d->len++] = (struct entry){ shard, s.records, s.data_id, d->ids.len, len - FIXED };
			ll_buf_add(&d->ids, record + FIXED, len - FIXED);
		}
	}
	ll_reader_close(r);
	for (size_t i = 0; i < wanted->len; i++) {
		if (!seen[i] && wanted->item[i].records > 0)
			ll_die(LL_EXIT_INPUT, "%s: input %zu was not among the signatures that were clustered", path, i + 1);
		d->offset[i + 1] = d->offset[i] + wanted->item[i].records;
	}
	ll_free(seen);
	d->next = wanted->len ? d->first[0] : 0;
	return d;
}

bool duplicates_next(void *context, struct duplicate *out)
{
	struct duplicates *d = context;

	while (d->shard < d->shards && (d->next >= d->len || d->entry[d->next].shard != d->shard)) {
		d->shard++;
		d->next = d->shard < d->shards ? d->first[d->shard] : 0;
	}
	if (d->shard >= d->shards)
		return false;
	const struct entry *e = &d->entry[d->next++];
	*out = (struct duplicate){ d->offset[d->shard] + e->document, e->key, ll_str(d->ids.data + e->id, e->id_len) };
	return true;
}

void duplicates_free(struct duplicates *d)
{
	ll_free(d->entry);
	ll_free(d->first);
	ll_free(d->offset);
	ll_buf_free(&d->ids);
	ll_free(d);
}
