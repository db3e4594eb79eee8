/* SPDX-License-Identifier: MIT */
/*
 * How fast a tokenizer is here. The text is cut into documents of about 8 kB; a run loads the tokenizer, encodes the
 * first part of them with encoders that know nothing yet ("second": the first pass of another tokenizer in a warm
 * process), then the rest, which is new text to warm encoders ("warm"), then the rest again without any merging
 * ("skeleton": after the text before it, so that what is near the processor is what was near for "warm"). Ids go to a
 * buffer of one stretch, as on their way into a stream.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/thread.h"
#include "io/codec.h"
#include "io/file.h"
#include "ll-bpe/commands.h"
#include "stream/frame.h"

#define DOCUMENT 8000
#define STRETCH ((size_t)1 << 15) /* of documents, handed to a thread at once: little beside its part of the rest */
#define REST_MOST ((size_t)10000000)
#define RUNS 9 /* at most */

struct worker {
	struct ll_bpe_encoder *encoder;
	struct ll_ids ids;
	uint64_t tokens;
} __attribute__((aligned(128)));

struct bench {
	struct ll_buf text;
	size_t *document; /* where each starts, and the end of the last */
	size_t documents, documents_cap;
	size_t *stretch; /* the document that each starts with, and the end of the last */
	size_t stretches, stretches_cap;
	struct worker *worker;
	size_t first; /* of the stretches being encoded */
};

enum { LOAD, SECOND, WARM, SKELETON, FIGURES };

static void read_text(struct bench *b, const char *path)
{
	struct ll_decoder *d = ll_decoder_open(path);
	for (size_t n; (n = ll_decoder_read(d, ll_buf_reserve(&b->text, LL_MIB), LL_MIB)) > 0;) {
		b->text.len += n;
		if (b->text.len > ll_memory_left())
			ll_die(LL_EXIT_RESOURCE, "%s: the text is held in memory and does not fit into --memory", path);
	}
	ll_decoder_close(d);
}

/* Documents end with the first line end after DOCUMENT bytes. */
static void cut_text(struct bench *b)
{
	for (size_t at = 0; at < b->text.len;) {
		if (b->stretches == 0 || at - b->document[b->stretch[b->stretches - 1]] >= STRETCH) {
			LL_GROW(b->stretch, b->stretches_cap, b->stretches + 2);
			b->stretch[b->stretches++] = b->documents;
		}
		LL_GROW(b->document, b->documents_cap, b->documents + 2);
		b->document[b->documents++] = at;
		size_t from = LL_MIN(at + DOCUMENT, b->text.len);
		const char *eol = memchr(b->text.data + from, '\n', b->text.len - from);
		at = eol ? (size_t)(eol - b->text.data) + 1 : b->text.len;
		b->document[b->documents] = at;
	}
	b->stretch[b->stretches] = b->documents;
}

static void encode_stretch(void *context, size_t i, int thread)
{
	struct bench *b = context;
	struct worker *w = &b->worker[thread];
	w->ids.len = 0;
	for (size_t d = b->stretch[b->first + i]; d < b->stretch[b->first + i + 1]; d++)
		ll_bpe_encode(w->encoder, ll_str(b->text.data + b->document[d], b->document[d + 1] - b->document[d]),
			      false, &w->ids);
	w->tokens += w->ids.len;
}

/* MB/s over stretches first .. last - 1. */
static double pass(struct bench *b, struct ll_pool *pool, size_t first, size_t last)
{
	double start = ll_seconds();
	b->first = first;
	ll_pool_run(pool, last - first, encode_stretch, b);
	size_t bytes = b->document[b->stretch[last]] - b->document[b->stretch[first]];
	return (double)bytes / (ll_seconds() - start) / 1e6;
}

/* The stretch that begins some three times as much text before `cut` as there is behind. */
static size_t lead(const struct bench *b, size_t cut)
{
	size_t at = b->document[b->stretch[cut]], rest = b->text.len - at, first = cut;
	while (first > 0 && at - b->document[b->stretch[first]] < 3 * rest)
		first--;
	return first;
}

static void run(struct bench *b, struct ll_pool *pool, size_t cut, double figure[FIGURES])
{
	double start = ll_seconds();
	struct ll_bpe *model = load_model_option();
	if (!ll_bpe_splitting(model))
		ll_die(LL_EXIT_INPUT, "%s: only byte-level BPE can be measured, and this is %s", ll_bpe_options.model, ll_bpe_kind(model));
	figure[LOAD] = ll_seconds() - start;
	for (int t = 0; t < ll_pool_threads(pool); t++)
		b->worker[t].encoder = ll_bpe_encoder_new(model);
	figure[SECOND] = pass(b, pool, 0, cut);
	figure[WARM] = pass(b, pool, cut, b->stretches);
	uint64_t tokens = 0;
	for (int t = 0; t < ll_pool_threads(pool); t++) {
		tokens += b->worker[t].tokens;
		ll_bpe_encoder_skeleton(b->worker[t].encoder);
	}
	pass(b, pool, lead(b, cut), cut);
	figure[SKELETON] = pass(b, pool, cut, b->stretches);
	for (int t = 0; t < ll_pool_threads(pool); t++) {
		ll_bpe_encoder_free(b->worker[t].encoder);
		b->worker[t].tokens = 0;
	}
	ll_bpe_free(model);
	printf("tokens=%llu load_s=%.3f second=%.0f warm=%.0f skeleton=%.0f\n", (unsigned long long)tokens,
	       figure[LOAD], figure[SECOND], figure[WARM], figure[SKELETON]);
}

static double median(double figure[][FIGURES], size_t runs, int which)
{
	double value[RUNS];
	for (size_t i = 0; i < runs; i++)
		value[i] = figure[i][which];
	return ll_median(value, runs);
}

int bench_command(int operands, char **operand)
{
	struct bench b = { 0 };
	double figure[RUNS][FIGURES];
	if (operands != 1)
		ll_die(LL_EXIT_USAGE, "one text file is measured at a time");
	read_text(&b, operand[0]);
	if (b.text.len >= 4 && ll_frame_magic(b.text.data, b.text.len)) {
		ll_hint("ll-shard export --to=text writes the text of documents");
		ll_die(LL_EXIT_INPUT, "%s: a stream; plain text is measured", ll_path_shown(operand[0]));
	}
	if (b.text.len)
		cut_text(&b);
	if (b.stretches < 2)
		ll_die(LL_EXIT_INPUT,
		       "%s: %zu bytes are too few to measure: a part to warm up with and a part to "
		       "measure need %zu",
		       ll_path_shown(operand[0]), b.text.len, 2 * STRETCH);
	size_t cut = b.stretches - 1, rest = LL_MIN(b.text.len / 2, LL_MAX(REST_MOST, b.text.len / 10));
	while (cut > 1 && b.text.len - b.document[b.stretch[cut]] < rest)
		cut--;
	struct ll_pool *pool = ll_pool_new(ll_threads());
	b.worker = ll_alloc_aligned(128, (size_t)ll_pool_threads(pool) * sizeof *b.worker);
	size_t runs = (size_t)LL_MIN(LL_MAX(ll_bpe_options.runs, 1), RUNS);
	printf("documents=%zu bytes=%zu new=%zu threads=%d cpu=%s\n", b.documents, b.text.len,
	       b.text.len - b.document[b.stretch[cut]], ll_pool_threads(pool), ll_cpu_name(ll_cpu()));
	for (size_t i = 0; i < runs; i++)
		run(&b, pool, cut, figure[i]);
	printf("load_s=%.3f second=%.0f warm=%.0f skeleton=%.0f\n", median(figure, runs, LOAD),
	       median(figure, runs, SECOND), median(figure, runs, WARM), median(figure, runs, SKELETON));
	for (int t = 0; t < ll_pool_threads(pool); t++)
		ll_ids_free(&b.worker[t].ids);
	ll_pool_free(pool);
	ll_free(b.worker);
	ll_free(b.document);
	ll_free(b.stretch);
	ll_buf_free(&b.text);
	return LL_EXIT_OK;
}
