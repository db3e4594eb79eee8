/* SPDX-License-Identifier: MIT */
/*
 * export_trainers.c - token datasets as other trainers read them (ll-shard.1). All numbers are little-endian.
 *
 *   megatron  PREFIX.bin: ids, document after document. PREFIX.idx (megatron/core/datasets/indexed_dataset.py):
 * "MMIDIDX" and two zeros, u64 version 1, u8 type (8: u16, 4: i32), u64 sequences, u64 entries of the document index;
 * then, as arrays, i32 lengths in ids, i64 places in bytes, i64 first sequence of each document and one more, the
 * number of sequences. Here every document is one sequence. u16 where the vocabulary is under 65500, the rule of its
 *             DType.optimal_dtype, else i32.
 *   llmc      PREFIX_NNNNNN.bin (dev/data/data_common.py of llm.c): 256 numbers of 4 bytes, first a magic number, a
 * version and the number of ids, then the ids: magic 20240520, version 1 and u16 up to 65536 ids, else 20240801, 7,
 * u32. nanogpt   PREFIX.bin: ids of u16.
 *
 * Memory does not grow with the number of documents: the arrays of an index are written one after the other, the places
 * in a second walk over documents.ll. All files are complete and synced before the first one gets its name.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/option.h"
#include "io/file.h"
#include "ll-shard/export.h"
#include "stream/stats.h"

#define CHUNK 65536u
#define LLMC_TOKENS 100000000u /* a file, as llm.c's own scripts cut */
#define LLMC_HEADER 256
#define FILES_MOST 4000

struct target {
	const char *form;
	unsigned width;
	uint64_t written; /* ids */
	uint32_t ids[CHUNK];
	unsigned char bytes[4 * CHUNK];
};

static void put_chunk(struct target *t, struct ll_out *out, size_t n)
{
	uint32_t high = 0;
	if (t->width == 4) {
		for (size_t i = 0; i < n; i++)
			ll_put32(t->bytes + 4 * i, t->ids[i]);
	} else {
		for (size_t i = 0; i < n; i++) {
			high |= t->ids[i] >> 16;
			ll_put16(t->bytes + 2 * i, (uint16_t)t->ids[i]);
		}
	}
	for (size_t i = 0; high && i < n; i++)
		if (t->ids[i] > UINT16_MAX) {
			ll_hint("llmc has ids of 32 bits for such a vocabulary, megatron too");
			ll_die(LL_EXIT_INPUT, "%s.bin: token %llu has id %u, which does not fit the 16 bits of %s",
			       ll_common.output, (unsigned long long)(t->written + i), t->ids[i], t->form);
		}
	ll_out_write(out, t->bytes, n * t->width);
	t->written += n;
}

/* Tokens [start, start + n) of a dataset. */
static void put_tokens(struct target *t, struct ll_out *out, struct ll_dataset *d, uint64_t start, uint64_t n)
{
	while (n > 0) {
		size_t take = (size_t)LL_MIN(n, (uint64_t)CHUNK);
		ll_dataset_read(d, start, take, t->ids);
		put_chunk(t, out, take);
		start += take;
		n -= take;
	}
}

static struct ll_out *open_file(const char *ending)
{
	char *path = ll_format("%s%s", ll_common.output, ending);
	struct ll_out *out = ll_out_open(path, ll_out_common_flags() | LL_OUT_BINARY);
	ll_free(path);
	return out;
}

static void put64(struct ll_out *out, uint64_t v)
{
	unsigned char bytes[8];
	ll_put64(bytes, v);
	ll_out_write(out, bytes, sizeof(bytes));
}

static void put32(struct ll_out *out, uint32_t v)
{
	unsigned char bytes[4];
	ll_put32(bytes, v);
	ll_out_write(out, bytes, sizeof(bytes));
}

static void export_megatron(struct target *t, struct dataset_walk *walk, struct ll_stats *stats)
{
	struct dataset_walk_document d;
	uint64_t documents = dataset_walk_documents(walk), place = 0;
	t->width = ll_dataset_vocabulary(walk->dataset[0]) < 65500 ? 2 : 4;
	struct ll_out *bin = open_file(".bin"), *index = open_file(".idx");
	ll_out_write(index, "MMIDIDX\0", 9);
	put64(index, 1);
	ll_out_write(index, t->width == 2 ? "\10" : "\4", 1);
	put64(index, documents);
	put64(index, documents + 1);
	while (dataset_walk_next(walk, &d)) {
		put_tokens(t, bin, d.dataset, d.entry.offset, d.entry.length);
		put32(index, (uint32_t)d.entry.length); /* at most LL_RECORD_MAX bytes of ids: far under 2^31 */
		export_count(stats, &d);
	}
	dataset_walk_rewind(walk);
	for (; dataset_walk_next(walk, &d); place += d.entry.length * t->width)
		put64(index, place);
	for (uint64_t i = 0; i <= documents; i++)
		put64(index, i);
	ll_out_sync(index);
	ll_stats_finish(stats, NULL, NULL);
	ll_out_commit(bin);
	ll_out_commit(index);
}

/* All tokens of the datasets as one sequence, cut into the files of llm.c. */
struct llmc {
	struct target *t;
	struct ll_out **out;
	size_t files, opened;
	uint64_t per_file, total, left; /* left: of the file being written */
};

static void llmc_next_file(struct llmc *l)
{
	char ending[32];
	uint32_t header[LLMC_HEADER] = { l->t->width == 2 ? 20240520 : 20240801, l->t->width == 2 ? 1 : 7 };
	if (l->opened)
		ll_out_finish(l->out[l->opened - 1]);
	l->left = LL_MIN(l->per_file, l->total - (uint64_t)l->opened * l->per_file);
	header[2] = (uint32_t)l->left;
	snprintf(ending, sizeof(ending), "_%06zu.bin", l->opened);
	struct ll_out *out = open_file(ending);
	for (size_t i = 0; i < LLMC_HEADER; i++)
		put32(out, header[i]);
	l->out[l->opened++] = out;
}

static void llmc_put(struct llmc *l, struct ll_dataset *d, uint64_t start, uint64_t n)
{
	while (n > 0) {
		if (l->left == 0)
			llmc_next_file(l);
		uint64_t take = LL_MIN(n, l->left);
		put_tokens(l->t, l->out[l->opened - 1], d, start, take);
		start += take;
		n -= take;
		l->left -= take;
	}
}

/* llm.c takes all files that a pattern names: one more of an older export would be read along. */
static void refuse_older_file(size_t files)
{
	char *path = ll_format("%s_%06zu.bin", ll_common.output, files);
	if (ll_path_exists(path)) {
		ll_hint("remove the files of the older export, or choose another -o PREFIX");
		ll_die(LL_EXIT_RESOURCE, "%s: is there, and this export has only %zu file%s", path, files, files == 1 ? "" : "s");
	}
	ll_free(path);
}

static void export_llmc(struct target *t, struct dataset_walk *walk, uint64_t per_file, struct ll_stats *stats)
{
	struct dataset_walk_document d;
	struct llmc l = { .t = t, .per_file = per_file ? per_file : LLMC_TOKENS, .total = dataset_walk_tokens(walk) };
	uint64_t files = LL_MAX((l.total + l.per_file - 1) / l.per_file, (uint64_t)1);
	if (files > FILES_MOST) {
		ll_hint("--tokens-per-file=%llu", (unsigned long long)(l.total / FILES_MOST + 1));
		ll_die(LL_EXIT_USAGE, "%llu files are more than the %d that one export writes",
		       (unsigned long long)files, FILES_MOST);
	}
	l.files = (size_t)files;
	l.out = ll_calloc(l.files, sizeof(struct ll_out *));
	t->width = ll_dataset_vocabulary(walk->dataset[0]) <= 65536 ? 2 : 4;
	refuse_older_file(l.files);
	if (l.total == 0)
		llmc_next_file(&l);
	while (dataset_walk_next(walk, &d)) {
		llmc_put(&l, d.dataset, d.entry.offset, d.entry.length);
		export_count(stats, &d);
	}
	ll_out_finish(l.out[l.opened - 1]);
	if (l.opened != l.files)
		LL_BUG("%zu files of %zu", l.opened, l.files);
	ll_stats_finish(stats, NULL, NULL);
	for (size_t i = 0; i < l.files; i++)
		ll_out_commit(l.out[i]);
	ll_free(l.out);
}

static void export_nanogpt(struct target *t, struct dataset_walk *walk, struct ll_stats *stats)
{
	struct dataset_walk_document d;
	struct ll_out *out = open_file(".bin");
	t->width = 2;
	while (dataset_walk_next(walk, &d)) {
		put_tokens(t, out, d.dataset, d.entry.offset, d.entry.length);
		export_count(stats, &d);
	}
	ll_stats_finish(stats, NULL, NULL);
	ll_out_commit(out);
}

int export_dataset_for(const char *form, uint64_t tokens_per_file, const char *const *dirs, size_t n)
{
	struct dataset_walk walk;
	struct target *t = ll_calloc(1, sizeof(*t));
	if (strcmp(ll_common.output, "-") == 0)
		ll_die(LL_EXIT_USAGE, "-o PREFIX is missing: --to=%s writes files", form);
	if (!*ll_path_base(ll_common.output))
		ll_die(LL_EXIT_USAGE, "-o %s: a prefix of names, such as %scorpus", ll_common.output, ll_common.output);
	if (tokens_per_file && strcmp(form, "llmc") != 0)
		ll_die(LL_EXIT_USAGE, "--tokens-per-file is for --to=llmc: %s has one file", form);
	dataset_walk_open(&walk, dirs, n);
	struct ll_stats *stats = ll_stats_new();
	t->form = form;
	if (strcmp(form, "megatron") == 0)
		export_megatron(t, &walk, stats);
	else if (strcmp(form, "llmc") == 0)
		export_llmc(t, &walk, tokens_per_file, stats);
	else
		export_nanogpt(t, &walk, stats);
	dataset_walk_close(&walk);
	ll_stats_free(stats);
	ll_free(t);
	return LL_EXIT_OK;
}
