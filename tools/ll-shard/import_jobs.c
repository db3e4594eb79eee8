/* SPDX-License-Identifier: MIT */
/* Jobs: what workers leave behind, and how it is retired in order into output, rejects and books. */
#include "ll-shard/import.h"

#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"

struct import_job *import_job_new(struct import *im, const struct import_file *file, void (*work)(struct import_job *))
{
	struct import_job *job = ll_calloc(1, sizeof(*job));

	job->import = im;
	job->file = file;
	job->work = work;
	return job;
}

static void job_free(struct import_job *job)
{
	struct ll_buf *buffers[] = { &job->input, &job->records, &job->text, &job->skeleton,
				     &job->id,	  &job->source,	 &job->tags, &job->origin };

	for (size_t i = 0; i < LL_COUNT(buffers); i++)
		ll_buf_free(buffers[i]);
	for (size_t i = 0; i < job->verdicts; i++)
		ll_free(job->verdict[i].detail);
	for (size_t i = 0; i < job->pages; i++)
		ll_free(job->page[i].detail);
	ll_free(job->verdict);
	ll_free(job->page);
	ll_free(job);
}

static struct import_verdict *add_verdict(struct import_job *job, struct ll_str raw, uint64_t line, uint64_t offset)
{
	struct import_verdict *v;

	LL_GROW(job->verdict, job->verdicts_cap, job->verdicts + 1);
	v = &job->verdict[job->verdicts++];
	*v = (struct import_verdict){ .raw = raw, .line = line, .offset = offset };
	return v;
}

void import_job_reject(struct import_job *job, struct ll_str raw, uint64_t line, uint64_t offset, const char *reason,
		       const char *detail)
{
	struct import_verdict *v = add_verdict(job, raw, line, offset);

	v->reason = reason;
	v->detail = detail && *detail ? ll_strdup(detail) : NULL;
}

void import_job_document(struct import_job *job, struct ll_doc *doc, bool own_id, struct ll_str raw, uint64_t line,
			 uint64_t offset)
{
	struct ll_buf origin = job->origin;
	struct import_verdict *v;
	size_t size;

	if (doc->text.len > LL_TEXT_MAX) {
		char detail[64];
		snprintf(detail, sizeof(detail), "%zu bytes", doc->text.len);
		import_job_reject(job, raw, line, offset, "text_too_long", detail);
		return;
	}
	ll_buf_clear(&origin);
	ll_buf_printf(&origin, "%s:%llu", job->file->name, (unsigned long long)offset);
	/* The one volatile tag, behind the text of its value in the same buffer. */
	size_t value_len = origin.len;
	struct ll_buf volatile_tags = { 0 };
	ll_tags_add_string(&volatile_tags, "origin", ll_str(origin.data, value_len));
	job->origin = origin;
	doc->volatile_tags = ll_buf_str(&volatile_tags);
	size = ll_doc_size(doc);
	if (size > LL_RECORD_MAX) {
		char detail[64];
		snprintf(detail, sizeof(detail), "%zu bytes", size);
		import_job_reject(job, raw, line, offset, "record_too_long", detail);
		ll_buf_free(&volatile_tags);
		return;
	}
	doc->key = ll_doc_key(doc->source, own_id ? doc->id : ll_str("", 0), doc->text);
	v = add_verdict(job, raw, line, offset);
	v->record = job->records.len;
	ll_doc_put(&job->records, doc);
	v->record_len = size;
	v->digest = ll_record_digest(job->records.data + v->record);
	v->text_bytes = doc->text.len;
	ll_buf_free(&volatile_tags);
}

static void work(void *context, void *argument)
{
	struct import_job *job = argument;

	(void)context;
	job->work(job);
}

static void put_reject(struct import *im, const struct import_job *job, const struct import_verdict *v)
{
	if (!ll_common.rejects && v->line == 0) {
		ll_hint("--rejects=FILE keeps such records and goes on");
		ll_die(LL_EXIT_INPUT, "%s: record at byte %llu: %s%s%s", job->file->path, (unsigned long long)v->offset,
		       v->reason, v->detail ? ": " : "", v->detail ? v->detail : "");
	}
	ll_rejects_put_raw(im->rejects, v->raw, ll_common.rejects ? job->file->name : job->file->path,
			   v->line ? v->line : v->offset, v->reason, v->detail);
}

static void retire(void *context, void *argument)
{
	struct import *im = context;
	struct import_job *job = argument;
	uint64_t text_bytes = 0;

	for (size_t i = 0; i < job->verdicts; i++) {
		const struct import_verdict *v = &job->verdict[i];
		im->documents++;
		if (v->reason) {
			struct ll_str none = ll_cstr(im->options.source ? im->options.source : "");
			uint64_t bytes = job->too_long ? job->too_long : v->raw.len;
			ll_stats_in(im->stats, none, bytes);
			ll_stats_dropped(im->stats, none, v->reason, bytes);
			put_reject(im, job, v);
			continue;
		}
		const char *record = job->records.data + v->record;
		struct ll_str source = ll_str(record + LL_DOC_FIXED + ll_get32(record + 24), ll_get32(record + 28));
		ll_stats_in(im->stats, source, v->text_bytes);
		ll_stats_kept(im->stats, source, v->text_bytes);
		text_bytes += v->text_bytes;
		ll_writer_put_digested(im->out, record, v->record_len, v->digest);
	}
	ll_progress_add(job->verdicts, text_bytes);
	if (job->blank_lines)
		ll_stats_count(im->stats, "blank_lines", job->blank_lines);
	if (job->replaced)
		ll_stats_count(im->stats, "replaced_sequences", job->replaced);
	job_free(job);
}

const struct ll_queue_ops import_queue_ops = { work, retire };

void import_job_submit(struct import_job *job)
{
	struct ll_queue *q = job->import->queue;
	bool large = job->input.len > 8 * job->import->block;

	/* One large job at a time keeps memory within bounds whatever the number of threads. */
	if (large)
		ll_queue_drain(q);
	ll_queue_submit(q, job);
	if (large)
		ll_queue_drain(q);
}
