/* SPDX-License-Identifier: MIT */
/*
 * shared_units.h - which units do K documents share? (--keep=none --min-count=K.) Digests of units go in with the number
 * of their document, through an external sort; those found in K documents and more come out as a set.
 */
#ifndef LL_DEDUP_SHARED_UNITS_H
#define LL_DEDUP_SHARED_UNITS_H

#include "ll-dedup/digest_set.h"

struct shared_units;

/* memory: bytes for the sort. */
struct shared_units *shared_units_new(uint64_t memory);
void shared_units_add(struct shared_units *s, struct ll_id digest, uint64_t document);
/* Adds the digests of at least `count` documents to `out`, which claims its memory: ends with status 4 when there is not
 * enough. Nothing may be added after it. */
void shared_units_find(struct shared_units *s, uint64_t count, struct digest_set *out);
/* The other way to ask, for what does not fit: by numbers of keys, through sorts alone. */
struct shared_units *shared_units_new_keys(uint64_t memory);
void shared_units_add_key(struct shared_units *s, struct ll_id digest, uint64_t document, uint64_t key);
void shared_units_find_keys(struct shared_units *s, uint64_t count);
/* After it: the keys whose digest is in at least `count` documents, ascending; false at the end. */
bool shared_units_next_key(struct shared_units *s, uint64_t *key);
void shared_units_free(struct shared_units *s);

#endif
