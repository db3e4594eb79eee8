/* SPDX-License-Identifier: MIT */
/* dataset_entry.c - the record of a dataset's documents.ll (dataset.h): bytes to struct and back. */
#include "doc/dataset.h"

int ll_dataset_entry_get(const void *record, size_t len, struct ll_dataset_entry *out, struct ll_err *err)
{
	const unsigned char *p = record;
	if (len < LL_DATASET_DOCUMENT_FIXED || ll_get32(p) != len)
		return ll_err_set(err, "a documents record of %zu bytes is cut", len);
	uint64_t id = ll_get32(p + 48), source = ll_get32(p + 52);
	if (LL_DATASET_DOCUMENT_FIXED + id + source != len || ll_get32(p + 4) != len - 8)
		return ll_err_set(err, "a documents record whose lengths do not add up");
	memcpy(out->key.byte, p + 8, 16);
	out->offset = ll_get64(p + 24);
	out->length = ll_get64(p + 32);
	out->text_bytes = ll_get64(p + 40);
	out->id = ll_str((const char *)p + LL_DATASET_DOCUMENT_FIXED, id);
	out->source = ll_str(out->id.data + id, source);
	return 0;
}

void ll_dataset_entry_put(struct ll_buf *out, const struct ll_dataset_entry *e)
{
	size_t size = LL_DATASET_DOCUMENT_FIXED + e->id.len + e->source.len;
	ll_buf_put32(out, (uint32_t)size);
	ll_buf_put32(out, (uint32_t)(size - 8));
	ll_buf_add(out, e->key.byte, 16);
	ll_buf_put64(out, e->offset);
	ll_buf_put64(out, e->length);
	ll_buf_put64(out, e->text_bytes);
	ll_buf_put32(out, (uint32_t)e->id.len);
	ll_buf_put32(out, (uint32_t)e->source.len);
	ll_buf_add_str(out, e->id);
	ll_buf_add_str(out, e->source);
}
