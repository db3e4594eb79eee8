/* SPDX-License-Identifier: MIT */
/*
 * header.h - what an H frame says: only what is known before the first record. "key=value" lines sorted by key; values have
 * \n and \\ escaped. Keys: kind, schema, program, option.NAME, and by kind width and tokenizer. Unknown keys are kept.
 */
#ifndef LL_HEADER_H
#define LL_HEADER_H

#include "base/error.h"

struct ll_header {
	char *text;     /* the payload, NUL-terminated */
	char *kind;     /* "docs", "tokens", "signatures", "counts", "source-counts", "ngrams", "results", "documents" */
	unsigned schema; /* 1 */
};

/* The header of this process's output: kind, and program and identity options from base/option.h. `extra` holds further
 * "key=value\n" lines or is NULL. */
struct ll_header ll_header_new(const char *kind, unsigned schema, const char *extra);
int ll_header_parse(struct ll_header *h, struct ll_str payload, struct ll_err *err) LL_MUST_CHECK;
/* The value of a key, unescaped, or NULL; caller frees. */
char *ll_header_get(const struct ll_header *h, const char *key);
/* The lines of those of n keys that it has, as they are in it: `extra` of a header alike. Caller frees. */
char *ll_header_lines(const struct ll_header *h, const char *const *key, size_t n);
void ll_header_free(struct ll_header *h);

#endif
