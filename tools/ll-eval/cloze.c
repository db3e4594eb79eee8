/* SPDX-License-Identifier: MIT */
/*
 * cloze.c - a multiple-choice task from held-out documents: the last word of a sentence among three others that also end
 * sentences of the same documents. Which sentences, which words, which place: all by hashes of (seed, key, position).
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/option.h"
#include "base/random.h"
#include "doc/record.h"
#include "io/file.h"
#include "ll-eval/eval.h"
#include "stream/reader.h"
#include "text/json.h"
#include "text/unicode.h"
#include "text/utf8.h"

#define QUERY_MAX 400 /* bytes of a sentence's line that are shown */
#define QUERY_MIN 40
#define CHOICES 4

struct sentence {
	uint64_t order; /* hash: which come first */
	char *query, *word;
};

struct sentences {
	struct sentence *item;
	size_t len, cap;
};

static int by_order(const void *a, const void *b)
{
	const struct sentence *x = a, *y = b;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	int c = strcmp(x->query, y->query);
	return c ? c : strcmp(x->word, y->word);
}

/* The word that ends at `end` (exclusive) in a line: letters only, four and more; its start, or end when there is none. */
static size_t word_start(struct ll_str line, size_t end)
{
	size_t at = end, letters = 0;
	while (at > 0) {
		size_t before = at - 1;
		while (before > 0 && ((unsigned char)line.data[before] & 0xc0) == 0x80)
			before--;
		const char *p = line.data + before;
		if (!(ll_char_class(ll_utf8_next(&p)) & LL_CHAR_LETTER))
			break;
		at = before;
		letters++;
	}
	return letters >= 4 && at > 0 && line.data[at - 1] == ' ' ? at : end;
}

static void add_line(struct sentences *s, const struct ll_doc *doc, struct ll_str line)
{
	if (memchr(line.data, 0, line.len)) /* no text; and the strings below end at it */
		return;
	for (size_t i = QUERY_MIN; i < line.len; i++) {
		if (!strchr(".?!", line.data[i]) || (i + 1 < line.len && line.data[i + 1] != ' '))
			continue;
		size_t start = word_start(line, i);
		if (start == i || start < QUERY_MIN)
			continue;
		size_t from = start > QUERY_MAX ? start - QUERY_MAX : 0;
		while (from > 0 && from < start && line.data[from - 1] != ' ')
			from++;
		if (start - from < QUERY_MIN)
			continue;
		uint64_t place = ll_id_high64(doc->key) ^ ((uint64_t)(line.data - doc->text.data) + i);
		LL_GROW(s->item, s->cap, s->len + 1);
		s->item[s->len++] = (struct sentence){ ll_random64((uint64_t)ll_common.seed, 0x636c6f7a65, place),
						       ll_strndup(line.data + from, start - from - 1), ll_strndup(line.data + start, i - start) };
	}
}

static void collect(struct sentences *s, const char *const *files, size_t n)
{
	struct ll_reader *r = ll_reader_open(files, n, "docs");
	const unsigned char *record;
	size_t len;

	while ((record = ll_reader_next(r, &len)) != NULL) {
		struct ll_doc doc;
		struct ll_err err;
		if (ll_doc_get(record, len, &doc, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: %s", ll_reader_where(r), err.text);
		for (const char *p = doc.text.data, *end = p + doc.text.len; p < end;) {
			const char *stop = memchr(p, '\n', (size_t)(end - p));
			stop = stop ? stop : end;
			add_line(s, &doc, ll_str(p, (size_t)(stop - p)));
			p = stop + 1;
		}
	}
	ll_reader_close(r);
	if (s->len > 1)
		qsort(s->item, s->len, sizeof(*s->item), by_order);
}

static bool write_item(struct ll_out *out, const struct sentences *s, size_t index)
{
	const struct sentence *q = &s->item[index];
	const char *choice[CHOICES] = { q->word };
	size_t n = 1, gold = (size_t)(q->order % CHOICES);
	struct ll_buf b = { 0 };

	for (uint64_t tries = 0; n < CHOICES && tries < 100; tries++) {
		const char *word = s->item[ll_random_below(q->order, 1, tries, s->len)].word;
		bool known = false;
		for (size_t i = 0; i < n; i++)
			known |= strcmp(choice[i], word) == 0;
		if (!known)
			choice[n++] = word;
	}
	if (n < CHOICES)
		return false;
	choice[0] = choice[gold];
	choice[gold] = q->word;
	ll_buf_puts(&b, "{\"query\":");
	ll_json_escape(&b, ll_cstr(q->query), false);
	ll_buf_puts(&b, ",\"choices\":[");
	for (size_t i = 0; i < CHOICES; i++) {
		ll_buf_puts(&b, i ? "," : "");
		ll_json_escape(&b, ll_cstr(choice[i]), false);
	}
	ll_buf_printf(&b, "],\"gold\":%zu}\n", gold);
	ll_out_write(out, b.data, b.len);
	ll_buf_free(&b);
	return true;
}

int eval_make_cloze(int operands, char **operand)
{
	struct sentences s = { 0 };
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL), written = 0;

	collect(&s, files, n);
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());
	for (size_t i = 0; i < s.len && (int64_t)written < eval_options.items; i++)
		written += write_item(out, &s, i);
	if (written == 0)
		ll_die(LL_EXIT_INPUT, "no sentence of the documents makes an item: they are too few or too short");
	ll_out_commit(out);
	ll_note("%zu items of %zu sentences", written, s.len);
	for (size_t i = 0; i < s.len; i++) {
		ll_free(s.item[i].query);
		ll_free(s.item[i].word);
	}
	ll_free(s.item);
	return LL_EXIT_OK;
}
