/* SPDX-License-Identifier: MIT */
/*
 * unit_keys.h - the keys (units.h) of a document in a stream of signatures whose header says exact=UNIT, and min-bytes=N if
 * shorter ones are none. Not of whole documents without min-bytes: their signatures (signature.h) have the digest.
 *
 *   u32 size, u32 core | u8 type 2, 3 zero | u32 number of digests | u64 1 in the last record of a document, else 0 |
 *   digests, 16 each: of the keys in order, zero for what is none
 *
 * With texts=BITS in the header, for --verify-bytes, they are of type 3, and in the place of the digests stand
 *
 *   u64 lower BITS of the XXH3-64 of the text | u32 its bytes, or 2^32 - 1 for what is none | the text
 *
 * Every document has one such record at least, and as many as its keys need.
 */
#ifndef LL_DEDUP_UNIT_KEYS_H
#define LL_DEDUP_UNIT_KEYS_H

#include "ll-dedup/rule.h"

/* Appends the records of a document. Where they would take much more than the text, one record instead that stands for them:
 * see unit_keys_are_put_off. */
void unit_keys_put(struct ll_buf *out, struct unit_walk *w, const struct signature_rule *rule, const struct ll_doc *doc);
bool unit_keys_are_put_off(const unsigned char *record);
/* Makes those records one by one; `record` is called with each. */
void unit_keys_make(struct unit_walk *w, const struct signature_rule *rule, const struct ll_doc *doc,
		    void (*record)(void *context, uint64_t document, const unsigned char *record, size_t len), void *context,
		    uint64_t document);
/* Whether the next record is of the same document. */
bool unit_keys_go_on(const unsigned char *record);

/* Whether the record is one of these, of digests or of texts. */
bool unit_keys_are(const unsigned char *record, size_t len);

struct unit_key {
	bool none;	     /* compared with nothing, and the rest means nothing */
	struct ll_id digest; /* of records of digests */
	uint64_t hash;	     /* of records of texts, as the text, which is in the record */
	struct ll_str text;
};
struct unit_keys { /* a view of a record */
	const unsigned char *at, *end;
	uint32_t left;
	bool texts, last;
};
int unit_keys_get(const unsigned char *record, size_t len, bool texts, struct unit_keys *out, struct ll_err *err) LL_MUST_CHECK;
/* 1: the next key, 0: there are no more, -1: they do not add up. */
int unit_keys_next(struct unit_keys *k, struct unit_key *out, struct ll_err *err) LL_MUST_CHECK;

#endif
