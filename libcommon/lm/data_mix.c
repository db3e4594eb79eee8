/* SPDX-License-Identifier: MIT */
#include "lm/data_mix.h"

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"

#define PURPOSE_BLOCK 0x6d697820u /* "mix ": the blocks follow it */
#define BLOCK LL_DATA_MIX_BLOCK

struct ll_data_mix {
	size_t n;
	uint64_t seed;
	uint64_t *share; /* by the first dataset of a node's right half: the left half's share, in 2^-64 */
	uint64_t block;	 /* the one in `place`; UINT64_MAX: none yet */
	struct ll_data_place place[BLOCK];
	uint64_t *next; /* by dataset, while a block is laid out */
	bool *met;
};

static size_t middle(size_t low, size_t high)
{
	return low + (high - low) / 2;
}

static void divide(struct ll_data_mix *m, const double *weight, size_t low, size_t high)
{
	size_t mid = middle(low, high);
	double left = 0, right = 0;
	if (high - low < 2)
		return;
	for (size_t i = low; i < high; i++)
		*(i < mid ? &left : &right) += weight[i];
	double share = left / (left + right) * 0x1p64;
	m->share[mid] = share >= 0x1p64 ? UINT64_MAX : (uint64_t)share;
	divide(m, weight, low, mid);
	divide(m, weight, mid, high);
}

struct ll_data_mix *ll_data_mix_new(const double *weight, size_t n, uint64_t seed)
{
	struct ll_data_mix *m = ll_calloc(1, sizeof(*m));
	LL_ASSERT(n > 0);
	*m = (struct ll_data_mix){ .n = n, .seed = seed, .block = UINT64_MAX };
	m->share = ll_calloc(n, sizeof(*m->share));
	m->next = ll_calloc(n, sizeof(*m->next));
	m->met = ll_calloc(n, sizeof(*m->met));
	divide(m, weight, 0, n);
	return m;
}

/* Of the first `count` samples of a node, how many go left. */
static uint64_t left_of(uint64_t count, uint64_t share)
{
	return (uint64_t)(((unsigned __int128)count * share + ((unsigned __int128)1 << 63)) >> 64);
}

static struct ll_data_place walk(const struct ll_data_mix *m, uint64_t cursor)
{
	size_t low = 0, high = m->n;
	while (high - low > 1) {
		size_t mid = middle(low, high);
		uint64_t left = left_of(cursor, m->share[mid]);
		if (left_of(cursor + 1, m->share[mid]) > left) {
			high = mid;
			cursor = left;
		} else {
			low = mid;
			cursor -= left;
		}
	}
	return (struct ll_data_place){ low, cursor };
}

/* The permutation moves the choices; the samples of a dataset stay in their order. */
static void lay_out(struct ll_data_mix *m, uint64_t block)
{
	struct ll_data_place line[BLOCK];
	struct ll_permutation p;
	ll_permutation_init(&p, BLOCK, m->seed, ((uint64_t)PURPOSE_BLOCK << 32) + block);
	for (size_t i = 0; i < BLOCK; i++) {
		line[i] = walk(m, block * BLOCK + i);
		if (!m->met[line[i].set])
			m->next[line[i].set] = line[i].cursor;
		m->met[line[i].set] = true;
	}
	for (size_t i = 0; i < BLOCK; i++) {
		size_t set = line[ll_permutation_at(&p, i)].set;
		m->place[i] = (struct ll_data_place){ set, m->next[set]++ };
		m->met[set] = false;
	}
	m->block = block;
}

struct ll_data_place ll_data_mix_at(struct ll_data_mix *m, uint64_t cursor)
{
	if (m->n == 1)
		return (struct ll_data_place){ 0, cursor };
	if (cursor / BLOCK != m->block)
		lay_out(m, cursor / BLOCK);
	return m->place[cursor % BLOCK];
}

static void count_up(const struct ll_data_mix *m, size_t low, size_t high, uint64_t total, uint64_t *count)
{
	size_t mid = middle(low, high);
	if (high - low < 2) {
		count[low] = total;
		return;
	}
	uint64_t left = left_of(total, m->share[mid]);
	count_up(m, low, mid, left, count);
	count_up(m, mid, high, total - left, count);
}

void ll_data_mix_before(struct ll_data_mix *m, uint64_t cursor, uint64_t *count)
{
	uint64_t block = m->n == 1 ? cursor : cursor - cursor % BLOCK;
	count_up(m, 0, m->n, block, count);
	for (uint64_t at = block; at < cursor; at++)
		count[ll_data_mix_at(m, at).set]++;
}

void ll_data_mix_free(struct ll_data_mix *m)
{
	if (!m)
		return;
	ll_free(m->share);
	ll_free(m->next);
	ll_free(m->met);
	ll_free(m);
}
