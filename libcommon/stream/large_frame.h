/* SPDX-License-Identifier: MIT */
/*
 * large_frame.h - documents that count against --memory. A document is held whole, with what is made of it; a frame has more
 * than its usual 1 MiB only where it ends with a large one. Such frames go through the queue alone, so that what they take
 * does not depend on how many threads there are, and end the program with status 4 when it is more than the budget.
 */
#ifndef LL_LARGE_FRAME_H
#define LL_LARGE_FRAME_H

#include "base/thread.h"
#include "stream/reader.h"

#define LL_LARGE_DOCUMENT ((uint64_t)4 << 20) /* bytes */
/* Smaller ones are not reckoned one by one; where a frame has documents of so many bytes on average, it may be one of them that
 * has almost all, and as many are worked on at once as fit. */
#define LL_MIDDLING_DOCUMENT ((uint64_t)16 << 10)

static inline bool ll_frame_is_large(const struct ll_data_frame *f)
{
	return f->header.raw_len >= LL_LARGE_DOCUMENT;
}

/* What a stage holds of a document that it passes on as it is, in times of its bytes: as read, as it is written, packed. */
#define LL_TIMES_PASSED_ON 3

/* Hands a job of this frame to the queue. Working on it is reckoned to take `times` its raw bytes, or more, beside the stored
 * ones. */
void ll_submit_frame(struct ll_queue *q, void *job, const struct ll_data_frame *f, unsigned times);
/* The same where the stage knows what a frame of small documents takes (`small`) and its queue is not as deep as LL_QUEUE_JOB_BYTES
 * would have it. */
void ll_submit_frame_sized(struct ll_queue *q, void *job, const struct ll_data_frame *f, unsigned times, uint64_t small);
/* Ends the program with status 4 where a document of the frame takes more than the budget: `bytes` beside the stored ones. */
void ll_need_memory(const struct ll_data_frame *f, uint64_t bytes);

#endif
