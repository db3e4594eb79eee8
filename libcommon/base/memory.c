/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#ifdef __linux__
#include <malloc.h>
#endif
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/error.h"

/* Whole pages of any system: they are of 4 to 64 KiB. */
#define PAGES(size) (((size) + 65535) & ~(size_t)65535)
#define HUGE_PAGE ((size_t)2 << 20)
/* Each arena of the allocator keeps of what is freed what the most was, 64 MiB at most; one that is shared is used up to its end by
 * whichever thread, and only the first gives back all that is free (ll_memory_trim). */
#define ARENA_SHARE (128 * LL_MIB)

static uint64_t budget = LL_GIB;
static _Atomic uint64_t claimed;

static void LL_NORETURN out_of_memory(size_t size)
{
	ll_die(LL_EXIT_RESOURCE, "out of memory: %zu bytes were not to be had", size);
}

void *ll_malloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		out_of_memory(size);
	return p;
}

void *ll_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);
	if (!p)
		out_of_memory(ll_size_mul(count, size));
	return p;
}

void *ll_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);
	if (!p)
		out_of_memory(size);
	return p;
}

static void ask_for_huge_pages(void *p, size_t size)
{
#ifdef MADV_HUGEPAGE
	if (size >= 64 * LL_MIB)
		madvise((void *)PAGES((uintptr_t)p), size - PAGES(1), MADV_HUGEPAGE);
#else
	(void)p;
	(void)size;
#endif
}

void *ll_alloc_aligned(size_t alignment, size_t size)
{
	void *p = NULL;
	if (size > SIZE_MAX - alignment)
		out_of_memory(size);
	size_t rounded = (LL_MAX(size, 1) + alignment - 1) / alignment * alignment;
	if (posix_memalign(&p, LL_MAX(alignment, sizeof(void *)), rounded) != 0)
		out_of_memory(size);
	ask_for_huge_pages(p, rounded);
	memset(p, 0, rounded);
	return p;
}

void *ll_alloc_pages(size_t size)
{
	/* Cut out of a longer mapping, so that it starts where a huge page can. */
	size_t align = size >= HUGE_PAGE ? HUGE_PAGE : 0;
	size = size > SIZE_MAX - PAGES(1) ? SIZE_MAX : PAGES(size);
	char *p = mmap(NULL, ll_size_add(size, align), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		out_of_memory(size);
	if (!align)
		return p;
	size_t before = (HUGE_PAGE - ((uintptr_t)p & (HUGE_PAGE - 1))) & (HUGE_PAGE - 1);
	if (before)
		munmap(p, before);
	if (before < align)
		munmap(p + before + size, align - before);
#ifdef MADV_HUGEPAGE
	madvise(p + before, size, MADV_HUGEPAGE);
#endif
	return p + before;
}

void ll_free_pages(void *p, size_t size)
{
	if (p)
		munmap(p, PAGES(size));
}

void *ll_reserve(uint64_t *size)
{
	void *p = NULL;

	for (*size = LL_MAX(LL_MIN(*size, SIZE_MAX / 2), 4096); (p = calloc(1, (size_t)*size)) == NULL; *size /= 2)
		if (*size < LL_MIB)
			out_of_memory((size_t)*size);
	ask_for_huge_pages(p, (size_t)*size);
	return p;
}

char *ll_strndup(const char *s, size_t len)
{
	char *copy = ll_malloc(len + 1);
	if (len)
		memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *ll_strdup(const char *s)
{
	return ll_strndup(s, strlen(s));
}

char *ll_format(const char *format, ...)
{
	va_list ap;
	char *text = NULL;
	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		out_of_memory(0);
	va_end(ap);
	return text;
}

void ll_free(void *p)
{
	free(p);
}

void *ll_grow(void *array, size_t *capacity, size_t need, size_t size)
{
	if (need <= *capacity)
		return array;
	size_t wanted = LL_MAX(need, ll_size_add(*capacity, *capacity / 2));
	wanted = LL_MAX(wanted, 16);
	array = ll_realloc(array, ll_size_mul(wanted, size));
	*capacity = wanted;
	return array;
}

void ll_memory_tune(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, 4 << 20); /* what belongs to a large document (stream/large_frame.h) goes back at once */
	mallopt(M_TRIM_THRESHOLD, 128 << 20);
#endif
}

void ll_memory_trim(void)
{
#ifdef M_TRIM_THRESHOLD
	malloc_trim(0);
#endif
}

void ll_memory_set_budget(uint64_t bytes)
{
	budget = bytes;
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, (int)LL_MAX(1, LL_MIN(bytes / ARENA_SHARE, 1024)));
#endif
}

uint64_t ll_memory_budget(void)
{
	return budget;
}

void ll_memory_claim(uint64_t bytes, const char *what)
{
	uint64_t total = atomic_fetch_add(&claimed, bytes) + bytes;
	if (total > budget) {
		ll_hint("give --memory=%lluM or more", (unsigned long long)(total / LL_MIB + 1));
		ll_die(LL_EXIT_RESOURCE, "no room for %s: %llu bytes, and %llu of the --memory budget of %llu are left", what,
		       (unsigned long long)bytes, (unsigned long long)(total - bytes > budget ? 0 : budget - (total - bytes)),
		       (unsigned long long)budget);
	}
}

void ll_memory_release(uint64_t bytes)
{
	atomic_fetch_sub(&claimed, bytes);
}

uint64_t ll_memory_left(void)
{
	uint64_t used = atomic_load(&claimed);
	return used + LL_MIB > budget ? LL_MIB : budget - used;
}

uint64_t ll_memory_peak(void)
{
	struct rusage usage;
#ifdef __APPLE__
	const uint64_t unit = 1;
#else
	const uint64_t unit = 1024;
#endif
	return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * unit : 0;
}
