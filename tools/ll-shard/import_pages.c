/* SPDX-License-Identifier: MIT */
/* Pages to documents: records of web archives, and text and HTML files, one document each, brought to UTF-8. */
#include "ll-shard/import.h"

#include <stdio.h>
#include <strings.h>

#include "base/memory.h"
#include "io/warc.h"
#include "ll-shard/charset.h"
#include "text/utf8.h"

#define PAGE_MAX (LL_TEXT_MAX + LL_MIB) /* longer ones cannot become a document */

/* ---- worker ---- */

static void work_page(struct import_job *job, struct import_page *p)
{
	const struct import_options *o = &job->import->options;
	const char *in = job->input.data;
	struct ll_str raw = ll_str(in + p->body, p->body_len), type = ll_str(in + p->type, p->type_len);
	struct ll_doc doc = { .id = ll_str(in + p->id, p->id_len), .source = ll_cstr(o->source ? o->source : "") };
	char charset[64];

	if (p->malformed) {
		import_job_reject(job, raw, p->line, p->offset, p->malformed, p->detail);
		return;
	}
	job->replaced += charset_to_utf8(raw, charset_of_content_type(type), p->html, &job->text, &doc.text, charset);
	ll_buf_clear(&job->tags);
	ll_tags_add_string(&job->tags, "media_type", ll_cstr(p->html ? "text/html" : "text/plain"));
	ll_tags_add_string(&job->tags, "charset", ll_cstr(charset));
	if (p->url_len)
		ll_tags_add_string(&job->tags, "url", ll_str(in + p->url, p->url_len));
	if (p->date_len)
		ll_tags_add_string(&job->tags, "date", ll_str(in + p->date, p->date_len));
	if (p->truncated)
		ll_tags_add_int(&job->tags, "truncated", 1);
	doc.tags = ll_buf_str(&job->tags);
	import_job_document(job, &doc, p->own_id, raw, p->line, p->offset);
}

static void work_pages(struct import_job *job)
{
	for (size_t i = 0; i < job->pages; i++)
		work_page(job, &job->page[i]);
}

/* ---- reader ---- */

static size_t keep(struct import_job *job, struct ll_str s, size_t *len)
{
	size_t at = job->input.len;

	ll_buf_add_str(&job->input, s);
	*len = s.len;
	return at;
}

static struct import_page *add_page(struct import_job *job)
{
	LL_GROW(job->page, job->pages_cap, job->pages + 1);
	job->page[job->pages] = (struct import_page){ 0 };
	return &job->page[job->pages++];
}

static struct import_job *open_job(struct import *im, const struct import_file *file, struct import_job *job)
{
	if (job && job->file == file && job->input.len < im->block)
		return job;
	if (job)
		import_job_submit(job);
	return import_job_new(im, file, work_pages);
}

/* Strings of headers may be anything; a tag must be UTF-8. */
static struct ll_str clean(struct ll_str s)
{
	return ll_str(s.data, ll_utf8_valid_prefix(s.data, s.len));
}

static bool media_is(struct ll_str type, const char *want)
{
	size_t n = strlen(want);

	return type.len >= n && strncasecmp(type.data, want, n) == 0 &&
	       (type.len == n || strchr("; \t,\r\n", type.data[n]));
}

/* A page, its record and its copies are in memory at once. What does not fit fails: it must not count as too long. */
static size_t page_limit(void)
{
	return (size_t)LL_MIN(PAGE_MAX, ll_memory_budget() / 6);
}

static bool memory_limits(void)
{
	return page_limit() < PAGE_MAX;
}

/* Why a record is no page of ours; NULL when it is one. These are not rejects: an archive holds all kinds of things. */
static const char *unwanted(const struct import_file *file, const struct ll_warc_record *r, struct ll_str type)
{
	bool response = ll_str_is(r->type, "response");

	if (!response && !ll_str_is(r->type, "resource") && !ll_str_is(r->type, "conversion"))
		return "skipped_record_type";
	if (response && r->http_status == 0)
		return "skipped_not_http";
	if (response && r->http_status != 200)
		return "skipped_http_status";
	if (!media_is(type, "text/html") && !media_is(type, "text/plain") && !media_is(type, "application/xhtml+xml"))
		return "skipped_media_type";
	if (r->too_long && memory_limits())
		ll_die(LL_EXIT_RESOURCE, "%s: record at byte %llu is longer than a sixth of --memory", file->path,
		       (unsigned long long)r->offset);
	if (r->too_long)
		return "skipped_too_long";
	if (r->encoding.len)
		return "skipped_content_encoding";
	if (r->body.len == 0)
		return "skipped_empty";
	return NULL;
}

static void add_record(struct import *im, struct import_job *job, const struct ll_warc_record *r, struct ll_str type,
		       uint64_t number)
{
	struct import_page *p = add_page(job);
	char id[32];

	p->offset = r->offset;
	p->body = keep(job, r->body, &p->body_len);
	p->own_id = r->id.len > 0;
	snprintf(id, sizeof(id), "#%llu", (unsigned long long)number);
	if (p->own_id) {
		p->id = keep(job, clean(r->id), &p->id_len);
	} else {
		size_t more;
		p->id = keep(job, ll_cstr(job->file->name), &p->id_len);
		keep(job, ll_cstr(id), &more);
		p->id_len += more;
	}
	p->url = keep(job, clean(r->url), &p->url_len);
	p->date = keep(job, clean(r->date), &p->date_len);
	p->type = keep(job, type, &p->type_len);
	p->html = !media_is(type, "text/plain");
	p->truncated = r->truncated;
	if (r->truncated)
		ll_stats_count(im->read, "truncated_records", 1);
}

void import_archive(struct import *im, const struct import_file *file, struct ll_decoder *d)
{
	struct ll_warc *w = ll_warc_on(d, page_limit());
	struct import_job *job = import_job_new(im, file, work_pages);
	struct ll_warc_record r;
	struct ll_err err;
	uint64_t number = 0;
	int rc;

	while ((rc = ll_warc_next(w, &r, &err)) != 0) {
		job = open_job(im, file, job);
		number++;
		if (rc < 0) {
			struct import_page *p = add_page(job);
			p->offset = r.offset;
			p->malformed = "malformed_record";
			p->detail = ll_strdup(err.text);
			continue;
		}
		struct ll_str type = ll_str_is(r.type, "response") ? r.http_content_type : r.content_type;
		const char *why = unwanted(file, &r, type);
		if (why)
			ll_stats_count(im->read, why, 1);
		else
			add_record(im, job, &r, type, number);
	}
	import_job_submit(job);
	ll_lineage_add_input(im->lineage, ll_decoder_digest(d));
	ll_warc_close(w);
}

void import_page_file(struct import *im, const struct import_file *file, struct ll_decoder *d, bool html)
{
	struct import_job *job = import_job_new(im, file, work_pages);
	struct import_page *p = add_page(job);
	size_t step = 64 * LL_KIB, got;
	uint64_t over = 0;

	p->id = keep(job, ll_cstr(file->name), &p->id_len);
	p->body = job->input.len;
	p->html = html;
	while ((got = ll_decoder_read(d, ll_buf_reserve(&job->input, step), step)) > 0) {
		job->input.len += got;
		if (job->input.len - p->body > page_limit() && memory_limits())
			ll_die(LL_EXIT_RESOURCE, "%s: longer than a sixth of --memory", file->path);
		if (job->input.len - p->body > PAGE_MAX) { /* read to the end all the same: damage must show */
			over += got;
			job->input.len -= got;
		}
		step = LL_MIN(LL_MAX(job->input.len, 64 * LL_KIB), 4 * LL_MIB);
	}
	p->body_len = job->input.len - p->body;
	if (over) {
		char detail[64];
		snprintf(detail, sizeof(detail), "%llu bytes", (unsigned long long)(p->body_len + over));
		p->malformed = "text_too_long";
		p->detail = ll_strdup(detail);
	}
	ll_lineage_add_input(im->lineage, ll_decoder_digest(d));
	ll_decoder_close(d);
	if (p->body_len == 0)
		ll_stats_count(im->read, "empty_files", 1);
	else
		import_job_submit(job);
}
