/* SPDX-License-Identifier: MIT */
/*
 * prune_command.c - a smaller tokenizer out of a larger one: without the tokens that a corpus uses too rarely, or without the
 * last merges. What a kept token is made of is kept too, so that the text of the corpus encodes to the same tokens as before
 * when only unused ones went.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "io/file.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/corpus.h"

struct usage {
	const struct ll_bpe *bpe;
	uint64_t *count; /* by id */
};

struct worker {
	struct ll_bpe_encoder *encoder;
	struct ll_ids ids;
	uint64_t *count;
};

/* ---- how often each token is used ---- */

static void *worker_new(void *context)
{
	const struct usage *u = context;
	struct worker *w = ll_calloc(1, sizeof *w);
	w->encoder = ll_bpe_encoder_new(u->bpe);
	w->count = ll_calloc(ll_bpe_vocabulary(u->bpe), sizeof *w->count);
	return w;
}

static void worker_free(void *context, void *argument)
{
	const struct usage *u = context;
	struct worker *w = argument;
	for (uint32_t id = 0; id < ll_bpe_vocabulary(u->bpe); id++)
		u->count[id] += w->count[id];
	ll_bpe_encoder_free(w->encoder);
	ll_ids_free(&w->ids);
	ll_free(w->count);
	ll_free(w);
}

static void use_tokens(void *context, void *argument, struct ll_str text)
{
	struct worker *w = argument;
	struct ll_err err;
	(void)context;
	w->ids.len = 0;
	if (ll_bpe_try_encode(w->encoder, text, false, &w->ids, &err))
		corpus_gave_up(text, err.text);
	for (size_t i = 0; i < w->ids.len; i++)
		w->count[w->ids.id[i]]++;
}

/* ---- what stays ---- */

/* Special tokens and bytes always do. */
static bool is_fixed(const struct ll_bpe *b, uint32_t id)
{
	return ll_bpe_is_special(b, id) || ll_bpe_token_bytes(b, id).len == 1;
}

/* What kept tokens are made of is kept. */
static void keep_parts(const struct ll_bpe *b, bool *keep)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = ll_bpe_merges(b); i-- > 0;) {
			struct ll_merge m = ll_bpe_merge(b, i);
			more |= keep[m.id] && (!keep[m.left] || !keep[m.right]);
			if (keep[m.id])
				keep[m.left] = keep[m.right] = true;
		}
	}
}

static uint64_t *ages; /* for qsort: by id, when it is first made */

static int by_age(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	if (ages[x] != ages[y])
		return ages[x] < ages[y] ? 1 : -1;
	return x < y ? 1 : -1;
}

/* Drops the tokens made last until `size` are left; those that no merge makes go before all others, unless whole pre-tokens are
 * looked up anyway: then ids say what came last. */
static void keep_oldest(const struct ll_bpe *b, uint64_t size, bool *keep)
{
	uint32_t vocabulary = ll_bpe_vocabulary(b), *order = ll_malloc(vocabulary * sizeof *order);
	uint64_t kept = 0;
	ages = ll_malloc(vocabulary * sizeof *ages);
	for (uint32_t id = 0; id < vocabulary; id++) {
		order[id] = id;
		ages[id] = ll_bpe_ignores_merges(b) ? id : UINT64_MAX;
		kept += keep[id];
	}
	for (size_t i = ll_bpe_merges(b); i-- > 0 && !ll_bpe_ignores_merges(b);)
		ages[ll_bpe_merge(b, i).id] = i;
	qsort(order, vocabulary, sizeof *order, by_age);
	for (uint32_t i = 0; i < vocabulary && kept > size; i++) {
		if (!keep[order[i]] || is_fixed(b, order[i]))
			continue;
		keep[order[i]] = false;
		kept--;
	}
	if (kept > size)
		ll_die(LL_EXIT_USAGE, "--vocab-size=%llu is less than the %llu that bytes and special tokens need",
		       (unsigned long long)size, (unsigned long long)kept);
	ll_free(order);
	ll_free(ages);
}

/* ---- */

static uint64_t parse_size(const char *text)
{
	uint64_t size = UINT64_MAX;
	if (text && (ll_parse_u64(ll_cstr(text), &size) || size < 256))
		ll_die(LL_EXIT_USAGE, "--vocab-size=%s: not a number from 256 on", text);
	return size;
}

static struct ll_out *write_map(const uint32_t *new_id, uint32_t vocabulary)
{
	struct ll_out *map = ll_out_open(ll_bpe_options.map, ll_out_common_flags());
	for (uint32_t id = 0; id < vocabulary; id++) {
		if (new_id[id] == UINT32_MAX)
			ll_out_printf(map, "%u\t-\n", id);
		else
			ll_out_printf(map, "%u\t%u\n", id, new_id[id]);
	}
	return map;
}

/* The main output is published last. */
static void write_outputs(const struct ll_bpe *pruned, const uint32_t *new_id, uint32_t vocabulary)
{
	struct ll_buf json = { 0 };
	struct ll_out *map = ll_bpe_options.map ? write_map(new_id, vocabulary) : NULL;
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	ll_bpe_json(pruned, &json);
	ll_out_write(out, json.data, json.len);
	if (map) {
		ll_out_sync(out);
		ll_out_commit(map);
	}
	ll_out_commit(out);
	ll_buf_free(&json);
}

static void drop_rare(const struct ll_bpe *b, int operands, char **operand, bool *keep)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	uint32_t vocabulary = ll_bpe_vocabulary(b);
	uint64_t least = ll_bpe_options.min_count ? (uint64_t)ll_bpe_options.min_count : 1;
	struct usage u = { b, ll_calloc(vocabulary, sizeof *u.count) };
	corpus_read(&(struct corpus_options){ .from = ll_bpe_options.from,
					      .bpe = b,
					      .context = &u,
					      .text = use_tokens,
					      .times = 8, /* ids, where a byte is a token */
					      .worker_new = worker_new,
					      .worker_free = worker_free },
		    files, n);
	for (uint32_t id = 0; id < vocabulary; id++)
		keep[id] = keep[id] && (is_fixed(b, id) || u.count[id] >= least);
	ll_free(u.count);
	keep_parts(b, keep);
}

int prune_command(int operands, char **operand)
{
	struct ll_bpe *b = load_model_option();
	if (!ll_bpe_splitting(b))
		ll_die(LL_EXIT_INPUT, "%s: only byte-level BPE can be pruned, and this is %s", ll_bpe_options.model, ll_bpe_kind(b));
	uint32_t vocabulary = ll_bpe_vocabulary(b), *new_id = ll_malloc(vocabulary * sizeof *new_id);
	bool *keep = ll_calloc(vocabulary, sizeof *keep), corpus = operands || ll_common.files_from;
	uint64_t size = parse_size(ll_bpe_options.vocab_size);
	struct ll_err err;
	if (!ll_bpe_options.vocab_size && !corpus)
		ll_die(LL_EXIT_USAGE, "nothing to prune by: give --vocab-size=N, or files whose tokens are to stay");
	if (ll_bpe_options.min_count && !corpus)
		ll_die(LL_EXIT_USAGE, "--min-count needs files to count the tokens of");
	if (ll_bpe_options.map)
		ll_out_check(ll_bpe_options.map, ll_out_common_flags());
	ll_out_check(ll_common.output, ll_out_common_flags());
	for (uint32_t id = 0; id < vocabulary; id++)
		keep[id] = ll_bpe_token_bytes(b, id).data != NULL;
	struct ll_bpe *whole = ll_bpe_prune(b, keep, new_id, &err); /* can it be pruned at all? */
	if (!whole)
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_path_shown(ll_bpe_options.model), err.text);
	ll_bpe_free(whole);
	if (corpus)
		drop_rare(b, operands, operand, keep);
	if (ll_bpe_options.vocab_size)
		keep_oldest(b, size, keep);
	struct ll_bpe *pruned = ll_bpe_prune(b, keep, new_id, &err);
	if (!pruned)
		LL_BUG("a tokenizer cannot be pruned: %s", err.text);
	ll_note("%u of %u ids stay", ll_bpe_vocabulary(pruned), vocabulary);
	write_outputs(pruned, new_id, vocabulary);
	ll_bpe_free(pruned);
	ll_bpe_free(b);
	ll_free(keep);
	ll_free(new_id);
	return LL_EXIT_OK;
}
