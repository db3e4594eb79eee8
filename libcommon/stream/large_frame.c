/* SPDX-License-Identifier: MIT */
#include "stream/large_frame.h"

#include "base/log.h"
#include "base/memory.h"

#define PROGRAM ((uint64_t)16 << 20) /* what there is beside: the tokenizer, buffers */

/* An eighth of the budget is others': reading, sorting, writing. */
static void need(const struct ll_data_frame *f, uint64_t bytes, const char *more)
{
	bytes += f->header.stored_len + PROGRAM;
	if (!ll_frame_is_large(f) || bytes <= ll_memory_budget() / 8 * 7)
		return;
	ll_hint("a document is held whole: give more --memory, or cut such documents");
	ll_die(LL_EXIT_RESOURCE, "%s: frame %u at byte %llu: a document of up to %u bytes needs --memory=%lluM%s",
	       ll_path_shown(f->file), f->header.sequence, (unsigned long long)f->offset, f->header.raw_len,
	       (unsigned long long)((bytes + bytes / 7) >> 20) + 1, more);
}

void ll_need_memory(const struct ll_data_frame *f, uint64_t bytes)
{
	need(f, bytes, "");
}

void ll_submit_frame(struct ll_queue *q, void *job, const struct ll_data_frame *f, unsigned times)
{
	ll_submit_frame_sized(q, job, f, times, 0);
}

void ll_submit_frame_sized(struct ll_queue *q, void *job, const struct ll_data_frame *f, unsigned times, uint64_t small)
{
	uint64_t bytes = (uint64_t)times * f->header.raw_len;
	bool middling = f->header.raw_len >= LL_MIDDLING_DOCUMENT * LL_MAX(f->header.records, 1);
	need(f, bytes, " or more");
	if (ll_frame_is_large(f))
		ll_queue_submit_alone(q, job);
	else
		ll_queue_submit_sized(q, job, middling ? LL_MAX(bytes, small) : small);
}
