/* SPDX-License-Identifier: MIT */
#include "ll-decontam/gram_table.h"

#include "base/memory.h"
#include "stream/reader.h"

static uint32_t file_number(struct gram_table *t, const char *name, size_t len)
{
	for (size_t i = t->files; i-- > 0;)
		if (strlen(t->file[i]) == len && memcmp(t->file[i], name, len) == 0)
			return (uint32_t)i;
	LL_GROW(t->file, t->files_cap, t->files + 1);
	t->file[t->files] = ll_strndup(name, len);
	return (uint32_t)t->files++;
}

static void add_length(struct gram_table *t, uint32_t words, const struct ll_reader *r)
{
	size_t at = 0;

	while (at < t->lengths && t->length[at] > words)
		at++;
	if (at < t->lengths && t->length[at] == words)
		return;
	if (t->lengths == GRAM_LENGTHS_MAX || words == 0)
		ll_die(LL_EXIT_INPUT, "%s: an n-gram of %u words; at most %d lengths together", ll_reader_where(r),
		       words, GRAM_LENGTHS_MAX);
	memmove(t->length + at + 1, t->length + at, (t->lengths - at) * sizeof(*t->length));
	t->length[at] = words;
	t->lengths++;
}

static void add_gram(struct gram_table *t, struct gram gram)
{
	if (t->len == UINT32_MAX - 1)
		ll_die(LL_EXIT_RESOURCE, "more than 2^32 n-grams");
	if (t->len == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 1024;
		ll_memory_claim((cap - t->cap) * sizeof(*t->gram), "the n-grams of the index");
		t->gram = ll_realloc(t->gram, cap * sizeof(*t->gram));
		t->cap = cap;
	}
	t->gram[t->len++] = gram;
}

static size_t first_slot(const struct gram_table *t, uint64_t hash, uint32_t words)
{
	return (size_t)(hash + words) & (t->slots - 1); /* the hash is mixed already */
}

const struct gram *gram_table_find(const struct gram_table *t, uint64_t hash, uint32_t words)
{
	for (size_t i = first_slot(t, hash, words); t->slot[i]; i = (i + 1) & (t->slots - 1)) {
		const struct gram *g = &t->gram[t->slot[i] - 1];
		if (g->hash == hash && g->words == words)
			return g;
	}
	return NULL;
}

static void make_slots(struct gram_table *t)
{
	for (t->slots = 16; t->slots < 2 * t->len;)
		t->slots *= 2;
	ll_memory_claim(t->slots * sizeof(*t->slot), "the table of the index");
	t->slot = ll_calloc(t->slots, sizeof(*t->slot));
	for (size_t n = 0; n < t->len; n++) {
		const struct gram *g = &t->gram[n];
		if (gram_table_find(t, g->hash, g->words))
			continue; /* another index has it already */
		size_t i = first_slot(t, g->hash, g->words);
		while (t->slot[i])
			i = (i + 1) & (t->slots - 1);
		t->slot[i] = (uint32_t)n + 1;
	}
}

static void check_header(void *unused, const struct ll_segment *s)
{
	char *hash = ll_header_get(s->header, "hash");

	(void)unused;
	if (!hash || strcmp(hash, "2") != 0) {
		ll_hint("make it anew with ll-decontam build");
		ll_die(LL_EXIT_INPUT, "the index has hashes of another version of lltools");
	}
	ll_free(hash);
}

void gram_table_load(struct gram_table *t, const char *const *files, size_t n)
{
	struct ll_reader *r = ll_reader_open(files, n, "ngrams");
	const unsigned char *p;
	size_t len;

	ll_reader_on_segment(r, check_header, NULL);
	while ((p = ll_reader_next(r, &len))) {
		if (len < GRAM_FIXED || ll_get32(p + 4) != len - 8)
			ll_die(LL_EXIT_INPUT, "%s: an n-gram record of %zu bytes is damaged", ll_reader_where(r), len);
		struct gram g = { .hash = ll_get64(p + 8), .words = ll_get32(p + 16), .line = ll_get32(p + 20) };
		add_length(t, g.words, r);
		g.file = file_number(t, (const char *)p + GRAM_FIXED, len - GRAM_FIXED);
		add_gram(t, g);
	}
	ll_reader_close(r);
	make_slots(t);
}

void gram_table_free(struct gram_table *t)
{
	for (size_t i = 0; i < t->files; i++)
		ll_free(t->file[i]);
	ll_free(t->file);
	ll_free(t->gram);
	ll_free(t->slot);
	ll_memory_release(t->cap * sizeof(*t->gram) + t->slots * sizeof(*t->slot));
}
