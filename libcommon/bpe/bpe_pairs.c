/* SPDX-License-Identifier: MIT */
/* The tables of a model in which merges are looked up. */
#include "base/log.h"
#include "base/memory.h"
#include "bpe/bpe_model.h"

#define OVERFLOW 1024 /* slots behind the last that a hash gives */

int ll_bpe_index_alphabet(struct ll_bpe *b, struct ll_err *err)
{
	unsigned missing = 0;
	for (unsigned c = 0; c < 256; c++) {
		char byte = (char)c;
		b->byte_id[c] = ll_bpe_find_word(b, &byte, 1);
		missing += b->byte_id[c] == LL_BPE_NONE;
	}
	return missing ? ll_err_set(err, "%u of the 256 bytes have no token, so there is text that cannot be encoded", missing)
		       : 0;
}

static size_t slots_of(const struct ll_bpe *b)
{
	return (size_t)b->pair_slots + OVERFLOW;
}

void ll_bpe_index_start(struct ll_bpe *b, size_t merges)
{
	size_t words = 1024;
	while (words < merges / 4) /* 16 to 32 bits a pair */
		words *= 2;
	b->filter_mask = (uint32_t)(words - 1);
	b->filter = ll_alloc_pages(words * sizeof *b->filter);
	b->pair_slots = (uint32_t)(merges + merges / 3);
	b->pairs = ll_alloc_pages(slots_of(b) * sizeof *b->pairs);
	memset(b->pairs, 0xff, slots_of(b) * sizeof *b->pairs);
	b->merged_id = ll_malloc(LL_MAX(merges, 1) * sizeof *b->merged_id);
	b->ids_follow_ranks = true;
	if (b->kind != LL_MODEL_BYTES)
		return;
	b->bytes_rank = ll_malloc(65536 * sizeof *b->bytes_rank);
	memset(b->bytes_rank, 0xff, 65536 * sizeof *b->bytes_rank);
}

/* The byte that a token is, or -1. */
static int byte_of(const struct ll_bpe *b, uint32_t id)
{
	unsigned char byte = (unsigned char)b->bytes.data[b->token[id].offset];
	return b->byte_id[byte] == id ? byte : -1;
}

void ll_bpe_index_merge(struct ll_bpe *b, const struct ll_bpe_pair *m)
{
	uint64_t h = ll_pair_hash(m->left, m->right), key = (uint64_t)m->left << LL_BPE_ID_BITS | m->right;
	uint64_t *slot = ll_pair_slot(b, h), *last = b->pairs + slots_of(b) - 1;
	b->filter[(uint32_t)h >> 6 & b->filter_mask] |= (uint64_t)1 << (h & 63);
	while (*slot != UINT64_MAX && *slot >> LL_BPE_ID_BITS != key)
		slot++;
	if (slot == last)
		LL_BUG("the table of merges is full");
	*slot = key << LL_BPE_ID_BITS | m->rank;
	b->merged_id[m->rank] = m->id;
	b->first_merged = b->merged_id[0];
	b->ids_follow_ranks &= m->id == b->first_merged + m->rank;
	if (!b->bytes_rank)
		return;
	int left = byte_of(b, m->left), right = byte_of(b, m->right);
	if (left >= 0 && right >= 0)
		b->bytes_rank[left << 8 | right] = m->rank;
}

static unsigned char first_byte(const struct ll_bpe *b, uint32_t id)
{
	return (unsigned char)b->bytes.data[b->token[id].offset];
}

static unsigned char last_byte(const struct ll_bpe *b, uint32_t id)
{
	return (unsigned char)b->bytes.data[b->token[id].offset + b->token[id].len - 1];
}

void ll_bpe_index_sooner(struct ll_bpe *b)
{
	ll_free(b->sooner);
	b->sooner = NULL;
	if (!b->steady)
		return;
	struct ll_bpe_sooner *sooner = ll_malloc(65536 * sizeof *sooner);
	memset(sooner, 0xff, 65536 * sizeof *sooner);
	for (size_t i = 0; i < b->merges; i++) {
		const struct ll_bpe_pair *m = &b->merge[i];
		unsigned char first = first_byte(b, m->right), last = last_byte(b, m->left);
		struct ll_bpe_sooner *s = &sooner[last << 8 | first];
		if (first_byte(b, m->id) != first_byte(b, m->left) || last_byte(b, m->id) != last_byte(b, m->right)) {
			ll_free(sooner); /* tokens are not the bytes that they stand for */
			return;
		}
		if (byte_of(b, m->right) >= 0)
			s->left = LL_MIN(s->left, m->rank);
		if (byte_of(b, m->left) >= 0)
			s->right = LL_MIN(s->right, m->rank);
	}
	b->sooner = sooner;
}

void ll_bpe_index_free(struct ll_bpe *b)
{
	if (b->pairs)
		ll_free_pages(b->pairs, slots_of(b) * sizeof *b->pairs);
	ll_free_pages(b->filter, ((size_t)b->filter_mask + 1) * sizeof *b->filter);
	ll_free(b->bytes_rank);
	ll_free(b->sooner);
	b->sooner = NULL;
	ll_free(b->merged_id);
	b->merged_id = NULL;
	b->pairs = NULL;
	b->filter = NULL;
	b->bytes_rank = NULL;
}
