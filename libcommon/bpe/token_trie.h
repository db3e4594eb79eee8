/* SPDX-License-Identifier: MIT */
/* token_trie.h - tokens by their bytes, prefix by prefix: a hash table of (node, byte) to node. Immutable once made. */
#ifndef LL_TOKEN_TRIE_H
#define LL_TOKEN_TRIE_H

#include "base/base.h"

#define LL_TRIE_ROOT 0u
#define LL_TRIE_NONE UINT32_MAX

struct ll_trie {
	uint64_t *edge; /* node << 8 | byte, + 1; 0: empty */
	uint32_t *to;
	size_t edges, mask;
	uint32_t *token; /* of a node: the token that ends there, or LL_TRIE_NONE */
	size_t nodes, nodes_cap;
};

void ll_trie_init(struct ll_trie *t);
void ll_trie_add(struct ll_trie *t, struct ll_str bytes, uint32_t token);
void ll_trie_free(struct ll_trie *t);

/* The node behind `node` by a byte, or LL_TRIE_NONE. */
static inline uint32_t ll_trie_step(const struct ll_trie *t, uint32_t node, unsigned char byte)
{
	uint64_t key = ((uint64_t)node << 8 | byte) + 1;
	for (size_t i = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20);; i++) {
		uint64_t edge = t->edge[i & t->mask];
		if (edge == key)
			return t->to[i & t->mask];
		if (edge == 0)
			return LL_TRIE_NONE;
	}
}

#endif
