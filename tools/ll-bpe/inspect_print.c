/* SPDX-License-Identifier: MIT */
/* inspect_print.c - the table: "name TAB value" a line, with a value for each tokenizer. */
#include "ll-bpe/inspect.h"

#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "io/file.h"
#include "text/unicode.h"

/* A line whose cells are made by a loop body. */
#define ROW(...)                                                                                                       \
	ll_buf_printf(out, __VA_ARGS__);                                                                               \
	for (size_t i = 0; i < in->n; i++)
#define T in->tokenizer[i]

static void end(struct ll_buf *out)
{
	ll_buf_putc(out, '\n');
}

static void put_count(struct ll_buf *out, uint64_t v)
{
	ll_buf_printf(out, "\t%llu", (unsigned long long)v);
}

static void put_ratio(struct ll_buf *out, double a, double b)
{
	if (b == 0 || isnan(a) || isnan(b))
		ll_buf_puts(out, "\t-");
	else
		ll_buf_printf(out, "\t%.4f", a / b);
}

/* Anything as one cell of one line. */
static void put_cell(struct ll_buf *out, const char *s, size_t len)
{
	ll_buf_putc(out, '\t');
	for (size_t i = 0; i < len; i++)
		ll_buf_putc(out, (unsigned char)s[i] < 0x20 ? '?' : s[i]);
}

/* The steps of pre-tokenizers, one a line; the k-th step of each tokenizer side by side. */
static void put_pretokenizers(const struct inspection *in, struct ll_buf *out)
{
	const char **at = ll_calloc(in->n, sizeof *at);
	bool more = true;
	for (size_t i = 0; i < in->n; i++)
		at[i] = ll_bpe_pretokenizer(T.bpe);
	while (more) {
		more = false;
		ROW("pretokenizer")
		{
			size_t len = strcspn(at[i], "\n");
			put_cell(out, at[i], len);
			at[i] += len + (at[i][len] == '\n');
			more = more || *at[i];
		}
		end(out);
	}
	ll_free(at);
}

static void put_longest(const struct inspection *in, struct ll_buf *out)
{
	size_t most = 0;
	for (size_t i = 0; i < in->n; i++)
		most = LL_MAX(most, T.longest.len);
	for (size_t k = 0; k < most; k++) {
		ROW("longest %zu", k + 1)
		{
			ll_buf_putc(out, '\t');
			if (k >= T.longest.len)
				continue;
			struct ll_str bytes = ll_bpe_token_bytes(T.bpe, T.longest.id[k]);
			ll_buf_printf(out, "%u, %zu bytes: ", T.longest.id[k], bytes.len);
			inspect_token_text(out, bytes);
		}
		end(out);
	}
}

static void put_specials(const struct ll_bpe *b, struct ll_buf *out)
{
	for (uint32_t id = 0; id < ll_bpe_vocabulary(b); id++)
		if (ll_bpe_is_special(b, id)) {
			struct ll_str text = ll_bpe_token_bytes(b, id);
			ll_buf_printf(out, "special %u", id);
			put_cell(out, text.data, text.len);
			end(out);
		}
}

static void put_tokenizers(const struct inspection *in, struct ll_buf *out)
{
	ROW("file") put_cell(out, ll_path_base(T.path), strlen(ll_path_base(T.path)));
	end(out);
	ROW("tokenizer") ll_buf_printf(out, "\t%s", ll_bpe_id(T.bpe));
	end(out);
	ROW("vocabulary") put_count(out, ll_bpe_vocabulary(T.bpe));
	end(out);
	ROW("width") put_count(out, ll_bpe_width(T.bpe));
	end(out);
	ROW("unicode") ll_buf_puts(out, "\t" LL_UNICODE_VERSION);
	end(out);
	put_pretokenizers(in, out);
	ROW("merges")
	{
		if (ll_bpe_merges(T.bpe))
			put_count(out, ll_bpe_merges(T.bpe));
		else
			ll_buf_puts(out, "\t-"); /* ranks */
	}
	end(out);
	ROW("eot") ll_buf_printf(out, "\t%lld", (long long)ll_bpe_eot(T.bpe));
	end(out);
	ROW("specials") put_count(out, T.specials);
	end(out);
	if (in->n == 1)
		put_specials(in->tokenizer[0].bpe, out);
	ROW("unreachable")
	{
		if (T.reachability)
			put_count(out, T.unreachable.len);
		else
			ll_buf_puts(out, "\t-");
	}
	end(out);
	ROW("invalid UTF-8") put_count(out, T.invalid.len);
	end(out);
	put_longest(in, out);
	for (size_t k = 0; k < in->widths; k++) {
		ROW("embedding parameters, width %lld", (long long)in->width[k])
		put_count(out, (uint64_t)ll_bpe_vocabulary(T.bpe) * (uint64_t)in->width[k]);
		end(out);
	}
}

static void put_texts(const struct inspection *in, struct ll_buf *out)
{
	static const char *const names[] = { "documents", "bytes", "characters", "words" };
	const uint64_t *total = in->total;
	for (size_t k = 0; k < LL_COUNT(names); k++) {
		ROW("%s", names[k]) put_count(out, total[k]);
		end(out);
	}
	ROW("tokens") put_count(out, T.total);
	end(out);
	ROW("bytes per token") put_ratio(out, (double)total[GROUP_BYTES], (double)T.total);
	end(out);
	ROW("characters per token") put_ratio(out, (double)total[GROUP_CHARACTERS], (double)T.total);
	end(out);
	ROW("tokens per word") put_ratio(out, (double)T.total, (double)total[GROUP_WORDS]);
	end(out);
	ROW("tokens per document") put_ratio(out, (double)T.total, (double)total[GROUP_DOCUMENTS]);
	end(out);
	ROW("sequence growth") put_ratio(out, (double)T.total, (double)in->tokenizer[0].total);
	end(out);
	ROW("tokens used") put_count(out, T.used);
	end(out);
	ROW("tokens unused") put_count(out, T.unused.len);
	end(out);
	ROW("Renyi efficiency") put_ratio(out, T.efficiency, 1);
	end(out);
	ROW("Renyi efficiency of the vocabulary") put_ratio(out, T.efficiency_vocabulary, 1);
	end(out);
}

/* Every group, by name; what has none is "-". */
static void put_group(const struct inspection *in, struct ll_buf *out, const char *what, struct ll_str name,
		      const uint64_t *count)
{
	struct ll_buf label = { 0 };
	ll_buf_printf(&label, "%s ", what);
	inspect_token_text(&label, name.len ? name : ll_str("-", 1));
	const char *group = ll_buf_cstr(&label);
	static const char *const names[] = { "documents", "bytes", "characters", "words" };
	for (size_t k = 0; k < LL_COUNT(names); k++) {
		ROW("%s, %s", names[k], group) put_count(out, count[k]);
		end(out);
	}
	ROW("tokens, %s", group) put_count(out, count[GROUP_TOKENS + i]);
	end(out);
	ROW("bytes per token, %s", group)
	put_ratio(out, (double)count[GROUP_BYTES], (double)count[GROUP_TOKENS + i]);
	end(out);
	ROW("characters per token, %s", group)
	put_ratio(out, (double)count[GROUP_CHARACTERS], (double)count[GROUP_TOKENS + i]);
	end(out);
	ROW("tokens per word, %s", group)
	put_ratio(out, (double)count[GROUP_TOKENS + i], (double)count[GROUP_WORDS]);
	end(out);
	ll_buf_free(&label);
}

static void put_parity(const struct inspection *in, struct ll_buf *out)
{
	const struct sums_row *reference = &in->groups.row[in->reference];
	struct ll_buf label = { 0 };
	for (size_t g = 0; g < in->groups.len; g++) {
		const uint64_t *count = in->groups.row[g].count, *to = reference->count;
		if (in->groups.row[g].name.len == 0)
			continue;
		ll_buf_clear(&label);
		inspect_token_text(&label, in->groups.row[g].name);
		ll_buf_puts(&label, " to ");
		inspect_token_text(&label, reference->name);
		ROW("tokens per character, %s", ll_buf_cstr(&label))
		put_ratio(out, (double)count[GROUP_TOKENS + i] * (double)to[GROUP_CHARACTERS],
			  (double)count[GROUP_CHARACTERS] * (double)to[GROUP_TOKENS + i]);
		end(out);
		ROW("tokens, %s", ll_buf_cstr(&label))
		put_ratio(out, (double)count[GROUP_TOKENS + i], (double)to[GROUP_TOKENS + i]);
		end(out);
	}
	ll_buf_free(&label);
}

void inspect_print(const struct inspection *in, struct ll_buf *out)
{
	put_tokenizers(in, out);
	if (!in->corpus)
		return;
	put_texts(in, out);
	for (size_t g = 0; g < in->sources.len && in->total[GROUP_DOCUMENTS]; g++)
		put_group(in, out, "source", in->sources.row[g].name, in->sources.row[g].count);
	if (!in->grouped)
		return;
	for (size_t g = 0; g < in->groups.len; g++)
		put_group(in, out, in->by, in->groups.row[g].name, in->groups.row[g].count);
	put_parity(in, out);
}
