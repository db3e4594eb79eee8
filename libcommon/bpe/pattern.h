/* SPDX-License-Identifier: MIT */
/*
 * pattern.h - what a pattern of a tokenizer means. Hugging Face tokenizers run it with Oniguruma (Ruby's syntax), lltools
 * with PCRE2, which differ in syntax and in the version of Unicode. ll_pattern_translate reads the part of the syntax that
 * means the same to both, and writes it for PCRE2 with the classes of LL_UNICODE_VERSION:
 *
 *   \s \S      the 25 characters with the property White_Space (PCRE2 has one more, U+180E)
 *   \p{..}     general categories: what PCRE2's Unicode lacks is added, what it has too much is taken away
 *   \d \D      \p{Nd}, \P{Nd}
 *   \p{Han}    scripts, by the property Script (PCRE2: Script_Extensions), of PCRE2's version of Unicode
 *   \uHHHH     a character
 *
 *   [a[b]c]    sets in sets, which PCRE2 has not: their members
 *   [a&&b]     intersections, which it has not either: a look-ahead
 *
 * Everything else of that part goes through as it is: literals, the usual escapes of characters, classes, groups,
 * look-around, alternatives, greedy, lazy and possessive quantifiers but {n,m}+ (to Oniguruma another repetition), and
 * (?i:...) around ASCII.
 */
#ifndef LL_PATTERN_H
#define LL_PATTERN_H

#include "base/buffer.h"

struct ll_pattern_meaning {
	char other[80]; /* the first thing in it that Oniguruma reads otherwise, or that is not known to be read alike; "" */
	bool context;	/* it looks back, or for the start of the text: a match depends on what is before it */
	bool scripts;	/* it has classes of PCRE2's own version of Unicode */
};

/* Appends the pattern for PCRE2; the output is of use only where meaning->other is empty. With `exact` false the classes
 * are PCRE2's own, which it matches up to three times as fast: the same in texts without ll_pattern_differs. */
void ll_pattern_translate(struct ll_str pattern, bool exact, struct ll_buf *out, struct ll_pattern_meaning *meaning);
/* True when valid UTF-8 holds a character that PCRE2's Unicode puts into another class than ours. */
bool ll_pattern_differs(struct ll_str text);

/* Appends what stands in a class [...] for the characters of general categories (a bit each, by their places in
 * ll_category_names) or, with `negated`, for all others; `property` is how PCRE2 names them ("L"). */
void ll_pattern_category(uint32_t categories, const char *property, bool negated, struct ll_buf *out);
/* The categories that a name like "L" or "Lu" stands for; 0: none. */
uint32_t ll_pattern_categories(struct ll_str name);
/* True when PCRE2 knows a script of that name. */
bool ll_pattern_is_script(const char *name);
/* The version of PCRE2's Unicode, such as "14.0.0"; lives as long as the process. */
const char *ll_pattern_unicode(void);

#endif
