/* SPDX-License-Identifier: MIT */
/*
 * sort.h - external sort of records within a memory share: in memory while it fits, else sorted runs in --tmpdir and a
 * k-way merge (several levels when there are more runs than file handles). Stable: equal keys keep the order of ll_sort_add.
 * The result does not depend on the share or on the number of threads.
 */
#ifndef LL_SORT_H
#define LL_SORT_H

#include "base/base.h"

struct ll_sorter;

/* Fixed-size records compared by memcmp over their first key_bytes (big-endian keys sort as numbers). */
struct ll_sorter *ll_sorter_new(size_t record_bytes, size_t key_bytes, uint64_t memory, const char *purpose);
/* Variable-size records: each with a key of `key_bytes`, compared by memcmp, and any payload. */
struct ll_sorter *ll_sorter_new_variable(size_t key_bytes, uint64_t memory, const char *purpose);
/* Records with keys of any length: byte strings, a beginning of another before it. */
struct ll_sorter *ll_sorter_new_strings(uint64_t memory, const char *purpose);
void ll_sorter_add(struct ll_sorter *s, const void *record);
void ll_sorter_add_variable(struct ll_sorter *s, const void *key, const void *payload, size_t payload_len);
void ll_sorter_add_string(struct ll_sorter *s, struct ll_str key, const void *payload, size_t payload_len);
/* Before something large takes its place for a while: what the sorter holds goes to a temporary file, and its memory back, where
 * that is worth while: it holds an eighth of what it may. */
void ll_sorter_make_room(struct ll_sorter *s);
/* Ends adding; then ll_sorter_next returns records in order (valid until the next call), NULL at the end. */
void ll_sorter_finish(struct ll_sorter *s);
const void *ll_sorter_next(struct ll_sorter *s);
/* Variable: the key comes back, the payload through the pointers. */
const void *ll_sorter_next_variable(struct ll_sorter *s, const void **payload, size_t *payload_len);
bool ll_sorter_next_string(struct ll_sorter *s, struct ll_str *key, struct ll_str *payload);
uint64_t ll_sorter_count(const struct ll_sorter *s);
bool ll_sorter_spilled(const struct ll_sorter *s);
void ll_sorter_free(struct ll_sorter *s);

#endif
