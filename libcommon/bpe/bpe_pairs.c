/* SPDX-License-Identifier: MIT */
/* The tables of a model in which merges are looked up. */
#include "base/memory.h"
#include "bpe/bpe_model.h"

const struct ll_bpe_pair ll_bpe_no_pair = { LL_BPE_NONE, LL_BPE_NONE, LL_BPE_NONE, LL_BPE_NONE };

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

void ll_bpe_index_start(struct ll_bpe *b, size_t merges)
{
	b->pairs_mask = ll_bpe_table_mask(merges);
	size_t slots = (size_t)b->pairs_mask + 1, bits = 8 * slots; /* 16 to 32 a pair */
	b->filter_mask = (uint32_t)(bits / 64 - 1);
	b->filter = ll_alloc_pages(bits / 64 * sizeof *b->filter);
	b->pairs = ll_alloc_pages(slots * sizeof *b->pairs);
	memset(b->pairs, 0xff, slots * sizeof *b->pairs);
	if (b->kind != LL_MODEL_BYTES)
		return;
	b->bytes_merged = ll_malloc(65536 * sizeof *b->bytes_merged);
	memset(b->bytes_merged, 0xff, 65536 * sizeof *b->bytes_merged);
}

/* The byte that a token is, or -1. */
static int byte_of(const struct ll_bpe *b, uint32_t id)
{
	unsigned char byte = (unsigned char)b->bytes.data[b->token[id].offset];
	return b->byte_id[byte] == id ? byte : -1;
}

void ll_bpe_index_merge(struct ll_bpe *b, const struct ll_bpe_pair *m)
{
	uint64_t h = ll_pair_hash(m->left, m->right);
	b->filter[(h >> 6) & b->filter_mask] |= (uint64_t)1 << (h & 63);
	*(struct ll_bpe_pair *)ll_bpe_find_pair(b, m->left, m->right) = *m;
	if (!b->bytes_merged)
		return;
	int left = byte_of(b, m->left), right = byte_of(b, m->right);
	if (left >= 0 && right >= 0)
		b->bytes_merged[left << 8 | right] = (struct ll_bpe_merged){ m->rank, m->id };
}

void ll_bpe_index_free(struct ll_bpe *b)
{
	ll_free_pages(b->pairs, ((size_t)b->pairs_mask + 1) * sizeof *b->pairs);
	ll_free_pages(b->filter, ((size_t)b->filter_mask + 1) * sizeof *b->filter);
	ll_free(b->bytes_merged);
	b->pairs = NULL;
	b->filter = NULL;
	b->bytes_merged = NULL;
}
