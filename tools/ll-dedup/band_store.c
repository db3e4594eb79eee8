/* SPDX-License-Identifier: MIT */
#include "ll-dedup/band_store.h"

#include <stdio.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/file.h"
#include "io/sort.h"

#define CHUNK_MIN 512u
#define CHUNK_MAX (256u * 1024)

struct chunk {
	unsigned char *data; /* NULL: in the file */
	uint64_t offset;
};

struct band {
	struct chunk *chunk;
	size_t len, cap;
	unsigned char *open; /* the chunk being filled */
	size_t filled;
};

struct band_store {
	uint32_t first, bands;
	struct band *band;
	uint64_t memory, used, documents, file_bytes;
	size_t chunk_bytes;
	int fd; /* -1: none yet */
	char name[300];
};

struct band_store *band_store_new(uint32_t first, uint32_t last, uint64_t memory)
{
	struct band_store *s = ll_calloc(1, sizeof(*s));

	s->first = first;
	s->bands = last - first + 1;
	s->band = ll_calloc(s->bands, sizeof(*s->band));
	s->memory = memory;
	s->fd = -1;
	s->chunk_bytes = CHUNK_MIN;
	while (s->chunk_bytes < CHUNK_MAX && s->chunk_bytes * 16 * s->bands < memory)
		s->chunk_bytes *= 2;
	return s;
}

static struct chunk write_chunk(struct band_store *s, const unsigned char *data)
{
	struct chunk c = { NULL, s->file_bytes };

	if (s->fd < 0) {
		s->fd = ll_temp_file("band hashes");
		snprintf(s->name, sizeof(s->name), "%s: temporary file for band hashes", ll_tmpdir());
	}
	ll_pwrite_full(s->fd, data, s->chunk_bytes, s->file_bytes, s->name);
	s->file_bytes += s->chunk_bytes;
	return c;
}

/* A full chunk stays where it is, or goes to the file when half of the share is used. */
static void put_away(struct band_store *s, struct band *b)
{
	LL_GROW(b->chunk, b->cap, b->len + 1);
	struct chunk *c = &b->chunk[b->len++];
	if (s->used + s->chunk_bytes <= s->memory / 2) {
		*c = (struct chunk){ b->open, 0 };
		s->used += s->chunk_bytes;
		b->open = NULL;
		return;
	}
	*c = write_chunk(s, b->open);
}

void band_store_make_room(struct band_store *s)
{
	if (s->used < s->memory / 8)
		return;
	for (uint32_t i = 0; i < s->bands; i++)
		for (struct chunk *c = s->band[i].chunk, *end = c + s->band[i].len; c < end; c++)
			if (c->data) {
				unsigned char *data = c->data;
				*c = write_chunk(s, data);
				ll_free(data);
			}
	s->used = 0;
}

void band_store_add(struct band_store *s, const unsigned char *bands)
{
	for (uint32_t i = 0; i < s->bands; i++) {
		struct band *b = &s->band[i];
		if (!b->open)
			b->open = ll_malloc(s->chunk_bytes);
		memcpy(b->open + b->filled, bands + 8 * (size_t)(s->first + i), 8);
		b->filled += 8;
		if (b->filled == s->chunk_bytes) {
			put_away(s, b);
			b->filled = 0;
		}
	}
	s->documents++;
}

static void add_hashes(struct ll_sorter *sorter, const unsigned char *hashes, size_t bytes, uint32_t *document)
{
	for (size_t i = 0; i < bytes; i += 8) {
		unsigned char record[12];
		memcpy(record, hashes + i, 8);
		memcpy(record + 8, document, 4);
		ll_sorter_add(sorter, record);
		++*document;
	}
}

/* Equal hashes stand together, documents of each ascending. */
static struct ll_sorter *sort_band(struct band_store *s, struct band *b)
{
	struct ll_sorter *sorter = ll_sorter_new(12, 8, s->memory - LL_MIN(s->used, s->memory / 2), "the hashes of a band");
	unsigned char *buffer = ll_malloc(s->chunk_bytes);
	uint32_t document = 0;

	for (size_t i = 0; i < b->len; i++) {
		struct chunk *c = &b->chunk[i];
		if (!c->data)
			ll_pread_full(s->fd, buffer, s->chunk_bytes, c->offset, s->name);
		add_hashes(sorter, c->data ? c->data : buffer, s->chunk_bytes, &document);
		if (c->data)
			s->used -= s->chunk_bytes;
		ll_free(c->data);
		c->data = NULL;
	}
	add_hashes(sorter, b->open, b->filled, &document);
	ll_free(buffer);
	ll_free(b->open);
	ll_free(b->chunk);
	*b = (struct band){ 0 };
	ll_sorter_finish(sorter);
	return sorter;
}

void band_store_pairs(struct band_store *s, void (*pair)(void *context, uint32_t first, uint32_t other), void *context)
{
	for (uint32_t i = 0; i < s->bands; i++) {
		struct ll_sorter *sorter = sort_band(s, &s->band[i]);
		const unsigned char *record;
		unsigned char hash[8];
		uint32_t first = 0, document;
		bool any = false;

		while ((record = ll_sorter_next(sorter)) != NULL) {
			memcpy(&document, record + 8, 4);
			if (any && memcmp(hash, record, 8) == 0) {
				pair(context, first, document);
				continue;
			}
			memcpy(hash, record, 8);
			first = document;
			any = true;
		}
		ll_sorter_free(sorter);
	}
}

void band_store_free(struct band_store *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->bands; i++) {
		for (size_t k = 0; k < s->band[i].len; k++)
			ll_free(s->band[i].chunk[k].data);
		ll_free(s->band[i].chunk);
		ll_free(s->band[i].open);
	}
	if (s->fd >= 0)
		close(s->fd);
	ll_free(s->band);
	ll_free(s);
}
