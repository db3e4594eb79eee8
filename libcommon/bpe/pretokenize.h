/* SPDX-License-Identifier: MIT */
/*
 * pretokenize.h - text to pre-tokens: the fixed schemes, written by hand. Each splits exactly as its regular expression
 * does in a leftmost-first backtracking engine, with the character classes of Unicode LL_UNICODE_VERSION. The pieces of
 * a text cover it without gaps. A byte that belongs to no valid UTF-8 sequence is a character of its own, neither
 * letter, number nor space.
 *
 *   gpt2             '(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *   cl100k           the pattern of GPT-4 as first published, also that of Llama 3 ("llama3" is another name for it)
 *   cl100k-tiktoken  as tiktoken has it since 0.8: a run of spaces at the very end of a text stays whole (written
 *                    without the possessive sign after {1,3}, which Oniguruma, the engine of HF, takes for another
 *                    repetition)
 *   o200k            the pattern of GPT-4o, also that of Llama 4
 *   qwen2            cl100k with single digits; such tokenizers bring the NFC normaliser
 *   qwen3.5          qwen2 with marks like letters
 *   deepseek-v3      three patterns, each on the pieces of the one before: numbers by threes; runs of kana and Han;
 *                    words, signs and spaces. What no pattern matches (control characters, say) stays as pieces
 */
#ifndef LL_PRETOKENIZE_H
#define LL_PRETOKENIZE_H

#include "base/base.h"

enum ll_scheme {
	LL_SCHEME_GPT2,
	LL_SCHEME_CL100K,
	LL_SCHEME_CL100K_TIKTOKEN,
	LL_SCHEME_O200K,
	LL_SCHEME_QWEN2,
	LL_SCHEME_QWEN35,
	LL_SCHEME_DEEPSEEK_V3,
	LL_SCHEMES,
};

/* The scheme of that name, or -1. */
int ll_scheme_find(const char *name);
const char *ll_scheme_name(enum ll_scheme p);
/* Its regular expressions as tokenizer.json files carry them, run in sequence: i from 0 on, NULL after the last. */
#define LL_SCHEME_PATTERNS 3 /* at most */
const char *ll_scheme_pattern(enum ll_scheme p, size_t i);
/* The scheme with exactly these regular expressions, or -1. */
int ll_scheme_by_patterns(const struct ll_str *pattern, size_t n);

/* Finds up to `max` pieces of text from byte `at` on, which must be 0 or an end found before, and writes where each
 * ends. Returns how many; 0 only when at == text.len. Time is linear in the bytes covered. */
size_t ll_pretokenize(enum ll_scheme p, struct ll_str text, size_t at, size_t *end, size_t max);

/* The last place in (0, text.len] where a long text can be cut so that the pieces of both sides, split apart, are those
 * of the whole, also where text is normalized before it is split: between a letter, which stays one in every normal form,
 * and an ASCII space or line end. 0 when there is none. */
size_t ll_pretokenize_cut(struct ll_str text);

#endif
