/* SPDX-License-Identifier: MIT */
/* The JSONL scanner: fields, paths, duplicates and nesting; strings against json-c. (tests/cli/ll-shard/import_property.sh
 * compares what it accepts with Python's json.) */
#include "test.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/memory.h"
#include "base/random.h"
#include "text/json.h"
#include "text/json_wide.h"
#include "text/utf8.h"

static void field(const char *line, const char *key, const char *want)
{
	struct ll_json_field f = { .key = ll_cstr(key) };
	struct ll_err err = { "" };
	int rc = ll_json_line(ll_cstr(line), &f, 1, &err);

	if (!ok(rc == 0 && (want ? ll_str_is(f.value, want) : f.value.data == NULL), "%s of %s", key, line))
		diag("", "rc %d %s, got %.*s", rc, err.text, (int)f.value.len, f.value.data ? f.value.data : "");
}

static void refused(struct ll_str line, const char *cause)
{
	struct ll_json_field f = { .key = ll_cstr("text") };
	struct ll_err err = { "" };

	ok(ll_json_line(line, &f, 1, &err) < 0 && strstr(err.text, cause), "%.40s: %s", line.data, err.text);
}

static void nesting(void)
{
	for (int depth = 999; depth <= 1001; depth++) {
		struct ll_buf b = { 0 };
		struct ll_json_field f = { .key = ll_cstr("text") };
		struct ll_err err;
		ll_buf_puts(&b, "{\"a\":");
		for (int i = 1; i < depth; i++)
			ll_buf_puts(&b, i % 3 ? "[" : "{\"x\":");
		ll_buf_puts(&b, "0");
		for (int i = depth - 1; i >= 1; i--)
			ll_buf_puts(&b, i % 3 ? "]" : "}");
		ll_buf_puts(&b, ",\"text\":\"t\"}");
		ok((ll_json_line(ll_buf_str(&b), &f, 1, &err) == 0) == (depth <= 1000), "nested %d deep", depth);
		ll_buf_free(&b);
	}
}

static void many_keys(size_t n)
{
	struct ll_buf b = { 0 };
	struct ll_json_field f = { .key = ll_cstr("k7") };
	struct ll_err err = { "" };

	for (size_t i = 0; i < n; i++)
		ll_buf_printf(&b, "%c\"k%zu\":%zu", i ? ',' : '{', i, i);
	ll_buf_puts(&b, "}");
	ok(ll_json_line(ll_buf_str(&b), &f, 1, &err) == 0 && ll_str_is(f.value, "7"), "%zu members", n);
	b.len--;
	ll_buf_puts(&b, ",\"\\u006b5\":0}");
	ok(ll_json_line(ll_buf_str(&b), &f, 1, &err) < 0 && strstr(err.text, "second time"),
	   "and one of them twice, escaped");
	ll_buf_free(&b);
}

/* Escaping, read back by json-c and by ourselves. */
static void strings(void)
{
	size_t bad = 0;

	for (uint64_t i = 0; i < 20000; i++) {
		char text[400];
		size_t n = 0, want = ll_random64(2, 0, i) % 60;
		struct ll_buf raw = { 0 }, back = { 0 };
		struct ll_err err;
		for (size_t k = 0; k < want; k++) {
			uint64_t r = ll_random64(2, k + 1, i);
			uint32_t c = r % 3 == 0 ? (uint32_t)(r >> 32) % 0x80 : (uint32_t)(r >> 32) % 0x110000;
			/* json-c 0.16 turns an escaped pair into U+FFFD when the low half of the code point looks like a surrogate. */
			n += ll_utf8_put(text + n, (c & 0xf800) == 0xd800 ? 'x' : r % 7 == 0 ? '"' : c);
		}
		bool ascii = i & 1;
		ll_json_escape(&raw, ll_str(text, n), ascii);
		bad += ll_json_unescape(&back, ll_buf_str(&raw), &err) < 0 ||
		       !ll_str_eq(ll_buf_str(&back), ll_str(text, n));
		struct json_object *o = json_tokener_parse(ll_buf_cstr(&raw));
		bad += !o || (size_t)json_object_get_string_len(o) != n ||
		       memcmp(json_object_get_string(o), text, n) != 0;
		json_object_put(o);
		for (size_t k = 0; ascii && k < raw.len; k++)
			bad += (raw.data[k] & '\x80') != 0;
		ll_buf_free(&raw);
		ll_buf_free(&back);
	}
	ok(bad == 0, "random strings, escaped, are read back by json-c and by us: %zu differ", bad);
	struct ll_buf b = { 0 };
	ll_json_escape(&b, ll_str("\0\b\t\n\v\f\r\x1f\"\\/\x7f\u00e9\U0001f600", 18), true);
	ok(ll_str_is(ll_buf_str(&b), "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\x7f\\u00e9\\ud83d\\ude00\""),
	   "ASCII form: %.*s", (int)b.len, b.data);
	ll_buf_free(&b);
}

/* ---- the wide scanner and unescaping against the definition, byte by byte ---- */

static bool has_u(const char *text, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += text[i] == '\\' ? 2 : 1)
		if (text[i] == '\\' && text[i + 1] == 'u')
			return true;
	return false;
}

static size_t unescape_plainly(const char *text, size_t n, char *to, bool *slash)
{
	static const char from[] = "\"\\/bfnrt", becomes[] = "\"\\/\b\f\n\r\t";
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		*slash |= text[i] == '\\' && text[i + 1] == '/';
		if (text[i] == '\\' && text[i + 1] == 'u') {
			to[len++] = (char)strtol((char[]){ text[i + 2], text[i + 3], text[i + 4], text[i + 5], 0 }, NULL, 16);
			i += 5;
		} else {
			to[len++] = text[i] == '\\' ? becomes[strchr(from, text[i + 1]) - from] : text[i];
			i += text[i] == '\\';
		}
	}
	return len;
}

#ifdef HAVE_AVX
/* The place where ll_json_skip_* may stop at the latest. */
static size_t first_stop(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"' || (unsigned char)text[i] < 0x20)
			return i;
		if (text[i] != '\\')
			continue;
		if (i + 1 == n || !text[i + 1] || !strchr("\"\\/bfnrt", text[i + 1]))
			return i;
		i++;
	}
	return n;
}

/* Whether i is no place inside of an escape. */
static bool between(const char *text, size_t i)
{
	size_t at = 0;

	while (at < i)
		at += text[at] == '\\' ? 2 : 1;
	return at == i;
}

static bool stops_rightly(const char *(*passes)(const char *, const char *), const char *text, size_t n)
{
	size_t stop = first_stop(text, n), got = (size_t)(passes(text, text + n) - text);

	return got <= stop && (got == stop || n - got < 64) && between(text, got);
}
#endif

static void wide_strings(void)
{
	static const char *const piece[] = { "a", " ", "\xc3\xa9", "\\n", "\\\\", "\\\"", "\\/", "\\t", "\\b", "\\f", "\\r", "\\u0041", "u", "\\u007a", "\"", "\n",
					     "\\x", "\\", "\xff" };
	size_t stops = 0, texts = 0;
	uint64_t r = 0;

	for (unsigned round = 0; round < 60000; round++) {
		char text[1024], want[1024];
		size_t n = 0, target = ll_random_below(5, 0, r++, 500);
		bool slash = false, plain = round % 4 == 0;
		for (unsigned kinds = round % 2 ? 14 : LL_COUNT(piece); n < target;) {
			const char *p = piece[ll_random_below(5, 1, r++, plain ? 64 : 3) ? 0 : ll_random_below(5, 2, r++, kinds)];
			memcpy(text + n, p, strlen(p));
			n += strlen(p);
		}
		text[n] = '\0';
#ifdef HAVE_AVX
		if (ll_cpu() >= LL_CPU_AVX2)
			stops += !stops_rightly(ll_json_skip_avx2, text, n);
		if (ll_cpu() >= LL_CPU_AVX512)
			stops += !stops_rightly(ll_json_skip_avx512, text, n);
#endif
		if (round % 2 == 0)
			continue;
		struct ll_buf raw = { 0 }, back = { 0 };
		struct ll_err err;
		unsigned forms;
		size_t len = unescape_plainly(text, n, want, &slash);
		ll_buf_printf(&raw, "\"%s\"", text);
		ll_buf_puts(&back, "before");
		texts += ll_json_unescape_noting(&back, ll_buf_str(&raw), &forms, &err) < 0 || back.len != 6 + len ||
			 memcmp(back.data + 6, want, len) != 0 || ((forms & LL_JSON_SLASH) != 0) != slash ||
			 ((forms & LL_JSON_U) != 0) != has_u(text, n);
		ll_buf_free(&raw);
		ll_buf_free(&back);
	}
	ok(stops == 0, "%zu of 60000 strings scanned wrongly (up to %s)", stops, ll_cpu_name(ll_cpu()));
	ok(texts == 0, "%zu of 30000 strings unescaped wrongly", texts);
}

int main(void)
{
	field("{\"text\":\"a\"}", "text", "\"a\"");
	field(" { \"x\" : [ {\"text\":1} ] , \"text\" : -1.5e3 } \r", "text", "-1.5e3");
	field("{}", "text", NULL);
	field("{\"a\":{\"b\":{\"c\":1}},\"a.b\":{\"c\":2}}", "a.b.c", "2");
	field("{\"a\":{\"b\":{\"c\":1}}}", "a.b.c", "1");
	field("{\"a\":{\"b.c\":3}}", "a.b.c", "3");
	field("{\"a\":{\"b\":1},\"a.b\":2}", "a.b", "2");
	field("{\"a\":[{\"b\":1}]}", "a.b", NULL);
	field("{\"a\":{\"b\":1,\"b\":2}}", "a.b", "2");
	field("{\"\\u0061\":7}", "a", "7");
	field("{\"a\":\"}\\\"{\",\"b\":1}", "b", "1");
	refused(ll_cstr(""), "not a JSON object");
	refused(ll_cstr("[]"), "not a JSON object");
	refused(ll_cstr("{\"a\":1,\"a\":2}"), "second time");
	refused(ll_cstr("{\"a\":1} {"), "after the object");
	refused(ll_cstr("{\"a\":01}"), "comma or");
	refused(ll_cstr("{\"a\":NaN}"), "not a JSON value");
	refused(ll_cstr("{\"a\":1,}"), "key was expected");
	refused(ll_cstr("{\"a\":\"\\q\"}"), "does not know");
	refused(ll_cstr("{\"a\":\"\\u12g4\"}"), "hexadecimal");
	refused(ll_str("{\"a\":\"\0\"}", 9), "raw NUL");
	refused(ll_cstr("{\"a\":\"\xc0\x80\"}"), "UTF-8");
	nesting();
	many_keys(10);
	many_keys(24);
	many_keys(5000);
	strings();
	wide_strings();
	return test_done();
}
