/* SPDX-License-Identifier: MIT */
#include "ll-decontam/decontam.h"

#include "io/codec.h"
#include "stream/reader.h"

struct decontam_options decontam = { .ngram = 13, .action = "drop", .window = 200, .min_piece = 200, .max_pieces = 10 };

static const struct ll_option decontam_table[] = {
	{ LL_OPT_LIST, 0, "index", &decontam.index, "FILE", "an index of evaluation texts; may be given several times",
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 },
	{ LL_OPT_CHOICE, 0, "action", &decontam.action, "WHAT",
	  "what becomes of documents that hold an n-gram of the index", LL_OPT_IDENTITY, "drop|cut|tag", 0, 0 },
	{ LL_OPT_INT, 0, "window", &decontam.window, "N", "cut: characters removed on either side of a match (200)",
	  LL_OPT_IDENTITY, NULL, 0, 1e9 },
	{ LL_OPT_INT, 0, "min-piece", &decontam.min_piece, "N", "cut: pieces of fewer characters are dropped (200)",
	  LL_OPT_IDENTITY, NULL, 0, 1e9 },
	{ LL_OPT_INT, 0, "max-pieces", &decontam.max_pieces, "N", "cut: documents in more pieces are dropped (10)",
	  LL_OPT_IDENTITY, NULL, 1, 1e9 },
	{ 0 },
};
static const struct ll_option build_table[] = {
	{ LL_OPT_INT, 0, "ngram", &decontam.ngram, "N", "words in an n-gram (13)", LL_OPT_IDENTITY, NULL, 1, 1000 },
	{ LL_OPT_STRING, 0, "keys", &decontam.keys, "KEY,...", "only strings in members of these names (all)",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ 0 },
};

static int run(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	return decontam_run(files, n);
}

static int build(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	return decontam_build(files, n);
}

static const struct ll_command commands[] = {
	{ NULL, "[FILE]...", "find documents that quote evaluation texts", decontam_table, LL_COMMON_FILTER, run,
	  "ll-decontam --index=evals.ll -o clean.ll docs.ll\n"
	  "ll-decontam --index=evals.ll --action=cut -o clean.ll docs.ll\n" },
	{ "build", "[EVALS]...", "index evaluation files", build_table,
	  LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS | LL_COMMON_FILES, build,
	  "ll-decontam build -o evals.ll tasks.jsonl\n" },
	{ 0 },
};

int main(int argc, char **argv)
{
	const struct ll_program program = { "ll-decontam", "removal of evaluation texts from training documents",
					    commands, ll_decoder_features() };

	ll_identity_file_id = ll_content_id;
	return ll_main(&program, argc, argv);
}
