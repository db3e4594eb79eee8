/* SPDX-License-Identifier: MIT */
/*
 * token_substring.c - --substring=N:tokens: passages of N ids that came before, cut out of token documents (doc/tokens.h). The
 * input is read twice: all ids go to repeats.c, then what it found is taken away.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "bpe/bpe.h"
#include "doc/filter.h"
#include "doc/tokens.h"
#include "io/spool.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/repeats.h"
#include "ll-dedup/two_passes.h"

#define REASON "repeated-passage"

struct tokens {
	struct ll_bpe *bpe; /* -m, or NULL */
	uint64_t *inside;   /* with it: bits of ids that begin inside a character */
	struct ll_reader *in;
	const struct ll_header *first, *segment; /* of all input; that was looked at last */
	unsigned width;
	bool offsets; /* the header says so */
	struct repeats *repeats;
	struct repeat ahead;
	bool have_ahead;
	uint64_t document; /* number of the next one */
	struct two_passes check; /* by ids */
	uint32_t *ids, *left, *left_offset; /* of the document in hand */
	size_t cap, left_cap, offset_cap;
	struct ll_buf text, record;
	struct ll_stats *stats;
	struct ll_rejects *rejects;
	struct ll_writer *out;
	uint64_t passages, cut; /* tokens */
};

/* ---- input ---- */

static const char *const keys[] = { "width", "tokenizer", "vocabulary", "eot", "offsets" };

static void first_segment(struct tokens *t, const struct ll_header *h)
{
	char *width = ll_header_get(h, "width"), *tokenizer = ll_header_get(h, "tokenizer"), *offsets = ll_header_get(h, "offsets");

	if (!width || (strcmp(width, "2") != 0 && strcmp(width, "4") != 0))
		ll_die(LL_EXIT_INPUT, "a token stream whose header has no width of 2 or 4");
	if (t->bpe && (!tokenizer || strcmp(tokenizer, ll_bpe_id(t->bpe)) != 0))
		ll_die(LL_EXIT_INPUT, "the tokens are of tokenizer %s, and %s is %s", tokenizer ? tokenizer : "(none)", dedup.tokenizer,
		       ll_bpe_id(t->bpe));
	t->width = width[0] == '2' ? 2 : 4;
	t->offsets = offsets && strcmp(offsets, "1") == 0;
	ll_free(width);
	ll_free(tokenizer);
	ll_free(offsets);
}

/* All segments must be of one tokenizer and form. */
static void check_segment(struct tokens *t, const struct ll_header *h)
{
	if (h == t->segment)
		return;
	t->segment = h;
	if (!t->first) {
		t->first = h;
		first_segment(t, h);
		return;
	}
	char *want = ll_header_lines(t->first, keys, LL_COUNT(keys)), *got = ll_header_lines(h, keys, LL_COUNT(keys));
	if (strcmp(want, got) != 0)
		ll_die(LL_EXIT_INPUT, "%s: tokens of two kinds in one input: another tokenizer, width, or offsets", ll_reader_where(t->in));
	ll_free(want);
	ll_free(got);
}

static void open_input(struct tokens *t, const char *const *files, size_t n)
{
	t->in = ll_reader_open(files, n, NULL);
	t->first = t->segment = NULL;
	const struct ll_header *h = ll_reader_header(t->in);
	if (h && strcmp(h->kind, "tokens") != 0) {
		ll_hint("--substring=N:words is for documents, as --substring=N is; ll-bpe encode makes tokens of them");
		ll_die(LL_EXIT_INPUT, "%s: a stream of kind %s: --substring=N:tokens is for token documents", ll_path_shown(files[0]), h->kind);
	}
	if (h)
		check_segment(t, h);
}

static bool next_document(struct tokens *t, struct ll_token_doc *d)
{
	struct ll_err err;
	size_t len;
	const unsigned char *record = ll_reader_next(t->in, &len);

	if (!record)
		return false;
	const struct ll_header *h = ll_reader_header(t->in);
	if (strcmp(h->kind, "tokens") != 0)
		ll_die(LL_EXIT_INPUT, "%s: a stream of kind %s among tokens", ll_reader_where(t->in), h->kind);
	check_segment(t, h);
	if (ll_token_doc_get(record, len, t->width, d, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_reader_where(t->in), err.text);
	LL_GROW(t->ids, t->cap, d->n);
	for (uint32_t i = 0; i < d->n; i++) {
		t->ids[i] = ll_token_at(d->ids, t->width, i);
		if (t->ids[i] == UINT32_MAX || (t->bpe && t->ids[i] >= ll_bpe_vocabulary(t->bpe)))
			ll_die(LL_EXIT_INPUT, "%s: an id that no tokenizer has: %u", ll_reader_where(t->in), t->ids[i]);
	}
	uint64_t n = d->n;
	two_passes_file(&t->check, ll_reader_file(t->in));
	two_passes_update(&t->check, &n, sizeof(n));
	two_passes_update(&t->check, t->ids, n * sizeof(*t->ids));
	ll_progress_add(1, len);
	return true;
}

/* ---- first pass ---- */

static void find(struct tokens *t, const char *const *files, size_t n, uint64_t length)
{
	struct ll_token_doc d;

	t->repeats = repeats_new(length, sizeof(*t->ids));
	open_input(t, files, n);
	while (next_document(t, &d))
		repeats_add(t->repeats, t->ids, d.n);
	two_passes_end(&t->check);
	ll_reader_close(t->in);
	repeats_find(t->repeats, ll_memory_left() / 4 * 3);
	t->have_ahead = repeats_next(t->repeats, &t->ahead);
}

/* ---- second pass ---- */

static uint64_t decoded_bytes(struct tokens *t, const uint32_t *ids, size_t n)
{
	struct ll_err err;

	ll_buf_clear(&t->text);
	if (ll_bpe_decode(t->bpe, ids, n, &t->text, &err) < 0)
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_reader_where(t->in), err.text);
	return t->text.len;
}

static bool begins_inside(const struct tokens *t, uint32_t id)
{
	return t->inside && t->inside[id / 64] >> id % 64 & 1;
}

/* A passage whose ends cut no character, where that is known. */
static void whole_characters(const struct tokens *t, const struct ll_token_doc *d, struct repeat *r)
{
	while (r->start < r->end && begins_inside(t, t->ids[r->start]))
		r->start++;
	while (r->end > r->start && r->end < d->n && begins_inside(t, t->ids[r->end]))
		r->end--;
}

static uint32_t offset_at(const struct ll_token_doc *d, uint64_t i)
{
	return i < d->n ? ll_get32(d->offsets + 4 * i) : (uint32_t)d->text_bytes;
}

/* What is left goes to `left`, and its offsets in the text that is left. Returns the bytes cut where offsets say so. */
static uint64_t take_out(struct tokens *t, const struct ll_token_doc *d, uint32_t *left)
{
	uint64_t from = 0, bytes = 0;

	*left = 0;
	LL_GROW(t->left, t->left_cap, d->n);
	LL_GROW(t->left_offset, t->offset_cap, d->n);
	for (bool more = true; more;) {
		struct repeat r = { t->document, d->n, d->n };
		more = t->have_ahead && t->ahead.text == t->document;
		if (more) {
			r = (struct repeat){ t->document, LL_MIN(t->ahead.start, d->n), LL_MIN(t->ahead.end, d->n) }; /* should the input have changed */
			t->have_ahead = repeats_next(t->repeats, &t->ahead);
			whole_characters(t, d, &r);
			t->passages += r.end > r.start;
		}
		for (; from < r.start; from++, ++*left) {
			t->left[*left] = t->ids[from];
			if (d->offsets)
				t->left_offset[*left] = offset_at(d, from) - (uint32_t)bytes;
		}
		if (d->offsets && r.end > r.start)
			bytes += offset_at(d, r.end) - (r.start == 0 ? 0 : offset_at(d, r.start));
		from = LL_MAX(from, r.end);
	}
	return bytes;
}

/* The bytes of text that what is left stands for. */
static uint64_t bytes_left(struct tokens *t, const struct ll_token_doc *d, uint32_t left, uint64_t cut)
{
	if (left == d->n)
		return d->text_bytes;
	if (left == 0)
		return 0;
	if (d->offsets)
		return d->text_bytes > cut ? d->text_bytes - cut : 0;
	if (!t->bpe)
		return (uint64_t)((unsigned __int128)d->text_bytes * left / d->n);
	uint64_t all = decoded_bytes(t, t->ids, d->n), some = decoded_bytes(t, t->left, left), gone = all > some ? all - some : 0;
	return d->text_bytes > gone ? d->text_bytes - gone : 0;
}

/* Dropped: among the rejects a document whose text is that of its ids, or without -m the ids as numbers. */
static void drop(struct tokens *t, const struct ll_token_doc *d)
{
	struct ll_doc doc = { .key = d->key, .id = d->id, .source = d->source };
	char count[24];

	ll_stats_dropped(t->stats, d->source, REASON, d->text_bytes);
	ll_buf_clear(&t->text);
	if (t->bpe)
		decoded_bytes(t, t->ids, d->n);
	for (uint32_t i = 0; !t->bpe && i < d->n; i++)
		ll_buf_printf(&t->text, "%s%u", i ? " " : "", t->ids[i]);
	doc.text = ll_buf_str(&t->text);
	snprintf(count, sizeof(count), "%u", d->n);
	ll_rejects_put(t->rejects, &doc, REASON, count);
}

static void put_document(struct tokens *t, const struct ll_token_doc *d)
{
	struct ll_token_doc out = *d;
	uint64_t cut;

	ll_stats_in(t->stats, d->source, d->text_bytes);
	cut = take_out(t, d, &out.n);
	t->document++;
	t->cut += d->n - out.n;
	if (out.n == 0 && d->n > 0) {
		drop(t, d);
		return;
	}
	out.text_bytes = bytes_left(t, d, out.n, cut);
	if (out.n < d->n)
		ll_stats_text(t->stats, REASON, d->text_bytes - out.text_bytes, 0);
	ll_stats_kept(t->stats, d->source, out.text_bytes);
	ll_buf_clear(&t->record);
	ll_token_doc_put_offsets(&t->record, &out, t->left, t->width, d->offsets ? t->left_offset : NULL);
	ll_writer_put(t->out, t->record.data, t->record.len);
}

static void cut_all(struct tokens *t, const char *const *files, size_t n)
{
	struct ll_token_doc d;
	char in_set[33], out_set[33];

	open_input(t, files, n);
	char *lines = t->first ? ll_header_lines(t->first, keys, LL_COUNT(keys)) : NULL;
	t->out = ll_writer_open(ll_common.output, ll_header_new("tokens", 1, lines));
	t->rejects = ll_rejects_open();
	t->stats = ll_stats_new();
	while (next_document(t, &d))
		put_document(t, &d);
	two_passes_end(&t->check);
	struct ll_end end = ll_writer_finish(t->out, ll_reader_lineage(t->in));
	ll_rejects_close(t->rejects, ll_stats_documents_in(t->stats), ll_reader_lineage(t->in));
	ll_stats_finish(t->stats, ll_id_hex(ll_reader_totals(t->in, NULL).set_id, in_set), ll_id_hex(end.set_id, out_set));
	ll_writer_publish(t->out);
	ll_stats_free(t->stats);
	ll_reader_close(t->in);
	ll_free(lines);
}

/* ---- the stage ---- */

static void load_tokenizer(struct tokens *t)
{
	if (!dedup.tokenizer)
		return;
	t->bpe = ll_bpe_load(dedup.tokenizer, NULL);
	uint32_t vocabulary = ll_bpe_vocabulary(t->bpe);
	t->inside = ll_calloc(vocabulary / 64 + 1, sizeof(*t->inside));
	for (uint32_t id = 0; id < vocabulary; id++) {
		struct ll_err err;
		ll_buf_clear(&t->text);
		if (ll_bpe_decode(t->bpe, &id, 1, &t->text, &err) == 0 && t->text.len && ((unsigned char)t->text.data[0] & 0xc0) == 0x80)
			t->inside[id / 64] |= (uint64_t)1 << id % 64;
	}
}

int dedup_token_substring(const char **files, size_t n, uint64_t length)
{
	struct tokens t = { .document = 0 };

	load_tokenizer(&t);
	ll_spool_inputs(files, n);
	two_passes_start(&t.check, files, n);
	ll_progress_pass(1, 2);
	find(&t, files, n, length);
	ll_progress_pass(2, 2);
	cut_all(&t, files, n);
	if (t.cut && !t.bpe)
		ll_warn("without -m TOKENIZER a character that several tokens share may be cut%s",
			t.offsets ? "" : ", and bytes of text are estimated");
	ll_note("%llu repeated passages, %llu tokens, found in %u pass%s", (unsigned long long)t.passages, (unsigned long long)t.cut,
		repeats_passes(t.repeats), repeats_passes(t.repeats) == 1 ? "" : "es");
	repeats_free(t.repeats);
	two_passes_free(&t.check);
	if (t.bpe)
		ll_bpe_free(t.bpe);
	ll_free(t.inside);
	ll_free(t.ids);
	ll_free(t.left);
	ll_free(t.left_offset);
	ll_buf_free(&t.text);
	ll_buf_free(&t.record);
	return LL_EXIT_OK;
}
