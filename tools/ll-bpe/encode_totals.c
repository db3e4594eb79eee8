/* SPDX-License-Identifier: MIT */
/* encode_totals.c - encode --totals: how many tokens documents make, by source, without their ids. */
#include "base/memory.h"
#include "io/file.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/corpus.h"
#include "ll-bpe/encoding.h"
#include "ll-bpe/group_sums.h"
#include "stream/stats.h"
#include "text/json.h"

enum { DOCUMENTS, BYTES, TOKENS, COUNTERS };
static const char *const names[COUNTERS] = { "documents", "bytes", "tokens" };

struct run {
	const struct ll_bpe *bpe;
	struct sums sources;
	struct ll_stats *stats;
};

struct worker {
	struct encoding *encoding;
	struct sums sources;
	struct ll_stats *stats;
};

static void *worker_new(void *context)
{
	struct run *run = context;
	struct worker *w = ll_calloc(1, sizeof *w);
	w->encoding = encoding_new(run->bpe);
	w->sources.counters = COUNTERS;
	w->stats = ll_stats_new();
	return w;
}

static void worker_free(void *context, void *argument)
{
	struct run *run = context;
	struct worker *w = argument;
	sums_merge(&run->sources, &w->sources);
	ll_stats_merge(run->stats, w->stats);
	sums_free(&w->sources);
	ll_stats_free(w->stats);
	encoding_free(w->encoding);
	ll_free(w);
}

static void count_document(void *context, void *argument, const struct ll_doc *doc)
{
	struct worker *w = argument;
	struct encoding_refusal why;
	const struct ll_ids *ids = encoding_ids(w->encoding, doc->key, doc->text, &why);
	(void)context;
	if (!ids)
		ll_die(LL_EXIT_INPUT, "document '%.*s': %s", (int)LL_MIN(doc->id.len, (size_t)200), doc->id.data,
		       why.text.text);
	uint64_t *count = sums_at(&w->sources, doc->source);
	count[DOCUMENTS]++;
	count[BYTES] += doc->text.len;
	count[TOKENS] += ids->len;
	ll_stats_in(w->stats, doc->source, doc->text.len);
	ll_stats_kept(w->stats, doc->source, doc->text.len);
}

static void put_counts(struct ll_buf *out, const uint64_t *count, bool json)
{
	for (size_t k = 0; k < COUNTERS; k++)
		if (json)
			ll_buf_printf(out, "%s\"%s\":%llu", k ? "," : "", names[k], (unsigned long long)count[k]);
		else
			ll_buf_printf(out, "\t%llu", (unsigned long long)count[k]);
}

/* Every source a line, in bytewise order, then all of them. */
static void put_text(struct ll_buf *out, const struct sums *t, const uint64_t *total)
{
	ll_buf_puts(out, "source\tdocuments\tbytes\ttokens\n");
	for (size_t i = 0; i < t->len; i++) {
		size_t from = out->len;
		ll_buf_add_str(out, t->row[i].name);
		for (size_t k = from; k < out->len; k++) /* one line and one column, whatever the name holds */
			if ((unsigned char)out->data[k] < 0x20)
				out->data[k] = '?';
		put_counts(out, t->row[i].count, false);
		ll_buf_putc(out, '\n');
	}
	ll_buf_puts(out, "total");
	put_counts(out, total, false);
	ll_buf_putc(out, '\n');
}

static void put_json(struct ll_buf *out, const struct sums *t, const uint64_t *total)
{
	ll_buf_puts(out, "{\"sources\":[");
	for (size_t i = 0; i < t->len; i++) {
		ll_buf_puts(out, i ? ",\n {\"source\":" : "\n {\"source\":");
		ll_json_escape(out, t->row[i].name, false);
		ll_buf_putc(out, ',');
		put_counts(out, t->row[i].count, true);
		ll_buf_putc(out, '}');
	}
	ll_buf_puts(out, "],\n");
	put_counts(out, total, true);
	ll_buf_puts(out, "}\n");
}

int encode_totals(const struct ll_bpe *bpe, const char *const *files, size_t n)
{
	struct run run = { .bpe = bpe, .sources.counters = COUNTERS, .stats = ll_stats_new() };
	uint64_t total[COUNTERS] = { 0 };
	struct ll_buf text = { 0 };
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	corpus_read(&(struct corpus_options){ .from = "docs",
					      .context = &run,
					      .document = count_document,
					      .times = 8, /* ids, where a byte is a token */
					      .worker_new = worker_new,
					      .worker_free = worker_free },
		    files, n);
	sums_sort(&run.sources);
	for (size_t i = 0; i < run.sources.len; i++)
		for (size_t k = 0; k < COUNTERS; k++)
			total[k] += run.sources.row[i].count[k];
	if (strcmp(ll_bpe_options.totals, "json") == 0)
		put_json(&text, &run.sources, total);
	else
		put_text(&text, &run.sources, total);
	ll_out_write(out, text.data, text.len);
	ll_stats_count(run.stats, "tokens", total[TOKENS]);
	ll_stats_finish(run.stats, NULL, NULL);
	ll_out_commit(out);
	ll_stats_free(run.stats);
	sums_free(&run.sources);
	ll_buf_free(&text);
	return LL_EXIT_OK;
}
