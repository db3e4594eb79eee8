/* SPDX-License-Identifier: MIT */
#include "ll-dedup/rule.h"

#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "ll-dedup/dedup.h"

#define HASH "4" /* rises whenever a text gets other shingles or signatures, so that those of versions do not mix */

/* Published parameters, each with the primary source's own words in ll-dedup.1. */
static const struct profile {
	const char *name, *minhash, *unit, *form;
	int64_t ngram;
} profiles[] = {
	{ "datatrove", "14x8", "word", "datatrove", 5 },     { "fineweb", "14x8", "word", "datatrove", 5 },
	{ "slimpajama", "9x13", "char", "slimpajama", 13 },  { "text-dedup", "24x10", "word", "text-dedup", 5 },
	{ "nemo", "20x13", "char", "none", 24 },	     { "refinedweb", "450x20", "word", "refinedweb", 5 },
};

static const char *const units[] = { "word", "char", "token" };
static const char *const forms[] = { "words", "datatrove", "refinedweb", "slimpajama", "text-dedup", "none" };

static size_t place(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	LL_BUG("a choice that is none: %s", name);
}

static bool parse_bands(const char *text, uint64_t *bands, uint64_t *rows)
{
	const char *x = strchr(text, 'x');

	return x && ll_parse_u64(ll_str(text, (size_t)(x - text)), bands) == 0 && ll_parse_u64(ll_cstr(x + 1), rows) == 0 &&
	       *bands >= 1 && *bands <= BANDS_MAX && *rows >= 1 && *rows <= LL_MINHASH_ROWS_MAX && *bands * *rows <= LL_MINHASH_MAX;
}

static void take_profile(void)
{
	for (size_t i = 0; dedup.profile && i < LL_COUNT(profiles); i++)
		if (strcmp(profiles[i].name, dedup.profile) == 0) {
			dedup.minhash = dedup.minhash ? dedup.minhash : profiles[i].minhash;
			dedup.unit = dedup.unit ? dedup.unit : profiles[i].unit;
			dedup.normalize = dedup.normalize ? dedup.normalize : profiles[i].form;
			if (!dedup.ngram && strcmp(dedup.unit, profiles[i].unit) == 0)
				dedup.ngram = profiles[i].ngram;
		}
	dedup.minhash = dedup.minhash ? dedup.minhash : "14x8";
	dedup.unit = dedup.unit ? dedup.unit : "word";
	dedup.normalize = dedup.normalize ? dedup.normalize : "words";
}

void signature_rule_init(struct signature_rule *r)
{
	uint64_t bands, rows;
	char number[24];

	*r = (struct signature_rule){ 0 };
	take_profile();
	if (!parse_bands(dedup.minhash, &bands, &rows)) {
		ll_hint("14x8 is 14 bands of 8 rows: up to %u bands, %u rows, %u in all", BANDS_MAX, LL_MINHASH_ROWS_MAX, LL_MINHASH_MAX);
		ll_die(LL_EXIT_USAGE, "--minhash=%s: not BANDSxROWS", dedup.minhash);
	}
	r->bands = (uint32_t)bands;
	r->rows = (uint32_t)rows;
	r->shingle.unit = (enum shingle_unit)place(units, LL_COUNT(units), dedup.unit);
	r->shingle.form = (enum normal_form)place(forms, LL_COUNT(forms), dedup.normalize);
	r->shingle.ngram = dedup.ngram ? (uint32_t)dedup.ngram : r->shingle.unit == UNIT_CHAR ? 24 : 5;
	if ((r->shingle.unit == UNIT_TOKEN) != (dedup.tokenizer != NULL))
		ll_die(LL_EXIT_USAGE, dedup.tokenizer ? "-m goes with --unit=token" : "--unit=token needs -m TOKENIZER");
	if (dedup.tokenizer)
		r->shingle.tokenizer = r->tokenizer = ll_bpe_load(dedup.tokenizer, NULL);
	ll_minhash_init(&r->minhash, r->bands * r->rows);
	snprintf(number, sizeof(number), "%u", r->shingle.ngram);
	ll_identity_set("minhash", dedup.minhash);
	ll_identity_set("unit", dedup.unit);
	ll_identity_set("normalize", dedup.normalize);
	ll_identity_set("ngram", number);
}

void signature_rule_init_exact(struct signature_rule *r, const struct unit_rule *unit)
{
	*r = (struct signature_rule){ .unit = *unit };
}

char *signature_rule_exact_lines(const struct unit_rule *unit)
{
	char *name = unit_rule_name(unit), *lines;

	if (unit->min_bytes > 0)
		lines = ll_format("exact=%s\nmin-bytes=%llu\n", name, (unsigned long long)unit->min_bytes);
	else
		lines = ll_format("exact=%s\n", name);
	ll_free(name);
	return lines;
}

void signature_rule_free(struct signature_rule *r)
{
	ll_minhash_free(&r->minhash);
	if (r->tokenizer)
		ll_bpe_free(r->tokenizer);
}

char *signature_rule_lines(const struct signature_rule *r)
{
	struct ll_buf b = { 0 };

	if (r->bands == 0) {
		char *exact = signature_rule_exact_lines(&r->unit);
		ll_buf_puts(&b, exact);
		if (r->text_bits)
			ll_buf_printf(&b, "texts=%u\n", r->text_bits);
		ll_free(exact);
		return ll_buf_steal(&b);
	}
	ll_buf_printf(&b, "bands=%u\n", r->bands);
	for (size_t i = 0; i < r->n_carry; i++)
		ll_buf_printf(&b, "%s%s", i ? "," : "carry=", r->carry[i]);
	ll_buf_printf(&b, "%shash=" HASH "\nngram=%u\nnormalize=%s\nrows=%u\n", r->n_carry ? "\n" : "", r->shingle.ngram, forms[r->shingle.form], r->rows);
	if (r->keeps_shingles)
		ll_buf_puts(&b, "shingles=1\n");
	if (r->shingle.unit == UNIT_TOKEN)
		ll_buf_printf(&b, "tokenizer=%s\n", ll_bpe_id(r->tokenizer));
	ll_buf_printf(&b, "unit=%s\n", units[r->shingle.unit]);
	return ll_buf_steal(&b);
}

static const char *const keys[] = { "exact", "min-bytes", "bands", "carry", "hash", "ngram", "normalize", "rows", "shingles", "texts", "tokenizer", "unit" };

char *signature_rule_copy(const struct ll_header *h)
{
	return ll_header_lines(h, keys, LL_COUNT(keys));
}

char *signature_rule_kind(const struct signature_rule *r)
{
	char *kind = signature_rule_lines(r); /* the same keys in the same order */

	for (char *p = kind; *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	return kind;
}

int signature_rule_read_exact(struct unit_rule *unit, const struct ll_header *h)
{
	char *exact = ll_header_get(h, "exact"), *least = ll_header_get(h, "min-bytes");
	bool sane = exact && unit_rule_read(exact, unit) == 0 && (!least || ll_parse_u64(ll_cstr(least), &unit->min_bytes) == 0);

	ll_free(exact);
	ll_free(least);
	return sane ? 0 : -1;
}

char *signature_rule_read(struct signature_rule *r, const struct ll_header *h)
{
	struct ll_buf all = { 0 };
	uint64_t bands = 0, text_bits = 0;
	bool sane = true, same_hash = false;

	*r = (struct signature_rule){ 0 };
	for (size_t i = 0; i < LL_COUNT(keys); i++) {
		char *value = ll_header_get(h, keys[i]);
		if (value && strcmp(keys[i], "bands") == 0 && ll_parse_u64(ll_cstr(value), &bands) < 0)
			bands = 0;
		if (value && strcmp(keys[i], "hash") == 0)
			same_hash = strcmp(value, HASH) == 0;
		if (value && strcmp(keys[i], "shingles") == 0)
			r->keeps_shingles = true;
		if (value && strcmp(keys[i], "texts") == 0)
			sane = ll_parse_u64(ll_cstr(value), &text_bits) == 0 && text_bits >= 1 && text_bits <= 64;
		if (value)
			ll_buf_printf(&all, "%s%s=%s", all.len ? " " : "", keys[i], value);
		ll_free(value);
	}
	ll_buf_cstr(&all);
	if (bands > BANDS_MAX || (bands == 0) != (signature_rule_read_exact(&r->unit, h) == 0))
		ll_die(LL_EXIT_INPUT, "signatures without a sane number of bands: %s", all.data);
	if (bands && !same_hash)
		ll_die(LL_EXIT_INPUT, "signatures of another version of lltools: %s", all.data);
	if (!sane || (bands && text_bits))
		ll_die(LL_EXIT_INPUT, "signatures with texts that make no sense: %s", all.data);
	r->bands = (uint32_t)bands;
	r->text_bits = (uint32_t)text_bits;
	return ll_buf_steal(&all);
}

bool signature_rule_carries(const struct ll_header *h, const char *tag)
{
	char *all = ll_header_get(h, "carry");
	bool found = false;
	size_t len = strlen(tag);

	for (const char *p = all; p && !found; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		found = strncmp(p, tag, len) == 0 && (p[len] == ',' || p[len] == '\0');
	ll_free(all);
	return found;
}

void signature_rule_note(const struct signature_rule *r)
{
	if (r->bands == 0 || !ll_common.verbose)
		return;
	struct ll_buf b = { 0 };
	for (int percent = 50; percent <= 95; percent += 5)
		ll_buf_printf(&b, " %.2f:%.3f", percent / 100.0, ll_minhash_recall(percent / 100.0, r->bands, r->rows));
	ll_note("expected recall by Jaccard similarity:%s", ll_buf_cstr(&b));
	ll_buf_free(&b);
}
