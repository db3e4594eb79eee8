/* SPDX-License-Identifier: MIT */
/* The external sorter against insertion into order: qsort with the place as the last key, at memory shares from nothing up. */
#include "test.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/random.h"
#include "io/sort.h"

struct oracle {
	const char *key;
	size_t key_bytes, place;
};

static int by_key(const void *a, const void *b)
{
	const struct oracle *x = a, *y = b;
	int c = memcmp(x->key, y->key, x->key_bytes);

	return c ? c : (x->place > y->place) - (x->place < y->place);
}

static bool fixed(size_t n, size_t record, size_t key, unsigned alphabet, uint64_t memory, bool *spilled)
{
	char *data = ll_calloc(n + 1, record);
	struct oracle *want = ll_calloc(n + 1, sizeof(*want));
	struct ll_sorter *s = ll_sorter_new(record, key, memory, "a test");
	const char *got;
	bool good = true;
	size_t i = 0;

	for (i = 0; i < n; i++) {
		for (size_t b = 0; b < record; b++)
			data[i * record + b] = (char)(ll_random64(n * 31 + record, b, i) % (b < key ? alphabet : 256));
		want[i] = (struct oracle){ data + i * record, key, i };
		ll_sorter_add(s, data + i * record);
	}
	qsort(want, n, sizeof(*want), by_key);
	ll_sorter_finish(s);
	for (i = 0; (got = ll_sorter_next(s)) && good; i++)
		good = i < n && memcmp(got, want[i].key, record) == 0;
	good = good && i == n && ll_sorter_count(s) == n && ll_sorter_next(s) == NULL;
	*spilled = ll_sorter_spilled(s);
	ll_sorter_free(s);
	ll_free(want);
	ll_free(data);
	return good;
}

static bool variable(size_t n, size_t key, size_t longest, uint64_t memory, bool *spilled)
{
	struct ll_buf data = { 0 };
	size_t *at = ll_calloc(n + 1, sizeof(*at));
	struct oracle *want = ll_calloc(n + 1, sizeof(*want));
	struct ll_sorter *s = ll_sorter_new_variable(key, memory, "a test");
	const void *payload;
	const char *got;
	size_t len, i;
	bool good = true;

	for (i = 0; i < n; i++) {
		size_t size = key + ll_random64(3, 3, i) % (longest + 1);
		at[i] = data.len;
		for (size_t b = 0; b < size; b++)
			ll_buf_putc(&data, (char)(ll_random64(n, b, i) % (b < key ? 3 : 256)));
	}
	at[n] = data.len;
	for (i = 0; i < n; i++) {
		want[i] = (struct oracle){ data.data + at[i], key, i };
		ll_sorter_add_variable(s, data.data + at[i], data.data + at[i] + key, at[i + 1] - at[i] - key);
	}
	qsort(want, n, sizeof(*want), by_key);
	ll_sorter_finish(s);
	for (i = 0; (got = ll_sorter_next_variable(s, &payload, &len)) && good; i++) {
		size_t w = i < n ? want[i].place : 0;
		good = i < n && len == at[w + 1] - at[w] - key && memcmp(got, data.data + at[w], key) == 0 &&
		       (len == 0 || memcmp(payload, data.data + at[w] + key, len) == 0);
	}
	good = good && i == n;
	*spilled = ll_sorter_spilled(s);
	ll_sorter_free(s);
	ll_free(want);
	ll_free(at);
	ll_buf_free(&data);
	return good;
}

static int by_string(const void *a, const void *b)
{
	const struct oracle *x = a, *y = b;
	int c = memcmp(x->key, y->key, LL_MIN(x->key_bytes, y->key_bytes));

	c = c ? c : (x->key_bytes > y->key_bytes) - (x->key_bytes < y->key_bytes);
	return c ? c : (x->place > y->place) - (x->place < y->place);
}

/* Keys of 0 to `longest` bytes of three values, zero among them; the payload is the place, some bytes of it. */
static bool strings(size_t n, size_t longest, uint64_t memory, bool *spilled)
{
	char *data = ll_calloc(n + 1, longest + 1);
	struct oracle *want = ll_calloc(n + 1, sizeof(*want));
	struct ll_sorter *s = ll_sorter_new_strings(memory, "a test");
	struct ll_str key, payload;
	bool good = true;
	size_t i;

	for (i = 0; i < n; i++) {
		char *text = data + i * longest;
		uint64_t place = i;
		want[i] = (struct oracle){ text, ll_random64(n, 1, i) % (longest + 1), i };
		for (size_t b = 0; b < want[i].key_bytes; b++)
			text[b] = (char)(ll_random64(n, b + 2, i) % 3 * 127);
		ll_sorter_add_string(s, ll_str(text, want[i].key_bytes), &place, i % 9);
	}
	qsort(want, n, sizeof(*want), by_string);
	ll_sorter_finish(s);
	for (i = 0; ll_sorter_next_string(s, &key, &payload) && good; i++) {
		uint64_t place = want[i].place;
		good = i < n && ll_str_eq(key, ll_str(want[i].key, want[i].key_bytes)) &&
		       ll_str_eq(payload, ll_str((char *)&place, place % 9));
	}
	good = good && i == n;
	*spilled = ll_sorter_spilled(s);
	ll_sorter_free(s);
	ll_free(want);
	ll_free(data);
	return good;
}

int main(void)
{
	static const uint64_t memories[] = { 0, 1, 5000, 40000, 400000, 64 * LL_MIB };
	static const size_t counts[] = { 0, 1, 2, 63, 64, 65, 1000, 20000 };
	static const size_t keys[][2] = { { 1, 1 }, { 8, 8 }, { 24, 16 }, { 20, 20 }, { 12, 3 }, { 40, 0 } };
	bool spilled, any = false, none = false;

	for (size_t m = 0; m < LL_COUNT(memories); m++)
		for (size_t k = 0; k < LL_COUNT(keys); k++) {
			bool good = true;
			for (size_t c = 0; c < LL_COUNT(counts) && good; c++) {
				/* With no memory every record is a run of its own: a few thousand do. */
				size_t n = memories[m] < 5000 ? LL_MIN(counts[c], 3000) : counts[c];
				good = fixed(n, keys[k][0], keys[k][1], 2, memories[m], &spilled);
				any |= spilled;
				none |= !spilled && n > 1000;
				good = good && fixed(n, keys[k][0], keys[k][1], 256, memories[m], &spilled);
			}
			ok(good, "records of %zu bytes, %zu of them key, in %llu bytes", keys[k][0], keys[k][1],
			   (unsigned long long)memories[m]);
		}
	for (size_t m = 0; m < LL_COUNT(memories); m++) {
		ok(variable(memories[m] < 5000 ? 500 : 5000, 9, 60, memories[m], &spilled),
		   "short payloads in %llu bytes", (unsigned long long)memories[m]);
		ok(variable(100, 2, 100000, memories[m], &spilled), "payloads up to 100 kB in %llu bytes",
		   (unsigned long long)memories[m]);
	}
	for (size_t m = 0; m < LL_COUNT(memories); m++) {
		size_t n = memories[m] < 5000 ? 500 : 20000;
		ok(strings(n, 4, memories[m], &spilled) && strings(n, 20, memories[m], &spilled),
		   "strings as keys in %llu bytes", (unsigned long long)memories[m]);
	}
	ok(any && none, "some of these spilled and some did not");
	return test_done();
}
