/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/memory.h"
#include "doc/filter.h"
#include "doc/further.h"
#include "ll-decontam/decontam.h"
#include "ll-decontam/gram_table.h"
#include "text/ngrams.h"

#define WORDS_TIMES 9 /* of a document: its words, its n-grams, the pieces that are left */

struct span {
	size_t start, end; /* bytes of the text */
};

struct worker {
	struct ll_words words;
	struct ll_ngrams grams;
	uint64_t found;	  /* n-grams */
	struct span *hit; /* what they cover, those that touch as one: in order of lengths, then places */
	size_t hits, hits_cap;
	struct span *piece;
	size_t pieces, pieces_cap;
	struct ll_further further;
	struct ll_buf tags;
};

static void *worker_new(void *context)
{
	(void)context;
	return ll_calloc(1, sizeof(struct worker));
}

static void worker_free(void *context, void *argument)
{
	struct worker *w = argument;

	(void)context;
	ll_words_free(&w->words);
	ll_ngrams_free(&w->grams);
	ll_free(w->hit);
	ll_free(w->piece);
	ll_further_free(&w->further);
	ll_buf_free(&w->tags);
	ll_free(w);
}

/* Of one length they come in the order of the text. */
static void add_hit(struct worker *w, bool first_of_length, size_t start, size_t end)
{
	w->found++;
	if (!first_of_length && start <= w->hit[w->hits - 1].end) {
		w->hit[w->hits - 1].end = end;
		return;
	}
	LL_GROW(w->hit, w->hits_cap, w->hits + 1);
	w->hit[w->hits++] = (struct span){ start, end };
}

/* All n-grams of the text that the index has; returns the first in the text, of several there the longest. */
static const struct gram *find_hits(const struct gram_table *t, struct worker *w, struct ll_str text)
{
	const struct gram *first = NULL;
	size_t first_at = SIZE_MAX;

	w->found = w->hits = 0;
	ll_words_split(&w->words, text);
	for (size_t l = 0; l < t->lengths && t->len; l++) {
		uint32_t n = t->length[l];
		size_t before = w->hits;
		ll_ngrams_of_words(&w->grams, &w->words, n);
		for (size_t i = 0; i < w->grams.len; i++) {
			const struct gram *g = gram_table_find(t, w->grams.hash[i], n);
			if (!g)
				continue;
			add_hit(w, w->hits == before, w->words.word[i].start, w->words.word[i + n - 1].end);
			if (i < first_at) {
				first = g;
				first_at = i;
			}
		}
	}
	return first;
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Not before `from`. */
static size_t back(struct ll_str s, size_t from, size_t at, int64_t characters)
{
	for (; characters > 0 && at > from; characters--)
		do
			at--;
		while (at > from && continues(s.data[at]));
	return at;
}

static size_t forward(struct ll_str s, size_t at, int64_t characters)
{
	for (; characters > 0 && at < s.len; characters--)
		do
			at++;
		while (at < s.len && continues(s.data[at]));
	return at;
}

static int by_place(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static void add_piece(struct worker *w, size_t start, size_t end)
{
	if (start >= end)
		return;
	LL_GROW(w->piece, w->pieces_cap, w->pieces + 1);
	w->piece[w->pieces++] = (struct span){ start, end };
}

/* What is left between the widened and merged hits (Brown et al., "Language models are few-shot learners", appendix C). Only what
 * stands between hits is walked, once. */
static void split(struct worker *w, struct ll_str text)
{
	size_t end = 0;

	w->pieces = 0;
	qsort(w->hit, w->hits, sizeof(*w->hit), by_place);
	for (size_t i = 0; i < w->hits; end = LL_MAX(end, w->hit[i].end), i++) {
		size_t start = w->hit[i].start;
		if (i && start <= end)
			continue;
		size_t from = i ? forward(ll_str(text.data, start), end, decontam.window) : 0;
		add_piece(w, from, back(text, from, start, decontam.window));
	}
	add_piece(w, forward(text, end, decontam.window), text.len);
}

/* Short pieces go; the others move to the front. */
static void drop_short_pieces(struct worker *w, struct ll_str text)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->pieces; i++) {
		struct span s = w->piece[i];
		if (decontam.min_piece == 0 || forward(ll_str(text.data + s.start, s.end - s.start), 0, decontam.min_piece - 1) < s.end - s.start)
			w->piece[kept++] = s;
	}
	w->pieces = kept;
}

static void cut(struct worker *w, const struct ll_doc *doc, struct ll_sink *sink, const char *where, uint32_t line)
{
	split(w, doc->text);
	if (w->pieces > (size_t)decontam.max_pieces)
		w->pieces = 0;
	drop_short_pieces(w, doc->text);
	if (w->pieces == 0)
		ll_sink_drop(sink, "contaminated", "%s:%u", where, line);
	for (size_t i = 0; i < w->pieces; i++) {
		struct span s = w->piece[i];
		struct ll_str text = ll_str(doc->text.data + s.start, s.end - s.start);
		struct ll_doc piece = w->pieces > 1 ? ll_doc_further(&w->further, doc, '#', (unsigned)i + 1) : *doc;
		ll_doc_set_text(&piece, text);
		if (i == 0) {
			ll_sink_text(sink, "contaminated", doc->text.len - text.len, 0);
			ll_sink_keep(sink, &piece);
		} else {
			ll_sink_extra(sink, &piece, "contaminated");
		}
	}
}

static void tag(struct worker *w, const struct ll_doc *in, struct ll_sink *sink, const char *where, uint32_t line)
{
	struct ll_doc doc = *in;
	char *by = ll_format("%s:%u", where, line);

	ll_buf_clear(&w->tags);
	ll_buf_add_str(&w->tags, in->tags);
	ll_tags_add_string(&w->tags, "contaminated_by", ll_cstr(by));
	ll_tags_add_int(&w->tags, "contamination_hits", (int64_t)w->found);
	doc.tags = ll_buf_str(&w->tags);
	ll_sink_keep(sink, &doc);
	ll_free(by);
}

static void map(void *context, void *argument, const struct ll_doc *doc, struct ll_sink *sink)
{
	const struct gram_table *t = context;
	struct worker *w = argument;
	const struct gram *first = find_hits(t, w, doc->text);

	if (!first) {
		ll_sink_keep(sink, doc);
		return;
	}
	ll_sink_count(sink, "contaminated documents", 1);
	ll_sink_count(sink, "contaminated n-grams", w->found);
	if (strcmp(decontam.action, "cut") == 0)
		cut(w, doc, sink, t->file[first->file], first->line);
	else if (strcmp(decontam.action, "tag") == 0)
		tag(w, doc, sink, t->file[first->file], first->line);
	else
		ll_sink_drop(sink, "contaminated", "%s:%u", t->file[first->file], first->line);
}

int decontam_run(const char *const *files, size_t n)
{
	struct gram_table table = { 0 };
	struct ll_filter filter = {
		.context = &table, .times = WORDS_TIMES, .worker_new = worker_new, .worker_free = worker_free, .map = map
	};

	if (decontam.index.len == 0) {
		ll_hint("ll-decontam build -o evals.ll EVALS makes one");
		ll_die(LL_EXIT_USAGE, "--index=FILE is needed");
	}
	gram_table_load(&table, decontam.index.item, decontam.index.len);
	int status = ll_filter_run(&filter, files, n);
	gram_table_free(&table);
	return status;
}
