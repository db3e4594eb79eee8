/* SPDX-License-Identifier: MIT */
/* inspect_json.c - the same as one JSON object, with all ids of the lists that the table only counts. */
#include "ll-bpe/inspect.h"

#include <math.h>
#include <stdio.h>

#include "io/file.h"
#include "text/json.h"
#include "text/unicode.h"
#include "text/utf8.h"

static void put_string(struct ll_buf *out, struct ll_str s)
{
	struct ll_buf whole = { 0 }; /* paths and patterns need not be UTF-8 */
	ll_utf8_repair(&whole, s.data, s.len);
	ll_json_escape(out, ll_str(ll_buf_cstr(&whole), whole.len), false);
	ll_buf_free(&whole);
}

static void put_ids(struct ll_buf *out, const char *name, const struct id_list *l)
{
	ll_buf_printf(out, ",\n  \"%s\":[", name);
	for (size_t k = 0; k < l->len; k++)
		ll_buf_printf(out, k ? ",%u" : "%u", l->id[k]);
	ll_buf_putc(out, ']');
}

static void put_ratio(struct ll_buf *out, const char *name, double a, double b)
{
	ll_buf_printf(out, ",\"%s\":", name);
	if (b == 0 || isnan(a) || isnan(b))
		ll_buf_puts(out, "null");
	else
		ll_buf_printf(out, "%.6f", a / b);
}

static void put_longest(struct ll_buf *out, const struct inspected *t)
{
	struct ll_buf text = { 0 };
	ll_buf_puts(out, ",\n  \"longest\":[");
	for (size_t k = 0; k < t->longest.len; k++) {
		struct ll_str bytes = ll_bpe_token_bytes(t->bpe, t->longest.id[k]);
		ll_buf_clear(&text);
		inspect_token_text(&text, bytes);
		ll_buf_printf(out, "%s{\"id\":%u,\"bytes\":%zu,\"text\":", k ? "," : "", t->longest.id[k], bytes.len);
		put_string(out, ll_buf_str(&text));
		ll_buf_putc(out, '}');
	}
	ll_buf_putc(out, ']');
	ll_buf_free(&text);
}

static void put_tokenizer(struct ll_buf *out, const struct inspection *in, const struct inspected *t)
{
	const struct ll_bpe *b = t->bpe;
	ll_buf_puts(out, "\n {\"file\":");
	put_string(out, ll_cstr(ll_path_base(t->path)));
	ll_buf_printf(out,
		      ",\"tokenizer\":\"%s\",\"vocabulary\":%u,\"width\":%u,\"unicode\":\"%s\",\n  \"pretokenizer\":",
		      ll_bpe_id(b), ll_bpe_vocabulary(b), ll_bpe_width(b), LL_UNICODE_VERSION);
	put_string(out, ll_cstr(ll_bpe_pretokenizer(b)));
	ll_buf_printf(out, ",\n  \"merges\":%zu,\"eot\":%lld,\"specials\":%u,\n  \"embedding_parameters\":{",
		      ll_bpe_merges(b), (long long)ll_bpe_eot(b), t->specials);
	for (size_t k = 0; k < in->widths; k++)
		ll_buf_printf(out, "%s\"%lld\":%llu", k ? "," : "", (long long)in->width[k],
			      (unsigned long long)ll_bpe_vocabulary(b) * (unsigned long long)in->width[k]);
	ll_buf_putc(out, '}');
	put_longest(out, t);
	if (t->reachability)
		put_ids(out, "unreachable", &t->unreachable);
	put_ids(out, "invalid_utf8", &t->invalid);
	if (in->corpus) {
		put_ids(out, "unused", &t->unused);
		ll_buf_printf(out, ",\n  \"tokens\":%llu,\"tokens_used\":%u", (unsigned long long)t->total, t->used);
		put_ratio(out, "bytes_per_token", (double)in->total[GROUP_BYTES], (double)t->total);
		put_ratio(out, "characters_per_token", (double)in->total[GROUP_CHARACTERS], (double)t->total);
		put_ratio(out, "tokens_per_word", (double)t->total, (double)in->total[GROUP_WORDS]);
		put_ratio(out, "sequence_growth", (double)t->total, (double)in->tokenizer[0].total);
		put_ratio(out, "renyi_efficiency", t->efficiency, 1);
		put_ratio(out, "renyi_efficiency_vocabulary", t->efficiency_vocabulary, 1);
	}
	ll_buf_putc(out, '}');
}

static void put_counts(struct ll_buf *out, const uint64_t *count)
{
	static const char *const names[] = { "documents", "bytes", "characters", "words" };
	for (size_t k = 0; k < LL_COUNT(names); k++)
		ll_buf_printf(out, "%s\"%s\":%llu", k ? "," : "", names[k], (unsigned long long)count[k]);
}

/* [a, b, ...], a number a tokenizer; null where it has no value. */
static void put_each(struct ll_buf *out, const struct inspection *in, const char *name, const double *a,
		     const double *b)
{
	ll_buf_printf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < in->n; i++)
		if (b[i] == 0)
			ll_buf_puts(out, i ? ",null" : "null");
		else
			ll_buf_printf(out, i ? ",%.6f" : "%.6f", a[i] / b[i]);
	ll_buf_putc(out, ']');
}

static void put_group(struct ll_buf *out, const struct inspection *in, const struct sums_row *row,
		      const uint64_t *reference)
{
	double tokens[64], bytes[64], characters[64], words[64], a[64], b[64];
	ll_buf_puts(out, "\n {\"name\":");
	put_string(out, row->name);
	ll_buf_putc(out, ',');
	put_counts(out, row->count);
	ll_buf_puts(out, ",\n  \"tokens\":[");
	for (size_t i = 0; i < in->n; i++) {
		tokens[i] = (double)row->count[GROUP_TOKENS + i];
		bytes[i] = (double)row->count[GROUP_BYTES];
		characters[i] = (double)row->count[GROUP_CHARACTERS];
		words[i] = (double)row->count[GROUP_WORDS];
		ll_buf_printf(out, i ? ",%.0f" : "%.0f", tokens[i]);
	}
	ll_buf_putc(out, ']');
	put_each(out, in, "bytes_per_token", bytes, tokens);
	put_each(out, in, "characters_per_token", characters, tokens);
	put_each(out, in, "tokens_per_word", tokens, words);
	if (reference && row->name.len) {
		for (size_t i = 0; i < in->n; i++) {
			a[i] = tokens[i] * (double)reference[GROUP_CHARACTERS];
			b[i] = characters[i] * (double)reference[GROUP_TOKENS + i];
		}
		put_each(out, in, "parity_characters", a, b);
		for (size_t i = 0; i < in->n; i++)
			b[i] = (double)reference[GROUP_TOKENS + i];
		put_each(out, in, "parity_tokens", tokens, b);
	}
	ll_buf_putc(out, '}');
}

static void put_groups(struct ll_buf *out, const struct inspection *in, const struct sums *t, const uint64_t *reference)
{
	for (size_t g = 0; g < t->len; g++) {
		ll_buf_puts(out, g ? "," : "");
		put_group(out, in, &t->row[g], reference);
	}
}

void inspect_json(const struct inspection *in, struct ll_buf *out)
{
	ll_buf_puts(out, "{\"tokenizers\":[");
	for (size_t i = 0; i < in->n; i++) {
		ll_buf_puts(out, i ? "," : "");
		put_tokenizer(out, in, &in->tokenizer[i]);
	}
	ll_buf_putc(out, ']');
	if (in->corpus) {
		ll_buf_puts(out, ",\n");
		put_counts(out, in->total);
		ll_buf_puts(out, ",\n\"sources\":[");
		put_groups(out, in, &in->sources, NULL);
		ll_buf_puts(out, "],\n\"by\":");
		if (in->grouped) {
			const struct sums_row *reference = &in->groups.row[in->reference];
			put_string(out, ll_cstr(in->by));
			ll_buf_puts(out, ",\"reference\":");
			put_string(out, reference->name);
			ll_buf_puts(out, ",\"groups\":[");
			put_groups(out, in, &in->groups, reference->count);
			ll_buf_putc(out, ']');
		} else {
			ll_buf_puts(out, "null");
		}
	}
	ll_buf_puts(out, "}\n");
}
