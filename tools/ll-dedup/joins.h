/* SPDX-License-Identifier: MIT */
/*
 * joins.h - the stream of kind "joins" (schema 1) that `join` hands to `cluster`: which documents agree in one of some bands.
 * The header has the lines of the signatures (rule.h) and join=I-J, the bands that were looked at.
 *
 *   u32 size, u32 core | u8 type, 7 zero bytes | by type:
 *   1 shard  u64 records | data id 16      of the signatures, in the order they were given
 *   2 old    u64 records | zero 16         documents of earlier crawls, before all shards; only with --against
 *   3 joins  u64 number of pairs | pairs of u32: a document of a group, and the smallest of it
 *
 * Documents are numbered over the old ones and all shards. The pairs are a forest: less than one a document, however many
 * bands agree.
 */
#ifndef LL_JOINS_H
#define LL_JOINS_H

#include "ll-dedup/cluster.h"
#include "ll-dedup/union_find.h"
#include "stream/writer.h"

/* Writes shards and the pairs of u. */
void joins_write(struct ll_writer *out, const struct shards *shards, uint64_t old, struct union_find *u);
/* Reads files that together must have all bands once and were made from these shards; hands the pairs on. Ends with status 3
 * when that is not so. kind: the text of the signatures (signature_rule_read). */
void joins_read(const char *const *files, size_t n, const char *kind, uint32_t bands, const struct shards *shards, uint64_t old, struct cluster *c);
/* Parses I-J or I, of bands 1 .. bands; ends with status 2. From 0. */
void joins_parse_bands(const char *text, uint32_t bands, uint32_t *first, uint32_t *last);

#endif
