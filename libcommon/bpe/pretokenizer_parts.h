/* SPDX-License-Identifier: MIT */
/* pretokenizer_parts.h - what a struct ll_pretokenizer holds; for the files of this room that make and run it. */
#ifndef LL_PRETOKENIZER_PARTS_H
#define LL_PRETOKENIZER_PARTS_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "bpe/pattern.h"
#include "bpe/pretokenizer.h"

/* One step of the sequence: a fixed scheme, or a pattern. */
struct ll_level {
	int scheme; /* of enum ll_scheme, or -1 */
	struct ll_split split;
	struct ll_pattern_meaning meaning;
	/* NULL for a scheme. [1] is for texts with characters that PCRE2's Unicode puts into other classes than ours;
	 * NULL where the pattern is PCRE2's own, or plain text. */
	pcre2_code *code[2];
	bool jit; /* compiled to machine code; else PCRE2's interpreter matches */
};

struct ll_pretokenizer {
	int scheme; /* which it is as a whole, or -1 */
	struct ll_level *level;
	size_t levels;
	bool prefix_space;
	char *name;
};

/* Compiles level->split.pattern into level->code, and says in level->meaning and split.pcre2 how it was read. */
int ll_level_compile(struct ll_level *level, struct ll_err *err) LL_MUST_CHECK;
/* ll_pretokenizer_cut, by the pattern of the first level. */
size_t ll_level_cut(const struct ll_pretokenizer *p, struct ll_str text);
/* The same pre-tokenizer, with PCRE2 running its patterns where a scheme would. */
struct ll_pretokenizer *ll_pretokenizer_patterns(const struct ll_pretokenizer *p);

#endif
