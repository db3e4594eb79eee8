/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/memory.h"
#include "ll-train/train.h"

static struct ll_dataset *open_one(const char *dir, int64_t seq_len)
{
	struct ll_dataset *d = ll_dataset_open(dir);
	if (ll_dataset_tokens(d) < (uint64_t)seq_len + 1) {
		ll_hint("a sample reads one token more than it predicts; --seq-len=N makes samples shorter");
		ll_die(LL_EXIT_INPUT, "%s: %llu tokens are not one sample of length %lld", dir,
		       (unsigned long long)ll_dataset_tokens(d), (long long)seq_len);
	}
	return d;
}

/* The sequence length in force before the settings are checked, for which the vocabulary is needed first. */
static int64_t sequence(const struct ll_train_settings *s)
{
	return s->seq_len ? s->seq_len : s->model.context;
}

void ll_train_data_open(struct ll_train_data *d, struct ll_train_settings *s)
{
	*d = (struct ll_train_data){ 0 };
	if (!s->data)
		ll_die(LL_EXIT_USAGE, "--data=DIR is missing: the token dataset to train on");
	d->train = open_one(s->data, sequence(s));
	uint32_t vocabulary = ll_dataset_vocabulary(d->train);
	if (!s->vocabulary_set)
		s->model.vocabulary = vocabulary;
	if (s->model.vocabulary < (int64_t)vocabulary)
		ll_die(LL_EXIT_INPUT, "%s: its tokens have %u ids, the model has a vocabulary of %lld", s->data,
		       vocabulary, (long long)s->model.vocabulary);
	ll_train_settings_check(s);
	if (s->valid) {
		d->valid = open_one(s->valid, s->seq_len);
		if (strcmp(ll_dataset_tokenizer_id(d->valid), ll_dataset_tokenizer_id(d->train)) != 0)
			ll_die(LL_EXIT_INPUT, "%s: was encoded with tokenizer %s, the training data with %s", s->valid,
			       ll_dataset_tokenizer_id(d->valid), ll_dataset_tokenizer_id(d->train));
	}
	d->seq_len = s->seq_len;
	d->window = ll_malloc(((size_t)d->seq_len + 1) * sizeof(*d->window));
	if (ll_data_order_init(&d->order, ll_dataset_tokens(d->train), (uint64_t)d->seq_len, (uint64_t)s->seed) < 0)
		LL_BUG("the size of %s was checked", s->data);
}

static void fill_row(struct ll_train_data *d, struct ll_dataset *set, uint64_t start, int64_t row, int32_t *tokens,
		     int32_t *targets)
{
	int64_t n = d->seq_len;
	ll_dataset_read(set, start, (size_t)n + 1, d->window);
	for (int64_t i = 0; i < n; i++) {
		tokens[row * n + i] = (int32_t)d->window[i];
		targets[row * n + i] = (int32_t)d->window[i + 1];
	}
}

void ll_train_data_fill(struct ll_train_data *d, uint64_t cursor, int64_t rows, int32_t *tokens, int32_t *targets)
{
	for (int64_t r = 0; r < rows; r++)
		fill_row(d, d->train, ll_data_order_at(&d->order, cursor + (uint64_t)r), r, tokens, targets);
}

struct ll_dataset_document *ll_train_data_documents(struct ll_train_data *d, uint64_t cursor, size_t *n)
{
	return ll_dataset_documents_at(d->train, ll_data_order_at(&d->order, cursor), (uint64_t)d->seq_len, n);
}

uint64_t ll_train_valid_samples(const struct ll_train_data *d)
{
	return (ll_dataset_tokens(d->valid) - 1) / (uint64_t)d->seq_len;
}

void ll_train_data_fill_valid(struct ll_train_data *d, uint64_t sample, int64_t rows, int32_t *tokens, int32_t *targets)
{
	for (int64_t r = 0; r < rows; r++)
		fill_row(d, d->valid, (sample + (uint64_t)r) * (uint64_t)d->seq_len, r, tokens, targets);
}

void ll_train_data_close(struct ll_train_data *d)
{
	ll_dataset_close(d->train);
	ll_dataset_close(d->valid);
	ll_free(d->window);
	*d = (struct ll_train_data){ 0 };
}
