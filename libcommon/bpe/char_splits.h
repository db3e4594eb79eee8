/* SPDX-License-Identifier: MIT */
/*
 * char_splits.h - normalised text to words, for tokenizers over characters: the pre-tokenizers of Hugging Face
 * tokenizers that may drop white space or put a sign in its place. BertPreTokenizer, Whitespace, WhitespaceSplit,
 * Punctuation, Digits, Split, Metaspace, and Sequence.
 */
#ifndef LL_CHAR_SPLITS_H
#define LL_CHAR_SPLITS_H

#include "base/buffer.h"
#include "base/error.h"

struct json_object;
struct ll_char_splits; /* immutable; shared by threads */

/* The words of a text: their bytes, back to back, and where each ends. */
struct ll_words {
	struct ll_buf text;
	size_t *end;
	size_t n, cap;
};

/* NULL for null: the text is one word. -1 when there is something it does not know, by name. */
int ll_char_splits_of_json(struct json_object *o, struct ll_char_splits **out, struct ll_err *err) LL_MUST_CHECK;
void ll_char_splits_free(struct ll_char_splits *s);
/* \w of the crate regex: letters, marks, decimal digits, connectors, and what else is Alphabetic or joins. */
bool ll_char_is_word(uint32_t c);
/* True when a word begins with a sign that stands for a space, which may stand before the text too. */
bool ll_char_splits_metaspace(const struct ll_char_splits *s, bool *prepends);
/* True when a Metaspace that marks the first word only comes behind another pre-tokenizer. */
bool ll_char_splits_first_after(const struct ll_char_splits *s);

/* One thread's scratch. */
struct ll_char_splitter;
struct ll_char_splitter *ll_char_splitter_new(const struct ll_char_splits *s);
void ll_char_splitter_free(struct ll_char_splitter *p);
/* The words of a stretch of text, which is not empty; `at_start` when it begins the whole text. Borrowed until the next
 * call. -1 where a pattern gives up. */
int ll_char_split(struct ll_char_splitter *p, struct ll_str text, bool at_start, const struct ll_words **out,
		  struct ll_err *err) LL_MUST_CHECK;

#endif
