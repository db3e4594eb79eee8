/* SPDX-License-Identifier: MIT */
/* tags.c - the tag lists of record.h. */
#include "base/number.h"
#include "doc/record.h"
#include "text/json.h"

#define TAG_FIXED 7u /* u8 type, u16 name length, u32 value length */

static bool value_is_sound(enum ll_tag_type type, struct ll_str value)
{
	switch (type) {
	case LL_TAG_STRING:
		return true;
	case LL_TAG_INT:
	case LL_TAG_FLOAT:
		return value.len == 8;
	case LL_TAG_LIST: {
		size_t pos = 0;
		while (value.len - pos >= TAG_FIXED) { /* items are not lists themselves */
			const char *p = value.data + pos;
			uint32_t n = ll_get32(p + 3);
			if (ll_get16(p + 1) != 0 || n > value.len - pos - TAG_FIXED || p[0] == LL_TAG_LIST ||
			    !value_is_sound((enum ll_tag_type)(unsigned char)p[0], ll_str(p + TAG_FIXED, n)))
				return false;
			pos += TAG_FIXED + n;
		}
		return pos == value.len;
	}
	}
	return false;
}

bool ll_tag_next(struct ll_str tags, size_t *pos, struct ll_tag *out)
{
	size_t left = tags.len - *pos;
	if (left < TAG_FIXED)
		return false;
	const char *p = tags.data + *pos;
	uint16_t name = ll_get16(p + 1);
	uint32_t value = ll_get32(p + 3);
	if (name > left - TAG_FIXED || value > left - TAG_FIXED - name)
		return false;
	struct ll_tag tag = { (enum ll_tag_type)(unsigned char)p[0], ll_str(p + TAG_FIXED, name), ll_str(p + TAG_FIXED + name, value) };
	if (!value_is_sound(tag.type, tag.value))
		return false;
	*out = tag;
	*pos += TAG_FIXED + (size_t)name + value;
	return true;
}

bool ll_tag_find(struct ll_str tags, const char *name, struct ll_tag *out)
{
	size_t pos = 0;
	bool found = false;
	struct ll_tag tag;
	while (ll_tag_next(tags, &pos, &tag))
		if (ll_str_is(tag.name, name)) {
			*out = tag;
			found = true;
		}
	return found;
}

int64_t ll_tag_int(const struct ll_tag *t)
{
	return (int64_t)ll_get64(t->value.data);
}

double ll_tag_float(const struct ll_tag *t)
{
	uint64_t bits = ll_get64(t->value.data);
	double v;
	memcpy(&v, &bits, 8);
	return v;
}

bool ll_tag_is_volatile(struct ll_str name)
{
	return ll_str_is(name, "origin") || (name.len >= 7 && memcmp(name.data, "reject.", 7) == 0);
}

static void add(struct ll_buf *tags, enum ll_tag_type type, const char *name, const void *value, size_t len)
{
	size_t name_len = strlen(name);
	LL_ASSERT(name_len <= UINT16_MAX && len <= UINT32_MAX);
	ll_buf_putc(tags, (char)type);
	ll_buf_put16(tags, (uint16_t)name_len);
	ll_buf_put32(tags, (uint32_t)len);
	ll_buf_add(tags, name, name_len);
	ll_buf_add(tags, value, len);
}

void ll_tags_add_string(struct ll_buf *tags, const char *name, struct ll_str value)
{
	add(tags, LL_TAG_STRING, name, value.data, value.len);
}

void ll_tags_add_int(struct ll_buf *tags, const char *name, int64_t value)
{
	unsigned char bytes[8];
	ll_put64(bytes, (uint64_t)value);
	add(tags, LL_TAG_INT, name, bytes, 8);
}

void ll_tags_add_float(struct ll_buf *tags, const char *name, double value)
{
	uint64_t bits;
	unsigned char bytes[8];
	memcpy(&bits, &value, 8);
	ll_put64(bytes, bits);
	add(tags, LL_TAG_FLOAT, name, bytes, 8);
}

void ll_tags_add_list(struct ll_buf *tags, const char *name, struct ll_str items)
{
	add(tags, LL_TAG_LIST, name, items.data, items.len);
}

static void value_json(struct ll_buf *out, const struct ll_tag *t)
{
	switch (t->type) {
	case LL_TAG_STRING:
		ll_json_escape(out, t->value, false);
		break;
	case LL_TAG_INT:
		ll_buf_printf(out, "%lld", (long long)ll_tag_int(t));
		break;
	case LL_TAG_FLOAT: {
		double v = ll_tag_float(t);
		if (v - v != 0) /* JSON has no infinities */
			ll_buf_puts(out, "null");
		else
			ll_put_double(out, v);
		break;
	}
	case LL_TAG_LIST: {
		size_t pos = 0;
		struct ll_tag item;
		ll_buf_putc(out, '[');
		while (ll_tag_next(t->value, &pos, &item)) {
			if (out->data[out->len - 1] != '[')
				ll_buf_putc(out, ',');
			value_json(out, &item);
		}
		ll_buf_putc(out, ']');
	}
	}
}

/* True when the same name comes again later: the last one counts. */
static bool repeated(struct ll_str tags, size_t pos, struct ll_str name)
{
	struct ll_tag later;
	while (ll_tag_next(tags, &pos, &later))
		if (ll_str_eq(later.name, name))
			return true;
	return false;
}

void ll_tags_json(struct ll_buf *out, struct ll_str tags, struct ll_str volatile_tags)
{
	const struct ll_str lists[] = { tags, volatile_tags };
	const char *separator = "";
	ll_buf_putc(out, '{');
	for (int i = 0; i < 2; i++) {
		size_t pos = 0;
		struct ll_tag tag;
		while (ll_tag_next(lists[i], &pos, &tag)) {
			if (repeated(lists[i], pos, tag.name))
				continue;
			ll_buf_puts(out, separator);
			ll_json_escape(out, tag.name, false);
			ll_buf_putc(out, ':');
			value_json(out, &tag);
			separator = ",";
		}
	}
	ll_buf_putc(out, '}');
}
