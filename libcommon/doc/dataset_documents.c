/* SPDX-License-Identifier: MIT */
/* dataset_documents.c - which documents stand at a place of a dataset: documents.ll by bisection over its frames. */
#include "base/memory.h"
#include "doc/dataset.h"
#include "doc/dataset_parts.h"

static void entry_at(const char *path, const unsigned char *record, size_t len, struct ll_dataset_entry *e)
{
	struct ll_err err;
	if (ll_dataset_entry_get(record, len, e, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", path, err.text);
}

static uint64_t first_offset(struct ll_dataset *d, size_t frame)
{
	struct ll_data_frame f;
	struct ll_dataset_entry e;
	ll_stream_frame_at(d->documents_path, d->index[frame].offset, &f);
	entry_at(d->documents_path, f.raw, ll_get32(f.raw), &e);
	uint64_t offset = e.offset;
	ll_data_frame_free(&f);
	return offset;
}

struct ll_dataset_document *ll_dataset_documents_at(struct ll_dataset *d, uint64_t start, uint64_t n, size_t *count)
{
	struct ll_dataset_document *docs = NULL;
	size_t cap = 0, len = 0, low = 0;
	bool past = false;
	if (!d->index)
		d->index = ll_stream_index(d->documents_path, &d->frames);
	/* The last frame whose first document starts at or before `start`. */
	for (size_t high = d->frames; high > low + 1;) {
		size_t middle = low + (high - low) / 2;
		if (first_offset(d, middle) <= start)
			low = middle;
		else
			high = middle;
	}
	for (; low < d->frames && !past; low++) {
		struct ll_data_frame f;
		struct ll_dataset_entry e;
		ll_stream_frame_at(d->documents_path, d->index[low].offset, &f);
		for (size_t at = 0; at < f.header.raw_len && !past; at += ll_get32(f.raw + at)) {
			entry_at(d->documents_path, f.raw + at, ll_get32(f.raw + at), &e);
			past = e.offset >= start + n;
			if (past || e.offset + e.length <= start)
				continue;
			LL_GROW(docs, cap, len + 1);
			docs[len++] = (struct ll_dataset_document){ .key = e.key,
								    .id = ll_strndup(e.id.data, e.id.len),
								    .source = ll_strndup(e.source.data, e.source.len),
								    .offset = e.offset,
								    .length = e.length,
								    .text_bytes = e.text_bytes };
		}
		ll_data_frame_free(&f);
	}
	*count = len;
	return docs;
}

void ll_dataset_documents_free(struct ll_dataset_document *docs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ll_free(docs[i].id);
		ll_free(docs[i].source);
	}
	ll_free(docs);
}
