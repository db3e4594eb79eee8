/* SPDX-License-Identifier: MIT */
/*
 * set_aside.h - data frames put off until later, in order. Of a frame from a regular file only its place is kept, and
 * its bytes are read there again; the bytes of a frame from a pipe go to --tmpdir. In memory stands nothing.
 */
#ifndef LL_SET_ASIDE_H
#define LL_SET_ASIDE_H

#include "stream/reader.h"

struct ll_set_aside;

struct ll_set_aside *ll_set_aside_new(void);
/* The frame stays the caller's; the reader it came from must live as long. */
void ll_set_aside_put(struct ll_set_aside *a, const struct ll_data_frame *frame);
/* The next frame as a reader would hand it out, not yet decoded: a file that changed meanwhile fails there, by its
 * hashes. False after the last. Nothing may be put once this was called. */
bool ll_set_aside_next(struct ll_set_aside *a, struct ll_data_frame *out);
void ll_set_aside_free(struct ll_set_aside *a);

#endif
