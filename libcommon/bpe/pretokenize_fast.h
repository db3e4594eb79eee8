/* SPDX-License-Identifier: MIT */
/*
 * pretokenize_fast.h - 64 bytes at a time: the wide versions of the schemes (of DeepSeek's for ASCII alone), for
 * pretokenize.c, which is their oracle. Each byte's class becomes a bit of a 64-bit mask, and where pieces start is
 * arithmetic over masks (the way of simdjson: Langdale and Lemire, "Parsing gigabytes of JSON per second", VLDB Journal
 * 28, 2019). They give up, before the block, on what is rare and hard to say in masks: the caller goes on by characters
 * and comes back.
 */
#ifndef LL_PRETOKENIZE_FAST_H
#define LL_PRETOKENIZE_FAST_H

#include "base/cpu.h"
#include "bpe/pretokenize.h"
#include "bpe/pretokenize_char.h"

#define LL_PRETOKENIZE_BLOCK 64
#define LL_PRETOKENIZE_AHEAD 4	/* bytes looked at after a block */
#define LL_PRETOKENIZE_LEAST 68 /* of `max`: the pieces of a block, and room to write in */

/* As ll_pretokenize, but stops where it likes, at an end: *hard is set to the end of the block it gave up on, or to
 * NULL when it stopped for lack of text or of room. max >= LL_PRETOKENIZE_LEAST. Call only where ll_cpu() says so. */
typedef size_t ll_pretokenize_fast(enum ll_scheme scheme, bytes start, bytes at, bytes stop, size_t *end, size_t max,
				   bytes *hard);
ll_pretokenize_fast ll_pretokenize_avx2, ll_pretokenize_avx512;
/* That of a processor; NULL: none. */
ll_pretokenize_fast *ll_pretokenize_version(enum ll_cpu cpu);

/* The reference, character by character: ends of pieces of start..stop from `at` on, until one is at or after `upto`.
 */
size_t ll_pretokenize_characters(enum ll_scheme scheme, bytes start, bytes at, bytes upto, bytes stop, size_t *end,
				 size_t max);

#endif
