/* SPDX-License-Identifier: MIT */
/* minhash.c - --minhash in one process: signs and clusters in a first pass, drops in a second. */
#include "base/log.h"
#include "io/spool.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/drop_pass.h"
#include "ll-dedup/gathering.h"
#include "ll-dedup/sign_pass.h"

int dedup_minhash(const char **files, size_t n)
{
	struct signature_rule rule;
	struct gathering g;
	signature_rule_init(&rule, dedup.minhash, dedup.ngram, dedup.unit);
	ll_spool_inputs(files, n);
	gathering_start(&g, &rule, strcmp(dedup.keep, "first") == 0);
	struct sign_visitor visitor = { &g, gathering_record };
	ll_progress_pass(1, 2);
	ll_lineage_free(sign_pass(files, n, &rule, &visitor));
	gathering_resolve(&g, NULL);
	ll_progress_pass(2, 2);
	struct drop_list list = { gathering_next, &g, "near-duplicate", &g.shards };
	int status = drop_pass(&list, files, n);
	gathering_free(&g);
	signature_rule_free(&rule);
	return status;
}
