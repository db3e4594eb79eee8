/* SPDX-License-Identifier: MIT */
/* bpb.c - bits per byte of document streams: rolling windows, each document by itself, every token scored once. */
#include <math.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "doc/record.h"
#include "io/file.h"
#include "ll-eval/eval.h"
#include "ll-eval/score.h"
#include "stream/reader.h"

struct totals {
	uint64_t documents, tokens, bytes;
	double nats, unigram_nats;
};

struct unigram {
	uint64_t *count;
	uint64_t total;
};

/* Calls `each` for every document of the files with its token ids. */
static void each_document(struct scorer *s, const char *const *files, size_t n, void (*each)(void *, const struct ll_doc *, const struct ll_ids *),
			  void *context)
{
	struct ll_reader *r = ll_reader_open(files, n, "docs");
	struct ll_ids ids = { 0 };
	const unsigned char *record;
	size_t len;

	while ((record = ll_reader_next(r, &len)) != NULL) {
		struct ll_doc doc;
		struct ll_err err;
		if (ll_doc_get(record, len, &doc, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: %s", ll_reader_where(r), err.text);
		ids.len = 0;
		ll_bpe_encode(s->encoder, doc.text, false, &ids);
		each(context, &doc, &ids);
		ll_progress_add(1, doc.text.len);
	}
	ll_reader_close(r);
	ll_ids_free(&ids);
}

static void count_tokens(void *context, const struct ll_doc *doc, const struct ll_ids *ids)
{
	struct unigram *u = context;

	(void)doc;
	for (size_t i = 0; i < ids->len; i++)
		u->count[ids->id[i]]++;
	u->total += ids->len;
}

struct pass {
	struct scorer *s;
	struct totals *t;
	struct unigram *u; /* NULL without a baseline */
	struct request *request;
	size_t requests, cap;
};

static void flush(struct pass *p)
{
	score(p->s, p->request, p->requests);
	for (size_t i = 0; i < p->requests; i++) {
		p->t->nats -= p->request[i].log_likelihood;
		request_free(&p->request[i]);
	}
	p->requests = 0;
}

static void add_document(void *context, const struct ll_doc *doc, const struct ll_ids *ids)
{
	struct pass *p = context;
	size_t W = (size_t)p->s->context, n = ids->len;
	int32_t *whole = ll_malloc((n + 1) * sizeof(*whole));

	p->t->documents++;
	p->t->bytes += doc->text.len;
	p->t->tokens += n;
	whole[0] = p->s->prefix;
	for (size_t i = 0; i < n; i++) {
		whole[i + 1] = (int32_t)ids->id[i];
		if (p->u)
			p->t->unigram_nats -= log((double)(p->u->count[ids->id[i]] + 1) / (double)(p->u->total + ll_bpe_vocabulary(p->s->bpe)));
	}
	/* The first window scores W tokens after the prefix; each further one the next W given one token, the last slides back. */
	for (size_t done = 0; done < n;) {
		size_t scored = LL_MIN(W, n - done), end = done + scored + 1; /* in whole */
		size_t start = end > W + 1 ? end - (W + 1) : 0;
		LL_GROW(p->request, p->cap, p->requests + 1);
		p->request[p->requests++] = request_make(p->s, whole + start, end - start, scored);
		done += scored;
	}
	ll_free(whole);
	if (p->requests >= 256)
		flush(p);
}

static void print(const struct totals *t, const struct scorer *s, bool baseline)
{
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	double bits = t->nats / 0.69314718055994530942, bytes = (double)LL_MAX(t->bytes, 1), tokens = (double)LL_MAX(t->tokens, 1);
	double unigram = t->unigram_nats / 0.69314718055994530942 / bytes;
	struct ll_buf b = { 0 };

	if (eval_options.json) {
		ll_buf_printf(&b, "{\"documents\":%llu,\"tokens\":%llu,\"bytes\":%llu,\"bits_per_byte\":", (unsigned long long)t->documents,
			      (unsigned long long)t->tokens, (unsigned long long)t->bytes);
		ll_put_double(&b, bits / bytes);
		ll_buf_puts(&b, ",\"loss_per_token\":");
		ll_put_double(&b, t->nats / tokens);
		if (baseline) {
			ll_buf_puts(&b, ",\"unigram_bits_per_byte\":");
			ll_put_double(&b, unigram);
		}
		ll_buf_printf(&b, ",\"window\":%lld,\"step\":%llu,\"tokenizer\":\"%s\"}\n", (long long)s->context, (unsigned long long)s->folder.step,
			      ll_bpe_id(s->bpe));
	} else {
		ll_buf_printf(&b, "%llu documents, %llu tokens, %llu bytes: %.4f bits per byte, %.4f nats a token\n", (unsigned long long)t->documents,
			      (unsigned long long)t->tokens, (unsigned long long)t->bytes, bits / bytes, t->nats / tokens);
		if (baseline)
			ll_buf_printf(&b, "unigram model: %.4f bits per byte\n", unigram);
	}
	ll_out_write(out, b.data, b.len);
	ll_out_commit(out);
	ll_buf_free(&b);
}

int eval_bpb(int operands, char **operand)
{
	struct scorer s;
	struct totals t = { 0 };
	struct unigram u = { 0 };
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);

	if (!eval_options.model)
		ll_die(LL_EXIT_USAGE, "--model=DIR is needed");
	if (!eval_options.baseline != !eval_options.fit)
		ll_die(LL_EXIT_USAGE, "--baseline=unigram and --fit=FILE go together");
	scorer_open(&s, eval_options.model);
	if (eval_options.fit) {
		u.count = ll_calloc(ll_bpe_vocabulary(s.bpe), sizeof(*u.count));
		each_document(&s, &eval_options.fit, 1, count_tokens, &u);
	}
	struct pass p = { .s = &s, .t = &t, .u = u.count ? &u : NULL };
	each_document(&s, files, n, add_document, &p);
	flush(&p);
	if (t.bytes == 0)
		ll_die(LL_EXIT_INPUT, "the documents have no text to measure");
	print(&t, &s, u.count != NULL);
	ll_free(p.request);
	ll_free(u.count);
	scorer_close(&s);
	return LL_EXIT_OK;
}
