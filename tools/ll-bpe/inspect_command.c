/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "io/file.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/corpus.h"
#include "text/unicode.h"

struct totals {
	const struct ll_bpe *bpe;
	uint64_t bytes, tokens;
};

struct worker {
	struct ll_bpe_encoder *encoder;
	struct ll_ids ids;
	uint64_t bytes, tokens;
};

static void *worker_new(void *context)
{
	struct totals *t = context;
	struct worker *w = ll_calloc(1, sizeof *w);
	w->encoder = ll_bpe_encoder_new(t->bpe);
	return w;
}

static void worker_free(void *context, void *argument)
{
	struct totals *t = context;
	struct worker *w = argument;
	t->bytes += w->bytes;
	t->tokens += w->tokens;
	ll_bpe_encoder_free(w->encoder);
	ll_ids_free(&w->ids);
	ll_free(w);
}

static void count_tokens(void *context, void *argument, struct ll_str text)
{
	struct worker *w = argument;
	(void)context;
	w->ids.len = 0;
	ll_bpe_encode(w->encoder, text, false, &w->ids);
	w->bytes += text.len;
	w->tokens += w->ids.len;
}

static void describe(const struct ll_bpe *b, struct ll_out *out)
{
	uint32_t specials = 0;
	size_t longest = 0;
	ll_out_printf(out, "tokenizer\t%s\nvocabulary\t%u\nwidth\t%u\nunicode\t%s\n", ll_bpe_id(b),
		      ll_bpe_vocabulary(b), ll_bpe_width(b), LL_UNICODE_VERSION);
	for (const char *p = ll_bpe_pretokenizer(b); *p;) { /* one a line */
		size_t len = strcspn(p, "\n");
		ll_out_printf(out, "pretokenizer\t%.*s\n", (int)len, p);
		p += len + (p[len] == '\n');
	}
	if (ll_bpe_merges(b))
		ll_out_printf(out, "merges\t%zu\n", ll_bpe_merges(b));
	for (uint32_t id = 0; id < ll_bpe_vocabulary(b); id++) {
		specials += ll_bpe_is_special(b, id);
		longest = ll_bpe_is_special(b, id) ? longest : LL_MAX(longest, ll_bpe_token_bytes(b, id).len);
	}
	ll_out_printf(out, "longest token\t%zu bytes\neot\t%lld\nspecials\t%u\n", longest, (long long)ll_bpe_eot(b),
		      specials);
	for (uint32_t id = 0; id < ll_bpe_vocabulary(b); id++)
		if (ll_bpe_is_special(b, id)) {
			struct ll_str text = ll_bpe_token_bytes(b, id);
			ll_out_printf(out, "special %u\t%.*s\n", id, (int)text.len, text.data);
		}
}

int inspect_command(int operands, char **operand)
{
	struct ll_bpe *b = load_model_option();
	struct totals t = { .bpe = b };
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	describe(b, out);
	if (operands || ll_common.files_from) {
		const char **files;
		size_t n = ll_input_files(operands, operand, &files, NULL);
		corpus_read(&(struct corpus_options){ .from = ll_bpe_options.from,
						      .bpe = b,
						      .context = &t,
						      .text = count_tokens,
						      .worker_new = worker_new,
						      .worker_free = worker_free },
			    files, n);
		ll_out_printf(out, "bytes\t%llu\ntokens\t%llu\n", (unsigned long long)t.bytes,
			      (unsigned long long)t.tokens);
		if (t.tokens)
			ll_out_printf(out, "bytes per token\t%llu.%03llu\n", (unsigned long long)(t.bytes / t.tokens),
				      (unsigned long long)(t.bytes % t.tokens * 1000 / t.tokens));
	}
	ll_out_commit(out);
	ll_bpe_free(b);
	return LL_EXIT_OK;
}
