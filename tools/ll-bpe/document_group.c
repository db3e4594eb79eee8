/* SPDX-License-Identifier: MIT */
#include "ll-bpe/document_group.h"

#include "base/number.h"
#include "text/json.h"

static void no_name(const struct ll_doc *doc, const char *by, const char *what)
{
	ll_die(LL_EXIT_INPUT, "--by=%s: that of document \"%.*s\" is %s", by, (int)LL_MIN(doc->id.len, 100), doc->id.data, what);
}

static struct ll_str tag_name(struct document_group *m, const struct ll_doc *doc, const char *by)
{
	struct ll_tag tag;
	if (!ll_tag_find(doc->tags, by, &tag) && !ll_tag_find(doc->volatile_tags, by, &tag))
		return ll_str("", 0);
	switch (tag.type) {
	case LL_TAG_STRING: return tag.value;
	case LL_TAG_INT: ll_buf_printf(&m->text, "%lld", (long long)ll_tag_int(&tag)); break;
	case LL_TAG_FLOAT: ll_put_double(&m->text, ll_tag_float(&tag)); break;
	case LL_TAG_LIST: no_name(doc, by, "a list");
	}
	return ll_buf_str(&m->text);
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

static struct ll_str field_name(struct document_group *m, const struct ll_doc *doc, const char *by)
{
	struct ll_json_field field = { .key = ll_cstr(by + 1) };
	struct ll_err err;
	put_line(m, doc);
	if (ll_json_line(ll_buf_str(&m->line), &field, 1, &err))
		ll_die(LL_EXIT_INPUT, "--by=%s: document \"%.*s\": %s", by, (int)LL_MIN(doc->id.len, 100), doc->id.data, err.text);
	if (!field.value.data || ll_str_is(field.value, "null"))
		return ll_str("", 0);
	if (!ll_json_is_string(field.value)) {
		if (field.value.data[0] == '{' || field.value.data[0] == '[')
			no_name(doc, by, field.value.data[0] == '{' ? "an object" : "a list");
		return field.value;
	}
	if (ll_json_unescape(&m->text, field.value, &err))
		ll_die(LL_EXIT_INPUT, "--by=%s: document \"%.*s\": %s", by, (int)LL_MIN(doc->id.len, 100), doc->id.data, err.text);
	return ll_buf_str(&m->text);
}

struct ll_str document_group(struct document_group *m, const struct ll_doc *doc, const char *by)
{
	ll_buf_clear(&m->text);
	if (strcmp(by, "source") == 0)
		return doc->source;
	return by[0] == '.' ? field_name(m, doc, by) : tag_name(m, doc, by);
}

void document_group_free(struct document_group *m)
{
	ll_buf_free(&m->line);
	ll_buf_free(&m->text);
}
