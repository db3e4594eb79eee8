/* SPDX-License-Identifier: MIT */
/* rejects.c - the stream of what was dropped (filter.h). */
#include "base/memory.h"
#include "base/option.h"
#include "doc/filter.h"
#include "text/utf8.h"

#define RAW_MAX (1u << 20) /* of a malformed input record, what is kept to look at */

struct ll_rejects {
	struct ll_writer *out; /* NULL without --rejects */
	uint64_t count, malformed;
	struct ll_buf record, tags;
};

struct ll_rejects *ll_rejects_open(void)
{
	struct ll_rejects *r = ll_calloc(1, sizeof(*r));
	if (ll_common.rejects)
		r->out = ll_writer_open(ll_common.rejects, ll_header_new("docs", 1, "role=rejects\n"));
	return r;
}

static void put(struct ll_rejects *r, struct ll_doc *doc, const char *reason, const char *value)
{
	ll_tags_add_string(&r->tags, "reject.stage", ll_cstr(ll_identity_program()));
	ll_tags_add_string(&r->tags, "reject.reason", ll_cstr(reason));
	if (value && *value)
		ll_tags_add_string(&r->tags, "reject.value", ll_cstr(value));
	doc->volatile_tags = ll_buf_str(&r->tags);
	ll_buf_clear(&r->record);
	ll_doc_put(&r->record, doc);
	ll_writer_put(r->out, r->record.data, r->record.len);
}

void ll_rejects_put_raw(struct ll_rejects *r, struct ll_str raw, const char *origin_file, uint64_t origin_line, const char *reason,
			const char *detail)
{
	r->count++;
	r->malformed++;
	if (!r->out) {
		ll_hint("--rejects=FILE keeps such records and goes on");
		ll_die(LL_EXIT_INPUT, "%s: line %llu: %s%s%s", origin_file, (unsigned long long)origin_line, reason,
		       detail && *detail ? ": " : "", detail ? detail : "");
	}
	char *origin = ll_format("%s#%llu", origin_file, (unsigned long long)origin_line);
	struct ll_str shown = ll_str(raw.data, LL_MIN(raw.len, RAW_MAX));
	struct ll_doc doc = { .id = ll_cstr(origin) };
	size_t valid = ll_utf8_valid_prefix(shown.data, shown.len);
	if (valid == shown.len || (shown.len < raw.len && shown.len - valid < 4))
		doc.text = ll_str(shown.data, valid);
	else
		doc.verbatim = shown;
	doc.key = ll_doc_key(doc.source, doc.id, doc.text);
	ll_buf_clear(&r->tags);
	ll_tags_add_string(&r->tags, "origin", ll_cstr(origin));
	if (shown.len < raw.len)
		ll_tags_add_int(&r->tags, "reject.bytes", (int64_t)raw.len);
	put(r, &doc, reason, detail);
	ll_free(origin);
}

void ll_rejects_put(struct ll_rejects *r, const struct ll_doc *doc, const char *reason, const char *value)
{
	r->count++;
	if (!r->out)
		return;
	struct ll_doc copy = *doc;
	ll_buf_clear(&r->tags);
	ll_buf_add_str(&r->tags, doc->volatile_tags);
	put(r, &copy, reason, value);
}

void ll_rejects_put_unusable(struct ll_rejects *r, const struct ll_doc *doc, const char *reason, const char *value)
{
	r->malformed++;
	ll_rejects_put(r, doc, reason, value);
}

uint64_t ll_rejects_count(const struct ll_rejects *r)
{
	return r->count;
}

void ll_rejects_close(struct ll_rejects *r, uint64_t input_records, const struct ll_lineage *lineage)
{
	if (ll_common.max_rejects < 1 && input_records > 0 && (double)r->malformed > ll_common.max_rejects * (double)input_records)
		ll_die(LL_EXIT_INPUT, "%llu of %llu records were malformed, more than --max-rejects=%g allows", (unsigned long long)r->malformed,
		       (unsigned long long)input_records, ll_common.max_rejects);
	if (r->out)
		ll_writer_close(r->out, lineage);
	ll_buf_free(&r->record);
	ll_buf_free(&r->tags);
	ll_free(r);
}
