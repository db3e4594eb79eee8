/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/error.h"
#include "base/option.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/rule.h"
#include "stream/reader.h"

struct dedup_options dedup;

/* clang-format off */
#define MINHASH_OPTIONS                                                                                                 \
	{ LL_OPT_STRING, 0, "minhash", &dedup.minhash, "BxR", "MinHash-LSH with B bands of R rows, such as 14x8",       \
	  LL_OPT_IDENTITY, NULL, 0, 0 },                                                                                \
	{ LL_OPT_CHOICE, 0, "profile", &dedup.profile, "NAME", "parameters of a published corpus", 0,                   \
	  "datatrove|fineweb|slimpajama|text-dedup|nemo|refinedweb", 0, 0 },                                            \
	{ LL_OPT_INT, 0, "ngram", &dedup.ngram, "N", "items in a shingle (5 words or tokens, 24 characters)",           \
	  LL_OPT_IDENTITY, NULL, 1, 1000 },                                                                             \
	{ LL_OPT_CHOICE, 0, "unit", &dedup.unit, "UNIT", "what shingles are made of", LL_OPT_IDENTITY,                  \
	  "word|char|token", 0, 0 },                                                                                    \
	{ LL_OPT_CHOICE, 0, "normalize", &dedup.normalize, "FORM", "what a text is compared as", LL_OPT_IDENTITY,       \
	  "words|datatrove|refinedweb|slimpajama|text-dedup|none", 0, 0 },                                              \
	{ LL_OPT_STRING, 'm', "tokenizer", &dedup.tokenizer, "FILE", "tokenizer.json, where tokens count",                                         \
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 }
#define UNIT_OPTIONS                                                                                                   \
	{ LL_OPT_OPTIONAL, 0, "exact", &dedup.exact, "UNIT",                                                            \
	  "drop what came before: document (default), line, paragraph, sentences:N, url", LL_OPT_IDENTITY, "document",  \
	  0, 0 },                                                                                                      \
	{ LL_OPT_INT, 0, "min-bytes", &dedup.min_bytes, "N", "leave units shorter than N bytes alone (0)",             \
	  LL_OPT_IDENTITY, NULL, 0, 1e9 }
#define COUNT_OPTION                                                                                                   \
	{ LL_OPT_INT, 0, "min-count", &dedup.min_count, "K",                                                           \
	  "with --keep=none: what at least K documents share goes (2)", LL_OPT_IDENTITY, NULL, 2, 1e15 }
#define HASH_BITS_OPTION                                                                                               \
	{ LL_OPT_INT, 0, "hash-bits", &dedup.hash_bits, "N", "look at N bits of a hash, then compare bytes",           \
	  LL_OPT_HIDDEN, NULL, 1, 64 }
#define EXACT_OPTIONS                                                                                                  \
	UNIT_OPTIONS,                                                                                                  \
	COUNT_OPTION,                                                                                                  \
	{ LL_OPT_FLOAT, 0, "bloom", &dedup.bloom, "FPR",                                                               \
	  "a Bloom filter that takes at most this share for duplicates wrongly", LL_OPT_IDENTITY, NULL, 1e-12, 0.5 },  \
	{ LL_OPT_INT, 0, "bloom-items", &dedup.bloom_items, "N", "distinct units to expect (as many as fit in --memory)", \
	  LL_OPT_IDENTITY, NULL, 1, 1e15 },                                                                            \
	{ LL_OPT_FLAG, 0, "verify-bytes", &dedup.verify_bytes, NULL, "compare bytes, not only hashes", 0, NULL, 0, 0 },  \
	HASH_BITS_OPTION
#define SUBSTRING_OPTIONS                                                                                              \
	{ LL_OPT_STRING, 0, "substring", &dedup.substring, "N",                                                        \
	  "passages of N[:bytes|words|tokens] and more that came before", LL_OPT_IDENTITY, NULL, 0, 0 },                     \
	{ LL_OPT_CHOICE, 0, "action", &dedup.action, "WHAT", "what becomes of the passages of --substring (cut)",      \
	  LL_OPT_IDENTITY, "cut|tag", 0, 0 }
#define KEEP_OPTION                                                                                                     \
	{ LL_OPT_STRING, 0, "keep", &dedup.keep, "WHICH",                                                               \
	  "the copy that survives: longest, first, newest[:TAG], max:TAG (exact: first, none)", LL_OPT_IDENTITY, NULL, 0, 0 }
#define CLUSTER_OPTIONS                                                                                                 \
	KEEP_OPTION,                                                                                                    \
	{ LL_OPT_FLOAT, 0, "jaccard", &dedup.jaccard, "S", "candidates are alike from this Jaccard similarity on",      \
	  LL_OPT_IDENTITY, NULL, 1e-6, 1 },                                                                             \
	{ LL_OPT_FLOAT, 0, "containment", &dedup.containment, "S", "candidates are alike from this containment on",     \
	  LL_OPT_IDENTITY, NULL, 1e-6, 1 },                                                                             \
	{ LL_OPT_CHOICE, 0, "cluster", &dedup.components, "RULE", "one survivor a component, or whoever is like none",  \
	  LL_OPT_IDENTITY, "component|survivor", 0, 0 },                                                                \
	{ LL_OPT_FLAG, 0, "tag-survivors", &dedup.tag_survivors, NULL, "tag survivors with their duplicates",           \
	  LL_OPT_IDENTITY, NULL, 0, 0 },                                                                                \
	{ LL_OPT_STRING, 0, "against", &dedup.against, "INDEX", "drop what is like documents of earlier crawls, too",   \
	  LL_OPT_IDENTITY | LL_OPT_FILE | LL_OPT_REMADE, NULL, 0, 0 },                                                  \
	{ LL_OPT_STRING, 0, "index-out", &dedup.index_out, "INDEX", "write the signatures of earlier and new survivors", \
	  LL_OPT_OUTPUT, NULL, 0, 0 }

static const struct ll_option dedup_table[] = { EXACT_OPTIONS, SUBSTRING_OPTIONS, MINHASH_OPTIONS, CLUSTER_OPTIONS, { 0 } };
static const struct ll_option sign_table[] = {
	UNIT_OPTIONS,
	MINHASH_OPTIONS,
	{ LL_OPT_FLAG, 0, "verify", &dedup.verify, NULL, "keep the shingles that --jaccard and --containment need", 0, NULL, 0, 0 },
	{ LL_OPT_FLAG, 0, "verify-bytes", &dedup.verify_bytes, NULL, "with --exact: keep the texts, so that bytes are compared", 0, NULL, 0, 0 },
	HASH_BITS_OPTION,
	{ LL_OPT_LIST, 0, "carry", &dedup.carry, "TAG", "keep a tag that --keep needs", 0, NULL, 0, 0 },
	{ LL_OPT_OPTIONAL, 0, "through", &dedup.through, "FILE", "pass the documents on to FILE (standard output)", LL_OPT_OUTPUT, "-", 0, 0 },
	{ LL_OPT_FLOAT, 0, "bloom", &dedup.bloom, "FPR", "refused, with the reason", LL_OPT_HIDDEN, NULL, 1e-12, 0.5 },
	{ LL_OPT_STRING, 0, "substring", &dedup.substring, "N", "refused, with the reason", LL_OPT_HIDDEN, NULL, 0, 0 },
	{ 0 },
};
static const struct ll_option join_table[] = {
	{ LL_OPT_STRING, 0, "bands", &dedup.bands, "I-J", "look at these bands alone, from 1", LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "against", &dedup.against, "INDEX", "documents of earlier crawls, as cluster will be given them",
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 },
	{ 0 },
};
static const struct ll_option cluster_table[] = {
	CLUSTER_OPTIONS,
	COUNT_OPTION,
	{ LL_OPT_FLAG, 0, "verify-bytes", &dedup.verify_bytes, NULL, "fail unless the signatures keep texts, which are compared", 0, NULL, 0, 0 },
	{ LL_OPT_LIST, 0, "join", &dedup.joins, "FILE", "what ll-dedup join wrote of some bands; all bands are needed", 0, NULL, 0, 0 },
	{ 0 },
};
static const struct ll_option apply_table[] = {
	{ LL_OPT_STRING, 0, "duplicates", &dedup.duplicates, "FILE", "what ll-dedup cluster wrote",
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 },
	{ 0 },
};
static const char *report_plot;

static const struct ll_option report_table[] = {
	{ LL_OPT_STRING, 0, "plot", &report_plot, "FILE", "draw sizes and similarities too: FILE.svg, FILE.png, FILE.gp, - for characters", 0, NULL, 0, 0 },
	{ 0 },
};
static const struct ll_option curve_table[] = { MINHASH_OPTIONS, { 0 } };
/* clang-format on */

/* Exact and MinHash have options of their own, which are checked and resolved here. */
static void check_mode(void)
{
	static const struct {
		const char *name;
		const char *const *value;
	} others[] = {
		{ "--profile", &dedup.profile },     { "--normalize", &dedup.normalize }, { "--cluster", &dedup.components },
		{ "--against", &dedup.against },     { "--index-out", &dedup.index_out },
	};
	const char *alone = dedup.min_count ? "--min-count" : dedup.min_bytes ? "--min-bytes" : dedup.bloom > 0 ? "--bloom" :
			    dedup.bloom_items ? "--bloom-items" : dedup.verify_bytes || dedup.hash_bits ? "--verify-bytes" : NULL;
	const char *near = dedup.jaccard ? "--jaccard" : dedup.containment ? "--containment" : dedup.verify ? "--verify" :
			   dedup.carry.len ? "--carry" : dedup.tag_survivors ? "--tag-survivors" : NULL;

	if (!dedup.exact && alone)
		ll_die(LL_EXIT_USAGE, "%s goes with --exact", alone);
	if (!dedup.exact && !dedup.substring)
		return;
	for (size_t i = 0; i < LL_COUNT(others); i++)
		if (*others[i].value)
			near = others[i].name;
	if (dedup.exact && dedup.tokenizer)
		near = "--tokenizer";
	if (near)
		ll_die(LL_EXIT_USAGE, "%s: %s goes without it",
		       dedup.exact ? "--exact compares whole texts" : "--substring keeps the first of passages", near);
	if (dedup.exact)
		dedup_exact_check();
}

static int run_dedup(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	if (!!dedup.exact + (dedup.minhash || dedup.profile) + !!dedup.substring != 1)
		ll_die(LL_EXIT_USAGE, "exactly one of --exact, --minhash=BxR (or --profile) and --substring=N is needed");
	if (dedup.action && !dedup.substring)
		ll_die(LL_EXIT_USAGE, "--action goes with --substring");
	if (dedup.substring && (dedup.keep || dedup.ngram || dedup.unit))
		ll_die(LL_EXIT_USAGE, "--substring keeps the first of passages as they are: --%s goes without it",
		       dedup.keep ? "keep" : dedup.ngram ? "ngram" : "unit");
	check_mode();
	if (dedup.substring)
		return dedup_substring(files, n);
	if (dedup.exact)
		return dedup_exact(files, n);
	if (dedup.keep && strcmp(dedup.keep, "none") == 0)
		ll_die(LL_EXIT_USAGE, "--keep=none goes with --exact");
	return dedup_minhash(files, n);
}

static int run_sign(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	if (dedup.substring)
		ll_die(LL_EXIT_USAGE, "passages are found over all documents at once, in one process within --memory: "
				      "ll-dedup --substring=%s FILE... does it", dedup.substring);
	if (dedup.bloom > 0)
		ll_die(LL_EXIT_USAGE, "a Bloom filter is asked in the order of the input, by one process: ll-dedup --exact --bloom=%g FILE... "
				      "does it; the steps sort the digests within --memory and need none", dedup.bloom);
	check_mode();
	return dedup_sign(files, n);
}

static int run_join(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	return dedup_join(files, n);
}

static int run_cluster(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	return dedup_cluster(files, n);
}

static int run_report(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	return dedup_report(files, n, report_plot);
}

static int run_apply(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	return dedup_apply(files, n);
}

/* 1 - (1 - s^r)^b for the choice made: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.2. */
static int run_curve(int operands, char **operand)
{
	struct signature_rule rule;

	(void)operand;
	if (operands > 0)
		ll_die(LL_EXIT_USAGE, "curve takes no operands");
	signature_rule_init(&rule);
	printf("jaccard\trecall\n");
	for (int percent = 50; percent <= 95; percent += 5)
		printf("%.2f\t%.4f\n", percent / 100.0, ll_minhash_recall(percent / 100.0, rule.bands, rule.rows));
	signature_rule_free(&rule);
	return LL_EXIT_OK;
}

#define STEP (LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_COMPRESS | LL_COMMON_FILES | LL_COMMON_PROGRESS)
static const struct ll_command commands[] = {
	{ NULL, "[FILE]...", "drop documents that came before", dedup_table, LL_COMMON_FILTER, run_dedup,
	  "ll-dedup --exact docs.ll -o unique.ll\n"
	  "ll-dedup --exact=paragraph --keep=none --min-count=100 docs.ll -o bodies.ll\n"
	  "ll-dedup --substring=100 docs.ll -o cut.ll\n"
	  "ll-dedup --substring=50:tokens -m tok.json tokens.ll -o cut-tokens.ll\n"
	  "ll-dedup --minhash=14x8 --rejects=near.ll docs.ll -o unique.ll\n"
	  "ll-dedup --minhash=20x5 --jaccard=0.8 --keep=max:.quality docs.ll -o unique.ll\n"
	  "ll-dedup --profile=fineweb --index-out=seen.ix docs.ll -o unique.ll\n" },
	{ "sign", "[FILE]...", "map: write the signatures of a shard", sign_table, STEP | LL_COMMON_PART, run_sign,
	  "ll-dedup sign --minhash=14x8 -o a.sig a.ll\n"
	  "ll-dedup sign --exact --part=3/8 --files-from=list -o 3.sig\n"
	  "ll-dedup sign --exact=paragraph -o a.par a.ll\n" },
	{ "join", "[SIGNATURES]...", "merge: find what agrees in some bands", join_table, STEP, run_join,
	  "ll-dedup join --bands=1-7 -o 1.join a.sig b.sig\n"
	  "ll-dedup join --bands=8-14 -o 2.join a.sig b.sig\n" },
	{ "cluster", "[SIGNATURES]...", "merge: find the duplicates of all shards", cluster_table, STEP, run_cluster,
	  "ll-dedup cluster -o all.dup a.sig b.sig\n"
	  "ll-dedup cluster --join=1.join --join=2.join -o all.dup a.sig b.sig\n"
	  "ll-dedup cluster --keep=none --min-count=100 -o footers.dup a.par b.par\n" },
	{ "apply", "[FILE]...", "drop a shard's duplicates", apply_table, LL_COMMON_FILTER, run_apply,
	  "ll-dedup apply --duplicates=all.dup -o a.unique.ll a.ll\n" },
	{ "report", "[REJECTS]...", "print what near-duplicates there were", report_table,
	  LL_COMMON_OUTPUT | LL_COMMON_MEMORY | LL_COMMON_FILES | LL_COMMON_PROGRESS, run_report, "ll-dedup report near.ll\n" },
	{ "curve", "", "print the expected recall by Jaccard similarity", curve_table, 0, run_curve,
	  "ll-dedup curve --minhash=20x5\n" },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct ll_program program = { "ll-dedup", "exact and near-duplicate removal", commands, NULL };

	ll_identity_file_id = ll_content_id;
	return ll_main(&program, argc, argv);
}
