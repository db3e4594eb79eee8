/* SPDX-License-Identifier: MIT */
/*
 * text_set.h - a set of texts told apart by their bytes, whatever their hashes are (--verify-bytes): 16 bytes of memory
 * a slot, claimed from --memory, the bytes in a text_store.
 */
#ifndef LL_DEDUP_TEXT_SET_H
#define LL_DEDUP_TEXT_SET_H

#include "base/hash.h"

struct text_set;

/* hash_bits: of the hash that is looked at, 64; fewer in tests. */
struct text_set *text_set_new(unsigned hash_bits);
/* The number of the text among all distinct ones, from 1: adds it when it is new, and says so. */
uint64_t text_set_add(struct text_set *s, struct ll_str text, bool *fresh);
void text_set_free(struct text_set *s);

#endif
