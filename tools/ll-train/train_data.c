/* SPDX-License-Identifier: MIT */
/* train_data.c - where the samples of a run come from: its datasets, mixed by weight. */
#include <math.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/number.h"
#include "ll-train/train.h"

/* Only a number behind the last colon is a weight: paths may have colons. */
static void parse_source(struct ll_str line, struct ll_train_source *source)
{
	const struct ll_str given = line;
	size_t colon = line.len;
	double weight;
	*source = (struct ll_train_source){ .weight = 1 };
	while (colon > 0 && line.data[colon - 1] != ':')
		colon--;
	if (colon > 0 && ll_parse_double(ll_str(line.data + colon, line.len - colon), &weight) == 0) {
		if (!(weight > 0) || !isfinite(weight))
			ll_train_settings_refuse("data", ll_strndup(given.data, given.len), "a weight is above 0");
		source->weight = weight;
		line.len = colon - 1;
	}
	if (line.len == 0)
		ll_train_settings_refuse("data", ll_strndup(given.data, given.len), "an empty name is no dataset");
	source->path = ll_strndup(line.data, line.len);
}

static void parse_starts(const char *text, struct ll_train_source *source, size_t n)
{
	const char *at = text;
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(at, ",");
		if (ll_parse_u64(ll_str(at, len), &source[i].first) < 0 || source[i].first >> 53 ||
		    (at[len] == '\0') != (i + 1 == n))
			ll_train_settings_refuse("data-start", text, "not a number for each of %zu datasets", n);
		at += len + (at[len] != '\0');
	}
}

struct ll_train_source *ll_train_sources(const char *lines, const char *starts, size_t *n)
{
	struct ll_train_source *source = NULL;
	size_t cap = 0;
	double sum = 0;
	*n = 0;
	for (const char *end; lines; lines = *end ? end + 1 : NULL) {
		end = lines + strcspn(lines, "\n");
		LL_GROW(source, cap, *n + 1);
		parse_source(ll_str(lines, (size_t)(end - lines)), &source[*n]);
		sum += source[(*n)++].weight;
	}
	if (!isfinite(sum))
		ll_die(LL_EXIT_USAGE, "data: the weights are too large");
	for (size_t i = 0; i < *n; i++)
		source[i].share = source[i].weight / sum;
	if (starts)
		parse_starts(starts, source, *n);
	return source;
}

void ll_train_sources_free(struct ll_train_source *source, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ll_dataset_close(source[i].set);
		ll_free(source[i].path);
		ll_free(source[i].withdrawn);
	}
	ll_free(source);
}

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

/* One more dataset has to speak of the same ids as the first. */
static void check_tokenizer(const struct ll_train_data *d, const struct ll_dataset *other, const char *path)
{
	if (strcmp(ll_dataset_tokenizer_id(other), ll_dataset_tokenizer_id(d->train)) != 0)
		ll_die(LL_EXIT_INPUT, "%s: was encoded with tokenizer %s, %s with %s", path, ll_dataset_tokenizer_id(other),
		       d->source[0].path, ll_dataset_tokenizer_id(d->train));
}

/* The sequence length in force before the settings are checked, for which the vocabulary is needed first. */
static int64_t sequence(const struct ll_train_settings *s)
{
	return s->seq_len ? s->seq_len : s->model.context;
}

static void check_end_of_text(const struct ll_train_data *d, const struct ll_dataset *set, const char *path)
{
	if (ll_dataset_eot(set) < 0 || ll_dataset_eot(set) != ll_dataset_eot(d->train))
		ll_die(LL_EXIT_INPUT, "%s: its documents do not end with %s, by which --document-mask would know them", path,
		       ll_dataset_eot(set) < 0 ? "an end of text" : "the end of text of the others");
}

static void open_sources(struct ll_train_data *d, struct ll_train_settings *s)
{
	uint32_t vocabulary = 0;
	for (size_t i = 0; i < d->sources; i++) {
		struct ll_train_source *source = &d->source[i];
		source->set = open_one(source->path, sequence(s));
		d->train = d->source[0].set;
		check_tokenizer(d, source->set, source->path);
		if (s->document_mask)
			check_end_of_text(d, source->set, source->path);
		vocabulary = LL_MAX(vocabulary, ll_dataset_vocabulary(source->set));
		if (s->vocabulary_set && s->model.vocabulary < (int64_t)vocabulary) {
			ll_hint("--set vocabulary=%u makes room for them", vocabulary);
			ll_die(LL_EXIT_INPUT, "%s: its tokens have %u ids, the model has a vocabulary of %lld", source->path,
			       vocabulary, (long long)s->model.vocabulary);
		}
	}
	if (!s->vocabulary_set)
		s->model.vocabulary = vocabulary;
}

static void name_data(struct ll_train_data *d)
{
	struct ll_buf lines = { 0 };
	for (size_t i = 0; i < d->sources; i++) {
		ll_buf_printf(&lines, "%s ", ll_dataset_id(d->source[i].set));
		ll_put_double(&lines, d->source[i].share);
		ll_buf_putc(&lines, '\n');
	}
	if (*d->withdrawn_id)
		ll_buf_printf(&lines, "exclude %s\n", d->withdrawn_id);
	if (d->sources == 1 && !*d->withdrawn_id)
		memcpy(d->id, ll_dataset_id(d->train), sizeof(d->id));
	else
		ll_id_hex(ll_hash128(lines.data, lines.len), d->id);
	ll_buf_free(&lines);
}

void ll_train_data_open(struct ll_train_data *d, struct ll_train_settings *s)
{
	*d = (struct ll_train_data){ 0 };
	if (!s->data)
		ll_die(LL_EXIT_USAGE, "--data=DIR is missing: the token dataset to train on");
	d->source = ll_train_sources(s->data, s->data_start, &d->sources);
	open_sources(d, s);
	ll_train_settings_check(s);
	if (s->valid) {
		d->valid = open_one(s->valid, s->seq_len);
		check_tokenizer(d, d->valid, s->valid);
		if (s->document_mask)
			check_end_of_text(d, d->valid, s->valid);
	}
	if (s->exclude)
		ll_train_withdraw(d, s->exclude);
	name_data(d);
	d->seq_len = s->seq_len;
	d->window = ll_malloc(((size_t)d->seq_len + 1) * sizeof(*d->window));
	double *weight = ll_calloc(d->sources, sizeof(*weight));
	for (size_t i = 0; i < d->sources; i++) {
		weight[i] = d->source[i].weight;
		if (ll_data_order_init(&d->source[i].order, ll_dataset_tokens(d->source[i].set), (uint64_t)d->seq_len,
				       (uint64_t)s->seed) < 0)
			LL_BUG("the size of %s was checked", d->source[i].path);
	}
	d->mix = ll_data_mix_new(weight, d->sources, (uint64_t)s->seed);
	ll_free(weight);
}

struct ll_train_sample ll_train_data_at(struct ll_train_data *d, uint64_t cursor)
{
	struct ll_data_place p = ll_data_mix_at(d->mix, cursor - d->origin);
	struct ll_train_source *source = &d->source[p.set];
	return (struct ll_train_sample){ source, ll_data_order_at(&source->order, source->first + p.cursor) };
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

uint64_t ll_train_data_targets(struct ll_train_data *d, uint64_t cursor, int64_t rows)
{
	uint64_t n = (uint64_t)rows * (uint64_t)d->seq_len;
	for (int64_t r = 0; *d->withdrawn_id && r < rows; r++) {
		struct ll_train_sample s = ll_train_data_at(d, cursor + (uint64_t)r);
		n -= ll_train_withdrawn(s.source, s.start + 1, s.start + 1 + (uint64_t)d->seq_len);
	}
	return n;
}

void ll_train_data_fill(struct ll_train_data *d, uint64_t cursor, int64_t rows, int32_t *tokens, int32_t *targets)
{
	for (int64_t r = 0; r < rows; r++) {
		struct ll_train_sample sample = ll_train_data_at(d, cursor + (uint64_t)r);
		fill_row(d, sample.source->set, sample.start, r, tokens, targets);
		ll_train_hide(sample.source, sample.start, d->seq_len, tokens + r * d->seq_len, targets + r * d->seq_len);
	}
}

struct ll_dataset_document *ll_train_data_documents(struct ll_train_data *d, uint64_t cursor, size_t *n)
{
	struct ll_train_sample sample = ll_train_data_at(d, cursor);
	return ll_dataset_documents_at(sample.source->set, sample.start, (uint64_t)d->seq_len, n);
}

uint64_t ll_train_data_samples(const struct ll_train_data *d)
{
	uint64_t samples = 0;
	for (size_t i = 0; i < d->sources; i++)
		samples += d->source[i].order.samples;
	return samples;
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
	ll_train_sources_free(d->source, d->sources);
	ll_data_mix_free(d->mix);
	ll_dataset_close(d->valid);
	ll_free(d->window);
	*d = (struct ll_train_data){ 0 };
}
