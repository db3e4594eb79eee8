/* SPDX-License-Identifier: MIT */
/*
 * exact_duplicates.h - digests of texts in, duplicates out: of the documents with one digest all but the first, by
 * external sorts. The digest decides; to compare the bytes too, look at a run of equal digests where
 * exact_duplicates_resolve does.
 */
#ifndef LL_EXACT_DUPLICATES_H
#define LL_EXACT_DUPLICATES_H

#include "ll-dedup/shard_order.h"

struct exact_duplicates;

/* memory: bytes for all its sorts together. */
struct exact_duplicates *exact_duplicates_new(uint64_t memory);
void exact_duplicates_add(struct exact_duplicates *e, uint64_t document, struct ll_id digest);
/* A document of which the caller knows that its text came before. */
void exact_duplicates_known(struct exact_duplicates *e, uint64_t document, struct ll_id digest);
/* order: which document is first; NULL: the one with the smallest number. */
void exact_duplicates_resolve(struct exact_duplicates *e, const struct shard_order *order);
/* In ascending order of documents; false at the end. In the place of a survivor's key stands the digest, no id. */
bool exact_duplicates_next(struct exact_duplicates *e, struct duplicate *out);
uint64_t exact_duplicates_groups(const struct exact_duplicates *e);
uint64_t exact_duplicates_count(const struct exact_duplicates *e);
void exact_duplicates_free(struct exact_duplicates *e);

#endif
