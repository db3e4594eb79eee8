/* SPDX-License-Identifier: MIT */
#include "doc/further.h"

#include "text/json.h"

/* Puts the new id into the skeleton; false leaves it alone. */
static bool rename_in_skeleton(struct ll_further *m, struct ll_doc *doc, struct ll_str old)
{
	struct ll_json_field field = { .key = ll_cstr("id") };

	ll_buf_clear(&m->line);
	ll_buf_add(&m->line, doc->skeleton.data, doc->hole);
	ll_buf_puts(&m->line, "\"\"");
	ll_buf_add(&m->line, doc->skeleton.data + doc->hole, doc->skeleton.len - doc->hole);
	if (ll_json_line(ll_buf_str(&m->line), &field, 1, NULL) < 0 || !field.value.data ||
	    !ll_json_is_string(field.value))
		return false;
	ll_buf_clear(&m->skeleton);
	if (ll_json_unescape(&m->skeleton, field.value, NULL) < 0 || !ll_str_eq(ll_buf_str(&m->skeleton), old))
		return false;

	size_t at = (size_t)(field.value.data - m->line.data);
	size_t after = at + field.value.len; /* in the line; the skeleton lacks the two quotes of the hole */
	bool before_hole = at < doc->hole;
	size_t from = before_hole ? at : at - 2, to = before_hole ? after : after - 2;
	ll_buf_clear(&m->skeleton);
	ll_buf_add(&m->skeleton, doc->skeleton.data, from);
	ll_json_escape(&m->skeleton, doc->id, doc->form == LL_ESCAPE_ASCII);
	if (before_hole)
		doc->hole = (uint32_t)(doc->hole + m->skeleton.len - to);
	ll_buf_add(&m->skeleton, doc->skeleton.data + to, doc->skeleton.len - to);
	doc->skeleton = ll_buf_str(&m->skeleton);
	return true;
}

struct ll_doc ll_doc_further(struct ll_further *m, const struct ll_doc *parent, char separator, unsigned number)
{
	struct ll_doc doc = *parent;
	char hex[33];

	ll_buf_clear(&m->id);
	if (parent->id.len)
		ll_buf_add_str(&m->id, parent->id);
	else
		ll_buf_puts(&m->id, ll_id_hex(parent->key, hex));
	ll_buf_printf(&m->id, "%c%u", separator, number);
	doc.id = ll_buf_str(&m->id);
	doc.flags = (uint8_t)(doc.flags & ~LL_DOC_NO_NEWLINE);
	if (doc.skeleton.len && parent->id.len)
		rename_in_skeleton(m, &doc, parent->id);
	return doc;
}

void ll_further_free(struct ll_further *m)
{
	ll_buf_free(&m->id);
	ll_buf_free(&m->line);
	ll_buf_free(&m->skeleton);
}
