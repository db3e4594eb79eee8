/* SPDX-License-Identifier: MIT */
/* import_tokens_trainers.c - the token files of Megatron and llm.c, whose layout export_trainers.c describes, by
 * mapping them. Every size, count and place in them is checked before it is believed. */
#include "ll-shard/import_tokens.h"

#include <string.h>

#include "base/memory.h"
#include "io/file.h"

static void LL_NORETURN bad(const char *path, const char *why)
{
	ll_die(LL_EXIT_INPUT, "%s: %s", path, why);
}

static void add_input(struct token_import *t, const struct ll_map *m)
{
	struct ll_hash128_state *s = ll_hash128_new();
	for (size_t at = 0; at < m->len; at += LL_MIN(LL_MIB, m->len - at))
		ll_hash128_update(s, m->data + at, LL_MIN(LL_MIB, m->len - at));
	ll_lineage_add_input(t->lineage, ll_hash128_digest(s));
	ll_hash128_free(s);
}

/* An empty file cannot be mapped. */
static struct ll_map map_file(const char *path)
{
	struct ll_in *in = ll_in_open(path);
	bool empty = ll_in_is_regular(in) && ll_in_size(in) == 0;
	ll_in_close(in);
	return empty ? (struct ll_map){ .path = ll_strdup(path) } : ll_map_open(path);
}

static void unmap(struct ll_map *m)
{
	if (m->data)
		ll_map_close(m);
	else
		ll_free(m->path);
}

/* ---- Megatron ---- */

enum { HEADER = 9 + 8 + 1 + 8 + 8 };

struct megatron {
	char *bin_path, *index_path;
	struct ll_map bin, index;
	unsigned code, size; /* type of the ids and its bytes */
	uint64_t sequences, entries;
	const unsigned char *lengths, *places, *first; /* arrays in the index, unaligned */
};

/* PREFIX, PREFIX.idx or PREFIX.bin. */
static void name_files(struct megatron *m, const char *path)
{
	size_t len = strlen(path);
	if (len > 4 && (strcmp(path + len - 4, ".idx") == 0 || strcmp(path + len - 4, ".bin") == 0))
		len -= 4;
	m->bin_path = ll_format("%.*s.bin", (int)len, path);
	m->index_path = ll_format("%.*s.idx", (int)len, path);
}

static void read_index(struct megatron *m)
{
	static const unsigned char sizes[] = { 0, 1, 1, 2, 4, 8, 0, 0, 2 };
	const unsigned char *p = m->index.data;
	if (m->index.len >= 8 && memcmp(p, "TNTIDX\0\0", 8) == 0)
		bad(m->index_path, "the older index of fairseq, which is not read");
	if (m->index.len < HEADER || memcmp(p, "MMIDIDX\0", 9) != 0)
		bad(m->index_path, "not an index of Megatron's");
	if (ll_get64(p + 9) != 1)
		ll_die(LL_EXIT_INPUT, "%s: version %llu; version 1 is read", m->index_path,
		       (unsigned long long)ll_get64(p + 9));
	m->code = p[17];
	m->size = m->code < LL_COUNT(sizes) ? sizes[m->code] : 0;
	if (m->size == 0)
		ll_die(LL_EXIT_INPUT, "%s: type %u is none of whole numbers", m->index_path, m->code);
	m->sequences = ll_get64(p + 18);
	m->entries = ll_get64(p + 26);
	uint64_t left = m->index.len - HEADER;
	if (m->sequences > left / 12 || m->entries > (left - 12 * m->sequences) / 8 || m->entries == 0)
		bad(m->index_path, "is shorter than its counts say");
	left -= 12 * m->sequences + 8 * m->entries;
	m->lengths = p + HEADER;
	m->places = m->lengths + 4 * m->sequences;
	m->first = m->places + 8 * m->sequences;
	if (left == m->sequences && left > 0)
		bad(m->index_path, "has the modes of a multimodal dataset, which is not read");
	if (left != 0)
		bad(m->index_path, "is longer than its counts say");
	if (ll_get64(m->first) != 0 || ll_get64(m->first + 8 * (m->entries - 1)) != m->sequences)
		bad(m->index_path, "its documents do not cover its sequences");
}

static uint32_t id_at(const struct megatron *m, const unsigned char *p, uint64_t sequence)
{
	int64_t v = m->code == 8   ? ll_get16(p)
		    : m->code == 1 ? p[0]
		    : m->code == 2 ? (int8_t)p[0]
		    : m->code == 3 ? (int16_t)ll_get16(p)
		    : m->code == 4 ? (int32_t)ll_get32(p)
				   : (int64_t)ll_get64(p);
	if (v < 0 || v > UINT32_MAX)
		ll_die(LL_EXIT_INPUT, "%s: sequence %llu: %lld is no id", m->bin_path, (unsigned long long)sequence,
		       (long long)v);
	return (uint32_t)v;
}

/* Where a sequence lies in .bin; *n gets its length. */
static const unsigned char *sequence_at(const struct megatron *m, uint64_t i, uint64_t *n)
{
	int32_t length = (int32_t)ll_get32(m->lengths + 4 * i);
	uint64_t place = ll_get64(m->places + 8 * i);
	if (length < 0 || place > m->bin.len || (uint64_t)length * m->size > m->bin.len - place)
		ll_die(LL_EXIT_INPUT, "%s: sequence %llu lies outside of %s", m->index_path, (unsigned long long)i,
		       m->bin_path);
	*n = (uint64_t)length;
	return m->bin.data + place;
}

/* The sequences [from, to) as one document, without an end-of-text token at its end. */
static void take_document(struct token_import *t, const struct megatron *m, uint64_t from, uint64_t to, uint64_t number)
{
	struct token_place place = { m->bin_path, number };
	uint64_t total = 0, n;
	for (uint64_t i = from; i < to; i++) {
		sequence_at(m, i, &n);
		total += n;
	}
	if (!token_import_fits(t, total)) {
		token_import_too_long(t, total, place);
		return;
	}
	t->ids.len = 0;
	LL_GROW(t->ids.id, t->ids.cap, total + 1);
	for (uint64_t i = from; i < to; i++) {
		const unsigned char *p = sequence_at(m, i, &n);
		for (uint64_t k = 0; k < n; k++, p += m->size)
			t->ids.id[t->ids.len++] = id_at(m, p, i);
	}
	if (t->ids.len && t->ids.id[t->ids.len - 1] == t->eot)
		t->ids.len--;
	token_import_document(t, ll_str("", 0), ll_str("", 0), place);
}

void import_megatron(struct token_import *t, const char *path)
{
	struct megatron m = { 0 };
	name_files(&m, path);
	m.index = map_file(m.index_path);
	m.bin = map_file(m.bin_path);
	read_index(&m);
	for (uint64_t i = 0, from = 0; i + 1 < m.entries; i++) {
		uint64_t to = ll_get64(m.first + 8 * (i + 1));
		if (to < from || to > m.sequences)
			bad(m.index_path, "its documents are not in order");
		take_document(t, &m, from, to, i + 1);
		from = to;
	}
	add_input(t, &m.index);
	add_input(t, &m.bin);
	unmap(&m.index);
	unmap(&m.bin);
	ll_free(m.bin_path);
	ll_free(m.index_path);
}

/* ---- llm.c ---- */

struct llmc {
	const char *const *files;
	struct ll_map *map;
	size_t n;
	unsigned width;
};

static void open_llmc(struct llmc *l, size_t i)
{
	struct ll_map m = map_file(l->files[i]);
	uint32_t magic = m.len >= 1024 ? ll_get32(m.data) : 0, version = magic ? ll_get32(m.data + 4) : 0;
	unsigned width = magic == 20240520 && version == 1 ? 2 : magic == 20240801 && version == 7 ? 4 : 0;
	if (magic == 20240522)
		bad(l->files[i], "a file of llm.c with questions, not with tokens");
	if (width == 0)
		bad(l->files[i], "not a token file of llm.c (20240520 version 1 or 20240801 version 7)");
	uint64_t count = ll_get32(m.data + 8);
	if (count > INT32_MAX || m.len != 1024 + count * width)
		ll_die(LL_EXIT_INPUT, "%s: %zu bytes where its header says %llu tokens", l->files[i], m.len,
		       (unsigned long long)count);
	if (i > 0 && width != l->width)
		bad(l->files[i], "ids of another size than in the file before");
	l->width = width;
	l->map[i] = m;
}

static uint64_t tokens_of(const struct llmc *l, size_t file)
{
	return (l->map[file].len - 1024) / l->width;
}

static uint32_t token_of(const struct llmc *l, size_t file, uint64_t i)
{
	const unsigned char *p = l->map[file].data + 1024 + i * l->width;
	return l->width == 2 ? ll_get16(p) : ll_get32(p);
}

/* Whether end-of-text stands before each document, as the scripts of llm.c write it, or after it, as ll-shard does:
 * before when it is the first token of all and not the last. */
static bool marks_before(const struct llmc *l, int64_t eot)
{
	size_t first = 0, last = l->n;
	while (first < l->n && tokens_of(l, first) == 0)
		first++;
	while (last > first && tokens_of(l, last - 1) == 0)
		last--;
	return first < last && token_of(l, first, 0) == eot && token_of(l, last - 1, tokens_of(l, last - 1) - 1) != eot;
}

struct llmc_document {
	uint64_t tokens; /* seen; t->ids holds them unless they are too many */
	struct token_place place;
	bool open;
};

static void end_document(struct token_import *t, struct llmc_document *d)
{
	if (!d->open)
		return;
	if (token_import_fits(t, d->tokens))
		token_import_document(t, ll_str("", 0), ll_str("", 0), d->place);
	else
		token_import_too_long(t, d->tokens, d->place);
	d->open = false;
}

static void begin_document(struct token_import *t, struct llmc_document *d, const char *path, uint64_t *number)
{
	t->ids.len = 0;
	*d = (struct llmc_document){ .place = { path, ++*number }, .open = true };
}

void import_llmc(struct token_import *t, const char *const *files, size_t n)
{
	struct llmc l = { .files = files, .n = n, .map = ll_calloc(n, sizeof(*l.map)) };
	struct llmc_document d = { 0 };
	if (t->eot < 0) {
		ll_hint("llm.c separates documents by the end-of-text token alone");
		bad(t->options->model, "has no end-of-text token to cut documents at");
	}
	for (size_t i = 0; i < n; i++)
		open_llmc(&l, i);
	bool before = marks_before(&l, t->eot);
	for (size_t i = 0; i < n; i++) {
		uint64_t number = 0, tokens = tokens_of(&l, i);
		for (uint64_t k = 0; k < tokens; k++) {
			uint32_t id = token_of(&l, i, k);
			bool mark = id == t->eot;
			if (!d.open || (mark && before)) {
				end_document(t, &d);
				begin_document(t, &d, files[i], &number);
			}
			if (mark) {
				if (!before)
					end_document(t, &d);
				continue;
			}
			d.tokens++;
			if (!token_import_fits(t, d.tokens))
				continue;
			LL_GROW(t->ids.id, t->ids.cap, t->ids.len + 1);
			t->ids.id[t->ids.len++] = id;
		}
	}
	end_document(t, &d);
	for (size_t i = 0; i < n; i++) {
		add_input(t, &l.map[i]);
		unmap(&l.map[i]);
	}
	ll_free(l.map);
}
