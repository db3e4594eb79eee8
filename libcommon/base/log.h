/* SPDX-License-Identifier: MIT */
/*
 * log.h - what a running program tells: a progress line on a terminal, one summary line at the end otherwise. Both go
 * to standard error, both are silenced by -q. Counters are atomic: any thread may add.
 */
#ifndef LL_LOG_H
#define LL_LOG_H

#include "base/base.h"

/* Adds to the process counters. `bytes` are text or payload bytes of the inputs. */
void ll_progress_add(uint64_t records, uint64_t bytes);
/* Pass number `pass` of `passes` over the same inputs begins (no other thread counts at the moment). What was added
 * so far is forgotten, so that the summary counts a document once however often it was read; the ETA speaks of all
 * passes. */
void ll_progress_pass(unsigned pass, unsigned passes);
/* Total input bytes of one pass if known (for the ETA, on stored bytes read), else 0. */
void ll_progress_expect(uint64_t stored_bytes);
void ll_progress_read(uint64_t stored_bytes);
/* Starts the clock; `mode` is auto, never or always; `noun` is "documents" or another plural. Called by ll_main. */
void ll_progress_start(const char *mode, const char *noun);
void ll_progress_noun(const char *noun);
/* Erases the progress line; prints the summary when counters moved and neither -q nor a failure. Called by ll_main. */
void ll_progress_finish(bool success);
/* Monotonic seconds. */
double ll_seconds(void);

#endif
