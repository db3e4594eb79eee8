/* SPDX-License-Identifier: MIT */
/*
 * pack_command.c - ll-shard pack: token streams into a token dataset. The order of the documents is that of a number
 * drawn from (seed, document key), so it depends neither on the order of the inputs nor on how they were cut into
 * shards; the sort goes out of core when memory is short.
 */
#include "ll-shard/ll_shard.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "bpe/bpe.h"
#include "doc/dataset.h"
#include "doc/tokens.h"
#include "io/sort.h"
#include "stream/reader.h"
#include "stream/stats.h"

#define PURPOSE_ORDER 0x7061636bu /* "pack" */
#define KEY_BYTES 24		  /* drawn number, then the document's key: equal ones keep the order of the input */

static const char *model_path, *split_word;
static bool no_shuffle;
static int64_t tokens_per_file;

static const struct ll_option options[] = {
	{ LL_OPT_STRING, 'm', "model", &model_path, "FILE", "the tokenizer the streams were encoded with (required)",
	  LL_OPT_IDENTITY | LL_OPT_FILE, NULL, 0, 0 },
	{ LL_OPT_FLAG, 0, "no-shuffle", &no_shuffle, NULL, "keep the documents in the order of the input",
	  LL_OPT_IDENTITY, NULL, 0, 0 },
	{ LL_OPT_STRING, 0, "split", &split_word, "WORD", "a word for the manifest, such as train", LL_OPT_IDENTITY,
	  NULL, 0, 0 },
	{ LL_OPT_INT, 0, "tokens-per-file", &tokens_per_file, "N", "cut the token files (default: at 512 MiB)",
	  LL_OPT_IDENTITY, NULL, 1, 0x1p52 },
	{ 0 },
};

struct pack {
	struct ll_bpe *bpe;
	struct ll_dataset_writer *out;
	struct ll_sorter *sorter; /* NULL: in the order of the input */
	struct ll_stats *stats;
	unsigned width;
	int64_t eot;
};

static int64_t header_number(const struct ll_header *h, const char *key)
{
	char *text = ll_header_get(h, key);
	int64_t v;
	if (!text || ll_parse_i64(ll_cstr(text), &v) < 0)
		ll_die(LL_EXIT_INPUT, "the header of a token stream has no good \"%s\"", key);
	ll_free(text);
	return v;
}

static void check_tokenizer(const struct pack *p, const struct ll_header *h)
{
	char *id = ll_header_get(h, "tokenizer");
	if (!id || strcmp(id, ll_bpe_id(p->bpe)) != 0)
		ll_die(LL_EXIT_INPUT, "%s: is tokenizer %s, the stream was encoded with %s", model_path,
		       ll_bpe_id(p->bpe), id ? id : "none");
	ll_free(id);
}

static void put(struct pack *p, const unsigned char *record, size_t len, const char *where)
{
	struct ll_token_doc d;
	struct ll_err err;
	uint32_t vocabulary = ll_bpe_vocabulary(p->bpe);
	if (ll_token_doc_get(record, len, p->width, &d, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", where, err.text);
	for (size_t i = 0; i < d.n; i++)
		if (ll_token_at(d.ids, p->width, i) >= vocabulary)
			ll_die(LL_EXIT_INPUT, "%s: token %u is outside the vocabulary of %u", where,
			       ll_token_at(d.ids, p->width, i), vocabulary);
	ll_dataset_writer_put(p->out, d.key, d.id, d.source, d.text_bytes, d.ids, d.n);
	ll_stats_kept(p->stats, d.source, d.text_bytes);
}

static void take(struct pack *p, const unsigned char *record, size_t len, const char *where)
{
	struct ll_token_doc d;
	struct ll_err err;
	unsigned char key[KEY_BYTES];
	if (ll_token_doc_get(record, len, p->width, &d, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", where, err.text);
	ll_stats_in(p->stats, d.source, d.text_bytes);
	ll_progress_add(1, d.text_bytes);
	if (!p->sorter) {
		put(p, record, len, where);
		return;
	}
	uint64_t drawn = ll_random64((uint64_t)ll_common.seed ^ ll_id_high64(d.key), PURPOSE_ORDER, ll_id_low64(d.key));
	for (int i = 0; i < 8; i++)
		key[i] = (unsigned char)(drawn >> (56 - 8 * i));
	memcpy(key + 8, d.key.byte, 16);
	ll_sorter_add_variable(p->sorter, key, record, len);
}

static void open_output(struct pack *p, const struct ll_header *h)
{
	p->width = h ? (unsigned)header_number(h, "width") : ll_bpe_width(p->bpe);
	p->eot = h ? header_number(h, "eot") : ll_bpe_eot(p->bpe);
	struct ll_dataset_options o = { .width = p->width,
					.vocabulary = ll_bpe_vocabulary(p->bpe),
					.eot = p->eot,
					.tokenizer_id = ll_bpe_id(p->bpe),
					.tokenizer_path = model_path,
					.tokens_per_file = (uint64_t)tokens_per_file,
					.split = split_word };
	if (p->eot < 0)
		ll_warn("the tokenizer has no end-of-text token: documents follow each other without a mark");
	p->out = ll_dataset_writer_open(ll_common.output, &o);
}

static int run_pack(int operands, char **operand)
{
	struct pack p = { .stats = ll_stats_new() };
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL), len, payload;
	const unsigned char *record;
	const void *sorted;
	if (!model_path)
		ll_die(LL_EXIT_USAGE, "-m FILE is missing: the tokenizer of the streams");
	if (strcmp(ll_common.output, "-") == 0)
		ll_die(LL_EXIT_USAGE, "-o DIR is missing: a dataset is a directory");
	p.bpe = ll_bpe_load(model_path, NULL);
	struct ll_reader *reader = ll_reader_open(files, n, "tokens");
	const struct ll_header *checked = NULL;
	open_output(&p, ll_reader_header(reader));
	if (!no_shuffle)
		p.sorter = ll_sorter_new_variable(KEY_BYTES, ll_memory_left() / 2, "the order of the documents");
	while ((record = ll_reader_next(reader, &len))) {
		if (ll_reader_header(reader) != checked) {
			checked = ll_reader_header(reader);
			check_tokenizer(&p, checked);
			if (header_number(checked, "width") != p.width || header_number(checked, "eot") != p.eot)
				ll_die(LL_EXIT_INPUT, "%s: another width or end-of-text than the stream before",
				       ll_reader_where(reader));
		}
		take(&p, record, len, ll_reader_where(reader));
	}
	if (p.sorter) {
		ll_sorter_finish(p.sorter);
		while (ll_sorter_next_variable(p.sorter, &sorted, &payload))
			put(&p, sorted, payload, "a sorted record");
		ll_sorter_free(p.sorter);
	}
	ll_dataset_writer_commit(p.out, ll_reader_lineage(reader));
	ll_stats_finish(p.stats, NULL, NULL);
	ll_stats_free(p.stats);
	ll_reader_close(reader);
	ll_bpe_free(p.bpe);
	return LL_EXIT_OK;
}

const struct ll_command ll_shard_pack_command = {
	.name = "pack",
	.operands = "[FILE]...",
	.summary = "make a token dataset for training from token streams",
	.options = options,
	.common = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_SEED | LL_COMMON_FILES |
		  LL_COMMON_PART | LL_COMMON_STATS | LL_COMMON_PROGRESS,
	.run = run_pack,
	.examples = "ll-bpe encode -m tok.json docs.ll | ll-shard pack -m tok.json -o train\n",
};
