/* SPDX-License-Identifier: MIT */
#include "ll-sample/source_counts.h"

#include "base/memory.h"
#include "base/option.h"
#include "doc/filter.h"

#define FIXED 24u

/* Where a name stands, or would. */
static size_t place_of(const struct source_counts *c, struct ll_str name, bool *found)
{
	size_t low = 0, high = c->len;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct source_count *x = &c->item[middle];
		int order = memcmp(x->name, name.len ? name.data : "", LL_MIN(x->len, name.len));
		if (order == 0)
			order = (x->len > name.len) - (x->len < name.len);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void source_counts_add(struct source_counts *c, struct ll_str source, uint64_t documents, uint64_t bytes)
{
	bool found;
	size_t at = place_of(c, source, &found);

	if (!found) {
		LL_GROW(c->item, c->cap, c->len + 1);
		memmove(c->item + at + 1, c->item + at, (c->len - at) * sizeof(*c->item));
		c->item[at] = (struct source_count){ ll_strndup(source.data, source.len), source.len, 0, 0 };
		c->len++;
	}
	c->item[at].documents += documents;
	c->item[at].bytes += bytes;
}

const struct source_count *source_counts_find(const struct source_counts *c, struct ll_str source)
{
	bool found;
	size_t at = place_of(c, source, &found);

	return found ? &c->item[at] : NULL;
}

void source_counts_free(struct source_counts *c)
{
	for (size_t i = 0; i < c->len; i++)
		ll_free(c->item[i].name);
	ll_free(c->item);
	*c = (struct source_counts){ 0 };
}

static void *worker_new(void *context)
{
	(void)context;
	return ll_calloc(1, sizeof(struct source_counts));
}

/* Called for one worker after the other, when all are done: sums do not depend on who counted what. */
static void worker_free(void *context, void *argument)
{
	struct source_counts *own = argument;

	for (size_t i = 0; i < own->len; i++)
		source_counts_add(context, ll_str(own->item[i].name, own->item[i].len), own->item[i].documents, own->item[i].bytes);
	source_counts_free(own);
	ll_free(own);
}

static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	(void)context;
	(void)sink;
	source_counts_add(worker, doc->source, 1, doc->text.len);
}

void source_counts_of_files(struct source_counts *c, const char *const *files, size_t n, struct ll_lineage **lineage)
{
	struct ll_filter filter = { .context = c, .worker_new = worker_new, .worker_free = worker_free, .map = map };

	ll_documents_scan(&filter, files, n, lineage);
}

void source_counts_load(struct source_counts *c, const char *const *files, size_t n)
{
	struct ll_reader *r = ll_reader_open(files, n, "counts");
	const unsigned char *record;
	size_t len;

	while ((record = ll_reader_next(r, &len)) != NULL) {
		if (len < FIXED || ll_get32(record + 4) != len - 8)
			ll_die(LL_EXIT_INPUT, "%s: not a count of a source", ll_reader_where(r));
		source_counts_add(c, ll_str((const char *)record + FIXED, len - FIXED), ll_get64(record + 8), ll_get64(record + 16));
	}
	ll_reader_close(r);
}

void source_counts_write(const struct source_counts *c, const struct ll_lineage *lineage)
{
	struct ll_writer *w = ll_writer_open(ll_common.output ? ll_common.output : "-", ll_header_new("counts", 1, NULL));
	struct ll_buf b = { 0 };

	for (size_t i = 0; i < c->len; i++) {
		ll_buf_clear(&b);
		ll_buf_put32(&b, (uint32_t)(FIXED + c->item[i].len));
		ll_buf_put32(&b, (uint32_t)(FIXED + c->item[i].len - 8));
		ll_buf_put64(&b, c->item[i].documents);
		ll_buf_put64(&b, c->item[i].bytes);
		ll_buf_add(&b, c->item[i].name, c->item[i].len);
		ll_writer_put(w, b.data, b.len);
	}
	ll_writer_close(w, lineage);
	ll_buf_free(&b);
}
