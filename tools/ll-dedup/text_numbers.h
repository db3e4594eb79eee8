/* SPDX-License-Identifier: MIT */
/*
 * text_numbers.h - texts told apart by their bytes without a table of them (--verify-bytes in steps): an external sort
 * by hash and text brings equal ones together, and numbers them. Memory is what it is given, whatever the number of
 * texts.
 */
#ifndef LL_DEDUP_TEXT_NUMBERS_H
#define LL_DEDUP_TEXT_NUMBERS_H

#include "base/hash.h"

struct text_numbers;

/* memory: bytes it may take; beyond them it sorts in --tmpdir, and ends the program with status 4 where that is full. */
struct text_numbers *text_numbers_new(uint64_t memory);
/* Copies the text. hash: equal where texts are. document, key: come back. */
void text_numbers_add(struct text_numbers *t, uint64_t hash, struct ll_str text, uint64_t document, uint64_t key);
/* After the last: calls `number` once for every text added, in an order of its own, with the number of the text among
 * all distinct ones, from 1, in the form of a digest. */
void text_numbers_each(struct text_numbers *t,
		       void (*number)(void *context, struct ll_id text, uint64_t document, uint64_t key),
		       void *context);
void text_numbers_free(struct text_numbers *t);

#endif
