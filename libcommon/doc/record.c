/* SPDX-License-Identifier: MIT */
#include "doc/record.h"

#include "base/memory.h"
#include "text/json.h"

int ll_doc_get(const void *record, size_t len, struct ll_doc *out, struct ll_err *err)
{
	const unsigned char *p = record;
	if (len < LL_DOC_FIXED || ll_get32(p) != len)
		return ll_err_set(err, "document record of %zu bytes is damaged", len);
	uint32_t core = ll_get32(p + 4);
	struct ll_str *parts[] = { &out->id, &out->source, &out->text, &out->skeleton, &out->verbatim, &out->tags };
	uint64_t at = LL_DOC_FIXED;
	memcpy(out->key.byte, p + 8, 16);
	for (size_t i = 0; i < LL_COUNT(parts); i++) {
		uint32_t n = ll_get32(p + 24 + 4 * i);
		if (n > len - at)
			return ll_err_set(err, "document record with a part of %u bytes beyond its end", n);
		*parts[i] = ll_str((const char *)p + at, n);
		at += n;
	}
	out->hole = ll_get32(p + 48);
	out->form = p[52];
	out->flags = p[53];
	if (at != (uint64_t)core + 8 || out->hole > out->skeleton.len || out->form > LL_ESCAPE_VERBATIM || ll_get16(p + 54) != 0)
		return ll_err_set(err, "document record whose parts do not add up");
	out->volatile_tags = ll_str((const char *)p + at, len - at);
	struct ll_str lists[] = { out->tags, out->volatile_tags };
	for (size_t i = 0; i < 2; i++) {
		size_t pos = 0;
		struct ll_tag tag;
		while (ll_tag_next(lists[i], &pos, &tag))
			;
		if (pos != lists[i].len)
			return ll_err_set(err, "document record with a damaged tag list");
	}
	return 0;
}

size_t ll_doc_size(const struct ll_doc *d)
{
	return LL_DOC_FIXED + d->id.len + d->source.len + d->text.len + d->skeleton.len + d->verbatim.len + d->tags.len +
	       d->volatile_tags.len;
}

static size_t text_offset(const struct ll_doc *d)
{
	return LL_DOC_FIXED + d->id.len + d->source.len;
}

char *ll_doc_text_place(struct ll_buf *out, const struct ll_doc *d)
{
	return ll_buf_reserve(out, ll_doc_size(d)) + text_offset(d);
}

void ll_doc_put(struct ll_buf *out, const struct ll_doc *d)
{
	enum { TEXT_PART = 2 };
	const struct ll_str parts[] = { d->id, d->source, d->text, d->skeleton, d->verbatim, d->tags };
	size_t size = ll_doc_size(d);
	if (size > UINT32_MAX)
		ll_die(LL_EXIT_RESOURCE, "a document of %zu bytes does not fit a record", size);
	bool in_place = out->data && d->text.data == out->data + out->len + text_offset(d); /* told before `out` may move */
	unsigned char *p = (unsigned char *)ll_buf_reserve(out, size), *start = p;
	ll_put32(p, (uint32_t)size);
	ll_put32(p + 4, (uint32_t)(size - 8 - d->volatile_tags.len));
	memcpy(p + 8, d->key.byte, 16);
	for (size_t i = 0; i < LL_COUNT(parts); i++)
		ll_put32(p + 24 + 4 * i, (uint32_t)parts[i].len);
	ll_put32(p + 48, d->hole);
	p[52] = d->form;
	p[53] = d->flags;
	ll_put16(p + 54, 0);
	p += LL_DOC_FIXED;
	for (size_t i = 0; i < LL_COUNT(parts); i++) {
		if (parts[i].len && !(i == TEXT_PART && in_place))
			memcpy(p, parts[i].data, parts[i].len);
		p += parts[i].len;
	}
	if (d->volatile_tags.len)
		memcpy(p, d->volatile_tags.data, d->volatile_tags.len);
	LL_ASSERT(p + d->volatile_tags.len == start + size);
	out->len += size;
}

/* (source, id) is hashed as source length, source, then the id or, without one, the text; a byte tells which. */
struct ll_id ll_doc_key(struct ll_str source, struct ll_str id, struct ll_str text)
{
	unsigned char lead[5];
	char small[512];
	struct ll_str rest = id.len ? id : text;
	ll_put32(lead, (uint32_t)source.len);
	lead[4] = id.len ? 'i' : 't';
	size_t total = sizeof(lead) + source.len + rest.len;
	if (total <= sizeof(small)) {
		memcpy(small, lead, sizeof(lead));
		if (source.len)
			memcpy(small + sizeof(lead), source.data, source.len);
		if (rest.len)
			memcpy(small + sizeof(lead) + source.len, rest.data, rest.len);
		return ll_hash128(small, total);
	}
	struct ll_hash128_state *s = ll_hash128_new();
	ll_hash128_update(s, lead, sizeof(lead));
	ll_hash128_update(s, source.data, source.len);
	ll_hash128_update(s, rest.data, rest.len);
	struct ll_id key = ll_hash128_digest(s);
	ll_hash128_free(s);
	return key;
}

void ll_doc_set_text(struct ll_doc *d, struct ll_str text)
{
	if (ll_str_eq(d->text, text))
		return;
	d->text = text;
	d->verbatim = ll_str("", 0);
	if (d->form == LL_ESCAPE_VERBATIM)
		d->form = LL_ESCAPE_MINIMAL;
}

void ll_doc_json(struct ll_buf *out, const struct ll_doc *d, bool with_tags)
{
	size_t start = out->len;
	if (d->skeleton.len) {
		ll_buf_add(out, d->skeleton.data, d->hole);
		if (d->form == LL_ESCAPE_VERBATIM) {
			ll_buf_putc(out, '"');
			ll_buf_add_str(out, d->verbatim);
			ll_buf_putc(out, '"');
		} else {
			ll_json_escape(out, d->text, d->form == LL_ESCAPE_ASCII);
		}
		ll_buf_add(out, d->skeleton.data + d->hole, d->skeleton.len - d->hole);
	} else {
		const struct ll_str names[] = { ll_cstr("{\"id\":"), ll_cstr("\"source\":") }, values[] = { d->id, d->source };
		ll_buf_putc(out, '{');
		for (int i = 0; i < 2; i++)
			if (values[i].len) {
				ll_buf_add(out, names[i].data + (i == 0), names[i].len - (i == 0));
				ll_json_escape(out, values[i], false);
				ll_buf_putc(out, ',');
			}
		ll_buf_puts(out, "\"text\":");
		ll_json_escape(out, d->text, d->form == LL_ESCAPE_ASCII);
		ll_buf_putc(out, '}');
	}
	if (!with_tags || (d->tags.len == 0 && d->volatile_tags.len == 0))
		return;
	while (out->len > start && strchr(" \t\r", out->data[out->len - 1]))
		out->len--;
	LL_ASSERT(out->len > start && out->data[out->len - 1] == '}');
	out->len--;
	ll_buf_puts(out, ",\"ll\":");
	ll_tags_json(out, d->tags, d->volatile_tags);
	ll_buf_putc(out, '}');
}
