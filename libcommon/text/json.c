/* SPDX-License-Identifier: MIT */
/* One JSONL line to spans: a scanner that knows where strings, numbers and brackets end and builds nothing. */
#include "text/json.h"

#include "base/cpu.h"
#include "base/hash.h"
#include "base/memory.h"
#include "text/json_bytes.h"
#include "text/json_wide.h"
#include "text/utf8.h"

#define DEPTH_MAX 1000
#define FEW_KEYS 24 /* compared pairwise; more go through a hash table */

struct scan {
	const char *start, *p, *end;
	struct ll_err *err;
	enum ll_cpu cpu;
};

static int fail(struct scan *s, const char *at, const char *cause)
{
	return ll_err_set(s->err, "byte %zu: %s", (size_t)(at - s->start), cause);
}

static const bool short_escape[256] = {
	['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true, ['f'] = true, ['n'] = true, ['r'] = true, ['t'] = true,
};

static int scan_string(struct scan *s)
{
	const char *open = s->p++;

	for (;;) {
#ifdef HAVE_AVX
		if (s->cpu != LL_CPU_SCALAR && s->end - s->p >= 64)
			s->p = (s->cpu == LL_CPU_AVX512 ? ll_json_skip_avx512 : ll_json_skip_avx2)(s->p, s->end);
#endif
		s->p = plain_end(s->p, s->end);
		if (s->p == s->end)
			return fail(s, open, "a string without its closing quote");
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p != '\\')
			return fail(s, s->p,
				    *s->p == '\0' ? "a raw NUL byte in a string"
						  : "a raw control character in a string");
		if (s->end - s->p < 2)
			return fail(s, open, "a string without its closing quote");
		if (s->p[1] == 'u') {
			if (hex4(s->p + 2, s->end) < 0)
				return fail(s, s->p, "\\u without four hexadecimal digits");
			s->p += 6;
		} else if (short_escape[(unsigned char)s->p[1]]) {
			s->p += 2;
		} else {
			return fail(s, s->p, "an escape that JSON does not know");
		}
	}
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from;
}

static int scan_number(struct scan *s)
{
	const char *from = s->p;

	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (!digits(s))
		return fail(s, from, "not a JSON value");
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!digits(s))
			return fail(s, from, "a number without digits after its point");
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!digits(s))
			return fail(s, from, "a number without digits in its exponent");
	}
	return 0;
}

static int scan_scalar(struct scan *s)
{
	static const struct ll_str words[] = { { "true", 4 }, { "false", 5 }, { "null", 4 } };

	if (s->p == s->end)
		return fail(s, s->p, "the line ends too early");
	if (*s->p == '"')
		return scan_string(s);
	for (size_t i = 0; i < LL_COUNT(words); i++)
		if ((size_t)(s->end - s->p) >= words[i].len && memcmp(s->p, words[i].data, words[i].len) == 0) {
			s->p += words[i].len;
			return 0;
		}
	return scan_number(s);
}

/* '"key" :' */
static int scan_key(struct scan *s)
{
	skip_space(s);
	if (s->p == s->end || *s->p != '"')
		return fail(s, s->p, s->p == s->end ? "the line ends too early" : "a key was expected");
	if (scan_string(s) < 0)
		return -1;
	skip_space(s);
	if (s->p == s->end || *s->p != ':')
		return fail(s, s->p, "a colon was expected");
	s->p++;
	return 0;
}

/* Any value, without recursion. `outer` counts the brackets it stands in. */
static int scan_value(struct scan *s, unsigned outer)
{
	uint64_t object[DEPTH_MAX / 64 + 1]; /* a bit a level: an object, not an array */
	unsigned depth = 0;

	for (;;) {
		skip_space(s);
		if (s->p < s->end && (*s->p == '{' || *s->p == '[')) {
			bool is_object = *s->p == '{';
			if (depth + outer >= DEPTH_MAX)
				return fail(s, s->p, "nested deeper than 1000");
			object[depth / 64] =
				(object[depth / 64] & ~((uint64_t)1 << depth % 64)) | (uint64_t)is_object << depth % 64;
			depth++;
			s->p++;
			skip_space(s);
			if (s->p < s->end && *s->p == (is_object ? '}' : ']')) {
				s->p++;
				depth--;
			} else {
				if (is_object && scan_key(s) < 0)
					return -1;
				continue;
			}
		} else if (scan_scalar(s) < 0) {
			return -1;
		}
		for (;;) { /* after a value */
			if (depth == 0)
				return 0;
			bool is_object = object[(depth - 1) / 64] >> (depth - 1) % 64 & 1;
			skip_space(s);
			if (s->p == s->end)
				return fail(s, s->p, "the line ends too early");
			if (*s->p == (is_object ? '}' : ']')) {
				s->p++;
				depth--;
				continue;
			}
			if (*s->p != ',')
				return fail(s, s->p, "a comma or a closing bracket was expected");
			s->p++;
			if (is_object && scan_key(s) < 0)
				return -1;
			break;
		}
	}
}

/* ---- keys ---- */

struct keys { /* of the top level, for duplicates */
	struct ll_str few[FEW_KEYS];
	struct ll_str *slot;
	size_t n, slots;
	struct ll_buf **more; /* of unescaped keys, one each, so that earlier ones stay put */
	size_t texts, more_cap;
};

static void keys_free(struct keys *k)
{
	for (size_t i = 0; i < k->texts; i++) {
		ll_buf_free(k->more[i]);
		ll_free(k->more[i]);
	}
	ll_free(k->more);
	ll_free(k->slot);
}

/* Returns whether it was new. */
static bool table_add(struct keys *k, struct ll_str key)
{
	size_t i = (size_t)ll_hash64(key.data, key.len) & (k->slots - 1);

	for (; k->slot[i].data; i = (i + 1) & (k->slots - 1))
		if (ll_str_eq(k->slot[i], key))
			return false;
	k->slot[i] = key;
	return true;
}

static bool keys_add(struct keys *k, struct ll_str key)
{
	if (k->n < FEW_KEYS) {
		for (size_t i = 0; i < k->n; i++)
			if (ll_str_eq(k->few[i], key))
				return false;
		k->few[k->n++] = key;
		return true;
	}
	if (2 * (k->n + 1) > k->slots) {
		struct ll_str *old = k->slot;
		size_t slots = k->slots;
		k->slots = slots ? 2 * slots : 128;
		k->slot = ll_calloc(k->slots, sizeof(*k->slot));
		for (size_t i = 0; i < (slots ? slots : FEW_KEYS); i++)
			if (slots ? old[i].data != NULL : true)
				table_add(k, slots ? old[i] : k->few[i]);
		ll_free(old);
	}
	k->n++;
	return table_add(k, key);
}

/* A key's content: its bytes in the line, or unescaped into a buffer of its own. */
static int key_content(struct scan *s, struct keys *k, struct ll_str raw, struct ll_str *out)
{
	struct ll_err cause;

	*out = ll_str(raw.data + 1, raw.len - 2);
	if (!memchr(out->data, '\\', out->len))
		return 0;
	LL_GROW(k->more, k->more_cap, k->texts + 1);
	struct ll_buf *b = k->more[k->texts++] = ll_calloc(1, sizeof(*b));
	ll_buf_reserve(b, 1);
	if (ll_json_unescape(b, raw, &cause) < 0)
		return fail(s, raw.data, cause.text);
	*out = ll_buf_str(b);
	return 0;
}

/* ---- paths ---- */

/* The value of `path` in a valid object, the last of equal names; data NULL when absent. */
static struct ll_str find_path(struct ll_str object, struct ll_str path)
{
	struct scan s = { object.data, object.data + 1, object.data + object.len, NULL, false };
	struct ll_str whole = { NULL, 0 }, deeper = { NULL, 0 };
	struct keys keys = { .n = 0 };

	skip_space(&s);
	while (s.p < s.end && *s.p == '"') {
		const char *key_start = s.p;
		struct ll_str key;
		if (scan_string(&s) < 0 ||
		    key_content(&s, &keys, ll_str(key_start, (size_t)(s.p - key_start)), &key) < 0)
			break;
		skip_space(&s);
		s.p++; /* the colon */
		skip_space(&s);
		const char *value = s.p;
		if (scan_value(&s, 0) < 0)
			break;
		struct ll_str span = ll_str(value, (size_t)(s.p - value));
		if (ll_str_eq(key, path)) {
			whole = span;
		} else if (*value == '{' && path.len > key.len + 1 && path.data[key.len] == '.' &&
			   memcmp(path.data, key.data, key.len) == 0) {
			struct ll_str in = find_path(span, ll_str(path.data + key.len + 1, path.len - key.len - 1));
			deeper = in.data ? in : deeper;
		}
		skip_space(&s);
		if (s.p < s.end && *s.p == ',')
			s.p++;
		skip_space(&s);
	}
	keys_free(&keys);
	return whole.data ? whole : deeper;
}

/* ---- the line ---- */

static int scan_members(struct scan *s, struct keys *keys, struct ll_json_field *fields, size_t n, bool *paths)
{
	skip_space(s);
	if (s->p == s->end || *s->p != '{')
		return fail(s, s->p, "not a JSON object");
	s->p++;
	skip_space(s);
	if (s->p < s->end && *s->p == '}') {
		s->p++;
		return 0;
	}
	for (;;) {
		struct ll_str key;
		skip_space(s);
		const char *key_start = s->p;
		if (s->p == s->end || *s->p != '"')
			return fail(s, s->p, s->p == s->end ? "the line ends too early" : "a key was expected");
		if (scan_string(s) < 0 || key_content(s, keys, ll_str(key_start, (size_t)(s->p - key_start)), &key) < 0)
			return -1;
		if (!keys_add(keys, key))
			return fail(s, key_start, "a key for the second time");
		skip_space(s);
		if (s->p == s->end || *s->p != ':')
			return fail(s, s->p, "a colon was expected");
		s->p++;
		skip_space(s);
		const char *value = s->p;
		if (scan_value(s, 1) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			if (ll_str_eq(fields[i].key, key))
				fields[i].value = ll_str(value, (size_t)(s->p - value));
			else if (*value == '{' && fields[i].key.len > key.len + 1 && fields[i].key.data[key.len] == '.')
				*paths = true;
		}
		skip_space(s);
		if (s->p == s->end)
			return fail(s, s->p, "the line ends too early");
		if (*s->p == '}') {
			s->p++;
			return 0;
		}
		if (*s->p != ',')
			return fail(s, s->p, "a comma or a closing bracket was expected");
		s->p++;
	}
}

int ll_json_line(struct ll_str line, struct ll_json_field *fields, size_t n, struct ll_err *err)
{
	struct scan s = { line.data, line.data, line.data + line.len, err, ll_cpu() };
	struct keys keys = { .n = 0 };
	bool paths = false;
	size_t valid = ll_utf8_valid_prefix(line.data, line.len);
	int rc;

	for (size_t i = 0; i < n; i++)
		fields[i].value = ll_str(NULL, 0);
	if (valid < line.len)
		return fail(&s, line.data + valid, "not valid UTF-8");
	rc = scan_members(&s, &keys, fields, n, &paths);
	keys_free(&keys);
	if (rc < 0)
		return -1;
	struct scan object = s;
	skip_space(&s);
	if (s.p < s.end)
		return fail(&s, s.p, "something after the object");
	if (!paths)
		return 0;
	const char *open = memchr(line.data, '{', line.len);
	for (size_t i = 0; i < n; i++)
		if (!fields[i].value.data)
			fields[i].value = find_path(ll_str(open, (size_t)(object.p - open)), fields[i].key);
	return 0;
}
