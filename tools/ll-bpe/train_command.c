/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "bpe/pretokenizer.h"
#include "io/file.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/token_rules.h"
#include "ll-bpe/train_words.h"
#include "text/utf8.h"

struct sizes {
	uint64_t *size;
	size_t len, cap;
};

struct training {
	const struct ll_bpe_options *o;
	struct sizes sizes;
	struct ll_bpe *base; /* --extend or the bytes, also with what --require adds */
	struct token_rules *rules;
	struct merge_list merges;
};

/* ---- options ---- */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void parse_sizes(struct sizes *s, const char *text)
{
	if (!text)
		ll_die(LL_EXIT_USAGE, "--vocab-size=N is required");
	for (const char *p = text;; p++) {
		size_t len = strcspn(p, ",");
		LL_GROW(s->size, s->cap, s->len + 1);
		if (ll_parse_u64(ll_str(p, len), &s->size[s->len]) || s->size[s->len] < 256 ||
		    s->size[s->len] > LL_BPE_MAX_IDS)
			ll_die(LL_EXIT_USAGE, "--vocab-size=%s: not a number from 256 to %u, or several with commas between",
			       text, LL_BPE_MAX_IDS);
		s->len++;
		p += len;
		if (!*p)
			break;
	}
	qsort(s->size, s->len, sizeof *s->size, by_size);
	for (size_t i = 1; i < s->len; i++)
		if (s->size[i] == s->size[i - 1])
			ll_die(LL_EXIT_USAGE, "--vocab-size=%llu: given twice", (unsigned long long)s->size[i]);
}

static void check_specials(const struct ll_strings *special)
{
	for (size_t i = 0; i < special->len; i++) {
		size_t len = strlen(special->item[i]);
		if (len == 0)
			ll_die(LL_EXIT_USAGE, "--special=: an empty token");
		if (ll_utf8_valid_prefix(special->item[i], len) != len)
			ll_die(LL_EXIT_USAGE, "--special=%s: not UTF-8", special->item[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(special->item[i], special->item[k]) == 0)
				ll_die(LL_EXIT_USAGE, "--special=%s: given twice", special->item[i]);
	}
}

static enum merge_ties ties(const char *name)
{
	static const char *const names[] = { "hf", "ids", "bytes", "greatest" };
	size_t i = 0;
	while (strcmp(names[i], name) != 0)
		i++;
	return (enum merge_ties)i;
}

/* ---- outputs ---- */

/* The name for a size: "%d" in --output stands for it. */
static char *output_name(const char *pattern, uint64_t size)
{
	struct ll_buf name = { 0 };
	for (const char *mark; (mark = strstr(pattern, "%d")); pattern = mark + 2)
		ll_buf_printf(&name, "%.*s%llu", (int)(mark - pattern), pattern, (unsigned long long)size);
	ll_buf_puts(&name, pattern);
	return ll_buf_steal(&name);
}

static void check_output(const struct sizes *s)
{
	if (s->len > 1 && !strstr(ll_common.output, "%d")) {
		ll_hint("-o tok-%%d.json, say");
		ll_die(LL_EXIT_USAGE, "several sizes need %%d in the name of the output, for the size");
	}
	for (size_t i = 0; i < s->len; i++) {
		char *name = output_name(ll_common.output, s->size[i]);
		ll_out_check(name, ll_out_common_flags());
		ll_free(name);
	}
}

static struct ll_bpe *model_of(const struct training *t, const uint32_t (*pair)[2], size_t merges)
{
	struct ll_err err;
	struct ll_bpe *b = ll_bpe_extend(t->base, NULL, 0, pair, merges, &err);
	if (!b)
		LL_BUG("the learned merges make no model: %s", err.text);
	return b;
}

/* All files are written before the first is published. */
static void write_models(const struct training *t)
{
	const struct sizes *s = &t->sizes;
	struct ll_out **out = ll_calloc(s->len, sizeof *out);
	for (size_t i = 0; i < s->len; i++) {
		struct ll_bpe *b = model_of(t, (const uint32_t(*)[2])t->merges.pair, t->merges.at_size[i]);
		struct ll_buf json = { 0 };
		char *name = output_name(ll_common.output, s->size[i]);
		if (ll_bpe_vocabulary(b) < s->size[i])
			ll_warn("no pair is left that occurs often enough: the vocabulary has %u ids, not %llu",
				ll_bpe_vocabulary(b), (unsigned long long)s->size[i]);
		ll_bpe_json(b, &json);
		out[i] = ll_out_open(name, ll_out_common_flags());
		ll_out_write(out[i], json.data, json.len);
		if (s->len > 1)
			ll_out_sync(out[i]);
		ll_buf_free(&json);
		ll_free(name);
		ll_bpe_free(b);
	}
	for (size_t i = 0; i < s->len; i++)
		ll_out_commit(out[i]);
	ll_free(out);
}

/* ---- what training begins with ---- */

/* A token that the pre-tokenizer cuts is there, and no text becomes it. */
static void warn_of_cuts(const struct ll_bpe *b, const struct token_list *required)
{
	struct ll_splitter *s = ll_splitter_new(ll_bpe_splitting(b));
	for (size_t i = 0; i < required->len; i++) {
		size_t end = 0;
		if (ll_split(s, required->item[i], 0, &end, 1) && end < required->item[i].len)
			ll_warn("--require: '%.*s' is more than one pre-token: it gets an id, but no text becomes it",
				(int)LL_MIN(required->item[i].len, 100), required->item[i].data);
	}
	ll_splitter_free(s);
}

static void check_required(const struct training *t, const struct token_list *required)
{
	struct token_veto veto = token_rules_veto(t->rules);
	for (size_t i = 0; i < required->len; i++)
		if (veto.forbids(veto.context, required->item[i]))
			ll_die(LL_EXIT_USAGE, "--require: '%.*s' is special or forbidden",
			       (int)LL_MIN(required->item[i].len, 100), required->item[i].data);
}

static void require(struct training *t)
{
	struct token_list required = { 0 };
	struct required_merges merges = { 0 };
	struct token_names names;
	token_list_read(&required, &t->o->require, "--require");
	check_required(t, &required);
	token_names_init(&names, t->base, token_rules_veto(t->rules));
	required_merges_find(&merges, &required, &names, t->base);
	struct ll_bpe *with = model_of(t, (const uint32_t(*)[2])merges.pair, merges.len);
	ll_bpe_free(t->base);
	t->base = with;
	warn_of_cuts(t->base, &required);
	token_names_free(&names);
	ll_free(merges.pair);
	token_list_free(&required);
}

/* What is learned goes on from a tokenizer: special tokens and bytes, unless --extend names one; then what is required. */
static void make_base(struct training *t, const char *pretokenizer)
{
	const struct ll_bpe_options *o = t->o;
	if (!t->base)
		t->base = bytes_model(pretokenizer, &o->special);
	t->rules = token_rules_new(&o->forbid, t->base);
	if (o->require.len)
		require(t);
	uint64_t least = ll_bpe_vocabulary(t->base);
	if (t->sizes.size[0] < least)
		ll_die(LL_EXIT_USAGE, "--vocab-size=%llu is less than the %llu ids of special tokens, bytes and what is there already",
		       (unsigned long long)t->sizes.size[0], (unsigned long long)least);
	const char *own = ll_pretokenizer_own(ll_bpe_splitting(t->base));
	if (own) {
		ll_hint("lltools reads it from the file again as it is meant here");
		ll_warn("--pretokenizer: the pattern has %s: other programs may split otherwise with this tokenizer", own);
	}
}

static void load_base(struct training *t)
{
	struct ll_err err;
	struct ll_bpe *b = ll_bpe_load(t->o->extend, pretokenizer_option());
	t->base = ll_bpe_extend(b, t->o->special.item, t->o->special.len, NULL, 0, &err);
	if (!t->base)
		ll_die(LL_EXIT_USAGE, "--extend=%s: %s", t->o->extend, err.text);
	struct ll_pretokenizer *asked = pretokenizer_option() ? ll_pretokenizer_parse(pretokenizer_option(), &err) : NULL;
	if (pretokenizer_option() && (!asked || !ll_pretokenizer_eq(asked, ll_bpe_splitting(b))))
		ll_die(LL_EXIT_USAGE, "--pretokenizer: %s has another", t->o->extend);
	ll_pretokenizer_free(asked);
	ll_bpe_free(b);
}

static void learn(struct training *t, struct counted *counted)
{
	const struct ll_bpe_options *o = t->o;
	struct train_words words;
	train_words_init(&words, counted, (uint64_t)o->min_count);
	struct merge_words source = train_words_source(&words);
	merge_loop(&source,
		   &(struct merge_options){ .sizes = t->sizes.size,
					    .n_sizes = t->sizes.len,
					    .min_frequency = (uint64_t)o->min_frequency,
					    .max_length = (uint64_t)o->max_token_length,
					    .ties = ties(o->ties),
					    .base = t->base,
					    .bytes_only = ll_bpe_merges(t->base) == 0,
					    .veto = token_rules_veto(t->rules) },
		   &t->merges);
	ll_note("%llu distinct pre-tokens", (unsigned long long)words.words);
	if (words.left_out)
		ll_note("%llu of them, which occur less than %lld times, were left out", (unsigned long long)words.left_out,
			(long long)o->min_count);
	train_words_free(&words);
}

int train_command(int operands, char **operand)
{
	const struct ll_bpe_options *o = &ll_bpe_options;
	struct training t = { .o = o };
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	parse_sizes(&t.sizes, o->vocab_size);
	check_specials(&o->special);
	check_output(&t.sizes);
	if (o->extend)
		load_base(&t);
	if (t.base || pretokenizer_option()) /* else when the counts have said theirs */
		make_base(&t, pretokenizer_option());
	struct counted counted = counting_run(&(struct counting_options){ .from = o->from,
									  .base = t.base,
									  .lines = o->lines },
					      files, n);
	if (!counted.kind.pretokenizer)
		ll_die(LL_EXIT_USAGE, "--pretokenizer=NAME is required");
	if (!t.base)
		make_base(&t, counted.kind.pretokenizer);
	learn(&t, &counted);
	write_models(&t);
	merge_list_free(&t.merges);
	ll_free(t.sizes.size);
	counted_free(&counted);
	token_rules_free(t.rules);
	ll_bpe_free(t.base);
	return LL_EXIT_OK;
}
