/* SPDX-License-Identifier: MIT */
/* spool.h - inputs that a program reads twice: what is no regular file is copied into --tmpdir first. */
#ifndef LL_SPOOL_H
#define LL_SPOOL_H

#include "base/base.h"

/* Replaces every name in files ("-", a FIFO, /dev/fd/N of a pipe) that can only be read once by one that can be opened as often
 * as one likes; messages go on to show the name that was given. Standard input becomes /dev/stdin. The copies go away with the
 * process. */
void ll_spool_inputs(const char **files, size_t n);

#endif
