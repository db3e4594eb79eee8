/* SPDX-License-Identifier: MIT */
/* base_test.c - hash, numbers, random numbers, buffers, threads of base/. */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cpu.h"
#include "base/hash.h"
#include "base/hash_wide.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/random.h"
#include "base/thread.h"

/* Known answers of the Random123 distribution's kat_vectors for philox4x32 10. */
static void philox(void)
{
	static const struct {
		uint32_t counter[4], key[2], out[4];
	} known[] = {
		{ { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
		{ { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
		{ { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
		  { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
	};
	for (size_t i = 0; i < LL_COUNT(known); i++) {
		uint32_t out[4];
		ll_philox(known[i].counter, known[i].key, out);
		ok(memcmp(out, known[i].out, 16) == 0, "philox known answer %zu", i);
	}
}

static void permutation(void)
{
	static const uint64_t sizes[] = { 1, 2, 3, 7, 16, 17, 1000, 65537 };
	for (size_t s = 0; s < LL_COUNT(sizes); s++) {
		struct ll_permutation p;
		unsigned char *seen = ll_calloc(sizes[s], 1);
		bool good = true;
		ll_permutation_init(&p, sizes[s], 42, 7);
		for (uint64_t i = 0; i < sizes[s]; i++) {
			uint64_t j = ll_permutation_at(&p, i);
			good = good && j < sizes[s] && !seen[j];
			if (j < sizes[s])
				seen[j] = 1;
		}
		ok(good, "a permutation of %llu is a bijection", (unsigned long long)sizes[s]);
		ll_free(seen);
	}
	/* Mean displacement of a uniform permutation is n/3. */
	struct ll_permutation p;
	double sum = 0;
	ll_permutation_init(&p, 30000, 1, 1);
	for (uint64_t i = 0; i < 30000; i++)
		sum += fabs((double)ll_permutation_at(&p, i) - (double)i);
	ok(fabs(sum / 30000 / 30000 - 1.0 / 3) < 0.01, "a permutation mixes (mean displacement %.4f n)", sum / 30000 / 30000);
}

static void numbers(void)
{
	uint64_t u = 0;
	int64_t i = 0;
	double d = 0;
	ok(ll_parse_u64(ll_cstr("18446744073709551615"), &u) == 0 && u == UINT64_MAX, "the largest u64");
	ok(ll_parse_u64(ll_cstr("18446744073709551616"), &u) < 0 && ll_parse_u64(ll_cstr(""), &u) < 0 &&
		   ll_parse_u64(ll_cstr("+1"), &u) < 0 && ll_parse_u64(ll_cstr("1 "), &u) < 0, "bad u64 are refused");
	ok(ll_parse_i64(ll_cstr("-9223372036854775808"), &i) == 0 && i == INT64_MIN, "the smallest i64");
	ok(ll_parse_i64(ll_cstr("9223372036854775808"), &i) < 0 && ll_parse_i64(ll_cstr("-"), &i) < 0, "bad i64 are refused");
	ok(ll_parse_size(ll_cstr("1.5M"), &u) == 0 && u == 3 << 19, "1.5M");
	ok(ll_parse_size(ll_cstr("2GiB"), &u) == 0 && u == (uint64_t)2 << 30, "2GiB");
	ok(ll_parse_size(ll_cstr("1X"), &u) < 0 && ll_parse_size(ll_cstr("M"), &u) < 0 && ll_parse_size(ll_cstr("-1"), &u) < 0 &&
		   ll_parse_size(ll_cstr("99999999T"), &u) < 0, "bad sizes are refused");
	ok(ll_parse_double(ll_cstr("nan"), &d) < 0 && ll_parse_double(ll_cstr("0x10"), &d) < 0 && ll_parse_double(ll_cstr("1e999"), &d) < 0,
	   "bad doubles are refused");
	bool all = true;
	for (uint64_t n = 0; n < 20000; n++) {
		uint64_t bits = ll_random64(3, 1, n);
		double v, back;
		memcpy(&v, &bits, 8);
		if (!isfinite(v))
			continue;
		struct ll_buf b = { 0 };
		ll_put_double(&b, v);
		all = all && ll_parse_double(ll_buf_str(&b), &back) == 0 && memcmp(&v, &back, 8) == 0;
		ll_buf_free(&b);
	}
	ok(all, "20,000 random doubles are written so that they read back to the bit");
}

/* The incremental hash of pieces short and long. */
static struct ll_id in_pieces(const unsigned char *data, size_t len)
{
	static const size_t piece[] = { 1, 300, 16, 1024, 241, 240, 700 };
	struct ll_hash128_state *s = ll_hash128_new();

	for (size_t at = 0, i = 0, n; at < len; at += n, i++) {
		n = LL_MIN(len - at, piece[i % LL_COUNT(piece)]);
		ll_hash128_update(s, data + at, n);
	}
	struct ll_id id = ll_hash128_digest(s);
	ll_hash128_free(s);
	return id;
}

/* Long inputs go by wide registers; the seeded ones, and the incremental ones in small pieces, do not. */
static void wide_hashes(void)
{
	unsigned char data[5000];
	bool same64 = true, same128 = true;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * i * 31 >> 3);
	for (size_t len = 0; len < sizeof(data); len += len < 600 ? 1 : 37) {
		struct ll_hash128_state *s = ll_hash128_new();
		for (size_t at = 0; at < len; at += 57)
			ll_hash128_update(s, data + at, LL_MIN(len - at, (size_t)57));
		struct ll_id id = ll_hash128_digest(s);
		same128 &= ll_id_eq(in_pieces(data, len), id);
		uint64_t hash = ll_hash64_seeded(data, len, 0);
		ll_hash128_free(s);
		same64 &= ll_hash64(data, len) == hash;
		same128 &= ll_id_eq(ll_hash128(data, len), id);
#ifdef HAVE_AVX
		if (ll_cpu() >= LL_CPU_AVX2) {
			same64 &= ll_hash64_avx2(data, len) == hash;
			same128 &= ll_id_eq(ll_hash128_avx2(data, len), id);
		}
#endif
	}
	ok(same64, "XXH3-64 of any length");
	ok(same128, "XXH3-128 of any length");
}

/* Pieces of 0, 1, 2, ... bytes, by every version that this processor has. */
static void hashes_of_pieces(void)
{
	void (*version[])(const char *, size_t, const uint32_t *, size_t, struct ll_id *) = {
		ll_hash128_pieces,
#ifdef HAVE_AVX
		ll_cpu() >= LL_CPU_AVX2 ? ll_hash128_pieces_avx2 : ll_hash128_pieces,
		ll_cpu() >= LL_CPU_AVX512 ? ll_hash128_pieces_avx512 : ll_hash128_pieces,
#endif
	};
	static char text[3 + 300 * 301 / 2];
	struct ll_id id[300];
	uint32_t end[300], at = 3;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * i * 31 >> 3);
	for (uint32_t i = 0; i < 300; at = end[i++] + 1)
		end[i] = at + i;
	for (size_t v = 0; v < LL_COUNT(version); v++) {
		bool same = true;
		version[v](text, 3, end, 300, id);
		for (uint32_t i = 0; i < 300; i++)
			same &= ll_id_eq(id[i], ll_hash128(text + end[i] - i, i));
		ok(same, "XXH3-128 of pieces, version %zu", v);
	}
}

static void hashes(void)
{
	struct ll_id a = ll_hash128("abc", 3), b, sum = { { 0 } };
	char hex[33];
	/* XXH3-128 of the empty input, seed 0, as published with xxHash 0.8. */
	ok(strcmp(ll_id_hex(ll_hash128("", 0), hex), "99aa06d3014798d86001c324468d497f") == 0, "XXH3-128 of nothing");
	ok(ll_hash64("", 0) == 0x2d06800538d394c2u, "XXH3-64 of nothing");
	ok(ll_id_parse(ll_cstr(ll_id_hex(a, hex)), &b) == 0 && ll_id_eq(a, b), "an id survives hexadecimal");
	memset(sum.byte, 0xff, 16);
	ll_id_add(&sum, (struct ll_id){ { [15] = 1 } });
	ok(ll_id_eq(sum, (struct ll_id){ { 0 } }), "ids add modulo 2^128");
	struct ll_hash128_state *s = ll_hash128_new();
	ll_hash128_update(s, "a", 1);
	ll_hash128_update(s, "bc", 2);
	ok(ll_id_eq(ll_hash128_digest(s), a), "incremental equals one-shot");
	ll_hash128_free(s);
	wide_hashes();
	hashes_of_pieces();
}

struct order {
	uint64_t next, sum;
	bool good;
};

static void busy(void *context, void *job)
{
	(void)context;
	uint64_t *n = job;
	for (volatile unsigned spin = 0; spin < ll_random_below(1, 2, *n, 3000); spin++)
		;
	n[1] = n[0] * n[0];
}

static void in_order(void *context, void *job)
{
	struct order *o = context;
	uint64_t *n = job;
	o->good = o->good && n[0] == o->next++ && n[1] == n[0] * n[0];
	ll_free(n);
}

static void queues(void)
{
	static const int threads[] = { 1, 2, 3, 8 };
	for (size_t t = 0; t < LL_COUNT(threads); t++) {
		struct order o = { 0, 0, true };
		ll_threads_set(threads[t]);
		for (int round = 0; round < 20; round++) {
			struct ll_queue *q = ll_queue_new(&(struct ll_queue_ops){ busy, in_order }, &o, round % 3);
			o.next = 0;
			for (uint64_t i = 0; i < 500; i++) {
				uint64_t *job = ll_malloc(16);
				*job = i;
				ll_queue_submit(q, job);
			}
			if (round % 2)
				ll_queue_drain(q);
			ll_queue_free(q);
			o.good = o.good && o.next == 500;
		}
		ok(o.good, "a queue with %d threads retires in order", threads[t]);
	}
	ll_threads_set(1);
}

/* What jobs take, of which half of 1000 may be taken at once. */
struct taken {
	uint64_t bytes, jobs, retired;
	bool good;
};
struct sized {
	uint64_t number, bytes;
	bool alone;
};

static void take(void *context, void *job)
{
	struct taken *t = context;
	struct sized *j = job;
	uint64_t bytes = __atomic_add_fetch(&t->bytes, j->bytes, __ATOMIC_SEQ_CST), jobs = __atomic_add_fetch(&t->jobs, 1, __ATOMIC_SEQ_CST);
	for (volatile unsigned spin = 0; spin < 2000; spin++)
		;
	if ((j->bytes && bytes > 500 && bytes != j->bytes) || (j->alone && jobs != 1))
		__atomic_store_n(&t->good, false, __ATOMIC_SEQ_CST);
}

static void give(void *context, void *job)
{
	struct taken *t = context;
	struct sized *j = job;
	if (j->number != t->retired++)
		__atomic_store_n(&t->good, false, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&t->bytes, j->bytes, __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(&t->jobs, 1, __ATOMIC_SEQ_CST);
	ll_free(j);
}

static void sized_queues(void)
{
	static const uint64_t bytes[] = { 0, 0, 100, 200, 250, 251, 400, 500, 600, 2000 };
	uint64_t budget = ll_memory_budget();
	for (int threads = 1; threads <= 4; threads++) {
		struct taken t = { .good = true };
		ll_threads_set(threads);
		ll_memory_set_budget(1000);
		struct ll_queue *q = ll_queue_new(&(struct ll_queue_ops){ take, give }, &t, 6);
		for (uint64_t i = 0; i < 5000; i++) {
			struct sized *job = ll_malloc(sizeof *job);
			*job = (struct sized){ i, bytes[ll_random_below(1, 3, i, LL_COUNT(bytes))], ll_random_below(1, 4, i, 50) == 0 };
			if (job->alone)
				ll_queue_submit_alone(q, job);
			else
				ll_queue_submit_sized(q, job, job->bytes);
		}
		ll_queue_free(q);
		ok(t.good && t.retired == 5000, "a queue with %d threads holds what fits, in order", threads);
	}
	ll_memory_set_budget(budget);
	ll_threads_set(1);
}

static void mark(void *context, size_t i, int thread)
{
	(void)thread;
	__atomic_fetch_add(&((int *)context)[i], 1, __ATOMIC_RELAXED);
}

static void pools(void)
{
	for (int threads = 1; threads <= 4; threads++) {
		struct ll_pool *p = ll_pool_new(threads);
		int *count = ll_calloc(1000, sizeof(int));
		bool good = true;
		for (int round = 0; round < 200; round++)
			ll_pool_run(p, 1000, mark, count);
		for (int i = 0; i < 1000; i++)
			good = good && count[i] == 200;
		ok(good, "a pool of %d runs every task once", threads);
		ll_pool_free(p);
		ll_free(count);
	}
}

int main(void)
{
	philox();
	permutation();
	numbers();
	hashes();
	queues();
	sized_queues();
	pools();
	return test_done();
}
