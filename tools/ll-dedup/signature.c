/* SPDX-License-Identifier: MIT */
#include "ll-dedup/signature.h"

#include "base/memory.h"
#include "base/number.h"
#include "stream/frame.h"
#include "text/json.h"

#define SHARD_FIXED 40u

void signer_free(struct signer *s)
{
	shingler_free(&s->shingler);
	unit_walk_free(&s->walk);
	ll_buf_free(&s->tags);
	ll_buf_free(&s->line);
	ll_buf_free(&s->value);
	ll_free(s->signature);
	*s = (struct signer){ 0 };
}

void signer_sign(struct signer *s, const struct signature_rule *rule, struct ll_str text, uint64_t *bands)
{
	const struct ll_ngrams *g = &s->shingler.grams;

	shingles_of(&s->shingler, &rule->shingle, text);
	if (rule->pairs_only)
		return;
	if (!s->signature)
		s->signature = ll_alloc_aligned(64, rule->minhash.padded * sizeof(uint32_t));
	ll_minhash_sign(&rule->minhash, g->hash, g->len, s->signature);
	ll_minhash_bands(s->signature, rule->bands, rule->rows, bands);
}

static void put_id(struct ll_buf *out, struct ll_id id)
{
	ll_buf_add(out, id.byte, sizeof(id.byte));
}

/* A field of the user's own line, as a tag. */
static void carry_field(struct signer *s, const char *name, const struct ll_doc *doc)
{
	struct ll_json_field field = { .key = ll_cstr(name + 1) };
	int64_t integer;
	double number;

	if (!doc->skeleton.len)
		return;
	ll_buf_clear(&s->line);
	ll_buf_add(&s->line, doc->skeleton.data, doc->hole);
	ll_buf_puts(&s->line, "\"\"");
	ll_buf_add(&s->line, doc->skeleton.data + doc->hole, doc->skeleton.len - doc->hole);
	if (ll_json_line(ll_buf_str(&s->line), &field, 1, NULL) < 0 || !field.value.data)
		return;
	ll_buf_clear(&s->value);
	if (ll_json_is_string(field.value) && ll_json_unescape(&s->value, field.value, NULL) == 0)
		ll_tags_add_string(&s->tags, name, ll_buf_str(&s->value));
	else if (ll_parse_i64(field.value, &integer) == 0)
		ll_tags_add_int(&s->tags, name, integer);
	else if (ll_parse_double(field.value, &number) == 0)
		ll_tags_add_float(&s->tags, name, number);
}

static struct ll_str carried_tags(struct signer *s, const struct signature_rule *rule, const struct ll_doc *doc)
{
	struct ll_tag tag;

	ll_buf_clear(&s->tags);
	for (size_t i = 0; i < rule->n_carry; i++) {
		const char *name = rule->carry[i];
		if (name[0] == '.')
			carry_field(s, name, doc);
		else if (!ll_tag_find(doc->tags, name, &tag))
			continue;
		else if (tag.type == LL_TAG_STRING)
			ll_tags_add_string(&s->tags, name, tag.value);
		else if (tag.type == LL_TAG_INT)
			ll_tags_add_int(&s->tags, name, ll_tag_int(&tag));
		else if (tag.type == LL_TAG_FLOAT)
			ll_tags_add_float(&s->tags, name, ll_tag_float(&tag));
	}
	return ll_buf_str(&s->tags);
}

void signature_put(struct ll_buf *out, struct signer *s, const struct signature_rule *rule, struct ll_id digest, const struct ll_doc *doc)
{
	struct ll_ngrams *g = &s->shingler.grams;
	uint64_t bands[BANDS_MAX];
	uint32_t n_bands = rule->pairs_only ? 0 : rule->bands, shingles = 0;

	if (rule->bands > 0)
		signer_sign(s, rule, doc->text, bands);
	if (rule->keeps_shingles)
		shingles = (uint32_t)(g->len = shingles_set(g->hash, g->len));
	struct ll_str tags = carried_tags(s, rule, doc);
	uint32_t size = SIGNATURE_FIXED + 8 * (n_bands + shingles) + (uint32_t)(doc->id.len + doc->source.len + tags.len);
	ll_buf_put32(out, size);
	ll_buf_put32(out, size - 8);
	ll_buf_put32(out, SIGNATURE_DOCUMENT);
	ll_buf_put32(out, (uint32_t)doc->text.len);
	put_id(out, doc->key);
	put_id(out, ll_hash128(doc->text.data, doc->text.len));
	put_id(out, digest);
	ll_buf_put32(out, (uint32_t)doc->id.len);
	ll_buf_put32(out, (uint32_t)doc->source.len);
	ll_buf_put32(out, (uint32_t)tags.len);
	ll_buf_put32(out, shingles);
	for (uint32_t i = 0; i < n_bands; i++)
		ll_buf_put64(out, bands[i]);
	for (uint32_t i = 0; i < shingles; i++)
		ll_buf_put64(out, g->hash[i]);
	ll_buf_add_str(out, doc->id);
	ll_buf_add_str(out, doc->source);
	ll_buf_add_str(out, tags);
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

static int get_document(const unsigned char *record, size_t core, uint32_t bands, struct signature *out, struct ll_err *err)
{
	size_t fixed = SIGNATURE_FIXED + 8 * (size_t)bands;
	const char *text = (const char *)record;

	if (core < fixed)
		return ll_err_set(err, "a signature record too short for %u bands", bands);
	size_t id = ll_get32(record + 64), source = ll_get32(record + 68), tags = ll_get32(record + 72);
	out->text_bytes = ll_get32(record + 12);
	out->key = get_id(record + 16);
	out->text = get_id(record + 32);
	out->record = get_id(record + 48);
	out->n_shingles = ll_get32(record + 76);
	out->bands = record + SIGNATURE_FIXED;
	out->shingles = record + fixed;
	fixed += 8 * (size_t)out->n_shingles;
	if (fixed + id + source + tags != core)
		return ll_err_set(err, "a signature record whose parts do not add up");
	out->id = ll_str(text + fixed, id);
	out->source = ll_str(text + fixed + id, source);
	out->tags = ll_str(text + fixed + id + source, tags);
	return 0;
}

int signature_get(const unsigned char *record, size_t len, uint32_t bands, struct signature *out, struct ll_err *err)
{
	size_t core = len >= 16 ? 8 + (size_t)ll_get32(record + 4) : 0;

	if (len < 16 || core > len)
		return ll_err_set(err, "a signature record of %zu bytes", len);
	*out = (struct signature){ .type = ll_get32(record + 8) };
	switch (out->type) {
	case SIGNATURE_DOCUMENT:
		return get_document(record, core, bands, out, err);
	case SIGNATURE_SHARD:
		if (core != SHARD_FIXED)
			return ll_err_set(err, "a shard record of %zu bytes", len);
		out->records = ll_get64(record + 16);
		out->data_id = get_id(record + 24);
		out->name = ll_str((const char *)record + core, len - core);
		return 0;
	default:
		return ll_err_set(err, "a signature record of unknown type %u", ll_get32(record + 8));
	}
}
