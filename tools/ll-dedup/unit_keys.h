/* SPDX-License-Identifier: MIT */
/*
 * unit_keys.h - the keys (units.h) of a document in a stream of signatures whose header says exact=UNIT, and min-bytes=N if
 * shorter ones are none. Not of whole documents without min-bytes: their signatures (signature.h) have the digest.
 *
 *   u32 size, u32 core | u8 type 2, 3 zero | u32 number of digests | u64 1 in the last record of a document, else 0 |
 *   digests, 16 each: of the keys in order, zero for what is none
 *
 * Every document has one such record at least, and as many as its keys need.
 */
#ifndef LL_DEDUP_UNIT_KEYS_H
#define LL_DEDUP_UNIT_KEYS_H

#include "ll-dedup/units.h"

/* Appends the records of a document. Where they would take much more than the text, one record instead that stands for them:
 * see unit_keys_are_put_off. */
void unit_keys_put(struct ll_buf *out, struct unit_walk *w, const struct unit_rule *rule, const struct ll_doc *doc);
bool unit_keys_are_put_off(const unsigned char *record);
/* Makes those records one by one; `record` is called with each. */
void unit_keys_make(struct unit_walk *w, const struct unit_rule *rule, const struct ll_doc *doc,
		    void (*record)(void *context, uint64_t document, const unsigned char *record, size_t len), void *context,
		    uint64_t document);
/* Whether the next record is of the same document. */
bool unit_keys_go_on(const unsigned char *record);

struct unit_keys { /* a view of a record */
	const unsigned char *digest; /* 16 bytes each, unaligned */
	uint32_t n;
	bool last;
};
int unit_keys_get(const unsigned char *record, size_t len, struct unit_keys *out, struct ll_err *err) LL_MUST_CHECK;

#endif
