/* SPDX-License-Identifier: MIT */
/*
 * pack_command.c - ll-shard pack: token streams, or datasets, into a token dataset. The order of the documents is that of a
 * number drawn from (seed, document key), so it depends neither on the order of the inputs nor on how they were cut into
 * shards or packed before; the sort goes out of core when memory is short.
 */
#include "ll-shard/ll_shard.h"

#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "bpe/bpe.h"
#include "doc/dataset.h"
#include "doc/tokens.h"
#include "io/sort.h"
#include "ll-shard/dataset_walk.h"
#include "stream/reader.h"
#include "stream/stats.h"

#define PURPOSE_ORDER 0x7061636bu /* "pack" */
#define KEY_BYTES 32		  /* drawn number, the document's key, 8 bytes of the record's digest */

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
	/* with datasets as inputs */
	struct dataset_walk walk;
	size_t ids_cap;
	uint32_t *ids;
	struct ll_buf record;
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

static void check_tokenizer(const struct pack *p, const char *id, const char *where)
{
	if (!id || strcmp(id, ll_bpe_id(p->bpe)) != 0)
		ll_die(LL_EXIT_INPUT, "%s: was encoded with tokenizer %s, %s is %s", where, id ? id : "none", model_path,
		       ll_bpe_id(p->bpe));
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

/* A record of kind "tokens" on its way in: to the sorter, or out at once. */
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
	memcpy(key + 24, ll_record_digest(record).byte, 8);
	ll_sorter_add_variable(p->sorter, key, record, len);
}

/* A dataset holds a tokenizer.json, whatever the tokenizer was read from. The text lives as long as the process. */
static struct ll_str tokenizer_json(const struct ll_bpe *b)
{
	static struct ll_buf json;
	ll_buf_clear(&json);
	ll_bpe_json(b, &json);
	return ll_buf_str(&json);
}

static void open_output(struct pack *p, unsigned width, int64_t eot)
{
	p->width = width;
	p->eot = eot;
	struct ll_dataset_options o = { .width = width,
					.vocabulary = ll_bpe_vocabulary(p->bpe),
					.eot = eot,
					.tokenizer_id = ll_bpe_id(p->bpe),
					.tokenizer_path = model_path,
					.tokenizer = ll_bpe_is_json_file(p->bpe) ? ll_str(NULL, 0) : tokenizer_json(p->bpe),
					.tokens_per_file = (uint64_t)tokens_per_file,
					.split = split_word };
	if (eot < 0)
		ll_warn("the tokenizer has no end-of-text token: documents follow each other without a mark");
	p->out = ll_dataset_writer_open(ll_common.output, &o);
	if (!no_shuffle)
		p->sorter = ll_sorter_new_variable(KEY_BYTES, ll_memory_left() / 2, "the order of the documents");
}

static struct ll_reader *take_streams(struct pack *p, const char *const *files, size_t n)
{
	size_t len;
	const unsigned char *record;
	struct ll_reader *reader = ll_reader_open(files, n, "tokens");
	const struct ll_header *h = ll_reader_header(reader), *checked = NULL;
	open_output(p, h ? (unsigned)header_number(h, "width") : ll_bpe_width(p->bpe),
		    h ? header_number(h, "eot") : ll_bpe_eot(p->bpe));
	while ((record = ll_reader_next(reader, &len))) {
		h = ll_reader_header(reader);
		if (h != checked) {
			char *id = ll_header_get(h, "tokenizer");
			check_tokenizer(p, id, ll_reader_where(reader));
			if (header_number(h, "width") != p->width || header_number(h, "eot") != p->eot)
				ll_die(LL_EXIT_INPUT, "%s: another width or end-of-text than the stream before",
				       ll_reader_where(reader));
			ll_free(id);
			checked = h;
		}
		take(p, record, len, ll_reader_where(reader));
	}
	return reader;
}

/* A document of a dataset as a record of kind "tokens". */
static void take_document(struct pack *p, const struct dataset_walk_document *d)
{
	const struct ll_dataset_entry *e = &d->entry;
	struct ll_token_doc doc = { .key = e->key, .id = e->id, .source = e->source, .text_bytes = e->text_bytes,
				    .n = (uint32_t)d->ids };
	LL_GROW(p->ids, p->ids_cap, doc.n + 1);
	ll_dataset_read(d->dataset, e->offset, doc.n, p->ids);
	ll_buf_clear(&p->record);
	ll_token_doc_put(&p->record, &doc, p->ids, p->width);
	take(p, (const unsigned char *)p->record.data, p->record.len, d->where);
}

static struct ll_reader *take_datasets(struct pack *p, const char *const *dir, size_t n)
{
	struct dataset_walk_document d;
	dataset_walk_open(&p->walk, dir, n);
	check_tokenizer(p, ll_dataset_tokenizer_id(p->walk.dataset[0]), dir[0]);
	open_output(p, ll_bpe_width(p->bpe), p->walk.eot);
	while (dataset_walk_next(&p->walk, &d))
		take_document(p, &d);
	return p->walk.reader;
}

static int run_pack(int operands, char **operand)
{
	struct pack p = { .stats = ll_stats_new() };
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL), payload, folders = 0;
	const void *sorted;
	if (!model_path)
		ll_die(LL_EXIT_USAGE, "-m FILE is missing: the tokenizer of the streams");
	if (strcmp(ll_common.output, "-") == 0)
		ll_die(LL_EXIT_USAGE, "-o DIR is missing: a dataset is a directory");
	for (size_t i = 0; i < n; i++)
		folders += dataset_is(files[i]);
	if (folders != 0 && folders != n)
		ll_die(LL_EXIT_USAGE, "streams and datasets do not go together: pack the streams first");
	p.bpe = ll_bpe_load(model_path, NULL);
	struct ll_reader *reader = folders ? take_datasets(&p, files, n) : take_streams(&p, files, n);
	if (p.sorter) {
		ll_sorter_finish(p.sorter);
		while (ll_sorter_next_variable(p.sorter, &sorted, &payload))
			put(&p, sorted, payload, "a sorted record");
		ll_sorter_free(p.sorter);
	}
	ll_dataset_writer_commit(p.out, ll_reader_lineage(reader));
	ll_stats_finish(p.stats, NULL, NULL);
	ll_stats_free(p.stats);
	if (folders)
		dataset_walk_close(&p.walk);
	else
		ll_reader_close(reader);
	ll_free(p.ids);
	ll_buf_free(&p.record);
	ll_bpe_free(p.bpe);
	return LL_EXIT_OK;
}

const struct ll_command ll_shard_pack_command = {
	.name = "pack",
	.operands = "[FILE|DATASET]...",
	.summary = "make a token dataset for training from token streams, or of several datasets one",
	.options = options,
	.common = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_MEMORY | LL_COMMON_SEED | LL_COMMON_FILES |
		  LL_COMMON_PART | LL_COMMON_STATS | LL_COMMON_PROGRESS,
	.run = run_pack,
	.examples = "ll-bpe encode -m tok.json docs.ll | ll-shard pack -m tok.json -o train\n"
		    "ll-shard pack -m tok.json part1 part2 -o whole\n",
};
