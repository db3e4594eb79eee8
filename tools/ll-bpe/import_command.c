/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "io/file.h"
#include "ll-bpe/commands.h"

/* A merges.txt that was cut at the end of a line looks like a whole one. */
static void warn_of_unmade(const struct ll_bpe *b, const char *path)
{
	size_t unmade = 0;
	if (!ll_bpe_splitting(b) || ll_bpe_ignores_merges(b))
		return;
	bool *made = ll_calloc(LL_MAX(ll_bpe_vocabulary(b), 1), sizeof *made);
	for (size_t i = 0; i < ll_bpe_merges(b); i++)
		made[ll_bpe_merge(b, i).id] = true;
	for (uint32_t id = 0; id < ll_bpe_vocabulary(b); id++)
		unmade += !made[id] && !ll_bpe_is_special(b, id) && ll_bpe_token_bytes(b, id).len > 1;
	ll_free(made);
	if (unmade)
		ll_warn("%s: %zu tokens are made by no merge, so that no text becomes them: is the list of merges whole?", path,
			unmade);
}

int import_command(int operands, char **operand)
{
	const struct ll_bpe_options *o = &ll_bpe_options;
	struct ll_err err;
	if (operands < 1 || operands > 2) {
		ll_hint("ll-bpe import -o tok.json FILE; of vocab.json and merges.txt the other is found beside it, or "
			"given too");
		ll_die(LL_EXIT_USAGE, operands ? "too many operands" : "no file with a tokenizer given");
	}
	struct ll_bpe *b = ll_bpe_open(&(struct ll_bpe_file){ .path = operand[0],
							      .other = operands > 1 ? operand[1] : NULL,
							      .pretokenizer = pretokenizer_option(),
							      .special = o->special.item,
							      .specials = o->special.len });
	if (ll_bpe_prove(b, &err))
		ll_die(LL_EXIT_INPUT, "%s: %s", operand[0], err.text);
	ll_note("%s, %u ids, %zu merges: proved", ll_bpe_kind(b), ll_bpe_vocabulary(b), ll_bpe_merges(b));
	warn_of_unmade(b, operand[0]);
	struct ll_buf ignored = { 0 };
	if (ll_bpe_export_hf(b, &ignored, &err))
		ll_warn("other programs will read this tokenizer.json otherwise: %s", err.text);
	ll_buf_free(&ignored);
	write_model(b);
	ll_bpe_free(b);
	return LL_EXIT_OK;
}
