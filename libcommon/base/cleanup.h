/* SPDX-License-Identifier: MIT */
/* cleanup.h - what error.c, cleanup.c and log.c share about the end of the process; for the inside of base/ only. */
#ifndef LL_CLEANUP_H
#define LL_CLEANUP_H

#include "base/base.h"

/* Runs the exit hooks once, last registered first. */
void ll_cleanup_hooks(int status);
/* Removes registered temporary paths; async-signal-safe. */
void ll_cleanup_temps(void);
/* Erases a progress line before a message is printed (log.c). */
void ll_progress_clear_line(void);

#endif
