/* SPDX-License-Identifier: MIT */
/*
 * buffer.h - growable bytes. A zeroed struct is an empty buffer; `data` may be NULL while `len` is 0. The struct owns its
 * memory: ll_buf_free releases it, ll_buf_clear keeps it for reuse, ll_buf_steal hands it to the caller.
 */
#ifndef LL_BUFFER_H
#define LL_BUFFER_H

#include "base/base.h"

struct ll_buf {
	char *data;
	size_t len;
	size_t cap;
};

void ll_buf_grow(struct ll_buf *b, size_t extra); /* slow path of ll_buf_reserve */

/* Makes room for `extra` more bytes and returns where they go; set b->len afterwards. */
static inline char *ll_buf_reserve(struct ll_buf *b, size_t extra)
{
	if (LL_UNLIKELY(b->cap - b->len < extra))
		ll_buf_grow(b, extra);
	return b->data + b->len;
}

static inline void ll_buf_add(struct ll_buf *b, const void *p, size_t n)
{
	if (n) {
		memcpy(ll_buf_reserve(b, n), p, n);
		b->len += n;
	}
}

static inline void ll_buf_add_str(struct ll_buf *b, struct ll_str s)
{
	ll_buf_add(b, s.data, s.len);
}

static inline void ll_buf_puts(struct ll_buf *b, const char *s)
{
	ll_buf_add(b, s, strlen(s));
}

static inline void ll_buf_putc(struct ll_buf *b, char c)
{
	*ll_buf_reserve(b, 1) = c;
	b->len++;
}

static inline void ll_buf_clear(struct ll_buf *b)
{
	b->len = 0;
}

static inline struct ll_str ll_buf_str(const struct ll_buf *b)
{
	return ll_str(b->data, b->len);
}

void ll_buf_printf(struct ll_buf *b, const char *format, ...) LL_PRINTF(2, 3);
void ll_buf_put16(struct ll_buf *b, uint16_t v); /* little-endian */
void ll_buf_put32(struct ll_buf *b, uint32_t v);
void ll_buf_put64(struct ll_buf *b, uint64_t v);
/* Terminates with a NUL that does not count in len, and returns data. */
char *ll_buf_cstr(struct ll_buf *b);
/* Hands the memory (NUL-terminated) to the caller and leaves the buffer empty. */
char *ll_buf_steal(struct ll_buf *b);
void ll_buf_free(struct ll_buf *b);

#endif
