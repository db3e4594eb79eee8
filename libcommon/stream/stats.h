/* SPDX-License-Identifier: MIT */
/*
 * stats.h - the conservation account of a stage. At the end the books must balance, or the program fails with status 5:
 *
 *   documents:  in = kept + dropped by reason           out = kept + extra by reason
 *   text bytes: in + added by reason = out + removed by reason (a dropped document's text is removed by its reason)
 *
 * Kept by source too. Written as JSON by --stats=FILE; `ll-shard report` adds files up. Thread use: one ll_stats a worker or
 * batch, merged in order.
 */
#ifndef LL_STATS_H
#define LL_STATS_H

#include "base/buffer.h"

struct ll_stats;

struct ll_stats *ll_stats_new(void);
void ll_stats_in(struct ll_stats *s, struct ll_str source, uint64_t text_bytes);
/* One document kept (its record goes on, perhaps edited). */
void ll_stats_kept(struct ll_stats *s, struct ll_str source, uint64_t text_bytes_out);
/* One more document out than in: a further piece, a repeated epoch. Its text counts as added under the reason (the text of a
 * further piece counts as removed from its parent by the rule that cut it). */
void ll_stats_extra(struct ll_stats *s, struct ll_str source, const char *reason, uint64_t text_bytes_out);
/* One document dropped, with all its text. */
void ll_stats_dropped(struct ll_stats *s, struct ll_str source, const char *reason, uint64_t text_bytes);
/* Text removed or added inside kept documents. */
void ll_stats_text(struct ll_stats *s, const char *reason, uint64_t removed, uint64_t added);
/* A plain named counter for the JSON ("members", "truncated responses"). */
void ll_stats_count(struct ll_stats *s, const char *name, uint64_t n);
void ll_stats_merge(struct ll_stats *into, const struct ll_stats *from);
void ll_stats_clear(struct ll_stats *s);
uint64_t ll_stats_documents_in(const struct ll_stats *s);
uint64_t ll_stats_dropped_total(const struct ll_stats *s);
/* Ends with status 5 when the books do not balance. */
void ll_stats_check(const struct ll_stats *s);
/* The JSON object (one line a member). Input and output set ids are added as given (NULL: left out). */
void ll_stats_json(const struct ll_stats *s, const char *in_set, const char *out_set, struct ll_buf *out);
/* Checks, and writes --stats if asked. */
void ll_stats_finish(const struct ll_stats *s, const char *in_set, const char *out_set);
void ll_stats_free(struct ll_stats *s);

#endif
