/* SPDX-License-Identifier: MIT */
#include "ll-bpe/piece_tally.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/thread.h"
#include "io/sort.h"

#define TABLE_BITS 6u /* log2(TALLY_TABLES) */
#define OWN_SLOTS_MOST ((size_t)1 << 15) /* 768 KiB: what a level 2 cache holds */
#define OWN_SLOTS_LEAST ((size_t)1 << 8)
#define SHARED_SLOTS_FIRST ((size_t)1 << 6)
#define GROUP_BYTES 3u /* a group's number before the bytes of a piece */
#define OWN_BYTES_MOST LL_MIB /* of long pieces */
#define AHEAD 8u

struct tally {
	struct piece_counts table[TALLY_TABLES];
	pthread_mutex_t lock[TALLY_TABLES], sorting;
	_Atomic uint64_t size; /* bytes of all tables */
	uint64_t share, sorter_share;
	size_t own_slots;
	bool grouped;
	struct ll_sorter *sorter; /* NULL until the first spill */
	bool sorted;
	struct ll_str key, payload; /* of the sorter: the next one */
	bool more;
	struct ll_buf piece;
	struct tally_part *part;
	size_t parts_cap;
};

struct tally_worker {
	struct tally *tally;
	struct piece_counts own;
	struct ll_buf named; /* a long piece after its group's number */
	struct ll_piece key[TALLY_BATCH];
	uint64_t hash[TALLY_BATCH];
};

struct tally *tally_new(bool grouped)
{
	struct tally *t = ll_calloc(1, sizeof *t);
	uint64_t left = ll_memory_left();
	t->grouped = grouped;
	t->own_slots = OWN_SLOTS_MOST;
	while (t->own_slots > OWN_SLOTS_LEAST &&
	       t->own_slots * sizeof(struct piece_count) * (uint64_t)ll_threads() > left / 16)
		t->own_slots /= 2;
	t->share = left / 8 * 3;
	t->sorter_share = left / 4;
	pthread_mutex_init(&t->sorting, NULL);
	for (size_t i = 0; i < TALLY_TABLES; i++) {
		piece_counts_init(&t->table[i], SHARED_SLOTS_FIRST, TABLE_BITS);
		pthread_mutex_init(&t->lock[i], NULL);
		t->size += t->table[i].claimed;
	}
	return t;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < TALLY_TABLES; i++) {
		piece_counts_free(&t->table[i]);
		pthread_mutex_destroy(&t->lock[i]);
	}
	pthread_mutex_destroy(&t->sorting);
	ll_sorter_free(t->sorter);
	ll_buf_free(&t->piece);
	ll_free(t->part);
	ll_free(t);
}

/* ---- from the shared tables to the sorter ---- */

static void sort_table(struct tally *t, struct piece_counts *table)
{
	for (size_t i = 0; i < table->slots; i++) {
		const struct piece_count *s = &table->slot[i];
		if (!piece_counts_used(s))
			continue;
		char payload[8 + GROUP_BYTES], room[16];
		struct ll_str piece = piece_counts_bytes(table, s, room);
		size_t group = t->grouped ? GROUP_BYTES : 0;
		ll_put64(payload, s->count);
		memcpy(payload + 8, piece.data, group);
		ll_sorter_add_string(t->sorter, ll_str(piece.data + group, piece.len - group), payload, 8 + group);
	}
}

/* Moves all tables into the sorter; the caller holds no table. */
static void spill(struct tally *t)
{
	pthread_mutex_lock(&t->sorting);
	if (t->size > t->share / 2) { /* else another thread was here just before */
		if (!t->sorter)
			t->sorter = ll_sorter_new_strings(t->sorter_share, "counting pre-tokens");
		for (size_t i = 0; i < TALLY_TABLES; i++) {
			struct piece_counts *table = &t->table[i];
			pthread_mutex_lock(&t->lock[i]);
			sort_table(t, table);
			t->size -= table->claimed;
			piece_counts_free(table);
			piece_counts_init(table, SHARED_SLOTS_FIRST, TABLE_BITS);
			t->size += table->claimed;
			pthread_mutex_unlock(&t->lock[i]);
		}
	}
	pthread_mutex_unlock(&t->sorting);
}

/* ---- from a worker to the shared tables ---- */

/* Bytes that the table grows by if it needs to for one more piece of that length. */
static uint64_t growth(const struct piece_counts *t, size_t len)
{
	uint64_t need = 0;
	if (t->used >= piece_counts_room(t))
		need += 2 * t->slots * sizeof *t->slot;
	if (len > LL_PIECE_SHORT && t->bytes.cap - t->bytes.len < len + 4)
		need += t->bytes.cap / 2 + len + 64;
	return need;
}

static void share_one(struct tally *t, size_t i, const struct piece_counts *own, const struct piece_count *s)
{
	struct piece_counts *table = &t->table[i];
	char room[16];
	struct ll_str piece = piece_counts_bytes(own, s, room);
	uint64_t more = growth(table, piece.len);
	if (LL_UNLIKELY(more)) {
		if (t->size + more > t->share && t->size > t->share / 2) {
			pthread_mutex_unlock(&t->lock[i]);
			spill(t);
			pthread_mutex_lock(&t->lock[i]);
		}
		if (table->used >= piece_counts_room(table)) {
			uint64_t before = table->claimed;
			piece_counts_grow(table);
			t->size += table->claimed - before;
		}
	}
	if (LL_LIKELY(s->key.high < PIECE_LONG)) {
		piece_counts_add(table, s->key, ll_piece_hash(s->key), s->count);
		return;
	}
	uint64_t before = table->claimed;
	piece_counts_add_long(table, piece, s->key.low, s->count);
	t->size += table->claimed - before;
}

static void share_some(struct tally *t, const struct piece_counts *own, const struct piece_count *const *some, size_t n)
{
	size_t i = piece_counts_hash(some[0]) >> (64 - TABLE_BITS);
	pthread_mutex_lock(&t->lock[i]);
	for (size_t k = 0; k < n; k++) {
		if (k + AHEAD < n)
			__builtin_prefetch(piece_counts_home(&t->table[i], piece_counts_hash(some[k + AHEAD])));
		share_one(t, i, own, some[k]);
	}
	pthread_mutex_unlock(&t->lock[i]);
}

static void share_all(struct tally *t, struct piece_counts *own)
{
	const struct piece_count *some[TALLY_BATCH];
	size_t n = 0, table = 0;
	for (size_t i = 0; i < own->slots; i++) {
		const struct piece_count *s = &own->slot[i];
		if (!piece_counts_used(s))
			continue;
		size_t to = piece_counts_hash(s) >> (64 - TABLE_BITS);
		if (n && (to != table || n == LL_COUNT(some))) {
			share_some(t, own, some, n);
			n = 0;
		}
		table = to;
		some[n++] = s;
	}
	if (n)
		share_some(t, own, some, n);
	piece_counts_clear(own);
}

/* ---- workers ---- */

struct tally_worker *tally_worker_new(struct tally *t)
{
	struct tally_worker *w = ll_malloc(sizeof *w);
	w->tally = t;
	w->named = (struct ll_buf){ 0 };
	piece_counts_init(&w->own, t->own_slots, 0);
	return w;
}

void tally_worker_free(struct tally_worker *w)
{
	share_all(w->tally, &w->own);
	piece_counts_free(&w->own);
	ll_buf_free(&w->named);
	ll_free(w);
}

static struct ll_piece in_group(struct ll_piece k, uint32_t group)
{
	uint64_t length = (k.high >> 56) + GROUP_BYTES;
	k.high = (k.high & ~PIECE_LONG) << 24 | k.low >> 40 | length << 56;
	k.low = k.low << 24 | group;
	return k;
}

static void add_long(struct tally_worker *w, struct ll_str piece, uint32_t group, uint64_t count)
{
	if (w->own.bytes.len > OWN_BYTES_MOST)
		share_all(w->tally, &w->own);
	if (w->tally->grouped) {
		char number[4];
		ll_put32(number, group);
		ll_buf_clear(&w->named);
		ll_buf_add(&w->named, number, GROUP_BYTES);
		ll_buf_add_str(&w->named, piece);
		piece = ll_buf_str(&w->named);
	}
	piece_counts_add_long(&w->own, piece, ll_hash64(piece.data, piece.len), count);
}

void tally_add(struct tally_worker *w, struct ll_str text, size_t at, const size_t *end, size_t n, uint32_t group)
{
	const char *stop = text.data + text.len;
	bool grouped = w->tally->grouped;
	size_t short_most = LL_PIECE_SHORT - (grouped ? GROUP_BYTES : 0), start = at;
	for (size_t i = 0; i < n; start = end[i++]) {
		size_t len = end[i] - start;
		if (LL_UNLIKELY(len > short_most)) {
			w->key[i].high = 0;
			continue;
		}
		struct ll_piece key = ll_piece_pack(text.data + start, len, stop);
		if (grouped)
			key = in_group(key, group);
		w->key[i] = key;
		w->hash[i] = ll_piece_hash(key);
		__builtin_prefetch(piece_counts_home(&w->own, w->hash[i]));
	}
	start = at;
	for (size_t i = 0; i < n; start = end[i++]) {
		if (LL_UNLIKELY(w->own.used >= piece_counts_room(&w->own)))
			share_all(w->tally, &w->own);
		if (LL_UNLIKELY(w->key[i].high == 0))
			add_long(w, ll_str(text.data + start, end[i] - start), group, 1);
		else
			piece_counts_add(&w->own, w->key[i], w->hash[i], 1);
	}
}

void tally_add_count(struct tally_worker *w, struct ll_str piece, uint32_t group, uint64_t count)
{
	bool grouped = w->tally->grouped;
	if (w->own.used >= piece_counts_room(&w->own))
		share_all(w->tally, &w->own);
	if (piece.len > LL_PIECE_SHORT - (grouped ? GROUP_BYTES : 0)) {
		add_long(w, piece, group, count);
		return;
	}
	struct ll_piece key = ll_piece_pack(piece.data, piece.len, piece.data + piece.len);
	if (grouped)
		key = in_group(key, group);
	piece_counts_add(&w->own, key, ll_piece_hash(key), count);
}

/* ---- results ---- */

bool tally_spilled(const struct tally *t)
{
	return t->sorter != NULL;
}

const struct piece_counts *tally_table(const struct tally *t, size_t i)
{
	return &t->table[i];
}

uint64_t tally_bytes(const struct tally *t)
{
	return t->size;
}

void tally_table_free(struct tally *t, size_t i)
{
	t->size -= t->table[i].claimed;
	piece_counts_free(&t->table[i]);
}

static void sort_all(struct tally *t)
{
	if (!t->sorter)
		t->sorter = ll_sorter_new_strings(t->sorter_share + t->share / 4, "sorting pre-tokens");
	for (size_t i = 0; i < TALLY_TABLES; i++) {
		sort_table(t, &t->table[i]);
		tally_table_free(t, i);
	}
	ll_sorter_finish(t->sorter);
	t->more = ll_sorter_next_string(t->sorter, &t->key, &t->payload);
	t->sorted = true;
}

static int by_group(const void *a, const void *b)
{
	const struct tally_part *x = a, *y = b;
	return (x->group > y->group) - (x->group < y->group);
}

bool tally_next(struct tally *t, struct ll_str *piece, struct tally_part **part, size_t *parts)
{
	size_t n = 0, kept = 0;
	if (!t->sorted)
		sort_all(t);
	if (!t->more)
		return false;
	ll_buf_clear(&t->piece);
	ll_buf_add_str(&t->piece, t->key);
	do {
		struct tally_part p = { 0, ll_get64(t->payload.data) };
		if (t->grouped)
			p.group = ll_get16(t->payload.data + 8) |
				  (uint32_t)(unsigned char)t->payload.data[8 + GROUP_BYTES - 1] << 16;
		LL_GROW(t->part, t->parts_cap, n + 1);
		t->part[n++] = p;
		t->more = ll_sorter_next_string(t->sorter, &t->key, &t->payload);
	} while (t->more && ll_str_eq(t->key, ll_buf_str(&t->piece)));
	if (n > 1)
		qsort(t->part, n, sizeof *t->part, by_group);
	for (size_t i = 1; i < n; i++) {
		if (t->part[i].group == t->part[kept].group)
			t->part[kept].count = piece_counts_sum(t->part[kept].count, t->part[i].count);
		else
			t->part[++kept] = t->part[i];
	}
	*piece = ll_buf_str(&t->piece);
	*part = t->part;
	*parts = kept + 1;
	return true;
}
