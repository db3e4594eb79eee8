/* SPDX-License-Identifier: MIT */
/*
 * memory.h - allocation that cannot fail silently, and the budget of the process.
 *
 * The allocators end the program with status 4 and the size asked for when memory is not to be had; they never return NULL
 * for a size above 0. `--memory` is a budget for heap and stacks together: modules that can grow (sorts, tables, queues)
 * ask ll_memory_budget for the total and take a documented share; what cannot spill reserves its need with
 * ll_memory_claim before it allocates.
 */
#ifndef LL_MEMORY_H
#define LL_MEMORY_H

#include "base/base.h"

void *ll_malloc(size_t size);
void *ll_calloc(size_t count, size_t size);
void *ll_realloc(void *old, size_t size);
/* Zeroed, aligned to `alignment` (a power of two), size rounded up; freed with ll_free. Large ones ask for huge pages. */
void *ll_alloc_aligned(size_t alignment, size_t size);
/* Zeroed pages that take memory when they are first written, huge ones where the system has them: for large tables. */
void *ll_alloc_pages(size_t size);
void ll_free_pages(void *p, size_t size);
/* Zeroed memory that takes room only where it is touched (huge pages where the system has them): *size bytes, or what the
 * system promises of them. Not claimed. Freed with ll_free. */
void *ll_reserve(uint64_t *size);
char *ll_strdup(const char *s);
char *ll_strndup(const char *s, size_t len);
char *ll_format(const char *format, ...) __attribute__((format(printf, 1, 2))); /* caller frees */
void ll_free(void *p);

/* Grows *array (elements of `size` bytes, *capacity of them) to hold at least `need`, by at least half. */
void *ll_grow(void *array, size_t *capacity, size_t need, size_t size);
#define LL_GROW(array, capacity, need) ((array) = ll_grow((array), &(capacity), (need), sizeof(*(array))))

/* Tells the allocator to keep the buffers of a frame for the next one instead of giving them back to the system each time:
 * fresh pages cost more than everything that is done with them. Called by ll_main. */
void ll_memory_tune(void);
/* Gives what the allocator keeps of freed memory back to the system, before something large needs it in other pieces. */
void ll_memory_trim(void);
/* The budget in bytes (--memory). Default 1 GiB. Before the first thread: a small one has them share what the allocator keeps. */
void ll_memory_set_budget(uint64_t bytes);
uint64_t ll_memory_budget(void);
/* Claims `bytes` of the budget for something that cannot spill; ends with status 4, naming `what` and the numbers, when
 * the claims would exceed the budget. ll_memory_release gives it back. */
void ll_memory_claim(uint64_t bytes, const char *what);
void ll_memory_release(uint64_t bytes);
/* Budget less claims: what a module that can spill may share. Never under 1 MiB. */
uint64_t ll_memory_left(void);
/* Peak resident set of this process, bytes. */
uint64_t ll_memory_peak(void);

#endif
