/* SPDX-License-Identifier: MIT */
#include "ll-dedup/signature.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/number.h"
#include "stream/frame.h"

#define DOCUMENT_FIXED 64u
#define SHARD_FIXED 40u

static bool parse_bands(const char *text, uint64_t *bands, uint64_t *rows)
{
	const char *x = strchr(text, 'x');

	return x && ll_parse_u64(ll_str(text, (size_t)(x - text)), bands) == 0 && ll_parse_u64(ll_cstr(x + 1), rows) == 0 &&
	       *bands >= 1 && *bands <= 1024 && *rows >= 1 && *rows <= LL_MINHASH_ROWS_MAX && *bands * *rows <= LL_MINHASH_MAX;
}

void signature_rule_init(struct signature_rule *r, const char *minhash, int64_t ngram, const char *unit)
{
	uint64_t bands, rows;

	if (!parse_bands(minhash, &bands, &rows)) {
		ll_hint("14x8 is 14 bands of 8 rows: up to 1024 bands, 256 rows, %u in all", LL_MINHASH_MAX);
		ll_die(LL_EXIT_USAGE, "--minhash=%s: not BANDSxROWS", minhash);
	}
	r->bands = (uint32_t)bands;
	r->rows = (uint32_t)rows;
	r->characters = strcmp(unit, "char") == 0;
	r->ngram = ngram ? (uint32_t)ngram : r->characters ? 24 : 5;
	ll_minhash_init(&r->minhash, r->bands * r->rows);
}

void signature_rule_init_exact(struct signature_rule *r)
{
	*r = (struct signature_rule){ 0 };
}

void signature_rule_free(struct signature_rule *r)
{
	ll_minhash_free(&r->minhash);
}

char *signature_rule_lines(const struct signature_rule *r)
{
	if (r->bands == 0)
		return ll_strdup("exact=document\n");
	return ll_format("bands=%u\nngram=%u\nrows=%u\nunit=%s\n", r->bands, r->ngram, r->rows, r->characters ? "char" : "word");
}

void signer_free(struct signer *s)
{
	ll_words_free(&s->words);
	ll_ngrams_free(&s->grams);
	ll_free(s->shingle);
	ll_free(s->signature);
	*s = (struct signer){ 0 };
}

void signer_sign(struct signer *s, const struct signature_rule *rule, struct ll_str text, uint64_t *bands)
{
	s->words.joined = rule->characters;
	ll_words_split(&s->words, text);
	if (rule->characters)
		ll_shingles_of_characters(&s->grams, ll_buf_str(&s->words.normalized), rule->ngram);
	else
		ll_shingles_of_words(&s->grams, &s->words, rule->ngram);
	LL_GROW(s->shingle, s->shingles_cap, s->grams.len + 1);
	size_t n = 0;
	for (size_t i = 0; i < s->grams.len; i++)
		s->shingle[n++] = (uint32_t)(s->grams.hash[i] >> 32);
	if (n == 0)
		s->shingle[n++] = (uint32_t)(ll_hash64_seeded(text.data, text.len, 1) >> 32);
	if (!s->signature)
		s->signature = ll_alloc_aligned(64, rule->minhash.padded * sizeof(uint32_t));
	ll_minhash_sign(&rule->minhash, s->shingle, n, s->signature);
	ll_minhash_bands(s->signature, rule->bands, rule->rows, bands);
}

static void put_id(struct ll_buf *out, struct ll_id id)
{
	ll_buf_add(out, id.byte, sizeof(id.byte));
}

void signature_put(struct ll_buf *out, struct signer *s, const struct signature_rule *rule, const unsigned char *record,
		   const struct ll_doc *doc)
{
	uint64_t bands[1024];
	uint32_t size = DOCUMENT_FIXED + 8 * rule->bands + (uint32_t)doc->id.len;

	if (rule->bands > 0)
		signer_sign(s, rule, doc->text, bands);
	ll_buf_put32(out, size);
	ll_buf_put32(out, size - 8);
	ll_buf_put32(out, SIGNATURE_DOCUMENT);
	ll_buf_put32(out, (uint32_t)doc->text.len);
	put_id(out, doc->key);
	put_id(out, ll_hash128(doc->text.data, doc->text.len));
	put_id(out, ll_record_digest(record));
	for (uint32_t i = 0; i < rule->bands; i++)
		ll_buf_put64(out, bands[i]);
	ll_buf_add_str(out, doc->id);
}

void signature_put_shard(struct ll_buf *out, uint64_t records, struct ll_id data_id, const char *name)
{
	ll_buf_put32(out, SHARD_FIXED + (uint32_t)strlen(name));
	ll_buf_put32(out, SHARD_FIXED - 8);
	ll_buf_put32(out, SIGNATURE_SHARD);
	ll_buf_put32(out, 0);
	ll_buf_put64(out, records);
	put_id(out, data_id);
	ll_buf_puts(out, name);
}

static struct ll_id get_id(const unsigned char *p)
{
	struct ll_id id;

	memcpy(id.byte, p, sizeof(id.byte));
	return id;
}

int signature_get(const unsigned char *record, size_t len, uint32_t bands, struct signature *out, struct ll_err *err)
{
	size_t core = len >= 16 ? 8 + (size_t)ll_get32(record + 4) : 0, fixed = DOCUMENT_FIXED + 8 * (size_t)bands;
	const char *text = (const char *)record;

	if (len < 16 || core > len)
		return ll_err_set(err, "a signature record of %zu bytes", len);
	*out = (struct signature){ 0 };
	switch (ll_get32(record + 8)) {
	case SIGNATURE_DOCUMENT:
		if (core < fixed)
			return ll_err_set(err, "a signature record too short for %u bands", bands);
		out->type = SIGNATURE_DOCUMENT;
		out->text_bytes = ll_get32(record + 12);
		out->key = get_id(record + 16);
		out->text = get_id(record + 32);
		out->record = get_id(record + 48);
		out->bands = record + DOCUMENT_FIXED;
		out->id = ll_str(text + fixed, core - fixed);
		return 0;
	case SIGNATURE_SHARD:
		if (core != SHARD_FIXED)
			return ll_err_set(err, "a shard record of %zu bytes", len);
		out->type = SIGNATURE_SHARD;
		out->records = ll_get64(record + 16);
		out->data_id = get_id(record + 24);
		out->name = ll_str(text + core, len - core);
		return 0;
	default:
		return ll_err_set(err, "a signature record of unknown type %u", ll_get32(record + 8));
	}
}
