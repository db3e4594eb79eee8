/* SPDX-License-Identifier: MIT */
/*
 * sign_pass.h - the signatures of all documents of some files, computed in parallel and handed over in input order on one
 * thread, with a shard after the documents of each file.
 */
#ifndef LL_SIGN_PASS_H
#define LL_SIGN_PASS_H

#include "ll-dedup/signature.h"
#include "stream/reader.h"
#include "stream/writer.h"

struct sign_visitor {
	void *context;
	/* Documents and shards, as serialized by signature.h; `document`: its number over all files from 0 (of a shard: that of
	 * the document after it). */
	void (*record)(void *context, uint64_t document, const unsigned char *record, size_t len);
	/* Whether a document is to be signed, on a second pass; any thread. NULL: all are. With it there are no shards, and frames
	 * without a wanted document are read over. */
	bool (*wanted)(const void *context, uint64_t document);
	/* Before a large document is worked on, while nothing else is: gives memory back; NULL: there is none to give. */
	void (*make_room)(void *context);
	/* What a later pass will hold of a document, in times of its bytes; 0: nothing. A document for which it is too much ends the
	 * program now. */
	unsigned times_later;
	struct ll_writer *through; /* gets the documents as they came; may be NULL */
	const char *name;	   /* of all shards; NULL: the base names of the files */
};

/* What the frames that are signed at once take: at most half of --memory. */
uint64_t sign_pass_memory(void);
/* Returns the inputs' lineage, which the caller frees. */
struct ll_lineage *sign_pass(const char *const *files, size_t n, const struct signature_rule *rule, const struct sign_visitor *visitor);

#endif
