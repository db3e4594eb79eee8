/* SPDX-License-Identifier: MIT */
/*
 * lineage.h - where a stream comes from: a deduplicated set of recipe nodes and the direct inputs as a count and a sum of
 * data ids; small however many shards went in. The payload of a P frame is text:
 *
 *   node TAB id TAB program TAB version TAB parents     then "\toption=value" lines; parents: comma-separated ids or "-"
 *   inputs TAB count TAB sum                            of the direct inputs' data ids, mod 2^128
 *   head TAB id                                         the node of the program that wrote the stream
 *
 * Nodes stand after their parents, otherwise in the order of their ids. A node's id is XXH3-128 of its text
 * without "node", id and their tabs, so equal recipes are one node.
 */
#ifndef LL_LINEAGE_H
#define LL_LINEAGE_H

#include "base/error.h"
#include "base/hash.h"

struct ll_lineage;

struct ll_lineage *ll_lineage_new(void);
/* Adds the nodes of an input stream's P payload; its head becomes a parent of ours. */
int ll_lineage_add_payload(struct ll_lineage *l, struct ll_str payload, struct ll_err *err) LL_MUST_CHECK;
/* Counts one direct input segment, or one raw input file by the hash of its bytes. */
void ll_lineage_add_input(struct ll_lineage *l, struct ll_id data_id);
/* The payload with this process's own node (base/option.h: identity) as head. */
void ll_lineage_payload(const struct ll_lineage *l, struct ll_buf *out);
/* The pipeline as people read it: one line a stage, "ll-shard import (options) -> ll-clean (options)". */
int ll_lineage_describe(struct ll_str payload, struct ll_buf *out, struct ll_err *err) LL_MUST_CHECK;
void ll_lineage_free(struct ll_lineage *l);

#endif
