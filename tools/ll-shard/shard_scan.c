/* SPDX-License-Identifier: MIT */
#include "ll-shard/shard_scan.h"

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/thread.h"
#include "doc/dataset.h"
#include "doc/record.h"
#include "doc/tokens.h"
#include "stream/large_frame.h"

struct job {
	bool is_segment;
	struct ll_segment segment;
	struct ll_data_frame frame;
	struct ll_id *digest;
};

struct run {
	const struct ll_shard_scan *scan;
	struct ll_queue *queue;
	const char *file;
	uint64_t number;
};

static void work(void *context, void *argument)
{
	struct job *job = argument;
	(void)context;
	if (job->is_segment)
		return;
	ll_data_frame_decode(&job->frame);
	job->digest = ll_malloc((job->frame.header.records + 1) * sizeof(*job->digest));
	const unsigned char *p = job->frame.raw;
	for (uint32_t i = 0; i < job->frame.header.records; i++, p += ll_get32(p))
		job->digest[i] = ll_record_digest(p);
}

static void retire(void *context, void *argument)
{
	struct run *run = context;
	struct job *job = argument;
	const char *file = job->is_segment ? job->segment.file : job->frame.file;
	if (run->file != file) {
		run->file = file;
		run->number = 0;
	}
	if (job->is_segment) {
		run->scan->segment(run->scan->context, &job->segment);
		ll_free((char *)job->segment.lineage.data);
	} else {
		struct ll_shard_record record = { .data = job->frame.raw, .file = file, .header = job->frame.segment };
		for (uint32_t i = 0; i < job->frame.header.records; i++) {
			record.len = ll_get32(record.data);
			record.digest = job->digest[i];
			record.number = ++run->number;
			run->scan->record(run->scan->context, &record);
			record.data += record.len;
		}
		ll_progress_add(job->frame.header.records, job->frame.header.raw_len);
		ll_data_frame_free(&job->frame);
		ll_free(job->digest);
	}
	ll_free(job);
}

static void on_segment(void *context, const struct ll_segment *segment)
{
	struct run *run = context;
	struct job *job = ll_calloc(1, sizeof(*job));
	job->is_segment = true;
	job->segment = *segment;
	job->segment.lineage.data = ll_strndup(segment->lineage.data, segment->lineage.len);
	ll_queue_submit(run->queue, job);
}

void ll_shard_scan_reader(const struct ll_shard_scan *scan, struct ll_reader *reader)
{
	struct run run = { .scan = scan };
	struct ll_data_frame frame;
	run.queue = ll_queue_new(&(struct ll_queue_ops){ work, retire }, &run, 0);
	if (scan->segment)
		ll_reader_on_segment(reader, on_segment, &run);
	while (ll_reader_next_frame(reader, &frame)) {
		struct job *job = ll_calloc(1, sizeof(*job));
		job->frame = frame;
		ll_submit_frame(run.queue, job, &frame, LL_MAX(scan->times, 1));
	}
	ll_queue_free(run.queue);
}

struct ll_reader *ll_shard_scan(const struct ll_shard_scan *scan, const char *const *files, size_t n, const char *kind)
{
	struct ll_reader *reader = ll_reader_open(files, n, kind);
	ll_shard_scan_reader(scan, reader);
	return reader;
}

/* ---- headers ---- */

struct ll_header ll_shard_header_like(const struct ll_header *in, const char *more)
{
	static const char *const ours[] = { "format=",	"kind=",   "schema=",  "program=",
					    "version=", "option.", "salvaged=" };
	struct ll_buf extra = { 0 };
	for (const char *line = in->text; *line;) {
		size_t len = strcspn(line, "\n"), i = 0;
		while (i < LL_COUNT(ours) && strncmp(line, ours[i], strlen(ours[i])) != 0)
			i++;
		if (i == LL_COUNT(ours)) {
			ll_buf_add(&extra, line, len);
			ll_buf_putc(&extra, '\n');
		}
		line += len + (line[len] == '\n');
	}
	ll_buf_puts(&extra, more ? more : "");
	struct ll_header h = ll_header_new(in->kind, in->schema, ll_buf_cstr(&extra));
	ll_buf_free(&extra);
	return h;
}

/* ---- records ---- */

static void LL_NORETURN malformed(const struct ll_shard_record *r, const struct ll_err *err)
{
	ll_die(LL_EXIT_INPUT, "%s: record %llu: %s", ll_path_shown(r->file),
	       (unsigned long long)r->number, err->text);
}

static unsigned token_width(const struct ll_header *h)
{
	char *width = ll_header_get(h, "width");
	unsigned bytes = width && strcmp(width, "2") == 0 ? 2 : 4;
	ll_free(width);
	return bytes;
}

bool ll_shard_names(const struct ll_shard_record *r, struct ll_shard_names *out)
{
	struct ll_err err;
	if (strcmp(r->header->kind, "docs") == 0) {
		struct ll_doc d;
		if (ll_doc_get(r->data, r->len, &d, &err) < 0)
			malformed(r, &err);
		*out = (struct ll_shard_names){ d.key, d.id, d.source, d.text.len };
		return true;
	}
	if (strcmp(r->header->kind, "tokens") == 0) {
		static _Thread_local const struct ll_header *last;
		static _Thread_local unsigned width;
		struct ll_token_doc d;
		if (last != r->header) {
			last = r->header;
			width = token_width(last);
		}
		if (ll_token_doc_get(r->data, r->len, width, &d, &err) < 0)
			malformed(r, &err);
		*out = (struct ll_shard_names){ d.key, d.id, d.source, d.text_bytes };
		return true;
	}
	if (strcmp(r->header->kind, "documents") == 0) {
		struct ll_dataset_entry e;
		if (ll_dataset_entry_get(r->data, r->len, &e, &err) < 0)
			malformed(r, &err);
		*out = (struct ll_shard_names){ e.key, e.id, e.source, e.text_bytes };
		return true;
	}
	return false;
}
