/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <json-c/json.h>

#include "text/json.h"
#include "text/json_tree.h"
#include "text/utf8.h"

/* Every code point above U+FFFF as a pair of escaped surrogates, in values and in keys. */
static void surrogates(void)
{
	size_t bad = 0;
	for (uint32_t plane = 0x10000; plane < 0x110000; plane += 0x1000) {
		struct ll_buf plain = { 0 }, text = { 0 };
		struct ll_err err = { "" };
		for (uint32_t c = plane; c < plane + 0x1000; c++) {
			char utf8[4];
			ll_buf_add(&plain, utf8, ll_utf8_put(utf8, c));
		}
		ll_buf_puts(&text, "{\"a\\\"\\\\\":[");
		ll_json_escape(&text, ll_buf_str(&plain), true);
		ll_buf_puts(&text, "],");
		ll_json_escape(&text, ll_buf_str(&plain), true);
		ll_buf_puts(&text, ":1}");
		struct json_object *o = ll_json_value_parse(ll_buf_str(&text), 8, &err), *list, *one;
		const char *value = o && json_object_object_get_ex(o, "a\"\\", &list)
					    ? json_object_get_string(json_object_array_get_idx(list, 0))
					    : "";
		bad += !ll_str_eq(ll_cstr(value), ll_buf_str(&plain)) ||
		       !json_object_object_get_ex(o, ll_buf_cstr(&plain), &one);
		json_object_put(o);
		ll_buf_free(&plain);
		ll_buf_free(&text);
	}
	ok(bad == 0, "escaped surrogates give their code points");
}

static void refusals(void)
{
	static const char *const bad[] = { "",
					   "{",
					   "\"\\ud800\"",
					   "\"\\ud800\\ud800\"",
					   "\"\\udc00\"",
					   "[1] x",
					   "\"\\ud83d\\u12",
					   "{\"\\u0000\" : 1}",
					   "\"\xff\\u0041\"",
					   "[[[[[[[[[1]]]]]]]]]" };
	for (size_t i = 0; i < LL_COUNT(bad); i++) {
		struct ll_err err = { "" };
		struct json_object *o = ll_json_value_parse(ll_cstr(bad[i]), 8, &err);
		ok(!o && strstr(err.text, "byte"), "refused: %s: %s", bad[i], err.text);
		json_object_put(o);
	}
	struct ll_err err = { "" };
	struct json_object *o =
		ll_json_value_parse(ll_cstr(" [\"\\\\ud800\", \"\\u0000\\u00e9\\\"\", {\"\\u0001\":0}] \n"), 8, &err);
	ok(o && json_object_get_string_len(json_object_array_get_idx(o, 1)) == 4, "what only looks like it: %s",
	   err.text);
	json_object_put(o);
}

int main(void)
{
	surrogates();
	refusals();
	return test_done();
}
