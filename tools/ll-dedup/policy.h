/* SPDX-License-Identifier: MIT */
/*
 * policy.h - --keep: which of several like documents is the best. longest: the longest text; first: the first in the order of
 * one run; newest[:TAG]: the latest date in a tag ("date" unless named); max:TAG: the largest number in a tag. A TAG that
 * begins with a full stop is a field of the user's own line (".meta.score"). Ties by the
 * smallest key, then the smallest digest of the text, then of the record. A document without the tag, or whose tag holds no
 * date or number, comes after all that have one.
 *
 * A date is a number (seconds since 1970) or YYYY, YYYY-MM, YYYY-MM-DD, or YYYY-MM-DD with a T or space and HH:MM, seconds and
 * a fraction if there are any, Z or an offset (UTC without).
 */
#ifndef LL_DEDUP_POLICY_H
#define LL_DEDUP_POLICY_H

#include "base/buffer.h"

struct policy {
	enum { KEEP_LONGEST, KEEP_FIRST, KEEP_NEWEST, KEEP_MAX } keep;
	const char *tag; /* newest, max; borrowed */
};

/* Ends with status 2 when the text is none. */
struct policy policy_parse(const char *text);
#define POLICY_NONE UINT64_MAX /* the rank of a document without the tag, or with something else in it */
/* Ascending: the best first. Not for KEEP_FIRST. */
uint64_t policy_rank(const struct policy *p, uint32_t text_bytes, struct ll_str tags);
/* Microseconds since 1970, or -1 when the text is no date. */
int policy_date(struct ll_str text, int64_t *microseconds) LL_MUST_CHECK;

#endif
