/* SPDX-License-Identifier: MIT */
/*
 * where.h - filter expressions over tags and, with a leading dot, the user's own JSON fields (lltools-where.7):
 *
 *   lang == "en" && quality > 0.3 && !(.meta.forum) && url ~ "\.gov/" && has(.id) && source in ("a", "b") && id in @FILE
 *
 * Built-in names: id, source, text_bytes. A missing tag or field is null: comparisons with null are false (!= is true),
 * null is false as a condition. Numbers compare as doubles (integers exactly), strings as bytes; a comparison of
 * different types is false. ~ is a PCRE2 search. Precedence: ! then comparisons then && then ||.
 */
#ifndef LL_WHERE_H
#define LL_WHERE_H

#include "doc/record.h"

struct ll_where;

struct ll_where *ll_where_compile(const char *expression,
				  struct ll_err *err) LL_MUST_CHECK; /* NULL on error: "at column N: ..." */
/* Thread-safe on a shared compiled expression. */
bool ll_where_test(const struct ll_where *w, const struct ll_doc *doc);
/* For the lineage: the expression, with each @FILE replaced by the XXH3-128 of what is in the file. Borrowed. */
const char *ll_where_identity(struct ll_where *w);
void ll_where_free(struct ll_where *w);

#endif
