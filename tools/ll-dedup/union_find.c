/* SPDX-License-Identifier: MIT */
#include "ll-dedup/union_find.h"

#include "base/memory.h"

static uint64_t bytes(uint64_t n)
{
	return n * sizeof(uint32_t) + (n / 64 + 1) * sizeof(uint64_t);
}

void union_find_init(struct union_find *u, uint64_t n)
{
	ll_memory_claim(bytes(n), "the clusters of all documents (four bytes and a bit each)");
	u->n = n;
	u->parent = ll_malloc(LL_MAX(n, 1) * sizeof(*u->parent));
	u->joined = ll_calloc(n / 64 + 1, sizeof(*u->joined));
	for (uint64_t i = 0; i < n; i++)
		u->parent[i] = (uint32_t)i;
}

uint32_t union_find_root(struct union_find *u, uint32_t i)
{
	while (u->parent[i] != i) {
		u->parent[i] = u->parent[u->parent[i]];
		i = u->parent[i];
	}
	return i;
}

void union_find_join(struct union_find *u, uint32_t a, uint32_t b)
{
	u->joined[a / 64] |= (uint64_t)1 << a % 64;
	u->joined[b / 64] |= (uint64_t)1 << b % 64;
	a = union_find_root(u, a);
	b = union_find_root(u, b);
	if (a < b)
		u->parent[b] = a;
	else
		u->parent[a] = b;
}

bool union_find_is_joined(const struct union_find *u, uint32_t i)
{
	return u->joined[i / 64] >> i % 64 & 1;
}

void union_find_free(struct union_find *u)
{
	ll_memory_release(bytes(u->n));
	ll_free(u->parent);
	ll_free(u->joined);
	*u = (struct union_find){ 0 };
}
