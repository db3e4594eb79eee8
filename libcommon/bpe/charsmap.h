/* SPDX-License-Identifier: MIT */
/*
 * charsmap.h - SentencePiece's precompiled normalisation (src/normalizer.cc, Normalizer::DecodePrecompiledCharsMap):
 * u32 size of a trie, the trie as Darts-clone writes it, then strings, each ended by NUL. A key of the trie has the
 * place of its replacement in the strings.
 */
#ifndef LL_CHARSMAP_H
#define LL_CHARSMAP_H

#include "base/error.h"

struct ll_charsmap {
	const unsigned char *unit; /* of 4 bytes, borrowed */
	size_t units;
	struct ll_str strings;
};

/* Borrows `blob`. */
int ll_charsmap_init(struct ll_charsmap *m, struct ll_str blob, struct ll_err *err) LL_MUST_CHECK;
/* The length of the key that text begins with, the longest or the shortest, and its replacement; 0: none. A damaged
 * trie gives no matches or wrong ones, and no access outside of it. */
size_t ll_charsmap_find(const struct ll_charsmap *m, struct ll_str text, bool longest, struct ll_str *replacement);

#endif
