/* SPDX-License-Identifier: MIT */
#include "text/json_tree.h"

#include <json-c/json.h>

#include "base/hash.h"
#include "base/memory.h"
#include "text/json.h"
#include "text/json_bytes.h"
#include "text/utf8.h"

#define EXACT_MAX ((int64_t)1 << 53) /* larger integers do not survive every JSON reader */

/* Copies the string that starts at the quote p, with pairs of surrogates as UTF-8. Returns where it ends, or NULL and err. */
static const char *copy_string(const char *p, struct ll_str text, struct ll_buf *out, bool *nul, struct ll_err *err)
{
	const char *end = text.data + text.len, *from = p++;
	*nul = false;
	for (;;) {
		while (p < end && *p != '"' && *p != '\\')
			p++;
		if (p == end || *p == '"') {
			p += p < end;
			ll_buf_add(out, from, (size_t)(p - from));
			return p;
		}
		int v = end - p >= 6 && p[1] == 'u' ? hex4(p + 2, end) : -1;
		*nul |= v == 0;
		if (v < 0xd800 || v > 0xdfff) {
			p += LL_MIN(2, end - p);
			continue;
		}
		int w = v < 0xdc00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u' ? hex4(p + 8, end) : -1;
		if (w < 0xdc00 || w > 0xdfff) {
			ll_err_set(err, "byte %zu: a lone surrogate \\u%04x", (size_t)(p - text.data), (unsigned)v);
			return NULL;
		}
		ll_buf_add(out, from, (size_t)(p - from));
		out->len += ll_utf8_put(ll_buf_reserve(out, 4), 0x10000 + (((uint32_t)v - 0xd800) << 10) + ((uint32_t)w - 0xdc00));
		from = p += 12;
	}
}

static int copy_without_surrogates(struct ll_str text, struct ll_buf *out, struct ll_err *err)
{
	const char *p = text.data, *end = p + text.len;
	while (p < end) {
		const char *quote = memchr(p, '"', (size_t)(end - p));
		if (!quote)
			quote = end;
		ll_buf_add(out, p, (size_t)(quote - p));
		if (quote == end)
			break;
		bool nul;
		p = copy_string(quote, text, out, &nul, err);
		if (!p)
			return -1;
		const char *next = p;
		while (nul && next < end && (*next == ' ' || *next == '\t' || *next == '\r' || *next == '\n'))
			next++;
		if (nul && next < end && *next == ':')
			return ll_err_set(err, "byte %zu: a key with a NUL character", (size_t)(quote - text.data));
	}
	return 0;
}

struct json_object *ll_json_value_parse(struct ll_str text, int depth, struct ll_err *err)
{
	struct ll_buf copy = { 0 };
	if (memmem(text.data, text.len, "\\u", 2)) {
		if (copy_without_surrogates(text, &copy, err)) {
			ll_buf_free(&copy);
			return NULL;
		}
		text = ll_buf_str(&copy);
	}
	if (text.len >= INT32_MAX) {
		ll_err_set(err, "longer than 2 GiB");
		ll_buf_free(&copy);
		return NULL;
	}
	struct json_tokener *t = json_tokener_new_ex(depth);
	json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *o = json_tokener_parse_ex(t, text.len ? text.data : "", (int)text.len);
	enum json_tokener_error what = json_tokener_get_error(t);
	size_t at = json_tokener_get_parse_end(t);
	json_tokener_free(t);
	while (at < text.len && memchr(" \t\r\n", text.data[at], 4))
		at++;
	if (!o || what != json_tokener_success || at != text.len) {
		ll_err_set(err, "byte %zu: %s", at,
			   what == json_tokener_success	? o ? "trailing data" : "no value"
			   : what == json_tokener_continue ? "it ends inside a value"
							   : json_tokener_error_desc(what));
		json_object_put(o);
		o = NULL;
	}
	ll_buf_free(&copy);
	return o;
}

struct json_object *ll_json_tree_parse(struct ll_str text, struct ll_err *err)
{
	if (ll_json_line(text, NULL, 0, err) < 0)
		return NULL;
	struct json_object *o = ll_json_value_parse(text, 1000, err);
	if (o && !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
		ll_err_set(err, "not a JSON object");
	}
	return o;
}

static struct json_object *member(struct json_object *o, const char *key, struct ll_err *err)
{
	struct json_object *v = NULL;
	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, key, &v) || !v)
		ll_err_set(err, "member \"%s\" is missing", key);
	return v;
}

const char *ll_json_tree_string(struct json_object *o, const char *key, struct ll_err *err)
{
	struct json_object *v = member(o, key, err);
	if (!v)
		return NULL;
	const char *s = json_object_get_string(v);
	if (!json_object_is_type(v, json_type_string) || strlen(s) != (size_t)json_object_get_string_len(v)) {
		ll_err_set(err, "member \"%s\" is not a plain string", key);
		return NULL;
	}
	return s;
}

int ll_json_tree_i64(struct json_object *o, const char *key, int64_t *out, struct ll_err *err)
{
	struct json_object *v = member(o, key, err);
	if (!v)
		return -1;
	int64_t n = json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : INT64_MAX;
	if (n > EXACT_MAX || n < -EXACT_MAX)
		return ll_err_set(err, "member \"%s\" is not an integer below 2^53", key);
	*out = n;
	return 0;
}

int ll_json_tree_u64(struct json_object *o, const char *key, uint64_t *out, struct ll_err *err)
{
	int64_t n;
	if (ll_json_tree_i64(o, key, &n, err) < 0)
		return -1;
	if (n < 0)
		return ll_err_set(err, "member \"%s\" is negative", key);
	*out = (uint64_t)n;
	return 0;
}

int ll_json_tree_bool(struct json_object *o, const char *key, bool *out, struct ll_err *err)
{
	struct json_object *v = member(o, key, err);
	if (!v)
		return -1;
	if (!json_object_is_type(v, json_type_boolean))
		return ll_err_set(err, "member \"%s\" is neither true nor false", key);
	*out = json_object_get_boolean(v);
	return 0;
}

int ll_json_tree_double(struct json_object *o, const char *key, double *out, struct ll_err *err)
{
	struct json_object *v = member(o, key, err);
	if (!v)
		return -1;
	if (!json_object_is_type(v, json_type_double) && !json_object_is_type(v, json_type_int))
		return ll_err_set(err, "member \"%s\" is not a number", key);
	*out = json_object_get_double(v);
	return 0;
}

static struct json_object *of_type(struct json_object *o, const char *key, json_type type, struct ll_err *err)
{
	struct json_object *v = member(o, key, err);
	if (v && !json_object_is_type(v, type)) {
		ll_err_set(err, "member \"%s\" is not an %s", key, json_type_to_name(type));
		return NULL;
	}
	return v;
}

struct json_object *ll_json_tree_array(struct json_object *o, const char *key, struct ll_err *err)
{
	return of_type(o, key, json_type_array, err);
}

struct json_object *ll_json_tree_object(struct json_object *o, const char *key, struct ll_err *err)
{
	return of_type(o, key, json_type_object, err);
}

int ll_json_tree_only(struct json_object *o, const char *const *names, size_t n, struct ll_err *err)
{
	json_object_object_foreach(o, key, value)
	{
		(void)value;
		bool known = false;
		for (size_t i = 0; i < n && !known; i++)
			known = strcmp(key, names[i]) == 0;
		if (!known)
			return ll_err_set(err, "unknown member \"%s\"", key);
	}
	return 0;
}

#define DIGITS 32u

/* Where the digits of the last member "checksum" start, or NULL. */
static const char *seal_digits(struct ll_str text)
{
	static const char name[] = "\"checksum\"";
	const char *at = NULL, *end = text.data + text.len;
	for (const char *p = text.data; p && (p = memmem(p, (size_t)(end - p), name, sizeof(name) - 1)); p++)
		at = p;
	if (!at)
		return NULL;
	at += sizeof(name) - 1;
	while (at < end && (*at == ' ' || *at == ':'))
		at++;
	return at < end && *at == '"' && (size_t)(end - at) > DIGITS + 1 && at[DIGITS + 1] == '"' ? at + 1 : NULL;
}

static void seal_of(struct ll_str text, const char *digits, char out[33])
{
	struct ll_hash128_state *s = ll_hash128_new();
	ll_hash128_update(s, text.data, (size_t)(digits - text.data));
	ll_hash128_update(s, LL_JSON_SEAL_BLANK, DIGITS);
	ll_hash128_update(s, digits + DIGITS, (size_t)(text.data + text.len - digits) - DIGITS);
	ll_id_hex(ll_hash128_digest(s), out);
	ll_hash128_free(s);
}

void ll_json_seal(struct ll_buf *text)
{
	const char *digits = seal_digits(ll_buf_str(text));
	char hex[33];
	if (!digits)
		LL_BUG("a file to be sealed has no place for the seal");
	seal_of(ll_buf_str(text), digits, hex);
	memcpy(text->data + (digits - text->data), hex, DIGITS);
}

int ll_json_seal_check(struct ll_str text, struct ll_err *err)
{
	const char *digits = seal_digits(text);
	char hex[33];
	if (!digits)
		return ll_err_set(err, "the checksum is missing: the file is cut or damaged");
	seal_of(text, digits, hex);
	if (memcmp(digits, hex, DIGITS) != 0)
		return ll_err_set(err, "checksum mismatch: the file was changed or damaged");
	return 0;
}
