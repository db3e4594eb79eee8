/* SPDX-License-Identifier: MIT */
#include "doc/tokens.h"

int ll_token_doc_get(const void *record, size_t len, unsigned width, struct ll_token_doc *out, struct ll_err *err)
{
	const unsigned char *p = record;
	if (len < LL_TOKENS_FIXED)
		return ll_err_set(err, "token record of %zu bytes is shorter than its fixed part", len);
	uint64_t size = ll_get32(p), core = ll_get32(p + 4);
	uint64_t id_len = ll_get32(p + 32), source_len = ll_get32(p + 36), n = ll_get32(p + 40);
	if (size != len || core + 8 != size)
		return ll_err_set(err, "token record of %zu bytes says size %llu, core %llu", len,
				  (unsigned long long)size, (unsigned long long)core);
	uint64_t end = LL_TOKENS_FIXED + id_len + source_len + n * width; /* of the ids; offsets may follow */
	if (end != size && end + 4 * n != size)
		return ll_err_set(err, "token record of %zu bytes says id %llu, source %llu, %llu ids of %u bytes", len,
				  (unsigned long long)id_len, (unsigned long long)source_len, (unsigned long long)n,
				  width);
	memcpy(out->key.byte, p + 8, 16);
	out->text_bytes = ll_get64(p + 24);
	out->id = ll_str((const char *)p + LL_TOKENS_FIXED, id_len);
	out->source = ll_str(out->id.data + id_len, source_len);
	out->n = (uint32_t)n;
	out->ids = p + LL_TOKENS_FIXED + id_len + source_len;
	out->offsets = end != size ? p + end : NULL;
	return 0;
}

void ll_token_doc_put(struct ll_buf *out, const struct ll_token_doc *d, const uint32_t *ids, unsigned width)
{
	ll_token_doc_put_offsets(out, d, ids, width, NULL);
}

void ll_token_doc_put_offsets(struct ll_buf *out, const struct ll_token_doc *d, const uint32_t *ids, unsigned width,
			      const uint32_t *offsets)
{
	size_t size = LL_TOKENS_FIXED + d->id.len + d->source.len + (size_t)d->n * (width + (offsets ? 4 : 0));
	unsigned char *p = (unsigned char *)ll_buf_reserve(out, size);
	ll_put32(p, (uint32_t)size);
	ll_put32(p + 4, (uint32_t)size - 8);
	memcpy(p + 8, d->key.byte, 16);
	ll_put64(p + 24, d->text_bytes);
	ll_put32(p + 32, (uint32_t)d->id.len);
	ll_put32(p + 36, (uint32_t)d->source.len);
	ll_put32(p + 40, d->n);
	p += LL_TOKENS_FIXED;
	if (d->id.len)
		memcpy(p, d->id.data, d->id.len);
	p += d->id.len;
	if (d->source.len)
		memcpy(p, d->source.data, d->source.len);
	p += d->source.len;
	if (width == 2)
		for (uint32_t i = 0; i < d->n; i++)
			ll_put16(p + 2 * (size_t)i, (uint16_t)ids[i]);
	else
		for (uint32_t i = 0; i < d->n; i++)
			ll_put32(p + 4 * (size_t)i, ids[i]);
	p += (size_t)d->n * width;
	for (uint32_t i = 0; offsets && i < d->n; i++)
		ll_put32(p + 4 * (size_t)i, offsets[i]);
	out->len += size;
}
