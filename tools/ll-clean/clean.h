/* SPDX-License-Identifier: MIT */
/*
 * clean.h - the parts of ll-clean. Repairs edit the text, rules judge it; both see one document and no other.
 *
 *   repair.c             HTML to text, control characters, line ends and white space, NFC
 *   text_units.c         a text as words, lines and paragraphs, and sets of their hashes
 *   gopher_quality.c     Rae et al. 2021, appendix A.1.1: quality
 *   gopher_repetition.c  the same: repetition
 *   c4.c                 Raffel et al. 2020, section 2.2: lines kept, documents dropped
 *   fineweb.c            Penedo et al. 2024, section 3.6
 *
 * Thresholds are compared in whole numbers. What exactly counts as a word, a line or a sentence stands in ll-clean(1).
 */
#ifndef LL_CLEAN_H
#define LL_CLEAN_H

#include "base/buffer.h"
#include "doc/filter.h"
#include "text/html.h"

struct clean_word {
	uint32_t start, len; /* bytes */
	uint32_t characters; /* code points */
	bool letter;         /* has a letter */
	bool solid;          /* has a letter, a digit or a mark: no mere symbol */
	uint64_t hash;
};

struct clean_line {
	struct ll_str text;  /* without the newline */
	struct ll_str strip; /* without white space around */
	uint64_t hash;
	uint32_t characters; /* of text */
};

/* Open addressing over 64-bit hashes, emptied by a generation count. */
struct clean_set {
	struct clean_slot {
		uint64_t hash;
		uint32_t generation, count, first;
	} *slot;
	size_t slots, mask; /* mask: of the part in use, small for small documents */
	uint32_t generation;
};
/* Empties the set and makes room for n entries. */
void clean_set_reset(struct clean_set *s, size_t n);
/* The entry of a hash; count is 0 where it is new (the caller counts). */
struct clean_slot *clean_set_find(struct clean_set *s, uint64_t hash);

/* Scratch of one worker, reused from document to document. */
struct clean_units {
	struct ll_str text;
	uint64_t characters;
	struct clean_word *word;
	size_t words, words_cap;
	struct clean_line *line, *paragraph; /* lines: every "\n" ends one; paragraphs: runs of two and more do */
	size_t lines, lines_cap, paragraphs, paragraphs_cap;
	struct clean_set set;
	uint32_t *place, *slot; /* of n-grams that may repeat: words that they start with, slots of the set */
	size_t places, places_cap;
};
void clean_units_split(struct clean_units *u, struct ll_str text);
void clean_units_free(struct clean_units *u);
bool clean_is_space(uint32_t c);
struct ll_str clean_strip(struct ll_str s);
bool clean_ends_with(struct ll_str s, const char *end);
uint64_t clean_count(struct ll_str text, const char *needle);

/* A rule's verdict: NULL, or the reason, with the value that was over the line. */
struct clean_verdict {
	const char *reason;
	char value[64];
};

void gopher_quality(const struct clean_units *u, struct clean_verdict *v);
void gopher_repetition(struct clean_units *u, struct clean_verdict *v);
void fineweb(struct clean_units *u, struct clean_verdict *v);
/* Lines that C4 keeps go to `kept`, joined by newlines; terminal: also demand a terminal mark at the end of a line. */
void c4(const struct clean_units *u, bool terminal, struct ll_buf *kept, struct clean_verdict *v);

/* Appends the repaired text; false when nothing changed (then out is as it was). */
bool repair_space(struct ll_buf *out, struct ll_str text);
bool repair_normal_form(struct ll_buf *out, struct ll_str text);

#endif
