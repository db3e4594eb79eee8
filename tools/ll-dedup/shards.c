/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shards.h"

#include "base/memory.h"

void shards_add(struct shards *s, uint64_t records, struct ll_id data_id, struct ll_str name)
{
	LL_GROW(s->item, s->cap, s->len + 1);
	s->item[s->len++] = (struct shard){ records, data_id, name.data ? ll_strndup(name.data, name.len) : NULL };
}

void shards_free(struct shards *s)
{
	for (size_t i = 0; i < s->len; i++)
		ll_free(s->item[i].name);
	ll_free(s->item);
	*s = (struct shards){ 0 };
}

/* u8 survives, 7 zero | key, text 16 each | f64 similarity | u64 copies | u32 lengths of id, source, ids, similarities | they */
#define FIXED 72u

void duplicate_put(struct ll_buf *out, const struct duplicate *d)
{
	uint64_t bits;

	memcpy(&bits, &d->similarity, sizeof(bits));
	ll_buf_put64(out, d->survives);
	ll_buf_add(out, d->key.byte, 16);
	ll_buf_add(out, d->text.byte, 16);
	ll_buf_put64(out, bits);
	ll_buf_put64(out, d->copies);
	ll_buf_put32(out, (uint32_t)d->id.len);
	ll_buf_put32(out, (uint32_t)d->source.len);
	ll_buf_put32(out, (uint32_t)d->ids.len);
	ll_buf_put32(out, (uint32_t)d->similarities.len);
	ll_buf_add_str(out, d->id);
	ll_buf_add_str(out, d->source);
	ll_buf_add_str(out, d->ids);
	ll_buf_add_str(out, d->similarities);
}

int duplicate_get(struct ll_str data, struct duplicate *out)
{
	const unsigned char *p = (const unsigned char *)data.data;
	struct ll_str *part[4] = { &out->id, &out->source, &out->ids, &out->similarities };
	const char *at = data.data + FIXED;
	size_t left = data.len - FIXED;

	if (data.len < FIXED || ll_get64(p) > 1)
		return -1;
	out->survives = ll_get64(p) == 1;
	memcpy(out->key.byte, p + 8, 16);
	memcpy(out->text.byte, p + 24, 16);
	uint64_t bits = ll_get64(p + 40);
	memcpy(&out->similarity, &bits, sizeof(bits));
	out->copies = ll_get64(p + 48);
	for (int i = 0; i < 4; i++) {
		size_t len = ll_get32(p + 56 + 4 * i);
		if (len > left)
			return -1;
		*part[i] = ll_str(at, len);
		at += len;
		left -= len;
	}
	return left == 0 ? 0 : -1;
}
