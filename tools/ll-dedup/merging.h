/* SPDX-License-Identifier: MIT */
/* merging.h - the signatures of all shards as `join` and `cluster` read them: of one kind, their shards in the order of one run. */
#ifndef LL_DEDUP_MERGING_H
#define LL_DEDUP_MERGING_H

#include "ll-dedup/rule.h"
#include "ll-dedup/shard_order.h"
#include "stream/reader.h"

struct merging {
	struct ll_reader *in;
	struct signature_rule rule;
	char *kind; /* what the first header says of the signatures; all others must say the same */
	const struct ll_header *first, *last;
	const struct shards *shards; /* where the caller puts those that it meets, set after merging_open; NULL: nobody asks for `order` */
	struct shard_order order;
	size_t ended; /* shards of the segments that ended */
};

/* Ends with status 3 where there is nothing. */
void merging_open(struct merging *m, const char *const *files, size_t n);
typedef void signature_visitor(void *context, uint64_t document, const unsigned char *record, size_t len);
/* Hands all records on; the documents' numbers count from 0. */
void merging_each(struct merging *m, signature_visitor *record, void *context);
/* The same of a reader that was opened anew. */
void signatures_each(struct ll_reader *in, signature_visitor *record, void *context);
void merging_close(struct merging *m);

#endif
