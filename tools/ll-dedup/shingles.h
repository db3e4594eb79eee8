/* SPDX-License-Identifier: MIT */
/*
 * shingles.h - a text to the 64-bit hashes of its n-grams (text/ngrams.h): of words, of characters, of token ids; under n
 * items the whole list is the one shingle, and a text without any item is like an equal text only: its shingle is a hash of
 * its bytes. What a text is compared as is its normal form:
 *
 *   words       NFKC, lower case, letters, digits, marks and "_" make words (text/words.h); the default
 *   datatrove   lower case; numbers (digits, with one group after a separator such as [.,]) to "0"; punctuation, symbols of ASCII and controls to
 *               a space; decomposed (NFD) without \p{Mn}
 *   refinedweb  the same without touching numbers
 *   slimpajama  NFC, lower case, ASCII punctuation deleted
 *   text-dedup  lower case; everything but letters, numbers and "_" to a space
 *   none        as it is
 *
 * White space is one space in all but "none", words stand between spaces, and in all forms a character of a script written
 * without spaces is a word of its own.
 */
#ifndef LL_SHINGLES_H
#define LL_SHINGLES_H

#include "bpe/bpe.h"
#include "text/ngrams.h"

enum shingle_unit { UNIT_WORD, UNIT_CHAR, UNIT_TOKEN };
enum normal_form { NORMAL_WORDS, NORMAL_DATATROVE, NORMAL_REFINEDWEB, NORMAL_SLIMPAJAMA, NORMAL_TEXT_DEDUP, NORMAL_NONE };

struct shingle_rule {
	enum shingle_unit unit;
	enum normal_form form;
	uint32_t ngram;
	const struct ll_bpe *tokenizer; /* UNIT_TOKEN */
};

/* What is held of a document, in times of its bytes, at most (stream/large_frame.h): text, shingles, their set; `signed_too`:
 * the set is written beside the bands, which holds it three times: as it was made, in a frame, packed. */
static inline unsigned shingle_times(const struct shingle_rule *r, bool signed_too)
{
	return r->unit == UNIT_WORD ? 11 + 2 * signed_too : 19 + 6 * signed_too;
}

/* The most that the shingles of a text take for each of its bytes. */
static inline unsigned shingle_bytes(const struct shingle_rule *r)
{
	return r->unit == UNIT_WORD ? 4 : 8;
}

/* Scratch of one thread; zeroed before first use. */
struct shingler {
	struct ll_words words;
	struct ll_ngrams grams;
	struct ll_buf text, lower;
	struct ll_bpe_encoder *encoder;
	struct ll_ids ids;
};

/* s->grams: at least one hash, in order, with repetitions. */
void shingles_of(struct shingler *s, const struct shingle_rule *rule, struct ll_str text);
/* Sorts n hashes and drops repetitions; returns how many are left. */
size_t shingles_set(uint64_t *hash, size_t n);
void shingler_free(struct shingler *s);

#endif
