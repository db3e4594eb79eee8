/* SPDX-License-Identifier: MIT */
/* JSON lines to documents. The text is taken out of its line; what is left is the skeleton it goes back into. */
#include "ll-shard/import.h"

#include <stdio.h>

#include "base/memory.h"
#include "io/lines.h"
#include "text/json.h"

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int c = p[i] >= '0' && p[i] <= '9' ? p[i] - '0' : p[i] >= 'a' && p[i] <= 'f' ? p[i] - 'a' + 10 : -1;
		if (c < 0)
			return -1; /* upper case is legal, but no writer of ours would give it back */
		v = v << 4 | c;
	}
	return v;
}

/* How the inside of a valid JSON string without \/ would have been written, looking at its escapes only. */
static enum ll_escape_form escape_form(struct ll_str inside, const char *first)
{
	const char *end = inside.data + inside.len;
	bool wide = false; /* non-ASCII as \uXXXX */

	for (const char *p = first; p; p = p < end ? memchr(p, '\\', (size_t)(end - p)) : NULL) {
		int v;
		if (p[1] != 'u') {
			p += 2;
			continue;
		}
		v = hex4(p + 2);
		if (v >= 0x80)
			wide = true;
		else if (v < 0 || v >= 0x20 || v == '\b' || v == '\t' || v == '\n' || v == '\f' || v == '\r')
			return LL_ESCAPE_VERBATIM;
		p += 6;
	}
	if (!wide)
		return LL_ESCAPE_MINIMAL;
	for (size_t i = 0; i < inside.len; i++)
		if (inside.data[i] & '\x80')
			return LL_ESCAPE_VERBATIM;
	return LL_ESCAPE_ASCII;
}

/* A raw JSON value as a string: unescaped, or the spelling of what is no string; empty for null and absent. */
static int value_string(struct ll_buf *scratch, struct ll_str raw, struct ll_str *out, struct ll_err *err)
{
	if (!raw.data || ll_str_is(raw, "null")) {
		*out = ll_str("", 0);
		return 0;
	}
	if (!ll_json_is_string(raw)) {
		*out = raw;
		return 0;
	}
	*out = ll_str(raw.data + 1, raw.len - 2);
	if (!memchr(out->data, '\\', out->len))
		return 0;
	ll_buf_clear(scratch);
	if (ll_json_unescape(scratch, raw, err) < 0)
		return -1;
	*out = ll_buf_str(scratch);
	return 0;
}

enum { TEXT, ID, SOURCE, FIELDS };

static int take_text(struct import_job *job, struct ll_str line, struct ll_str raw, struct ll_doc *doc,
		     struct ll_err *err)
{
	struct ll_str inside = ll_str(raw.data + 1, raw.len - 2);
	const char *escape = memchr(inside.data, '\\', inside.len);
	unsigned forms;

	doc->text = inside;
	doc->form = LL_ESCAPE_MINIMAL;
	if (escape) {
		ll_buf_clear(&job->text);
		if (ll_json_unescape_noting(&job->text, raw, &forms, err) < 0)
			return -1;
		doc->text = ll_buf_str(&job->text);
		if (forms & LL_JSON_SLASH)
			doc->form = LL_ESCAPE_VERBATIM;
		else if (forms)
			doc->form = (uint8_t)escape_form(inside, escape);
		if (doc->form == LL_ESCAPE_VERBATIM)
			doc->verbatim = inside;
	}
	doc->hole = (uint32_t)(raw.data - line.data);
	ll_buf_clear(&job->skeleton);
	ll_buf_add(&job->skeleton, line.data, doc->hole);
	ll_buf_add(&job->skeleton, raw.data + raw.len, (size_t)(line.data + line.len - raw.data - raw.len));
	doc->skeleton = ll_buf_str(&job->skeleton);
	return 0;
}

static void one_line(struct import_job *job, struct ll_str line, uint64_t number, uint64_t offset, bool newline)
{
	const struct import_options *o = &job->import->options;
	struct ll_json_field field[FIELDS] = { { .key = ll_cstr(o->text_key) },
					       { .key = ll_cstr(o->id_key) },
					       { .key = ll_cstr(o->source_key) } };
	struct ll_doc doc = { .flags = newline ? 0 : LL_DOC_NO_NEWLINE };
	struct ll_err err = { "" };
	bool own_id;

	if (ll_json_line(line, field, FIELDS, &err) < 0) {
		import_job_reject(job, line, number, offset, "malformed_json", err.text);
		return;
	}
	if (!field[TEXT].value.data || !ll_json_is_string(field[TEXT].value)) {
		bool there = field[TEXT].value.data != NULL;
		import_job_reject(job, line, number, offset, there ? "text_not_string" : "no_text", o->text_key);
		return;
	}
	if (take_text(job, line, field[TEXT].value, &doc, &err) < 0 ||
	    value_string(&job->id, field[ID].value, &doc.id, &err) < 0 ||
	    value_string(&job->source, field[SOURCE].value, &doc.source, &err) < 0) {
		import_job_reject(job, line, number, offset, "malformed_json", err.text);
		return;
	}
	own_id = doc.id.len > 0;
	if (!own_id) {
		ll_buf_clear(&job->id);
		ll_buf_printf(&job->id, "%s#%llu", job->file->name, (unsigned long long)number);
		doc.id = ll_buf_str(&job->id);
	}
	if (doc.source.len == 0 && o->source)
		doc.source = ll_cstr(o->source);
	import_job_document(job, &doc, own_id, line, number, offset);
}

static bool is_blank(struct ll_str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (!strchr(" \t\r", line.data[i]) || line.data[i] == '\0')
			return false;
	return true;
}

static void work_lines(struct import_job *job)
{
	const char *p = job->input.data, *end = p + job->input.len;
	uint64_t number = job->first_line;

	if (job->too_long) {
		char detail[64];
		snprintf(detail, sizeof(detail), "%llu bytes", (unsigned long long)job->too_long);
		import_job_reject(job, ll_buf_str(&job->input), number, job->offset, "line_too_long", detail);
		return;
	}
	ll_buf_reserve(&job->records, job->input.len + job->input.len / 8);
	for (; p < end; number++) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct ll_str line = ll_str(p, (size_t)((newline ? newline : end) - p));
		if (LL_UNLIKELY(line.len == 0 || (line.data[0] != '{' && is_blank(line))))
			job->blank_lines++;
		else
			one_line(job, line, number, job->offset + (uint64_t)(p - job->input.data), newline != NULL);
		p += line.len + 1;
	}
}

void import_jsonl(struct import *im, const struct import_file *file, struct ll_decoder *d)
{
	/* A line, its text and its record are in memory at once. */
	uint64_t fits = ll_memory_budget() / 5;
	struct ll_lines *lines = ll_lines_on(d, (size_t)LL_MIN(LL_IMPORT_LINE_MAX, fits));
	struct ll_line_block block;

	while (ll_lines_next_block(lines, im->block, &block)) {
		struct import_job *job = import_job_new(im, file, work_lines);
		if (block.too_long && block.length <= LL_IMPORT_LINE_MAX)
			ll_die(LL_EXIT_RESOURCE, "%s: line %llu of %llu bytes needs --memory=%lluM", file->path,
			       (unsigned long long)block.first_number, (unsigned long long)block.length,
			       (unsigned long long)(block.length * 5 >> 20) + 1);
		job->input = (struct ll_buf){ block.data, block.len, block.len };
		job->first_line = block.first_number;
		job->offset = block.offset;
		job->too_long = block.too_long ? block.length : 0;
		import_job_submit(job);
	}
	ll_lineage_add_input(im->lineage, ll_decoder_digest(d));
	ll_lines_close(lines);
}
