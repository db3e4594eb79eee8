/* SPDX-License-Identifier: MIT */
#include "ll-sample/source_counts.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/option.h"
#include "bpe/bpe.h"
#include "doc/filter.h"

#define FIXED 32u

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

void source_counts_add(struct source_counts *c, const struct source_count *more)
{
	bool found;
	size_t at = place_of(c, ll_str(more->name, more->len), &found);

	if (!found) {
		LL_GROW(c->item, c->cap, c->len + 1);
		memmove(c->item + at + 1, c->item + at, (c->len - at) * sizeof(*c->item));
		c->item[at] = (struct source_count){ .name = ll_strndup(more->name, more->len), .len = more->len };
		c->len++;
	}
	c->item[at].documents += more->documents;
	c->item[at].bytes += more->bytes;
	c->item[at].tokens += more->tokens;
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

struct count {
	struct source_counts *all;
	const struct ll_bpe *bpe;
};

struct worker {
	struct source_counts own;
	struct ll_bpe_encoder *encoder;
	struct ll_ids ids;
};

static void *worker_new(void *context)
{
	const struct count *count = context;
	struct worker *w = ll_calloc(1, sizeof(*w));

	w->encoder = count->bpe ? ll_bpe_encoder_new(count->bpe) : NULL;
	return w;
}

/* Called for one worker after the other, when all are done: sums do not depend on who counted what. */
static void worker_free(void *context, void *argument)
{
	const struct count *count = context;
	struct worker *w = argument;

	for (size_t i = 0; i < w->own.len; i++)
		source_counts_add(count->all, &w->own.item[i]);
	source_counts_free(&w->own);
	if (w->encoder)
		ll_bpe_encoder_free(w->encoder);
	ll_ids_free(&w->ids);
	ll_free(w);
}

static void map(void *context, void *argument, const struct ll_doc *doc, struct ll_sink *sink)
{
	struct worker *w = argument;

	(void)context;
	(void)sink;
	w->ids.len = 0;
	if (w->encoder)
		ll_bpe_encode(w->encoder, doc->text, false, &w->ids);
	source_counts_add(&w->own, &(struct source_count){ .name = (char *)doc->source.data,
							    .len = doc->source.len,
							    .documents = 1,
							    .bytes = doc->text.len,
							    .tokens = w->ids.len });
}

void source_counts_of_files(struct source_counts *c, const struct ll_bpe *bpe, const char *const *files, size_t n,
			    struct ll_lineage **lineage)
{
	struct count count = { c, bpe };
	struct ll_filter filter = { .context = &count, .worker_new = worker_new, .worker_free = worker_free, .map = map };

	if (bpe)
		snprintf(c->tokenizer, sizeof(c->tokenizer), "%s", ll_bpe_id(bpe));
	ll_documents_scan(&filter, files, n, lineage);
}

/* All files count the tokens of one tokenizer, or none does. */
static void load_one(struct source_counts *c, const char *file, bool first)
{
	struct ll_reader *r = ll_reader_open(&file, 1, "source-counts");
	const struct ll_header *header = ll_reader_header(r);
	char *tokenizer = header ? ll_header_get(header, "tokenizer") : NULL;
	const unsigned char *record;
	size_t len;

	if (first)
		snprintf(c->tokenizer, sizeof(c->tokenizer), "%s", tokenizer ? tokenizer : "");
	else if (strcmp(c->tokenizer, tokenizer ? tokenizer : "") != 0)
		ll_die(LL_EXIT_INPUT, "%s: tokens of %s%s, but the counts before it have tokens of %s%s", file,
		       tokenizer ? "tokenizer " : "no tokenizer", tokenizer ? tokenizer : "",
		       c->tokenizer[0] ? "tokenizer " : "no tokenizer", c->tokenizer);
	ll_free(tokenizer);
	while ((record = ll_reader_next(r, &len)) != NULL) {
		if (len < FIXED || ll_get32(record + 4) != len - 8)
			ll_die(LL_EXIT_INPUT, "%s: not a count of a source", ll_reader_where(r));
		source_counts_add(c, &(struct source_count){ (char *)record + FIXED, len - FIXED, ll_get64(record + 8),
							      ll_get64(record + 16), ll_get64(record + 24) });
	}
	ll_reader_close(r);
}

void source_counts_load(struct source_counts *c, const char *const *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		load_one(c, files[i], i == 0);
}

void source_counts_write(const struct source_counts *c, const struct ll_lineage *lineage)
{
	char *keys = c->tokenizer[0] ? ll_format("tokenizer=%s\n", c->tokenizer) : NULL;
	struct ll_writer *w =
		ll_writer_open(ll_common.output ? ll_common.output : "-", ll_header_new("source-counts", 1, keys));
	struct ll_buf b = { 0 };

	for (size_t i = 0; i < c->len; i++) {
		ll_buf_clear(&b);
		ll_buf_put32(&b, (uint32_t)(FIXED + c->item[i].len));
		ll_buf_put32(&b, (uint32_t)(FIXED + c->item[i].len - 8));
		ll_buf_put64(&b, c->item[i].documents);
		ll_buf_put64(&b, c->item[i].bytes);
		ll_buf_put64(&b, c->item[i].tokens);
		ll_buf_add(&b, c->item[i].name, c->item[i].len);
		ll_writer_put(w, b.data, b.len);
	}
	ll_writer_close(w, lineage);
	ll_buf_free(&b);
	ll_free(keys);
}
