/* SPDX-License-Identifier: MIT */
#include "ll-bpe/commands.h"

#include "base/memory.h"
#include "bpe/pretokenizer.h"
#include "io/codec.h"
#include "io/file.h"
#include "stream/reader.h"

struct ll_bpe_options ll_bpe_options = { .from = "auto",
					 .ties = "hf",
					 .special_in_text = "text",
					 .runs = 7,
					 .longest = 10 };

#define MODEL_OPTION(more)                                                                                                   \
	{                                                                                                              \
		LL_OPT_STRING, 'm', "model", &ll_bpe_options.model, "FILE",                                            \
			"the tokenizer, in any format that import reads", LL_OPT_IDENTITY | LL_OPT_FILE | (more), NULL, 0, \
			0                                                                                              \
	}
#define PRETOKENIZER_OPTION(text)                                                                                      \
	{                                                                                                              \
		LL_OPT_LIST, 0, "pretokenizer", &ll_bpe_options.pretokenizers, "NAME", text, LL_OPT_IDENTITY, NULL, 0, \
			0                                                                                              \
	}
#define FROM_OPTION(kinds)                                                                                             \
	{                                                                                                              \
		LL_OPT_CHOICE, 0, "from", &ll_bpe_options.from, "KIND",                                                \
			"what the operands are; auto looks at each file", 0, kinds, 0, 0                               \
	}
#define LINES_OPTION                                                                                                   \
	{                                                                                                              \
		LL_OPT_FLAG, 0, "lines", &ll_bpe_options.lines, NULL, "split every line by itself", LL_OPT_IDENTITY,   \
			NULL, 0, 0                                                                                     \
	}
#define END                                                                                                            \
	{                                                                                                              \
		0                                                                                                      \
	}

static const struct ll_option train_options[] = {
	PRETOKENIZER_OPTION("how text is split before merges are learned (counts know it)"),
	{ LL_OPT_STRING, 0, "vocab-size", &ll_bpe_options.vocab_size, "N[,N...]",
	  "number of ids to reach: specials, 256 bytes, merges (required)", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "min-frequency", &ll_bpe_options.min_frequency, "N", "merge no pair seen less often",
	  LL_OPT_IDENTITY, NULL, 0, 0x1p62 },
	{ LL_OPT_INT, 0, "max-token-length", &ll_bpe_options.max_token_length, "N",
	  "count no pair that joins to N bytes or more (tokens of two bytes are made nevertheless)", LL_OPT_IDENTITY, NULL, 1,
	  1 << 24 },
	{ LL_OPT_INT, 0, "min-count", &ll_bpe_options.min_count, "N",
	  "leave out pre-tokens that occur less often, to save memory", LL_OPT_IDENTITY, NULL, 0, 0x1p62 },
	{ LL_OPT_CHOICE, 0, "ties", &ll_bpe_options.ties, "RULE", "which of the pairs with equal counts goes first",
	  LL_OPT_IDENTITY, "hf|ids|bytes|greatest", 0, 0 },
	{ LL_OPT_LIST, 0, "special", &ll_bpe_options.special, "TOKEN",
	  "a special token, such as <|endoftext|>; may be repeated", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_LIST, 0, "forbid", &ll_bpe_options.forbid, "PATTERN",
	  "never make a token in which the pattern is found, or that stands in @FILE; may be repeated", LL_OPT_IDENTITY, NULL, 0,
	  0 },
	{ LL_OPT_LIST, 0, "require", &ll_bpe_options.require, "TOKEN",
	  "make this token, or those in @FILE, before all others; may be repeated", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "extend", &ll_bpe_options.extend, "FILE",
	  "go on from this tokenizer: all it has keeps its id", LL_OPT_IDENTITY | LL_OPT_FILE | LL_OPT_REMADE, NULL, 0, 0 },
	LINES_OPTION,
	FROM_OPTION("auto|docs|text|counts"),
	END,
};

static const struct ll_option count_options[] = {
	PRETOKENIZER_OPTION("how text is split (required)"),
	LINES_OPTION,
	{ LL_OPT_STRING, 0, "by", &ll_bpe_options.by, "TAG",
	  "count by group: \"source\", a tag of the documents, or a .field of yours", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "name", &ll_bpe_options.name, "NAME", "count everything as the group of that name",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	FROM_OPTION("auto|docs|text"),
	END,
};

static const struct ll_option merge_options[] = {
	{ LL_OPT_LIST, 0, "weight", &ll_bpe_options.weight, "NAME:W",
	  "let the counts of a group weigh W, as 3, 0.25 or 1/3; may be repeated", LL_OPT_IDENTITY, NULL, 0, 0 },
	END,
};

static const struct ll_option prune_options[] = {
	MODEL_OPTION(LL_OPT_REMADE),
	PRETOKENIZER_OPTION("how text is split, where the file does not say it"),
	{ LL_OPT_STRING, 0, "vocab-size", &ll_bpe_options.vocab_size, "N", "keep N ids: drop the tokens made last",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "min-count", &ll_bpe_options.min_count, "N",
	  "drop tokens that the files use less often (1 with files)", LL_OPT_IDENTITY, NULL, 1, 0x1p62 },
	{ LL_OPT_STRING, 0, "map", &ll_bpe_options.map, "FILE", "write the new id of every old one", LL_OPT_OUTPUT, NULL, 0, 0 },
	FROM_OPTION("auto|docs|text"),
	END,
};

static const struct ll_option encode_options[] = {
	MODEL_OPTION(0),
	PRETOKENIZER_OPTION("how text is split, where the file does not say it"),
	{ LL_OPT_CHOICE, 0, "special", &ll_bpe_options.special_in_text, "HOW",
	  "special tokens in the text: text, their ids (allow), or an error", LL_OPT_IDENTITY, "text|allow|refuse", 0,
	  0 },
	{ LL_OPT_FLAG, 0, "allow-special", &ll_bpe_options.allow_special, NULL, "the same as --special=allow",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_FLOAT, 0, "dropout", &ll_bpe_options.dropout, "P",
	  "BPE-dropout: leave out each merge with probability P, drawn from --seed and the document's key", LL_OPT_IDENTITY,
	  NULL, 0, 1 },
	{ LL_OPT_FLAG, 0, "offsets", &ll_bpe_options.offsets, NULL, "keep where in the text each token begins, in bytes",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_OPTIONAL, 0, "totals", &ll_bpe_options.totals, "FORM",
	  "write only how many tokens there are, by source: as text or json", 0, "text", 0, 0 },
	END,
};

static const struct ll_option decode_options[] = {
	MODEL_OPTION(0),
	PRETOKENIZER_OPTION("how text is split, where the file does not say it"),
	END,
};

static const struct ll_option inspect_options[] = {
	{ LL_OPT_LIST, 'm', "model", &ll_bpe_options.models, "FILE",
	  "a tokenizer; may be repeated: they are set side by side", LL_OPT_FILE, NULL, 0, 0 },
	PRETOKENIZER_OPTION("how text is split; where the file does not say it, one for all or one for each"),
	FROM_OPTION("auto|docs|text"),
	{ LL_OPT_STRING, 0, "by", &ll_bpe_options.group_by, "TAG",
	  "also by the values of this tag (lang), or of a member of the documents' own JSON: .lang", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "reference", &ll_bpe_options.reference, "VALUE",
	  "the value that parity compares with (en, or that of the most text)", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "plot", &ll_bpe_options.plot, "FILE",
	  "draw bytes a token and tokens a word too: FILE.svg, FILE.png, FILE.gp, - for characters", 0, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "widths", &ll_bpe_options.widths, "N,...",
	  "count the parameters of embeddings of these widths (768,2048,4096)", 0, NULL, 0, 0 },
	{ LL_OPT_INT, 0, "longest", &ll_bpe_options.longest, "N", "show the N longest tokens (10)", 0, NULL, 0, 10000 },
	{ LL_OPT_FLAG, 0, "json", &ll_bpe_options.json, NULL, "print JSON, with the ids of the tokens that the table counts", 0,
	  NULL, 0, 0 },
	END,
};

static const struct ll_option bench_options[] = {
	MODEL_OPTION(0),
	PRETOKENIZER_OPTION("how text is split, where the file does not say it"),
	{ LL_OPT_INT, 0, "runs", &ll_bpe_options.runs, "N", "measure so often and take the median (7)", 0, NULL, 1, 9 },
	END,
};

static const struct ll_option import_options[] = {
	PRETOKENIZER_OPTION("how text is split, where the file does not say it"),
	{ LL_OPT_LIST, 0, "special", &ll_bpe_options.special, "TOKEN[:ID]",
	  "a special token beside those of the file; may be repeated", LL_OPT_IDENTITY, NULL, 0, 0 },
	END,
};

static const struct ll_option export_options[] = {
	MODEL_OPTION(LL_OPT_REMADE),
	PRETOKENIZER_OPTION("how text is split, where the file does not say it"),
	{ LL_OPT_CHOICE, 0, "to", &ll_bpe_options.to, "FORMAT", "what to write (required)", LL_OPT_IDENTITY,
	  "hf|tiktoken|gguf|gpt2", 0, 0 },
	END,
};

static const struct ll_option diff_options[] = {
	PRETOKENIZER_OPTION("how text is split, of files that do not say it"),
	FROM_OPTION("auto|docs|text"),
	END,
};

static const struct ll_command commands[] = {
	{ "train", "[FILE]...", "learn a byte-level BPE tokenizer from documents or plain text", train_options,
	  LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_FILES | LL_COMMON_PROGRESS, train_command,
	  "ll-bpe train --pretokenizer=cl100k --vocab-size=32768 --special='<|endoftext|>' -o tok.json docs.ll\n"
	  "ll-bpe train --pretokenizer=gpt2 --vocab-size=4096,8192 -o tok-%d.json novel.txt\n"
	  "ll-bpe train --pretokenizer='regex: ?\\p{L}+|\\p{N}' --vocab-size=8192 -o tok.json docs.ll\n" },
	{ "count", "[FILE]...", "count the pre-tokens of documents or plain text, for merge and train", count_options,
	  LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS | LL_COMMON_FILES | LL_COMMON_PART |
		  LL_COMMON_PROGRESS,
	  count_command,
	  "ll-bpe count --pretokenizer=cl100k --by=source -o part1.counts --part=1/2 docs.ll more.ll\n"
	  "ll-bpe count --pretokenizer=cl100k --name=books -o books.counts novel.txt\n" },
	{ "merge", "[COUNTS]...", "add up counts of many machines, weighed by source or language", merge_options,
	  LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS | LL_COMMON_FILES |
		  LL_COMMON_PROGRESS,
	  merge_command,
	  "ll-bpe merge -o all.counts part1.counts part2.counts\n"
	  "ll-bpe merge --weight=web:0.25 --weight=essays:2 -o mix.counts all.counts\n"
	  "ll-bpe train --vocab-size=32768 -o tok.json mix.counts\n"
	  "ll-bpe train --extend=tok.json --vocab-size=40000 -o more.json code.counts\n" },
	{ "prune", "[FILE]...", "make a smaller tokenizer of one: what the files use, or what was learned first", prune_options,
	  LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_FILES | LL_COMMON_PROGRESS, prune_command,
	  "ll-bpe prune -m tok.json --vocab-size=16384 -o small.json\n"
	  "ll-bpe prune -m tok.json --map=ids.tsv -o used.json docs.ll\n" },
	{ "encode", "[FILE]...", "turn documents into tokens", encode_options, LL_COMMON_FILTER | LL_COMMON_SEED,
	  encode_command,
	  "ll-bpe encode -m tok.json docs.ll -o tokens.ll\n"
	  "ll-shard import notes.jsonl | ll-bpe encode -m cl100k_base.tiktoken --pretokenizer=cl100k > tokens.ll\n"
	  "ll-bpe encode --totals -m tok.json docs.ll\n"
	  "ll-bpe encode --offsets --dropout=0.1 --seed=1 -m tok.json docs.ll | ll-shard export\n" },
	{ "decode", "[FILE]...", "turn tokens back into documents", decode_options, LL_COMMON_FILTER, decode_command,
	  "ll-bpe decode -m tok.json tokens.ll | ll-shard export --to=text\n" },
	{ "import", "FILE [FILE]", "make a tokenizer.json of any file with a tokenizer, proved", import_options,
	  LL_COMMON_OUTPUT, import_command,
	  "ll-bpe import -o tok.json model.gguf\n"
	  "ll-bpe import --pretokenizer=gpt2 -o tok.json vocab.json\n"
	  "ll-bpe import --pretokenizer=cl100k --special='<|endoftext|>' -o tok.json cl100k_base.tiktoken\n" },
	{ "export", "", "write a tokenizer as other programs read it", export_options, LL_COMMON_OUTPUT, export_command,
	  "ll-bpe export --to=gguf -m tok.json -o vocab.gguf\n"
	  "ll-bpe export --to=gpt2 -m tok.json -o folder\n" },
	{ "diff", "A B [FILE]...", "find the first text that two tokenizers encode differently, and why", diff_options,
	  LL_COMMON_OUTPUT | LL_COMMON_MEMORY | LL_COMMON_FILES | LL_COMMON_PROGRESS, diff_command,
	  "ll-bpe diff tok.json model.gguf docs.ll\n" },
	{ "inspect", "[FILE]...", "say what tokenizers are, and what they make of texts, by source and language",
	  inspect_options,
	  LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_FILES | LL_COMMON_PROGRESS,
	  inspect_command,
	  "ll-bpe inspect -m tok.json\n"
	  "ll-bpe inspect -m tok.json novel.txt docs.ll\n"
	  "ll-bpe inspect --json --by=.lang -m small.json -m tok.json docs.ll\n" },
	{ "bench", "FILE", "measure how fast texts such as FILE are encoded here", bench_options,
	  LL_COMMON_THREADS | LL_COMMON_MEMORY, bench_command,
	  "ll-bpe bench -m cl100k_base.tiktoken --pretokenizer=cl100k novels.txt\n"
	  "ll-bpe bench -m tok.json -@ 2 novels.txt\n" },
	{ 0 },
};

struct ll_bpe *load_model_option(void)
{
	if (!ll_bpe_options.model) {
		ll_hint("-m tok.json, made by ll-bpe train");
		ll_die(LL_EXIT_USAGE, "no tokenizer given");
	}
	return ll_bpe_load(ll_bpe_options.model, pretokenizer_option());
}

void write_model(const struct ll_bpe *b)
{
	struct ll_buf json = { 0 };
	ll_bpe_json(b, &json);
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	ll_out_write(out, json.data, json.len);
	ll_out_commit(out);
	ll_buf_free(&json);
}

const char *pretokenizer_option(void)
{
	static struct ll_buf spec;
	const struct ll_strings *list = &ll_bpe_options.pretokenizers;
	ll_buf_clear(&spec);
	for (size_t i = 0; i < list->len; i++) {
		ll_buf_puts(&spec, i ? "\n" : "");
		ll_buf_puts(&spec, list->item[i]);
	}
	return list->len ? ll_buf_cstr(&spec) : NULL;
}

struct ll_bpe *bytes_model(const char *pretokenizer, const struct ll_strings *special)
{
	struct ll_err err;
	struct ll_pretokenizer *p = ll_pretokenizer_parse(pretokenizer, &err);
	if (!p)
		ll_die(LL_EXIT_USAGE, "--pretokenizer: %s", err.text);
	ll_pretokenizer_free(p);
	struct ll_bpe *b =
		ll_bpe_build(&(struct ll_bpe_spec){ pretokenizer, special->item, special->len, NULL, 0 }, &err);
	if (!b)
		ll_die(LL_EXIT_USAGE, "--special: %s", err.text);
	return b;
}

char *token_header(const struct ll_bpe *b)
{
	return ll_format("width=%u\ntokenizer=%s\nvocabulary=%u\neot=%lld\n%s", ll_bpe_width(b), ll_bpe_id(b),
			 ll_bpe_vocabulary(b), (long long)ll_bpe_eot(b), ll_bpe_options.offsets ? "offsets=1\n" : "");
}

int main(int argc, char **argv)
{
	const struct ll_program program = { "ll-bpe", "learn, apply and convert tokenizers", commands,
					    ll_decoder_features() };
	ll_identity_file_id = ll_content_id;
	return ll_main(&program, argc, argv);
}
