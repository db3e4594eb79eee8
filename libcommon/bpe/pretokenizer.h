/* SPDX-License-Identifier: MIT */
/*
 * pretokenizer.h - the pre-tokenizer of a tokenizer: one of the fixed schemes (pretokenize.h), or regular expressions
 * run one after the other by PCRE2, each on every piece that the one before left, as the Split pre-tokenizers of
 * Hugging Face tokenizers do. The pieces of a text cover it without gaps: what no expression matches is a piece too. There may
 * be no expression at all: then a text is one piece.
 *
 * Some put a space before a text that does not begin with one (ByteLevel's add_prefix_space): who splits a text gives them
 * what ll_pretokenizer_prefixed makes of it.
 *
 * A struct ll_pretokenizer is immutable and shared by threads. A struct ll_splitter is one thread's scratch.
 */
#ifndef LL_PRETOKENIZER_H
#define LL_PRETOKENIZER_H

#include "base/buffer.h"
#include "base/error.h"
#include "bpe/pretokenize.h"

/* What becomes of the matches of a pattern and of the gaps between them (tokenizers' SplitDelimiterBehavior; "Removed"
 * is not here, because text that is dropped cannot be decoded). */
enum ll_split_behavior { LL_SPLIT_ISOLATED, LL_SPLIT_CONTIGUOUS, LL_SPLIT_MERGED_PREVIOUS, LL_SPLIT_MERGED_NEXT };

struct ll_split {
	struct ll_str pattern;
	enum ll_split_behavior behavior;
	bool literal; /* the pattern is plain text */
	bool invert;  /* gaps count as matches, matches as gaps */
	bool spelled; /* it comes behind ByteLevel, and sees the bytes of a piece as the characters of that alphabet: it may part a
		       * character of the text. None comes before one that is not */
	bool pcre2;   /* the pattern is meant as PCRE2 reads it, also where Oniguruma reads it otherwise (pattern.h) */
};

struct ll_pretokenizer;

/* What --pretokenizer takes: the name of a scheme, or "regex:PATTERN"; several, one a line, run in sequence. "none", alone, does
 * not split; "prefix-space" before it, or before "gpt2", puts a space before texts. NULL and err when there is no such scheme or
 * PCRE2 refuses a pattern (with its offset). Patterns are PCRE2's. */
struct ll_pretokenizer *ll_pretokenizer_parse(const char *spec, struct ll_err *err) LL_MUST_CHECK;
struct ll_pretokenizer *ll_pretokenizer_of_scheme(enum ll_scheme scheme);
/* Of splits in sequence; where their patterns are those of a fixed scheme, that runs. Patterns are copied. One that is
 * not `pcre2` is refused where it holds something that Oniguruma reads otherwise than PCRE2. */
struct ll_pretokenizer *ll_pretokenizer_of_splits(const struct ll_split *split, size_t n, bool prefix_space,
						  struct ll_err *err) LL_MUST_CHECK;
void ll_pretokenizer_free(struct ll_pretokenizer *p);

/* The scheme it is as a whole, or -1. */
int ll_pretokenizer_scheme(const struct ll_pretokenizer *p);
/* As --pretokenizer takes it, several split by a line feed; borrowed. */
const char *ll_pretokenizer_name(const struct ll_pretokenizer *p);
bool ll_pretokenizer_eq(const struct ll_pretokenizer *a, const struct ll_pretokenizer *b);
/* The splits it is made of; the pattern is borrowed. */
size_t ll_pretokenizer_splits(const struct ll_pretokenizer *p);
struct ll_split ll_pretokenizer_split(const struct ll_pretokenizer *p, size_t i);
/* The first thing in a pattern that Oniguruma reads otherwise, or NULL: then any program reads the tokenizer as we do.
 */
const char *ll_pretokenizer_own(const struct ll_pretokenizer *p);
/* True when a space is put before texts. */
bool ll_pretokenizer_prefixes(const struct ll_pretokenizer *p);
/* The text with the space that goes before it, in `scratch`, or as it is: where it begins with one, or is empty. */
struct ll_str ll_pretokenizer_prefixed(const struct ll_pretokenizer *p, struct ll_str text, struct ll_buf *scratch);
/* True for the schemes whose tokenizers bring text to NFC first (Qwen's). */
bool ll_pretokenizer_brings_nfc(const struct ll_pretokenizer *p);
/* Appends what a tokenizer's id says of it: "pattern PATTERN" lines, with the behaviour where it is not Isolated. */
void ll_pretokenizer_identity(const struct ll_pretokenizer *p, struct ll_buf *out);

/* Splits `strings` generated texts with the pre-tokenizer and with PCRE2 running its patterns, and compares: -1 and
 * err, with the text, at the first difference. What is compared is what runs on this machine. 20,000 take about 0.2 s.
 */
#define LL_PROVE_STRINGS 20000u
int ll_pretokenizer_prove(const struct ll_pretokenizer *p, uint64_t seed, uint64_t strings,
			  struct ll_err *err) LL_MUST_CHECK;

struct ll_splitter *ll_splitter_new(const struct ll_pretokenizer *p);
void ll_splitter_free(struct ll_splitter *s);
/* As ll_pretokenize: up to `max` ends of pieces of text from byte `at` on, which must be 0 or the last end found before
 * in the same text. 0 at the end of the text, and where a pattern gives up: then ll_splitter_error says so. */
size_t ll_split(struct ll_splitter *s, struct ll_str text, size_t at, size_t *end, size_t max);
/* What stopped the splitting of the last text, or NULL: more steps or more memory for ways back than a match may use.
 */
const char *ll_splitter_error(const struct ll_splitter *s);
#define LL_SPLITTER_HINT "possessive quantifiers (++, *+) and atomic groups (?>...) keep no ways back"
/* The last place in (0, text.len) where a long text can be cut, whatever follows it, so that the pieces of both sides, split
 * apart, are those of the whole. 0: none is known. For a pattern it is the end of the last match that did not depend on
 * what follows the text, found by matching all of it; patterns that look back, PCRE2's own, and other behaviours than
 * Isolated have none. */
size_t ll_pretokenizer_cut(const struct ll_pretokenizer *p, struct ll_str text);

#endif
