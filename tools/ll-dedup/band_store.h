/* SPDX-License-Identifier: MIT */
/*
 * band_store.h - the band hashes of all documents, kept band by band: 8 bytes a document and band, in memory while they fit
 * a share of it, else in one temporary file. One band at a time is sorted, within the same share.
 */
#ifndef LL_BAND_STORE_H
#define LL_BAND_STORE_H

#include "base/base.h"

struct band_store;

/* Bands first .. last (from 0) of signatures of `bands`. */
struct band_store *band_store_new(uint32_t first, uint32_t last, uint64_t memory);
/* The next document; its signature's bands, little-endian. */
void band_store_add(struct band_store *s, const unsigned char *bands);
/* What is in memory goes to the file, but for what is less than an eighth of what may be there. */
void band_store_make_room(struct band_store *s);
/* Calls `pair` with the first document of every group that agrees in a band and each of its others. */
void band_store_pairs(struct band_store *s, void (*pair)(void *context, uint32_t first, uint32_t other), void *context);
void band_store_free(struct band_store *s);

#endif
