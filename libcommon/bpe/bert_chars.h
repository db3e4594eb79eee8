/* SPDX-License-Identifier: MIT */
/*
 * bert_chars.h - classes of characters as the normalisers of Hugging Face tokenizers 0.23 have them. Its tables
 * (crate unicode_categories) are of Unicode 8, and of categories that a few characters have changed since; lower case
 * is of Unicode 17. Compared over all code points in tests/interop.
 */
#ifndef LL_BERT_CHARS_H
#define LL_BERT_CHARS_H

#include "base/base.h"

bool ll_bert_is_space(uint32_t c);
bool ll_bert_is_control(uint32_t c);	 /* removed by clean_text: Cc, Cf, Co, NUL, U+FFFD */
bool ll_bert_is_punctuation(uint32_t c); /* a word of its own: ASCII signs, P */
bool ll_bert_is_nonspacing(uint32_t c);	 /* Mn: BertNormalizer's strip_accents */
bool ll_bert_is_mark(uint32_t c);	 /* M: StripAccents */
bool ll_bert_is_chinese(uint32_t c);
/* Lower case of one character: 1 or 2. */
size_t ll_bert_lower(uint32_t c, uint32_t out[2]);

#endif
