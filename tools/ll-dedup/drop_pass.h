/* SPDX-License-Identifier: MIT */
/*
 * drop_pass.h - the second pass: streams the documents, drops those that a list names, and proves that they are the
 * documents the list was made from.
 */
#ifndef LL_DROP_PASS_H
#define LL_DROP_PASS_H

#include "ll-dedup/shards.h"
#include "ll-dedup/signature.h"
#include "stream/writer.h"

/* What the documents of a stream have to ask, in order: are you on the list? */
struct drop_cursor {
	next_duplicate *next;
	void *source;
	struct duplicate ahead;
	bool started, have;
	struct ll_buf value;
};

/* For ascending numbers: what the list says of a document, or NULL; valid until the next call. */
const struct duplicate *drop_cursor_find(struct drop_cursor *c, uint64_t document);
/* The same: NULL to keep, else what the reject tag says: the survivor's id, or its key in hexadecimal;
 * valid until the next call. */
const char *drop_cursor_ask(struct drop_cursor *c, uint64_t document);
void drop_cursor_free(struct drop_cursor *c);

/* Where the signatures of what survives go (an index of this crawl for the next). */
struct drop_index {
	const struct signature_rule *rule;
	struct ll_writer *out; /* has the old ones already; closed by the pass */
};

/* What such a pass holds of a document, in times of its bytes (stream/large_frame.h): it is signed anew, and passed on. */
unsigned drop_index_times(const struct shingle_rule *rule, bool keeps_shingles);

struct drop_list {
	next_duplicate *next; /* over all files */
	void *source;
	const char *reason;	     /* "duplicate" or "near-duplicate" */
	const struct shards *shards; /* of the files in order */
	const struct drop_index *index; /* or NULL */
};

/* Runs the filter over the files by the common options. Returns the exit status. */
int drop_pass(const struct drop_list *list, const char *const *files, size_t n);

#endif
