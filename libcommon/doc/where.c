/* SPDX-License-Identifier: MIT */
#include "doc/where.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "doc/where_tree.h"
#include "text/json.h"

struct test { /* of one document */
	const struct ll_where *w;
	const struct ll_doc *doc;
	bool parsed;
	struct ll_buf line;
	struct ll_json_field field[WHERE_FIELDS_MAX];
	struct ll_buf text[WHERE_FIELDS_MAX]; /* strings among them, unescaped */
};

static bool condition(struct test *t, const struct where_node *n);

static struct where_value string_value(struct ll_str s)
{
	return (struct where_value){ .type = WHERE_STRING, .string = s };
}

static struct where_value tag_value(const struct ll_doc *doc, const char *name)
{
	struct ll_tag tag;

	if (!ll_tag_find(doc->volatile_tags, name, &tag) && !ll_tag_find(doc->tags, name, &tag))
		return (struct where_value){ 0 };
	switch (tag.type) {
	case LL_TAG_STRING:
		return string_value(tag.value);
	case LL_TAG_INT:
		return (struct where_value){ .type = WHERE_INT, .integer = ll_tag_int(&tag) };
	case LL_TAG_FLOAT:
		return (struct where_value){ .type = WHERE_FLOAT, .real = ll_tag_float(&tag) };
	default:
		return (struct where_value){ .type = WHERE_OTHER };
	}
}

/* The document's JSON line with an empty text: the text itself need not be escaped to look at other members. */
static void parse_line(struct test *t)
{
	const struct ll_doc *d = t->doc;

	t->parsed = true;
	for (size_t i = 0; i < t->w->fields; i++)
		t->field[i].key = ll_cstr(t->w->field[i]);
	if (d->skeleton.len) {
		ll_buf_add(&t->line, d->skeleton.data, d->hole);
		ll_buf_puts(&t->line, "\"\"");
		ll_buf_add(&t->line, d->skeleton.data + d->hole, d->skeleton.len - d->hole);
	} else {
		struct ll_doc bare = *d;
		bare.text = ll_str("", 0);
		ll_doc_json(&t->line, &bare, false);
	}
	if (ll_json_line(ll_buf_str(&t->line), t->field, t->w->fields, NULL) < 0)
		for (size_t i = 0; i < t->w->fields; i++)
			t->field[i].value = (struct ll_str){ 0 };
}

static struct where_value field_value(struct test *t, size_t i)
{
	const struct ll_doc *d = t->doc;
	struct where_value v = { 0 };

	if (!t->parsed)
		parse_line(t);
	struct ll_str raw = t->field[i].value;
	if (!raw.data || ll_str_is(raw, "null"))
		return v;
	bool is_text = d->skeleton.len ? raw.data == t->line.data + d->hole : strcmp(t->w->field[i], "text") == 0;
	if (is_text)
		return string_value(d->text);
	if (ll_json_is_string(raw)) {
		if (t->text[i].len == 0 && ll_json_unescape(&t->text[i], raw, NULL) < 0)
			return v;
		return string_value(ll_buf_str(&t->text[i]));
	}
	if (ll_str_is(raw, "true") || ll_str_is(raw, "false"))
		return (struct where_value){ .type = WHERE_BOOL, .truth = raw.len == 4 };
	if (ll_parse_i64(raw, &v.integer) == 0)
		v.type = WHERE_INT;
	else
		v.type = ll_parse_double(raw, &v.real) == 0 ? WHERE_FLOAT : WHERE_OTHER;
	return v;
}

static struct where_value value_of(struct test *t, const struct where_node *n)
{
	switch (n->op) {
	case WHERE_ID:
		return string_value(t->doc->id);
	case WHERE_SOURCE:
		return string_value(t->doc->source);
	case WHERE_TEXT_BYTES:
		return (struct where_value){ .type = WHERE_INT, .integer = (int64_t)t->doc->text.len };
	case WHERE_TAG:
		return tag_value(t->doc, n->name);
	case WHERE_FIELD:
		return field_value(t, n->field);
	case WHERE_LITERAL:
		return n->value;
	default:
		return (struct where_value){ .type = WHERE_BOOL, .truth = condition(t, n) };
	}
}

static bool is_number(const struct where_value *v)
{
	return v->type == WHERE_INT || v->type == WHERE_FLOAT;
}

/* -1, 0, 1, or 2 where the two do not compare. */
static int order(const struct where_value *a, const struct where_value *b)
{
	if (a->type == WHERE_INT && b->type == WHERE_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if (is_number(a) && is_number(b)) {
		double x = a->type == WHERE_INT ? (double)a->integer : a->real,
		       y = b->type == WHERE_INT ? (double)b->integer : b->real;
		return x == y ? 0 : x < y ? -1 : x > y ? 1 : 2;
	}
	if (a->type != b->type)
		return 2;
	if (a->type == WHERE_BOOL)
		return a->truth == b->truth ? 0 : 2;
	if (a->type != WHERE_STRING)
		return 2;
	int o = where_line_order(&a->string, &b->string);
	return (o > 0) - (o < 0);
}

static bool compare(struct test *t, const struct where_node *n)
{
	struct where_value a = value_of(t, n->a), b = value_of(t, n->b);
	int o = order(&a, &b);

	switch (n->op) {
	case WHERE_EQ:
		return o == 0;
	case WHERE_NE:
		return o != 0;
	case WHERE_LT:
		return o == -1;
	case WHERE_LE:
		return o == -1 || o == 0;
	case WHERE_GT:
		return o == 1;
	default:
		return o == 1 || o == 0;
	}
}

static bool match(struct test *t, const struct where_node *n)
{
	struct where_value v = value_of(t, n->a);

	if (v.type != WHERE_STRING)
		return false;
	pcre2_match_data *m = pcre2_match_data_create(1, NULL);
	if (!m)
		ll_die(LL_EXIT_RESOURCE, "no memory for a regular expression");
	int rc = pcre2_match(n->regex, (PCRE2_SPTR)(v.string.len ? v.string.data : ""), v.string.len, 0, 0, m, NULL);
	pcre2_match_data_free(m);
	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) {
		PCRE2_UCHAR message[120];
		pcre2_get_error_message(rc, message, sizeof(message));
		ll_die(LL_EXIT_RESOURCE, "document \"%.*s\": a regular expression of --where: %s",
		       (int)LL_MIN(t->doc->id.len, 100), t->doc->id.data, (const char *)message);
	}
	return rc >= 0;
}

static bool is_in(struct test *t, const struct where_node *n)
{
	struct where_value v = value_of(t, n->a);

	for (size_t i = 0; i < n->list_len; i++)
		if (order(&v, &n->list[i]->value) == 0)
			return true;
	return v.type == WHERE_STRING && n->lines &&
	       bsearch(&v.string, n->line, n->lines, sizeof(*n->line), where_line_order);
}

static bool condition(struct test *t, const struct where_node *n)
{
	struct where_value v;

	switch (n->op) {
	case WHERE_OR:
		return condition(t, n->a) || condition(t, n->b);
	case WHERE_AND:
		return condition(t, n->a) && condition(t, n->b);
	case WHERE_NOT:
		return !condition(t, n->a);
	case WHERE_EQ:
	case WHERE_NE:
	case WHERE_LT:
	case WHERE_LE:
	case WHERE_GT:
	case WHERE_GE:
		return compare(t, n);
	case WHERE_MATCH:
		return match(t, n);
	case WHERE_IN:
		return is_in(t, n);
	case WHERE_HAS:
		return value_of(t, n->a).type != WHERE_NULL;
	default:
		v = value_of(t, n);
		return v.type == WHERE_BOOL	? v.truth
		       : v.type == WHERE_INT	? v.integer != 0
		       : v.type == WHERE_FLOAT	? v.real != 0
		       : v.type == WHERE_STRING ? v.string.len > 0
						: v.type == WHERE_OTHER;
	}
}

bool ll_where_test(const struct ll_where *w, const struct ll_doc *doc)
{
	struct test t = { .w = w, .doc = doc };
	bool result = condition(&t, w->root);

	ll_buf_free(&t.line);
	for (size_t i = 0; i < w->fields; i++)
		ll_buf_free(&t.text[i]);
	return result;
}

void ll_where_free(struct ll_where *w)
{
	if (!w)
		return;
	while (w->all) {
		struct where_node *n = w->all;
		w->all = n->next;
		ll_free(n->name);
		pcre2_code_free(n->regex);
		ll_free(n->list);
		ll_buf_free(&n->file);
		ll_free(n->line);
		ll_memory_release(n->claimed);
		ll_free(n);
	}
	ll_buf_free(&w->identity);
	ll_free(w);
}

const char *ll_where_identity(struct ll_where *w)
{
	return ll_buf_cstr(&w->identity);
}
