/* SPDX-License-Identifier: MIT */
#include "ll-dedup/text_store.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"

#define TAIL ((size_t)1 << 20)
#define FIRST_MAP ((uint64_t)64 << 20)

struct text_store {
	int fd;
	char *name; /* for messages */
	char *tail; /* bytes from `written` on */
	size_t tail_len;
	uint64_t written;
	char *map;
	uint64_t mapped; /* may reach beyond what is written */
};

struct text_store *text_store_new(const char *purpose)
{
	struct text_store *s = ll_calloc(1, sizeof(*s));

	s->fd = ll_temp_file(purpose);
	s->name = ll_format("%s: temporary file for %s", ll_tmpdir(), purpose);
	s->tail = ll_malloc(TAIL);
	return s;
}

static void flush(struct text_store *s)
{
	ll_pwrite_full(s->fd, s->tail, s->tail_len, s->written, s->name);
	s->written += s->tail_len;
	s->tail_len = 0;
}

uint64_t text_store_add(struct text_store *s, const void *data, size_t len)
{
	uint64_t at = text_store_size(s);

	if (len > TAIL - s->tail_len)
		flush(s);
	if (len > TAIL) {
		ll_pwrite_full(s->fd, data, len, s->written, s->name);
		s->written += len;
	} else if (len) {
		memcpy(s->tail + s->tail_len, data, len);
		s->tail_len += len;
	}
	return at;
}

uint64_t text_store_size(const struct text_store *s)
{
	return s->written + s->tail_len;
}

static void map(struct text_store *s)
{
	uint64_t wanted = LL_MAX(s->mapped, FIRST_MAP);

	while (wanted < s->written)
		wanted *= 2;
	if (s->mapped)
		munmap(s->map, s->mapped);
	s->map = mmap(NULL, wanted, PROT_READ, MAP_SHARED, s->fd, 0);
	if (s->map == MAP_FAILED)
		ll_die_errno(LL_EXIT_RESOURCE, "%s: cannot be mapped", s->name);
	s->mapped = wanted;
}

const char *text_store_at(struct text_store *s, uint64_t at)
{
	if (at >= s->written)
		return s->tail + (at - s->written);
	if (s->written > s->mapped)
		map(s);
	return s->map + at;
}

const char *text_store_whole(struct text_store *s)
{
	flush(s);
	if (s->written > s->mapped)
		map(s);
	return s->map;
}

void text_store_free(struct text_store *s)
{
	if (!s)
		return;
	if (s->mapped)
		munmap(s->map, s->mapped);
	close(s->fd);
	ll_free(s->tail);
	ll_free(s->name);
	ll_free(s);
}
