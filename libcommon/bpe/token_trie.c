/* SPDX-License-Identifier: MIT */
#include "bpe/token_trie.h"

#include "base/memory.h"

static void put_edge(struct ll_trie *t, uint64_t key, uint32_t to)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15u) >> 20);
	while (t->edge[i & t->mask])
		i++;
	t->edge[i & t->mask] = key;
	t->to[i & t->mask] = to;
}

static void grow(struct ll_trie *t)
{
	uint64_t *edge = t->edge;
	uint32_t *to = t->to;
	size_t slots = edge ? t->mask + 1 : 0, more = slots ? 2 * slots : 1024;
	t->edge = ll_calloc(more, sizeof *t->edge);
	t->to = ll_malloc(more * sizeof *t->to);
	t->mask = more - 1;
	for (size_t i = 0; i < slots; i++)
		if (edge[i])
			put_edge(t, edge[i], to[i]);
	ll_free(edge);
	ll_free(to);
}

static uint32_t new_node(struct ll_trie *t)
{
	LL_GROW(t->token, t->nodes_cap, t->nodes + 1);
	t->token[t->nodes] = LL_TRIE_NONE;
	return (uint32_t)t->nodes++;
}

void ll_trie_init(struct ll_trie *t)
{
	*t = (struct ll_trie){ 0 };
	grow(t);
	new_node(t);
}

void ll_trie_add(struct ll_trie *t, struct ll_str bytes, uint32_t token)
{
	uint32_t node = LL_TRIE_ROOT;
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.data[i];
		uint32_t next = ll_trie_step(t, node, byte);
		if (next == LL_TRIE_NONE) {
			if (2 * ++t->edges > t->mask)
				grow(t);
			next = new_node(t);
			put_edge(t, ((uint64_t)node << 8 | byte) + 1, next);
		}
		node = next;
	}
	t->token[node] = token;
}

void ll_trie_free(struct ll_trie *t)
{
	ll_free(t->edge);
	ll_free(t->to);
	ll_free(t->token);
}
