/* SPDX-License-Identifier: MIT */
/* export_dataset.c - the documents of token datasets as JSON lines of ids, without their end-of-text tokens. */
#include "ll-shard/export.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "io/file.h"
#include "stream/stats.h"
#include "text/json.h"

/* Appends a number list's "[1,2,3]" of little-endian numbers. */
static void put_numbers(struct ll_buf *out, const unsigned char *numbers, unsigned width, uint32_t n)
{
	ll_buf_putc(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		char digits[12], *p = digits + sizeof(digits);
		uint32_t v = width == 2 ? ll_get16(numbers + 2 * (size_t)i) : ll_get32(numbers + 4 * (size_t)i);
		do
			*--p = (char)('0' + v % 10);
		while (v /= 10);
		if (i)
			*--p = ',';
		ll_buf_add(out, p, (size_t)(digits + sizeof(digits) - p));
	}
	ll_buf_putc(out, ']');
}

void export_token_line(struct ll_buf *out, struct ll_str id, const unsigned char *ids, unsigned width, uint32_t n,
		       const unsigned char *offsets)
{
	ll_buf_puts(out, "{\"id\":");
	ll_json_escape(out, id, false);
	ll_buf_puts(out, ",\"tokens\":");
	put_numbers(out, ids, width, n);
	if (offsets) {
		ll_buf_puts(out, ",\"offsets\":");
		put_numbers(out, offsets, 4, n);
	}
	ll_buf_puts(out, "}\n");
}

void export_count(struct ll_stats *stats, const struct dataset_walk_document *d)
{
	ll_stats_in(stats, d->entry.source, d->entry.text_bytes);
	ll_stats_kept(stats, d->entry.source, d->entry.text_bytes);
	ll_progress_add(1, d->entry.text_bytes);
}

int export_dataset_lines(const char *const *dirs, size_t n)
{
	struct dataset_walk walk;
	struct dataset_walk_document d;
	struct ll_buf line = { 0 };
	size_t cap = 0;
	uint32_t *ids = NULL;
	dataset_walk_open(&walk, dirs, n);
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	struct ll_stats *stats = ll_stats_new();
	while (dataset_walk_next(&walk, &d)) {
		LL_GROW(ids, cap, d.ids + 1);
		ll_dataset_read(d.dataset, d.entry.offset, d.ids, ids);
		for (uint64_t i = 0; i < d.ids; i++)
			ll_put32(&ids[i], ids[i]);
		ll_buf_clear(&line);
		export_token_line(&line, d.entry.id, (const unsigned char *)ids, 4, (uint32_t)d.ids, NULL);
		ll_out_write(out, line.data, line.len);
		export_count(stats, &d);
	}
	ll_stats_finish(stats, NULL, NULL);
	ll_out_commit(out);
	ll_stats_free(stats);
	ll_buf_free(&line);
	ll_free(ids);
	dataset_walk_close(&walk);
	return LL_EXIT_OK;
}
