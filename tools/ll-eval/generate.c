/* SPDX-License-Identifier: MIT */
/* generate.c - text from a prompt, one token at a time, printed as soon as its characters are whole. */
#include "base/memory.h"
#include "base/option.h"
#include "io/file.h"
#include "ll-eval/eval.h"
#include "ll-eval/score.h"
#include "lm/generate.h"
#include "text/utf8.h"

struct shown {
	struct ll_out *out;
	const struct ll_bpe *bpe;
	struct ll_bpe_stream stream;
	struct ll_buf text;
};

/* Writes what is in `text`, with U+FFFD for bytes that are no characters, and empties it. */
static void put(struct ll_out *out, struct ll_buf *text)
{
	struct ll_buf repaired = { 0 };

	if (text->len == 0)
		return;
	ll_utf8_repair(&repaired, text->data, text->len);
	ll_out_write(out, repaired.data, repaired.len);
	ll_out_flush(out);
	ll_buf_clear(text);
	ll_buf_free(&repaired);
}

static void show(void *context, int32_t id)
{
	struct shown *s = context;
	struct ll_err err;
	if (ll_bpe_stream_put(&s->stream, s->bpe, (uint32_t)id, &s->text, &err) == 0) /* an id that is no token has no text */
		put(s->out, &s->text);
}

int eval_generate(int operands, char **operand)
{
	struct scorer s;
	struct ll_ids prompt = { 0 };

	(void)operand;
	if (operands > 0)
		ll_die(LL_EXIT_USAGE, "generate takes no operands: the text to go on from is --prompt=TEXT");
	if (!eval_options.model)
		ll_die(LL_EXIT_USAGE, "--model=DIR is needed");
	scorer_open(&s, eval_options.model);
	struct ll_str text = ll_cstr(eval_options.prompt ? eval_options.prompt : "");
	struct shown shown = { .out = ll_out_open(ll_common.output, ll_out_common_flags()), .bpe = s.bpe, .stream = { .inside = text.len > 0 } };
	ll_bpe_encode(s.encoder, text, false, &prompt);
	if ((int64_t)prompt.len + 1 > s.context - 1)
		ll_die(LL_EXIT_USAGE, "the prompt of %zu tokens does not fit the model's context of %lld", prompt.len, (long long)s.context);
	int32_t *ids = ll_malloc((prompt.len + 1) * sizeof(*ids));
	ids[0] = s.prefix;
	for (size_t i = 0; i < prompt.len; i++)
		ids[i + 1] = (int32_t)prompt.id[i];
	ll_buf_add_str(&shown.text, text);
	put(shown.out, &shown.text);
	struct ll_lm_generation how = { .prompt = ids, .prompt_n = prompt.len + 1, .tokens = eval_options.max_tokens,
					.vocabulary = (int64_t)ll_bpe_vocabulary(s.bpe), .end = s.prefix, .temperature = eval_options.temperature,
					.top_k = eval_options.top_k, .seed = (uint64_t)ll_common.seed };
	struct ll_lm_generator *g = ll_lm_generator_new(s.model);
	ll_lm_generate(g, &how, show, &shown);
	ll_bpe_stream_end(&shown.stream, &shown.text);
	ll_buf_putc(&shown.text, '\n');
	put(shown.out, &shown.text);
	ll_out_commit(shown.out);
	ll_lm_generator_free(g);
	ll_free(ids);
	ll_ids_free(&prompt);
	ll_buf_free(&shown.text);
	scorer_close(&s);
	return LL_EXIT_OK;
}
