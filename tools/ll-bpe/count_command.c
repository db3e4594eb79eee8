/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/counting.h"
#include "ll-bpe/document_group.h"

int count_command(int operands, char **operand)
{
	const struct ll_bpe_options *o = &ll_bpe_options;
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	if (!pretokenizer_option())
		ll_die(LL_EXIT_USAGE, "--pretokenizer=NAME is required");
	if (o->by && o->name)
		ll_die(LL_EXIT_USAGE, "--by and --name both say which group a document is in");
	struct ll_bpe *base = bytes_model(pretokenizer_option(), &(struct ll_strings){ 0 });
	struct ll_lineage *lineage = ll_lineage_new();
	struct counts_kind kind = counts_kind_of(base);
	counts_kind_finish(&kind, false, o->lines);
	/* Before the work: the end of it is no time to find that there is no such folder, and a reader must learn of a failure. */
	struct ll_writer *w = ll_writer_open(ll_common.output, counts_kind_header(&kind));
	counts_kind_free(&kind);
	struct counted counted = counting_run(&(struct counting_options){ .from = o->from,
									  .base = base,
									  .lines = o->lines,
									  .by = o->by,
									  .name = o->name,
									  .refuse_counts = true,
									  .lineage = lineage },
					      files, n);
	if (o->by && group_names_count(counted.names) == 1 && group_names_text(counted.names, 0).len == 0)
		document_group_none(o->by);
	struct group_names *names = counted.names ? counted.names : group_names_new();
	uint64_t pieces = counts_write_all(w, counted.tally, names);
	ll_writer_close(w, lineage);
	ll_note("%llu distinct pre-tokens", (unsigned long long)pieces);
	if (!counted.names)
		group_names_free(names);
	counted_free(&counted);
	ll_lineage_free(lineage);
	ll_bpe_free(base);
	return LL_EXIT_OK;
}
