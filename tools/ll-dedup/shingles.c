/* SPDX-License-Identifier: MIT */
#include "ll-dedup/shingles.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "text/unicode.h"
#include "text/utf8.h"

/* ---- normal forms ---- */

static void put_char(struct ll_buf *out, uint32_t c)
{
	char bytes[4];

	ll_buf_add(out, bytes, ll_utf8_put(bytes, c));
}

static void put_space(struct ll_buf *out)
{
	if (out->len && out->data[out->len - 1] != ' ')
		ll_buf_putc(out, ' ');
}

static void trim(struct ll_buf *out)
{
	if (out->len && out->data[out->len - 1] == ' ')
		out->len--;
}

static bool is_space(uint32_t c)
{
	return (ll_char_class(c) & LL_CHAR_SPACE) || (c >= 0x1c && c <= 0x1f);
}

static bool is_ascii_punctuation(uint32_t c)
{
	return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static bool is_punctuation(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || is_ascii_punctuation(c) || (ll_char_class(c) & LL_CHAR_PUNCTUATION);
}

/* Full stop, comma, those of Arabic, and the decimal separator keys of Unicode: datatrove 0.10.1, utils/text.py, NUMBERS_PATTERN. */
static bool is_separator(uint32_t c)
{
	return c == '.' || c == ',' || c == 0x060c || c == 0x066b || (c >= 0x2396 && c <= 0x2398);
}

/* After a digit at *p: the digits that follow, and one more group behind a separator. */
static void skip_number(const char **p, const char *end)
{
	const char *q;

	for (q = *p; q < end && ll_char_is_decimal(ll_utf8_next(&q));)
		*p = q;
	q = *p;
	if (q < end && is_separator(ll_utf8_next(&q)))
		while (q < end && ll_char_is_decimal(ll_utf8_next(&q)))
			*p = q;
}

static void fold(struct ll_buf *out, struct ll_buf *scratch, struct ll_str text, bool numbers)
{
	ll_buf_clear(scratch);
	for (const char *p = text.data, *end = p + text.len; p < end;) {
		uint32_t c = ll_char_lower(ll_utf8_next(&p));
		if (numbers && ll_char_is_decimal(c)) {
			skip_number(&p, end);
			c = '0';
		}
		if (is_space(c) || is_punctuation(c))
			put_space(scratch);
		else
			put_char(scratch, c);
	}
	trim(scratch);
	struct ll_buf parts = { 0 };
	ll_normalize(&parts, ll_buf_str(scratch), LL_NFD);
	for (const char *p = parts.data, *end = p + parts.len; p < end;) {
		uint32_t c = ll_utf8_next(&p);
		if (c < 0x80 || !ll_char_is_nonspacing(c))
			put_char(out, c);
	}
	ll_buf_free(&parts);
}

static void normalize(struct shingler *s, enum normal_form form, struct ll_str text)
{
	struct ll_buf *out = &s->text;

	ll_buf_clear(out);
	switch (form) {
	case NORMAL_DATATROVE:
	case NORMAL_REFINEDWEB:
		fold(out, &s->lower, text, form == NORMAL_DATATROVE);
		return;
	case NORMAL_SLIMPAJAMA:
		ll_buf_clear(&s->lower);
		ll_normalize(&s->lower, text, LL_NFC);
		text = ll_buf_str(&s->lower);
		break;
	case NORMAL_NONE:
		ll_buf_add_str(out, text);
		return;
	default:
		break;
	}
	for (const char *p = text.data, *end = p + text.len; p < end;) {
		uint32_t c = ll_char_lower(ll_utf8_next(&p));
		if (is_space(c) || (form == NORMAL_TEXT_DEDUP && c != '_' && !(ll_char_class(c) & (LL_CHAR_LETTER | LL_CHAR_NUMBER))))
			put_space(out);
		else if (form == NORMAL_TEXT_DEDUP || !is_ascii_punctuation(c))
			put_char(out, c);
	}
	trim(out);
}

/* ---- items ---- */

static void add_item(struct ll_words *w, uint64_t hash)
{
	LL_GROW(w->word, w->cap, w->len + 1);
	w->word[w->len++].hash = hash;
}

static void split(struct ll_words *w, struct ll_str text)
{
	const char *word = text.data, *end = text.data + text.len;

	w->len = 0;
	for (const char *p = text.data; p < end;) {
		const char *at = p;
		uint32_t c = ll_utf8_next(&p);
		bool alone = c >= 0x0e00 && ll_char_is_unspaced(c), space = is_space(c);
		if (!alone && !space)
			continue;
		if (at > word)
			add_item(w, ll_word_hash(word, (size_t)(at - word)));
		if (alone)
			add_item(w, ll_word_hash(at, (size_t)(p - at)));
		word = p;
	}
	if (end > word)
		add_item(w, ll_word_hash(word, (size_t)(end - word)));
}

static void tokens(struct shingler *s, const struct shingle_rule *rule, struct ll_str text)
{
	if (!s->encoder)
		s->encoder = ll_bpe_encoder_new(rule->tokenizer);
	s->ids.len = 0;
	ll_bpe_encode(s->encoder, text, false, &s->ids);
	s->words.len = 0;
	for (size_t i = 0; i < s->ids.len; i++) {
		unsigned char id[4];
		ll_put32(id, s->ids.id[i]);
		add_item(&s->words, ll_word_hash((const char *)id, sizeof(id)));
	}
}

void shingles_of(struct shingler *s, const struct shingle_rule *rule, struct ll_str text)
{
	struct ll_str normal;

	if (rule->form == NORMAL_WORDS) {
		s->words.joined = rule->unit != UNIT_WORD;
		ll_words_split(&s->words, text);
		normal = ll_buf_str(&s->words.normalized);
	} else {
		normalize(s, rule->form, text);
		normal = ll_buf_str(&s->text);
		if (rule->unit == UNIT_WORD)
			split(&s->words, normal);
	}
	if (rule->unit == UNIT_TOKEN)
		tokens(s, rule, normal);
	if (rule->unit == UNIT_CHAR)
		ll_shingles_of_characters(&s->grams, normal, rule->ngram);
	else
		ll_shingles_of_words(&s->grams, &s->words, rule->ngram);
	if (s->grams.len == 0) {
		LL_GROW(s->grams.hash, s->grams.cap, 1);
		s->grams.hash[s->grams.len++] = ll_hash64_seeded(text.data, text.len, 1);
	}
}

/* ---- sets ---- */

static int by_value(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void insertion_sort(uint64_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t x = v[i];
		size_t k = i;
		for (; k > 0 && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* Hashes are even: one distribution by their first bits leaves short runs. */
static void sort_hashes(uint64_t *v, size_t n)
{
	unsigned bits = 1;
	size_t at = 0;

	if (n <= 24) {
		insertion_sort(v, n);
		return;
	}
	while (bits < 20 && (size_t)4 << bits < n)
		bits++;
	uint32_t *end = ll_calloc(((size_t)1 << bits) + 1, sizeof(*end));
	uint64_t *copy = ll_malloc(n * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		end[(v[i] >> (64 - bits)) + 1]++;
	for (size_t b = 0; b < (size_t)1 << bits; b++)
		end[b + 1] += end[b];
	for (size_t i = 0; i < n; i++)
		copy[end[v[i] >> (64 - bits)]++] = v[i];
	for (size_t b = 0; b < (size_t)1 << bits; at = end[b++])
		if (end[b] - at <= 64)
			insertion_sort(copy + at, end[b] - at);
		else
			qsort(copy + at, end[b] - at, sizeof(*copy), by_value);
	memcpy(v, copy, n * sizeof(*copy));
	ll_free(copy);
	ll_free(end);
}

size_t shingles_set(uint64_t *hash, size_t n)
{
	size_t kept = 0;

	sort_hashes(hash, n);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || hash[i] != hash[kept - 1])
			hash[kept++] = hash[i];
	return kept;
}

void shingler_free(struct shingler *s)
{
	ll_words_free(&s->words);
	ll_ngrams_free(&s->grams);
	ll_buf_free(&s->text);
	ll_buf_free(&s->lower);
	if (s->encoder)
		ll_bpe_encoder_free(s->encoder);
	ll_ids_free(&s->ids);
	*s = (struct shingler){ 0 };
}
