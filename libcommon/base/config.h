/* SPDX-License-Identifier: MIT */
/*
 * config.h - the one configuration syntax of the suite: recipes, rules and --config files (lltools-config.5).
 *
 *     # a comment                      keys are [A-Za-z0-9_.-]+
 *     key = value                      a value runs to the end of the line, outer space stripped
 *     key = "a \"quoted\" # value"     double quotes keep space and #; escapes \" \\ \n \t
 *     [section name]                   opens a section; entries before the first belong to section ""
 *
 * A key may stand several times in a section (order is kept). Sections may repeat.
 */
#ifndef LL_CONFIG_H
#define LL_CONFIG_H

#include "base/error.h"

struct ll_config_entry {
	char *section;
	size_t section_index; /* counts [section] lines: distinguishes repeated sections */
	char *key;
	char *value;
	unsigned line;
	bool used; /* set by readers; ll_config_reject_unused names what is left */
};

struct ll_config {
	char *path;
	struct ll_config_entry *entry;
	size_t len, cap;
};

/* Parses text; on error returns -1 with "line N: ..." in err. */
int ll_config_parse(struct ll_config *c, const char *path, struct ll_str text, struct ll_err *err) LL_MUST_CHECK;
/* Adds one "key=value" (--set). */
int ll_config_set(struct ll_config *c, const char *assignment, struct ll_err *err) LL_MUST_CHECK;
/* The last value of a key in section "" or in the section given, marked used; NULL when absent. */
const char *ll_config_get(struct ll_config *c, const char *section, const char *key);
/* Ends the program (status 2) when an entry was not used, naming file, line, key, and the nearest of `known`. */
void ll_config_reject_unused(const struct ll_config *c, const char *const *known, size_t n);
void ll_config_free(struct ll_config *c);

#endif
