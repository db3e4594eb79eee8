/* SPDX-License-Identifier: MIT */
/*
 * sign_pass.h - the signatures of all documents of some files, computed in parallel and handed over in input order on one
 * thread, with a shard after the documents of each file.
 */
#ifndef LL_SIGN_PASS_H
#define LL_SIGN_PASS_H

#include "ll-dedup/signature.h"
#include "stream/reader.h"

struct sign_visitor {
	void *context;
	/* Documents and shards, as serialized by signature.h. */
	void (*record)(void *context, const unsigned char *record, size_t len);
};

/* Returns the inputs' lineage, which the caller frees. */
struct ll_lineage *sign_pass(const char *const *files, size_t n, const struct signature_rule *rule, const struct sign_visitor *visitor);

#endif
