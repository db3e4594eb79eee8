/* SPDX-License-Identifier: MIT */
#include "ll-bpe/counts_stream.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-bpe/piece_tally.h"
#include "stream/frame.h"
#include "text/unicode.h"

#define FIXED 20u

/* ---- what was counted ---- */

static void check_key(char **have, const struct ll_header *header, const char *key, const char *file)
{
	char *value = ll_header_get(header, key);
	if (!value)
		ll_die(LL_EXIT_INPUT, "%s: counts without the key %s in their header", ll_path_shown(file), key);
	if (*have && strcmp(*have, value) != 0) {
		ll_hint("counts add up only when they were made alike");
		ll_die(LL_EXIT_INPUT, "%s: counts of %s=%s where %s=%s is needed", ll_path_shown(file), key, value, key, *have);
	}
	ll_free(*have);
	*have = value;
}

void counts_kind_check(struct counts_kind *k, const struct ll_header *header, const char *file)
{
	if (!k->unicode)
		k->unicode = ll_strdup(LL_UNICODE_VERSION);
	check_key(&k->unicode, header, "unicode", file);
	check_key(&k->pretokenizer, header, "pretokenizer", file);
	check_key(&k->splitting, header, "splitting", file);
	check_key(&k->normalizer, header, "normalizer", file);
	check_key(&k->lines, header, "lines", file);
	if (strcmp(k->lines, "true") != 0 && strcmp(k->lines, "false") != 0)
		ll_die(LL_EXIT_INPUT, "%s: lines=%s in the header of counts", ll_path_shown(file), k->lines);
}

void counts_kind_finish(struct counts_kind *k, bool text, bool lines)
{
	const char *ours = lines ? "true" : "false";
	if (text && k->lines && strcmp(k->lines, ours) != 0)
		ll_die(LL_EXIT_INPUT, "counts of lines=%s beside text of lines=%s", k->lines, ours);
	if (!k->lines)
		k->lines = ll_strdup(ours);
	if (!k->unicode)
		k->unicode = ll_strdup(LL_UNICODE_VERSION);
}

void counts_kind_free(struct counts_kind *k)
{
	ll_free(k->pretokenizer);
	ll_free(k->splitting);
	ll_free(k->normalizer);
	ll_free(k->unicode);
	ll_free(k->lines);
	*k = (struct counts_kind){ 0 };
}

static void put_key(struct ll_buf *out, const char *key, const char *value)
{
	ll_buf_printf(out, "%s=", key);
	for (; *value; value++) {
		if (*value == '\n' || *value == '\\')
			ll_buf_putc(out, '\\');
		ll_buf_putc(out, *value == '\n' ? 'n' : *value);
	}
	ll_buf_putc(out, '\n');
}

struct ll_header counts_kind_header(const struct counts_kind *k)
{
	struct ll_buf keys = { 0 };
	put_key(&keys, "lines", k->lines);
	put_key(&keys, "normalizer", k->normalizer);
	put_key(&keys, "pretokenizer", k->pretokenizer);
	put_key(&keys, "splitting", k->splitting);
	put_key(&keys, "unicode", k->unicode);
	struct ll_header h = ll_header_new("counts", 1, ll_buf_cstr(&keys));
	ll_buf_free(&keys);
	return h;
}

/* ---- records ---- */

int counts_record_get(const unsigned char *record, size_t len, struct counts_record *out, struct ll_err *err)
{
	size_t name = len > FIXED ? ll_get32(record + 16) : 0;
	if (len <= FIXED || ll_get32(record + 4) != len - 8 || name >= len - FIXED)
		return ll_err_set(err, "not a record of counts");
	out->count = ll_get64(record + 8);
	out->name = ll_str((const char *)record + FIXED, name);
	out->piece = ll_str((const char *)record + FIXED + name, len - FIXED - name);
	return 0;
}

void counts_record_put(struct ll_writer *w, const struct counts_record *r, struct ll_buf *scratch)
{
	size_t size = FIXED + r->name.len + r->piece.len;
	if (size > LL_RECORD_MAX)
		ll_die(LL_EXIT_RESOURCE, "a pre-token of %zu bytes is longer than a record may be", r->piece.len);
	ll_buf_clear(scratch);
	ll_buf_put32(scratch, (uint32_t)size);
	ll_buf_put32(scratch, (uint32_t)size - 8);
	ll_buf_put64(scratch, r->count);
	ll_buf_put32(scratch, (uint32_t)r->name.len);
	ll_buf_add_str(scratch, r->name);
	ll_buf_add_str(scratch, r->piece);
	ll_writer_put(w, scratch->data, scratch->len);
}

/* ---- groups ---- */

struct group_names {
	pthread_mutex_t lock;
	struct ll_buf text;
	struct {
		size_t at, len;
	} *name;
	size_t names, names_cap;
	uint32_t *slot; /* hash table of numbers; UINT32_MAX: empty */
	size_t slots;
};

struct ll_str group_names_text(const struct group_names *g, uint32_t number)
{
	return ll_str(g->text.data + g->name[number].at, g->name[number].len);
}

static uint32_t *find(const struct group_names *g, struct ll_str name)
{
	for (size_t i = ll_hash64(name.data, name.len);; i++) {
		uint32_t *slot = &g->slot[i & (g->slots - 1)];
		if (*slot == UINT32_MAX || ll_str_eq(group_names_text(g, *slot), name))
			return slot;
	}
}

uint32_t group_names_number(struct group_names *g, struct ll_str name)
{
	pthread_mutex_lock(&g->lock);
	if (2 * (g->names + 1) > g->slots) {
		g->slots = g->slots ? 2 * g->slots : 64;
		ll_free(g->slot);
		g->slot = ll_malloc(g->slots * sizeof *g->slot);
		memset(g->slot, 0xff, g->slots * sizeof *g->slot);
		for (size_t i = 0; i < g->names; i++)
			*find(g, group_names_text(g, (uint32_t)i)) = (uint32_t)i;
	}
	uint32_t *slot = find(g, name), number = *slot;
	if (number == UINT32_MAX) {
		if (g->names == TALLY_GROUPS_MAX)
			ll_die(LL_EXIT_RESOURCE, "more than %u groups", TALLY_GROUPS_MAX);
		LL_GROW(g->name, g->names_cap, g->names + 1);
		g->name[g->names].at = g->text.len;
		g->name[g->names].len = name.len;
		ll_buf_add_str(&g->text, name);
		*slot = number = (uint32_t)g->names++;
	}
	pthread_mutex_unlock(&g->lock);
	return number;
}

struct group_names *group_names_new(void)
{
	struct group_names *g = ll_calloc(1, sizeof *g);
	pthread_mutex_init(&g->lock, NULL);
	ll_buf_reserve(&g->text, 1);
	group_names_number(g, ll_str("", 0));
	return g;
}

uint32_t group_names_count(const struct group_names *g)
{
	return (uint32_t)g->names;
}

void group_names_free(struct group_names *g)
{
	pthread_mutex_destroy(&g->lock);
	ll_buf_free(&g->text);
	ll_free(g->name);
	ll_free(g->slot);
	ll_free(g);
}

/* ---- all of it ---- */

static const struct group_names *names_by_rank; /* for qsort */

static int by_name(const void *a, const void *b)
{
	struct ll_str x = group_names_text(names_by_rank, *(const uint32_t *)a),
		      y = group_names_text(names_by_rank, *(const uint32_t *)b);
	int c = memcmp(x.data, y.data, LL_MIN(x.len, y.len));
	return c ? c : (x.len > y.len) - (x.len < y.len);
}

/* The rank of every group's number among the sorted names, and the other way round. */
static void rank_names(const struct group_names *names, uint32_t **rank, uint32_t **number)
{
	*rank = ll_malloc(names->names * sizeof **rank);
	*number = ll_malloc(names->names * sizeof **number);
	for (size_t i = 0; i < names->names; i++)
		(*number)[i] = (uint32_t)i;
	names_by_rank = names;
	qsort(*number, names->names, sizeof **number, by_name);
	for (size_t i = 0; i < names->names; i++)
		(*rank)[(*number)[i]] = (uint32_t)i;
}

static int by_number(const void *a, const void *b)
{
	const struct tally_part *x = a, *y = b;
	return (x->group > y->group) - (x->group < y->group);
}

uint64_t counts_write_all(struct ll_writer *w, struct tally *t, const struct group_names *names)
{
	uint32_t *rank, *number;
	struct ll_buf scratch = { 0 };
	struct ll_str piece;
	struct tally_part *part;
	size_t parts;
	uint64_t pieces = 0;
	rank_names(names, &rank, &number);
	for (; tally_next(t, &piece, &part, &parts); pieces++) {
		for (size_t i = 0; i < parts; i++)
			part[i].group = rank[part[i].group];
		if (parts > 1)
			qsort(part, parts, sizeof *part, by_number);
		for (size_t i = 0; i < parts; i++) {
			if (part[i].count > INT64_MAX)
				ll_die(LL_EXIT_RESOURCE, "a count above 2^63");
			counts_record_put(w,
					  &(struct counts_record){ group_names_text(names, number[part[i].group]), piece,
								   part[i].count },
					  &scratch);
		}
	}
	ll_buf_free(&scratch);
	ll_free(rank);
	ll_free(number);
	return pieces;
}
