/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/error.h"
#include "doc/dataset.h"
#include "ll-shard/shard_check.h"

uint64_t ll_shard_check_dataset(const char *path)
{
	struct ll_dataset *d = ll_dataset_open(path);
	struct ll_check c = { 0 };
	const char *documents = ll_dataset_documents_path(d);
	ll_dataset_verify(d);
	uint64_t n = ll_dataset_documents(d), records = ll_shard_check_stream(&c, documents, "documents");
	if (records != n)
		ll_die(LL_EXIT_INPUT, "%s: %llu records where the manifest says %llu documents", documents,
		       (unsigned long long)records, (unsigned long long)n);
	if (!ll_is_quiet())
		printf("%s: dataset, %llu documents, %llu tokens, id %s: good\n", path, (unsigned long long)n,
		       (unsigned long long)ll_dataset_tokens(d), ll_dataset_id(d));
	ll_dataset_close(d);
	return n;
}
