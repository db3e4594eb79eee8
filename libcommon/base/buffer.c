/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"

void ll_buf_grow(struct ll_buf *b, size_t extra)
{
	size_t need = ll_size_add(b->len, extra);
	size_t wanted = LL_MAX(LL_MAX(need, ll_size_add(b->cap, b->cap / 2)), 64);
	b->data = ll_realloc(b->data, wanted);
	b->cap = wanted;
}

void ll_buf_printf(struct ll_buf *b, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		LL_BUG("bad format \"%s\"", format);
	ll_buf_reserve(b, (size_t)n + 1);
	va_start(ap, format);
	vsnprintf(b->data + b->len, (size_t)n + 1, format, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void ll_buf_put16(struct ll_buf *b, uint16_t v)
{
	ll_put16(ll_buf_reserve(b, 2), v);
	b->len += 2;
}

void ll_buf_put32(struct ll_buf *b, uint32_t v)
{
	ll_put32(ll_buf_reserve(b, 4), v);
	b->len += 4;
}

void ll_buf_put64(struct ll_buf *b, uint64_t v)
{
	ll_put64(ll_buf_reserve(b, 8), v);
	b->len += 8;
}

char *ll_buf_cstr(struct ll_buf *b)
{
	*ll_buf_reserve(b, 1) = '\0';
	return b->data;
}

char *ll_buf_steal(struct ll_buf *b)
{
	char *data = ll_buf_cstr(b);
	*b = (struct ll_buf){ 0 };
	return data;
}

void ll_buf_free(struct ll_buf *b)
{
	ll_free(b->data);
	*b = (struct ll_buf){ 0 };
}
