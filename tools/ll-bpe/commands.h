/* SPDX-License-Identifier: MIT */
/* commands.h - the commands of ll-bpe and the values of their options. */
#ifndef LL_BPE_COMMANDS_H
#define LL_BPE_COMMANDS_H

#include "base/option.h"
#include "bpe/bpe.h"

struct ll_bpe_options {
	const char *model;         /* -m */
	struct ll_strings pretokenizers; /* see pretokenizer_option */
	const char *vocab_size;    /* N or N,N,... */
	int64_t min_frequency, min_count, max_token_length;
	const char *ties;
	struct ll_strings special;
	bool lines;
	const char *from;          /* auto, docs, text, counts */
	const char *by, *name;     /* what count counts by */
	struct ll_strings weight;
	struct ll_strings forbid, require; /* of train: patterns or tokens, or @FILE */
	const char *extend;
	const char *map; /* of prune */
	const char *special_in_text; /* text, allow, refuse */
	bool allow_special;	     /* the same as allow */
	const char *to; /* of export */
	int64_t runs;
	/* encode */
	bool offsets;
	double dropout;
	const char *totals; /* NULL, text or json */
	/* inspect */
	struct ll_strings models; /* -m */
	const char *group_by, *reference, *widths, *plot;
	int64_t longest;
	bool json;
};
extern struct ll_bpe_options ll_bpe_options;

int train_command(int operands, char **operand);
int count_command(int operands, char **operand);
int merge_command(int operands, char **operand);
int prune_command(int operands, char **operand);
int encode_command(int operands, char **operand);
int decode_command(int operands, char **operand);
int import_command(int operands, char **operand);
int export_command(int operands, char **operand);
int diff_command(int operands, char **operand);
int inspect_command(int operands, char **operand);
int bench_command(int operands, char **operand);

/* The model of -m; ends with status 2 when the option is missing. */
struct ll_bpe *load_model_option(void);
/* Writes it as tokenizer.json to --output. */
void write_model(const struct ll_bpe *b);
/* What --pretokenizer says, one a line, for ll_pretokenizer_parse; NULL when it was not given. */
const char *pretokenizer_option(void);
/* A model of that pre-tokenizer, special tokens and the 256 bytes. Ends with status 2 when there is no such pre-tokenizer or
 * no such special token can be. */
struct ll_bpe *bytes_model(const char *pretokenizer, const struct ll_strings *special);
/* The header keys of a token stream of this model: "width=...\ntokenizer=...\nvocabulary=...\neot=...\n", with
 * --offsets also "offsets=1\n". */
char *token_header(const struct ll_bpe *b);

#endif
