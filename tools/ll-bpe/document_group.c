/* SPDX-License-Identifier: MIT */
#include "ll-bpe/document_group.h"

#include "base/number.h"
#include "text/json.h"

static int tag_name(struct document_group *m, const struct ll_doc *doc, const char *by, struct ll_str *name, struct ll_err *err)
{
	struct ll_tag tag;
	if (!ll_tag_find(doc->tags, by, &tag) && !ll_tag_find(doc->volatile_tags, by, &tag))
		return 0;
	switch (tag.type) {
	case LL_TAG_STRING: *name = tag.value; return 0;
	case LL_TAG_INT: ll_buf_printf(&m->text, "%lld", (long long)ll_tag_int(&tag)); break;
	case LL_TAG_FLOAT: ll_put_double(&m->text, ll_tag_float(&tag)); break;
	case LL_TAG_LIST: return ll_err_set(err, "it is a list");
	}
	*name = ll_buf_str(&m->text);
	return 0;
}

/* The document's JSON line with an empty text, for the text need not be escaped to look at other members. */
static void put_line(struct document_group *m, const struct ll_doc *doc)
{
	ll_buf_clear(&m->line);
	if (doc->skeleton.len) {
		ll_buf_add(&m->line, doc->skeleton.data, doc->hole);
		ll_buf_puts(&m->line, "\"\"");
		ll_buf_add(&m->line, doc->skeleton.data + doc->hole, doc->skeleton.len - doc->hole);
	} else {
		struct ll_doc bare = *doc;
		bare.text = ll_str("", 0);
		ll_doc_json(&m->line, &bare, false);
	}
}

static int field_name(struct document_group *m, const struct ll_doc *doc, const char *by, struct ll_str *name, struct ll_err *err)
{
	struct ll_json_field field = { .key = ll_cstr(by + 1) };
	put_line(m, doc);
	if (ll_json_line(ll_buf_str(&m->line), &field, 1, err))
		return -1;
	if (!field.value.data || ll_str_is(field.value, "null"))
		return 0;
	if (!ll_json_is_string(field.value)) {
		if (field.value.data[0] == '{' || field.value.data[0] == '[')
			return ll_err_set(err, "it is %s", field.value.data[0] == '{' ? "an object" : "a list");
		*name = field.value;
		return 0;
	}
	if (ll_json_unescape(&m->text, field.value, err))
		return -1;
	*name = ll_buf_str(&m->text);
	return 0;
}

int document_group_find(struct document_group *m, const struct ll_doc *doc, const char *by, struct ll_str *name, struct ll_err *err)
{
	ll_buf_clear(&m->text);
	*name = ll_str("", 0);
	return *by == '.' ? field_name(m, doc, by, name, err) : tag_name(m, doc, by, name, err);
}

struct ll_str document_group(struct document_group *m, const struct ll_doc *doc, const char *by)
{
	struct ll_str name;
	struct ll_err err;
	if (strcmp(by, "source") == 0)
		return doc->source;
	if (document_group_find(m, doc, by, &name, &err))
		ll_die(LL_EXIT_INPUT, "--by=%s: document '%.*s': %s", by, (int)LL_MIN(doc->id.len, 100), doc->id.data, err.text);
	return name;
}

void document_group_none(const char *by)
{
	if (*by != '.')
		ll_hint("a member of the documents' own JSON has a leading dot: --by=.%s", by);
	ll_warn("--by=%s: no document has it", by);
}

void document_group_free(struct document_group *m)
{
	ll_buf_free(&m->line);
	ll_buf_free(&m->text);
}
