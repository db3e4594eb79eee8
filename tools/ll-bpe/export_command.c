/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "io/file.h"
#include "ll-bpe/commands.h"

static void write_out(const char *path, const struct ll_buf *data, unsigned flags)
{
	struct ll_out *out = ll_out_open(path, ll_out_common_flags() | flags);
	ll_out_write(out, data->data, data->len);
	ll_out_commit(out);
}

static void export_vocab(const struct ll_bpe *b, const char *dir)
{
	struct ll_buf vocab = { 0 }, merges = { 0 };
	struct ll_err err;
	if (strcmp(dir, "-") == 0) {
		ll_hint("-o DIR: vocab.json and merges.txt are written there");
		ll_die(LL_EXIT_USAGE, "--to=gpt2 makes two files");
	}
	if (ll_bpe_export_vocab(b, &vocab, &merges, &err))
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_bpe_options.model, err.text);
	ll_make_dirs(dir);
	char *first = ll_path_join(dir, "merges.txt"), *second = ll_path_join(dir, "vocab.json");
	unsigned flags = ll_out_common_flags();
	struct ll_out *m = ll_out_open(first, flags), *v = ll_out_open(second, flags);
	ll_out_write(m, merges.data, merges.len);
	ll_out_write(v, vocab.data, vocab.len);
	ll_out_sync(m);
	ll_out_sync(v);
	ll_out_commit(m);
	ll_out_commit(v);
	ll_free(first);
	ll_free(second);
	ll_buf_free(&vocab);
	ll_buf_free(&merges);
	ll_bpe_warn_of_losses(b, true);
}

int export_command(int operands, char **operand)
{
	const char *to = ll_bpe_options.to;
	struct ll_buf data = { 0 };
	struct ll_err err;
	if (operands)
		ll_die(LL_EXIT_USAGE, "unexpected operand '%s'", operand[0]);
	if (!to)
		ll_die(LL_EXIT_USAGE, "--to=FORMAT is required");
	struct ll_bpe *b = load_model_option();
	if (strcmp(to, "gpt2") == 0) {
		export_vocab(b, ll_common.output);
		ll_bpe_free(b);
		return LL_EXIT_OK;
	}
	bool hf = strcmp(to, "hf") == 0, ranks = strcmp(to, "tiktoken") == 0;
	if (hf	    ? ll_bpe_export_hf(b, &data, &err)
	    : ranks ? ll_bpe_export_ranks(b, &data, &err)
		    : ll_bpe_export_gguf(b, &data, &err)) {
		if (!hf && !ranks && strcmp(ll_bpe_pretokenizer(b), "cl100k-tiktoken") == 0 && !ll_bpe_is_json_file(b))
			ll_hint("the official cl100k_base has the same ids with --pretokenizer=cl100k");
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_bpe_options.model, err.text);
	}
	write_out(ll_common.output, &data, hf || ranks ? 0 : LL_OUT_BINARY);
	if (!hf)
		ll_bpe_warn_of_losses(b, !ranks);
	ll_buf_free(&data);
	ll_bpe_free(b);
	return LL_EXIT_OK;
}
