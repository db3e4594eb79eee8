/* SPDX-License-Identifier: MIT */
/* Filter expressions against what lltools-where.7 says of them; no expression, however cut or changed, breaks the
 * parser. */
#include "test.h"

#include "base/memory.h"
#include "doc/where.h"

static struct ll_doc doc;
static struct ll_buf tags;

static int holds(const char *expression) /* -1: does not parse */
{
	struct ll_err err = { "" };
	struct ll_where *w = ll_where_compile(expression, &err);
	if (!w)
		return strncmp(err.text, "at column ", 10) == 0 ? -1 : -2;
	int result = ll_where_test(w, &doc);
	ll_where_free(w);
	return result;
}

static void make(void)
{
	static const char skeleton[] =
		"{\"a\":1,\"text\":,\"meta\":{\"forum\":false,\"lang\":\"d\\u0065\",\"n\":null},\"x.y\":[1],"
		"\"e\":\"\",\"big\":9007199254740993,\"f\":2.5}";
	doc = (struct ll_doc){
		.id = ll_cstr("n7"), .source = ll_cstr("web"), .text = ll_cstr("five\n"), .skeleton = ll_cstr(skeleton)
	};
	doc.hole = (uint32_t)(strstr(skeleton, "\"text\":") - skeleton) + 7;
	ll_tags_add_string(&tags, "lang", ll_cstr("en"));
	ll_tags_add_float(&tags, "quality", 0.5);
	ll_tags_add_int(&tags, "n", 3);
	ll_tags_add_string(&tags, "url", ll_cstr("https://x.gov/a"));
	doc.tags = ll_buf_str(&tags);
}

static const char *const yes[] = {
	"lang == \"en\" && quality > 0.3 && !(.meta.forum) && url ~ \"\\.gov/\" && has(.a) && source in (\"a\", \"web\")",
	"n == 3",
	"n == 3.0",
	"n >= 3 && n <= 3 && !(n < 3) && !(n > 3) && n != 4",
	"text_bytes == 5",
	"id == \"n7\"",
	".meta.lang == \"de\"",
	".\"x.y\"",
	"has(.x.y)",
	".big == 9007199254740993",
	".big != 9007199254740992",
	".f == 2.5",
	".text == \"five\\n\"",
	"nothing != 1",
	"nothing != null",
	"lang != 1",
	"!nothing",
	"!(nothing == nothing)",
	"!.meta.n",
	"!has(.meta.n)",
	"!.e",
	"!.meta.forum",
	".meta.forum == false",
	"quality",
	"true",
	"true || nothing && nothing",
	"(false || true) && true",
	"!false == true",
	"n in (1, \"3\", 3)",
	"!(n in (\"3\"))",
	"-1 < n",
	"1e3 > n",
	"lang ~ \"^en$\"",
	"lang < \"eo\"",
	"\"e\" < lang",
	"lang~\"N\" || lang~\"(?i)N\"",
};
static const char *const no[] = {
	"nothing",
	"nothing == null",
	"nothing < 1",
	"nothing > 1",
	"nothing == nothing",
	"lang == 1",
	"lang < 1",
	"n ~ \"3\"",
	"null",
	"0",
	"\"\"",
	"x.y == \"1\"",
	".x.y == 1",
	"quality > 0.5",
	"!true == true",
	"has(nothing)",
	"has(.meta.n)",
	"(true || nothing) && nothing",
	"id in (\"n\")",
};
static const char *const wrong[] = {
	"",	  " ",	     "lang =",	 "lang = \"en\"", "lang == ", "&& a",	   "a &&",
	"a b",	  "(a",	     "a)",	 "\"a",		  "a ~ b",    "a ~ \"(\"", "a in b",
	"a in (", "a in ()", "a in (b)", "a in (1",	  "has(",     "has()",	   "has(1,2)",
	".",	  "1x",	     "--1",	 "a == b == c",	  "!",	      "a in @",
};

int main(void)
{
	make();
	for (size_t i = 0; i < LL_COUNT(yes); i++)
		ok(holds(yes[i]) == 1, "true: %s", yes[i]);
	for (size_t i = 0; i < LL_COUNT(no); i++)
		ok(holds(no[i]) == 0, "false: %s", no[i]);
	for (size_t i = 0; i < LL_COUNT(wrong); i++)
		ok(holds(wrong[i]) == -1, "no expression: %s", wrong[i]);
	bool fine = true;
	for (size_t i = 0; i < LL_COUNT(yes); i++)
		for (size_t from = 0; from < strlen(yes[i]); from++)
			for (size_t to = from; to <= strlen(yes[i]); to++) {
				char *part = ll_strndup(yes[i] + from, to - from);
				fine = fine && holds(part) >= -1;
				ll_free(part);
			}
	ok(fine, "every part of an expression parses or says where it does not");
	char deep[1000];
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	ok(holds(deep) == -1, "nesting has an end");
	memset(deep, '!', sizeof(deep) - 1);
	ok(holds(deep) == -1, "so has negation");
	ll_buf_free(&tags);
	return test_done();
}
