/* SPDX-License-Identifier: MIT */
/* config_test.c - the configuration syntax, good and bad. */
#include "base/config.h"

#include <stdio.h>

#include "test.h"

static int parse(struct ll_config *c, const char *text, struct ll_err *err)
{
	*c = (struct ll_config){ 0 };
	return ll_config_parse(c, "test.conf", ll_cstr(text), err);
}

static void check_value(const char *text, const char *section, const char *key, const char *wanted)
{
	struct ll_config c;
	struct ll_err err = { "" };
	if (!ok(parse(&c, text, &err) == 0, "parses: %s", err.text)) {
		ll_config_free(&c);
		return;
	}
	const char *got = ll_config_get(&c, section, key);
	ok(wanted ? got && strcmp(got, wanted) == 0 : got == NULL, "[%s] %s = %s (got %s)", section ? section : "", key,
	   wanted ? wanted : "nothing", got ? got : "nothing");
	ll_config_free(&c);
}

static void check_error(const char *text, const char *line)
{
	struct ll_config c;
	struct ll_err err = { "" };
	bool refused = parse(&c, text, &err) < 0;
	ok(refused && strncmp(err.text, line, strlen(line)) == 0, "refused: %s", err.text);
	ll_config_free(&c);
}

int main(void)
{
	check_value("a = 1\n", NULL, "a", "1");
	check_value("a=1", "", "a", "1");
	check_value("  a\t=\t1  \r\n", NULL, "a", "1");
	check_value("a = 1\na = 2\n", NULL, "a", "2");
	check_value("a = one two  three\n", NULL, "a", "one two  three");
	check_value("a = 1 # comment\n", NULL, "a", "1");
	check_value("a = x#y\n", NULL, "a", "x#y");
	check_value("# a = 2\n\n   # more\na = 1\n", NULL, "a", "1");
	check_value("a = \" x # y \"  # comment\n", NULL, "a", " x # y ");
	check_value("a = \"q\\\"\\\\\\n\\t\"\n", NULL, "a", "q\"\\\n\t");
	check_value("a =\n", NULL, "a", "");
	check_value("a = \"\"\n", NULL, "a", "");
	check_value("a = b = c\n", NULL, "a", "b = c");
	check_value("where = lang == \"en\" && x > 1\n", NULL, "where", "lang == \"en\" && x > 1");
	check_value("A.b_c-9 = z\n", NULL, "A.b_c-9", "z");
	check_value("a = 1\n[s]\na = 2\n", "s", "a", "2");
	check_value("a = 1\n[s]\na = 2\n", NULL, "a", "1");
	check_value("[ source wiki ] # c\nw = 3\n", "source wiki", "w", "3");
	const char *manual =
		"# a comment\nsteps = 1000                    # a comment after a value\n"
		"name = \"a value # with \\\"quotes\\\"\"\n[source wiki]\nweight = 0.7\n"; /* of lltools-config.5 */
	check_value(manual, NULL, "steps", "1000");
	check_value(manual, NULL, "name", "a value # with \"quotes\"");
	check_value(manual, "source wiki", "weight", "0.7");
	check_value("a = 1\n", NULL, "b", NULL);
	check_value("", NULL, "a", NULL);
	check_value("a = \xc3\xbc\n", NULL, "a", "\xc3\xbc");

	check_error("a\n", "line 1:");
	check_error("\n\na b = 1\n", "line 3:");
	check_error("= 1\n", "line 1:");
	check_error("\xc3\xbc = 1\n", "line 1:");
	check_error("a = \"x\n", "line 1:");
	check_error("a = \"x\" y\n", "line 1:");
	check_error("a = \"\\x\"\n", "line 1:");
	check_error("a = \"\\", "line 1:");
	check_error("[s\n", "line 1:");
	check_error("[]\n", "line 1:");
	check_error("[s] x\n", "line 1:");

	struct ll_config c = { 0 };
	struct ll_err err;
	ok(ll_config_parse(&c, "x", ll_str("a = \0", 5), &err) < 0, "a NUL byte is refused");
	ll_config_free(&c);
	ok(parse(&c, "[s]\na = 1\n[s]\na = 2\n", &err) == 0 && c.len == 2 && c.entry[0].section_index == 1 &&
		   c.entry[1].section_index == 2 && c.entry[1].line == 4,
	   "repeated sections are told apart");
	ok(ll_config_set(&c, "b=x = y", &err) == 0 && strcmp(ll_config_get(&c, "", "b"), "x = y") == 0,
	   "--set key=value");
	ok(ll_config_set(&c, "b", &err) < 0 && ll_config_set(&c, "=1", &err) < 0 &&
		   ll_config_set(&c, "b c=1", &err) < 0,
	   "--set refuses what is no assignment");
	ok(ll_config_set(&c, "b=last", &err) == 0 && strcmp(ll_config_get(&c, NULL, "b"), "last") == 0,
	   "the last value wins");
	ok(!c.entry[0].used && c.entry[2].used && c.entry[3].used, "what was read is marked");
	ll_config_free(&c);
	return test_done();
}
