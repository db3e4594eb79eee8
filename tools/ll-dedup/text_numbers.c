/* SPDX-License-Identifier: MIT */
#include "ll-dedup/text_numbers.h"

#include "base/memory.h"
#include "io/sort.h"

#define PAYLOAD 16u /* document, key: u64 */

struct text_numbers {
	struct ll_sorter *sorter; /* hash u64 big-endian, text -> PAYLOAD */
	struct ll_buf key;
};

struct text_numbers *text_numbers_new(uint64_t memory)
{
	struct text_numbers *t = ll_calloc(1, sizeof(*t));

	t->sorter = ll_sorter_new_strings(memory, "texts to compare");
	return t;
}

void text_numbers_add(struct text_numbers *t, uint64_t hash, struct ll_str text, uint64_t document, uint64_t key)
{
	unsigned char payload[PAYLOAD];

	ll_buf_clear(&t->key);
	ll_put_be((unsigned char *)ll_buf_reserve(&t->key, 8), hash, 8);
	t->key.len = 8;
	ll_buf_add_str(&t->key, text);
	ll_put64(payload, document);
	ll_put64(payload + 8, key);
	ll_sorter_add_string(t->sorter, ll_buf_str(&t->key), payload, sizeof(payload));
}

void text_numbers_each(struct text_numbers *t,
		       void (*number)(void *context, struct ll_id text, uint64_t document, uint64_t key), void *context)
{
	struct ll_buf *last = &t->key;
	struct ll_str key, payload;
	struct ll_id id = { { 0 } };
	uint64_t texts = 0;

	ll_sorter_finish(t->sorter);
	while (ll_sorter_next_string(t->sorter, &key, &payload)) {
		if (texts == 0 || key.len != last->len || memcmp(key.data, last->data, key.len) != 0) {
			ll_put_be(id.byte + 8, ++texts, 8);
			ll_buf_clear(last);
			ll_buf_add_str(last, key);
		}
		number(context, id, ll_get64(payload.data), ll_get64(payload.data + 8));
	}
	ll_sorter_free(t->sorter);
	t->sorter = NULL;
}

void text_numbers_free(struct text_numbers *t)
{
	if (!t)
		return;
	ll_sorter_free(t->sorter);
	ll_buf_free(&t->key);
	ll_free(t);
}
