/* SPDX-License-Identifier: MIT */
/*
 * shard_walk.h - the frames of one stream one after the other without decoding the data: seeking over it in files,
 * reading over it in pipes. A reader of structure that says what is wrong instead of ending the program: for info and
 * salvage.
 */
#ifndef LL_SHARD_WALK_H
#define LL_SHARD_WALK_H

#include "base/buffer.h"
#include "io/file.h"
#include "stream/frame.h"

struct ll_walk {
	struct ll_in *in;
	const char *path;
	struct ll_frame_header h;
	uint64_t offset; /* of the frame */
	uint64_t next;	 /* of the frame after it */
	struct ll_buf stored, raw;
};

enum ll_walk_status { LL_WALK_DAMAGED = -1, LL_WALK_END = 0, LL_WALK_FRAME = 1 };

void ll_walk_open(struct ll_walk *w, const char *path);
/* The next frame. With `data`, or when it is no D frame, its bytes are read, verified and decoded into w->raw. */
enum ll_walk_status ll_walk_next(struct ll_walk *w, bool data, struct ll_err *err);
void ll_walk_close(struct ll_walk *w);

#endif
