/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "bpe/pretokenizer.h"
#include "io/codec.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/corpus.h"
#include "ll-bpe/merge_loop.h"
#include "text/unicode.h"
#include "text/utf8.h"

struct counting {
	struct ll_pretokenizer *pretokenizer;
	bool nfc, lines;
	struct piece_counts all;
};

struct worker {
	struct ll_splitter *splitter;
	struct piece_counts counts;
	struct ll_buf normalized;
};

static void *worker_new(void *context)
{
	const struct counting *c = context;
	struct worker *w = ll_calloc(1, sizeof *w);
	w->splitter = ll_splitter_new(c->pretokenizer);
	return w;
}

static void worker_free(void *context, void *argument)
{
	struct counting *c = context;
	struct worker *w = argument;
	if (c->all.used)
		piece_counts_merge(&c->all, &w->counts);
	else
		c->all = w->counts;
	ll_splitter_free(w->splitter);
	ll_buf_free(&w->normalized);
	ll_free(w);
}

static void count_stretch(struct worker *w, struct ll_str text)
{
	size_t ends[256], at = 0;
	const char *stop = text.data + text.len;
	for (size_t n; (n = ll_split(w->splitter, text, at, ends, LL_COUNT(ends)));)
		for (size_t i = 0; i < n; at = ends[i++])
			piece_counts_add(&w->counts, text.data + at, ends[i] - at, stop, 1);
	if (ll_splitter_error(w->splitter)) {
		struct ll_str id = corpus_document();
		ll_hint(LL_SPLITTER_HINT);
		ll_die(LL_EXIT_INPUT, "%s '%.*s': %s", id.len ? "document" : "text",
		       (int)LL_MIN(id.len ? id.len : text.len, 60), id.len ? id.data : text.data,
		       ll_splitter_error(w->splitter));
	}
}

static void count_text(void *context, void *argument, struct ll_str text)
{
	const struct counting *c = context;
	struct worker *w = argument;
	if (c->nfc && ll_utf8_valid_prefix(text.data, text.len) == text.len) {
		ll_buf_clear(&w->normalized);
		ll_normalize(&w->normalized, text, LL_NFC);
		text = ll_buf_str(&w->normalized);
	}
	while (c->lines && text.len) {
		const char *newline = memchr(text.data, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.data) + 1 : text.len;
		count_stretch(w, ll_str(text.data, len));
		text = ll_str(text.data + len, text.len - len);
	}
	if (text.len)
		count_stretch(w, text);
}

static void check_specials(const struct ll_strings *special)
{
	for (size_t i = 0; i < special->len; i++) {
		size_t len = strlen(special->item[i]);
		if (len == 0)
			ll_die(LL_EXIT_USAGE, "--special: an empty token");
		if (ll_utf8_valid_prefix(special->item[i], len) != len)
			ll_die(LL_EXIT_USAGE, "--special: a token that is not UTF-8");
		for (size_t k = 0; k < i; k++)
			if (strcmp(special->item[i], special->item[k]) == 0)
				ll_die(LL_EXIT_USAGE, "--special: '%s' is given twice", special->item[i]);
	}
}

static void write_model(const struct ll_bpe *b)
{
	struct ll_buf json = { 0 };
	ll_bpe_json(b, &json);
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	ll_out_write(out, json.data, json.len);
	ll_out_commit(out);
	ll_buf_free(&json);
}

int train_command(int operands, char **operand)
{
	const struct ll_bpe_options *o = &ll_bpe_options;
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	if (!o->pretokenizers.len)
		ll_die(LL_EXIT_USAGE, "--pretokenizer=NAME is required");
	if (!o->vocab_size)
		ll_die(LL_EXIT_USAGE, "--vocab-size=N is required");
	check_specials(&o->special);
	if ((uint64_t)o->vocab_size < 256 + o->special.len)
		ll_die(LL_EXIT_USAGE, "--vocab-size=%lld is less than the 256 bytes and %zu special tokens need",
		       (long long)o->vocab_size, o->special.len);
	struct ll_err err;
	struct counting c = { .pretokenizer = ll_pretokenizer_parse(pretokenizer_option(), &err), .lines = o->lines };
	if (!c.pretokenizer)
		ll_die(LL_EXIT_USAGE, "--pretokenizer: %s", err.text);
	if (ll_pretokenizer_own(c.pretokenizer)) {
		ll_hint("lltools reads it from the file again as it is meant here");
		ll_warn("--pretokenizer: the pattern has %s: other programs may split otherwise with this tokenizer",
			ll_pretokenizer_own(c.pretokenizer));
	}
	c.nfc = ll_pretokenizer_brings_nfc(c.pretokenizer);
	corpus_read(
		&(struct corpus_options){ o->from, o->lines, c.pretokenizer, &c, count_text, worker_new, worker_free },
		files, n);
	ll_note("%zu distinct pre-tokens", c.all.used);

	struct merge_list merges = { 0 };
	merge_loop(&c.all,
		   &(struct merge_options){ (uint64_t)o->vocab_size, (uint64_t)o->min_frequency, o->special.item,
					    o->special.len },
		   &merges);
	struct ll_bpe *b = ll_bpe_build(&(struct ll_bpe_spec){ pretokenizer_option(), o->special.item, o->special.len,
							       (const uint32_t(*)[2])merges.pair, merges.len },
					&err);
	if (!b)
		LL_BUG("the learned merges make no model: %s", err.text);
	LL_ASSERT(ll_bpe_vocabulary(b) == merges.ids);
	if (merges.ids < (uint64_t)o->vocab_size)
		ll_warn("no pair is left that occurs often enough: the vocabulary has %llu ids, not %lld",
			(unsigned long long)merges.ids, (long long)o->vocab_size);
	write_model(b);
	ll_bpe_free(b);
	ll_pretokenizer_free(c.pretokenizer);
	ll_free(merges.pair);
	return LL_EXIT_OK;
}
