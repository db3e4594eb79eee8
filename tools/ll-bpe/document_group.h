/* SPDX-License-Identifier: MIT */
/* document_group.h - the name of the group that a document counts in: what --by says. */
#ifndef LL_DOCUMENT_GROUP_H
#define LL_DOCUMENT_GROUP_H

#include "doc/record.h"

struct document_group { /* memory of one worker; zeroed before first use */
	struct ll_buf line, text;
};

/* The name is that of a tag, or with a leading dot of a field of the user's own (".meta.lang"), as in lltools-where(7). Numbers and
 * truth values give what is written; a document without it, or with null, is in the group without a name. -1, and in err what it
 * is, for a list or an object. Valid until the next call. */
int document_group_find(struct document_group *memory, const struct ll_doc *doc, const char *by, struct ll_str *name,
			struct ll_err *err) LL_MUST_CHECK;
/* The same, and "source" is that of the document. Ends with status 3 for a list or an object. */
struct ll_str document_group(struct document_group *memory, const struct ll_doc *doc, const char *by);
/* Warns of a name that no document has, most often one of another place. */
void document_group_none(const char *by);
void document_group_free(struct document_group *memory);

#endif
