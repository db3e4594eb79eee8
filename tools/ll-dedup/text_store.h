/* SPDX-License-Identifier: MIT */
/*
 * text_store.h - bytes kept in a temporary file and read back at any time through a mapping (which --memory does not
 * count). Only the last MIB or so, not yet written, is in memory.
 */
#ifndef LL_DEDUP_TEXT_STORE_H
#define LL_DEDUP_TEXT_STORE_H

#include "base/base.h"

struct text_store;

struct text_store *text_store_new(const char *purpose);
/* Appends, in one piece; returns where they begin. */
uint64_t text_store_add(struct text_store *s, const void *data, size_t len);
uint64_t text_store_size(const struct text_store *s);
/* The bytes from `at` on up to the end of what was added in one piece; valid until the next call of text_store_add. */
const char *text_store_at(struct text_store *s, uint64_t at);
/* All bytes; nothing may be added after it. */
const char *text_store_whole(struct text_store *s);
void text_store_free(struct text_store *s);

#endif
