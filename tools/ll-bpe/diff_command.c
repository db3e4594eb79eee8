/* SPDX-License-Identifier: MIT */
/*
 * diff: two tokenizers, their vocabularies, and the texts they encode differently. Texts are read in order on one
 * thread, so that "the first" is the first.
 */
#include "base/memory.h"

#include <stdlib.h>

#include "base/log.h"
#include "bpe/bpe_trace.h"
#include "bpe/pretokenizer.h"
#include "doc/record.h"
#include "io/codec.h"
#include "io/file.h"
#include "ll-bpe/commands.h"
#include "ll-bpe/corpus.h"
#include "stream/reader.h"

#define SHOWN_TOKENS 12u

struct side {
	struct ll_bpe *bpe;
	struct ll_bpe_encoder *encoder;
	struct ll_ids ids;
	struct ll_trace trace;
	uint64_t tokens;
};

struct diff {
	struct side a, b;
	struct ll_out *out;
	uint64_t texts, different, bytes;
};

/* ---- vocabularies ---- */

struct entry {
	struct ll_str bytes;
	uint32_t id;
	bool special;
};

static int by_bytes(const void *p, const void *q)
{
	const struct entry *x = p, *y = q;
	int c = memcmp(x->bytes.data, y->bytes.data, LL_MIN(x->bytes.len, y->bytes.len));
	if (c == 0)
		c = x->bytes.len < y->bytes.len ? -1 : x->bytes.len > y->bytes.len;
	if (c == 0)
		c = x->special - y->special;
	return c ? c : x->id < y->id ? -1 : x->id > y->id;
}

static struct entry *entries(const struct ll_bpe *b, size_t *n)
{
	struct entry *list = ll_malloc(LL_MAX(ll_bpe_vocabulary(b), 1) * sizeof *list);
	*n = 0;
	for (uint32_t id = 0; id < ll_bpe_vocabulary(b); id++) {
		struct ll_str bytes = ll_bpe_token_bytes(b, id);
		if (bytes.data)
			list[(*n)++] = (struct entry){ bytes, id, ll_bpe_is_special(b, id) };
	}
	qsort(list, *n, sizeof *list, by_bytes);
	return list;
}

static bool same_token(const struct entry *x, const struct entry *y)
{
	return x->special == y->special && ll_str_eq(x->bytes, y->bytes);
}

/* True when they differ. */
static bool compare_vocabularies(struct diff *d)
{
	size_t na, nb, i = 0, k = 0, only_a = 0, only_b = 0, both = 0, moved = 0, flagged = 0;
	struct entry *a = entries(d->a.bpe, &na), *b = entries(d->b.bpe, &nb);
	while (i < na || k < nb) {
		if (i < na && k < nb && same_token(&a[i], &b[k])) {
			both++;
			flagged += strcmp(ll_bpe_added_flags(d->a.bpe, a[i].id), ll_bpe_added_flags(d->b.bpe, b[k].id)) != 0;
			moved += a[i++].id != b[k++].id;
		} else if (k == nb || (i < na && by_bytes(&a[i], &b[k]) < 0)) {
			only_a++;
			i++;
		} else {
			only_b++;
			k++;
		}
	}
	ll_free(a);
	ll_free(b);
	ll_out_printf(d->out,
		      "tokens of both\t%zu\ntokens of both with other ids\t%zu\ntokens only of A\t%zu\ntokens only of "
		      "B\t%zu\n",
		      both, moved, only_a, only_b);
	if (flagged)
		ll_out_printf(d->out, "added tokens of both with other flags\t%zu\n", flagged);
	return moved || only_a || only_b;
}

static void compare_property(struct diff *d, const char *name, const char *a, const char *b)
{
	if (strcmp(a, b) != 0)
		ll_out_printf(d->out, "%s\t%s\t%s\n", name, a, b);
}

/* ---- texts ---- */

/* Bytes as one can read them: UTF-8 as it is, what does not print escaped. */
static void put_shown(struct ll_out *out, struct ll_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.data[i];
		if (c < ' ' || c == 0x7f || c == '"' || c == '\\')
			ll_out_printf(out, c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : "\\x%02x", c);
		else
			ll_out_write(out, s.data + i, 1);
	}
}

static void put_tokens(struct diff *d, const char *name, const struct side *s, size_t from)
{
	ll_out_printf(d->out, "%s", name);
	for (size_t i = from; i < s->ids.len && i < from + SHOWN_TOKENS; i++) {
		ll_out_printf(d->out, "\t%u \"", s->ids.id[i]);
		put_shown(d->out, ll_bpe_token_bytes(s->bpe, s->ids.id[i]));
		ll_out_printf(d->out, "\"");
	}
	ll_out_printf(d->out, s->ids.len > from + SHOWN_TOKENS ? "\t...\n" : "\n");
}

/* The place of the piece that covers byte `at` of the normalised text, or ends before it last. */
static size_t piece_at(const struct ll_trace *t, size_t at)
{
	size_t i = 0;
	while (i + 1 < t->pieces.n && t->pieces.end[i] <= at)
		i++;
	return i;
}

static size_t piece_start(const struct ll_trace *t, size_t i)
{
	return i ? t->pieces.end[i - 1] : 0;
}

/* Whether from piece i up to byte `last` there is an added token that the other does not have: it cuts the text around it, too. */
static bool added_alone(const struct ll_trace *t, const struct ll_trace *other, size_t i, size_t last)
{
	for (; i < t->pieces.n && piece_start(t, i) <= last; i++) {
		size_t k = piece_at(other, piece_start(t, i));
		if (t->added[i] && (!other->added[k] || piece_start(other, k) != piece_start(t, i) ||
				    other->pieces.end[k] != t->pieces.end[i]))
			return true;
	}
	return false;
}

/* Of an added token of one, at piece i, where the other has another piece. */
static const char *added_reason(const struct ll_trace *t, const struct ll_trace *other, size_t i)
{
	struct ll_str token = ll_str(t->pieces.text.data + piece_start(t, i), t->pieces.end[i] - piece_start(t, i));
	for (size_t k = i; k < LL_MIN(i + 4, other->pieces.n); k++) {
		size_t from = piece_start(other, k);
		if (other->added[k] && ll_str_eq(token, ll_str(other->pieces.text.data + from, other->pieces.end[k] - from)))
			return "special: an added token of both takes white space along in one only";
	}
	return "special: an added token of one is text to the other";
}

static bool prefixes(const struct side *s)
{
	const struct ll_pretokenizer *p = ll_bpe_splitting(s->bpe);
	return p && ll_pretokenizer_prefixes(p);
}

/* Which step of encoding is the first that gives another result. */
static const char *reason(struct diff *d, struct ll_str text, size_t at)
{
	struct ll_trace *a = &d->a.trace, *b = &d->b.trace;
	struct ll_err err;
	if (ll_bpe_trace(d->a.bpe, text, a, &err) || ll_bpe_trace(d->b.bpe, text, b, &err))
		ll_die(LL_EXIT_INPUT, "%s", err.text);
	bool normal = ll_str_eq(ll_buf_str(&a->pieces.text), ll_buf_str(&b->pieces.text));
	size_t last = LL_MIN(LL_MIN(piece_at(a, at), piece_at(b, at)) + 1, LL_MIN(a->pieces.n, b->pieces.n));
	for (size_t i = 0; i < last; i++) {
		bool parted = normal && a->pieces.end[i] != b->pieces.end[i];
		size_t end = LL_MAX(a->pieces.end[i], b->pieces.end[i]);
		if (a->added[i] != b->added[i])
			return a->added[i] ? added_reason(a, b, i) : added_reason(b, a, i);
		if (parted && (added_alone(a, b, i, end) || added_alone(b, a, i, end)))
			return "special: an added token of one is text to the other";
		if (parted)
			return "split: the pre-tokenizers cut the text in other places";
	}
	if (!normal && prefixes(&d->a) != prefixes(&d->b))
		return "prefix-space: one puts a space before texts";
	if (!normal)
		return "normaliser: the text is another before it is split";
	return strcmp(ll_bpe_kind(d->a.bpe), ll_bpe_kind(d->b.bpe)) == 0
		       ? "merge: the same pre-token becomes other tokens"
		       : "model: the same word becomes other tokens";
}

/* Where in the text token k of A begins; `at`: by the bytes of those before it. */
static size_t byte_of(struct diff *d, struct ll_str text, size_t k, size_t at)
{
	const struct ll_ids *ids = &d->a.ids;
	if (!ll_bpe_splitting(d->a.bpe) || k >= ids->len)
		return LL_MIN(at, text.len);
	uint32_t *offset = ll_malloc(ids->len * sizeof *offset);
	ll_bpe_offsets(d->a.bpe, text, false, ids->id, ids->len, offset);
	at = offset[k];
	ll_free(offset);
	return at;
}

static void report(struct diff *d, struct ll_str text, const char *where)
{
	const struct ll_ids *a = &d->a.ids, *b = &d->b.ids;
	size_t k = 0, at = 0;
	bool same_bytes = true;
	for (; k < a->len && k < b->len; k++) {
		struct ll_str x = ll_bpe_token_bytes(d->a.bpe, a->id[k]), y = ll_bpe_token_bytes(d->b.bpe, b->id[k]);
		same_bytes = ll_str_eq(x, y);
		if (!same_bytes || a->id[k] != b->id[k])
			break;
		at += x.len;
	}
	/* Other ids for the same bytes are told of only when nothing else is wrong. */
	size_t j = k, later = at;
	for (; same_bytes && j < a->len && j < b->len; j++) {
		struct ll_str x = ll_bpe_token_bytes(d->a.bpe, a->id[j]);
		same_bytes = ll_str_eq(x, ll_bpe_token_bytes(d->b.bpe, b->id[j]));
		later += same_bytes ? x.len : 0;
		if (!same_bytes)
			break;
	}
	bool only_ids = same_bytes && a->len == b->len;
	if (!only_ids) {
		k = j;
		at = later;
	}
	ll_out_printf(d->out, "first difference\t%s\nbyte\t%zu\ntoken\t%zu\nwhy\t%s\n", where,
		      byte_of(d, text, k, at), k,
		      only_ids ? "id: the same tokens have other ids" : reason(d, text, at));
	put_tokens(d, "A", &d->a, k);
	put_tokens(d, "B", &d->b, k);
}

static void compare(struct diff *d, struct ll_str text, const char *where)
{
	struct side *side[2] = { &d->a, &d->b };
	struct ll_err err;
	for (int i = 0; i < 2; i++) {
		side[i]->ids.len = 0;
		if (ll_bpe_try_encode(side[i]->encoder, text, false, &side[i]->ids, &err)) {
			ll_hint(LL_SPLITTER_HINT);
			ll_die(LL_EXIT_INPUT, "%s: %s", where, err.text);
		}
		side[i]->tokens += side[i]->ids.len;
	}
	const struct ll_ids *a = &d->a.ids, *b = &d->b.ids;
	bool equal = a->len == b->len && (a->len == 0 || memcmp(a->id, b->id, a->len * sizeof *a->id) == 0);
	d->texts++;
	d->bytes += text.len;
	if (!equal && d->different++ == 0)
		report(d, text, where);
}

static bool is_documents(const char *path)
{
	if (strcmp(ll_bpe_options.from, "auto") != 0)
		return strcmp(ll_bpe_options.from, "docs") == 0;
	return ll_is_stream(path);
}

static void check_fits(const char *where, size_t len)
{
	if (len <= ll_memory_left() / 16)
		return;
	ll_hint("ids and pieces of both take up to 16 times the text: give more --memory, or shorter texts");
	ll_die(LL_EXIT_RESOURCE, "%s: a text of %zu bytes or more does not fit into --memory", where, len);
}

static void read_documents(struct diff *d, const char *path)
{
	struct ll_reader *r = ll_reader_open(&path, 1, "docs");
	const unsigned char *record;
	for (size_t len; (record = ll_reader_next(r, &len)) != NULL;) {
		struct ll_doc doc;
		struct ll_err err;
		if (ll_doc_get(record, len, &doc, &err))
			ll_die(LL_EXIT_INPUT, "%s: %s", ll_reader_where(r), err.text);
		char *where = ll_format("%s: document '%.*s'", ll_path_shown(path), (int)LL_MIN(doc.id.len, 200),
					doc.id.data);
		check_fits(where, doc.text.len);
		compare(d, doc.text, where);
		ll_free(where);
		ll_progress_add(1, doc.text.len);
	}
	ll_reader_close(r);
}

static void read_text(struct diff *d, const char *path)
{
	struct ll_decoder *in = ll_decoder_open(path);
	struct ll_buf text = { 0 };
	corpus_check_text(ll_bpe_options.from, path, in);
	for (size_t n; (n = ll_decoder_read(in, ll_buf_reserve(&text, LL_MIB), LL_MIB));) {
		text.len += n;
		check_fits(ll_path_shown(path), text.len);
	}
	ll_decoder_close(in);
	compare(d, text.data ? ll_buf_str(&text) : ll_str("", 0), ll_path_shown(path));
	ll_progress_add(1, text.len);
	ll_buf_free(&text);
}

static void open_side(struct side *s, const char *path)
{
	s->bpe = ll_bpe_open(
		&(struct ll_bpe_file){ .path = path, .pretokenizer = pretokenizer_option(), .optional = true });
	s->encoder = ll_bpe_encoder_new(s->bpe);
}

static void close_side(struct side *s)
{
	ll_bpe_encoder_free(s->encoder);
	ll_bpe_free(s->bpe);
	ll_ids_free(&s->ids);
	ll_trace_free(&s->trace);
}

int diff_command(int operands, char **operand)
{
	struct diff d = { 0 };
	const char **files = NULL;
	if (operands < 2)
		ll_die(LL_EXIT_USAGE, "two tokenizers are needed, and texts to encode");
	size_t n = operands > 2 || ll_common.files_from ? ll_input_files(operands - 2, operand + 2, &files, NULL) : 0;
	open_side(&d.a, operand[0]);
	open_side(&d.b, operand[1]);
	d.out = ll_out_open(ll_common.output, ll_out_common_flags());
	bool differ = compare_vocabularies(&d);
	compare_property(&d, "kind", ll_bpe_kind(d.a.bpe), ll_bpe_kind(d.b.bpe));
	compare_property(&d, "pretokenizer", ll_bpe_pretokenizer(d.a.bpe), ll_bpe_pretokenizer(d.b.bpe));
	for (size_t i = 0; i < n; i++) {
		if (is_documents(files[i]))
			read_documents(&d, files[i]);
		else
			read_text(&d, files[i]);
	}
	if (n)
		ll_out_printf(d.out, "texts\t%llu\ntexts that differ\t%llu\nbytes\t%llu\ntokens\t%llu\t%llu\n",
			      (unsigned long long)d.texts, (unsigned long long)d.different, (unsigned long long)d.bytes,
			      (unsigned long long)d.a.tokens, (unsigned long long)d.b.tokens);
	else
		differ |= strcmp(ll_bpe_id(d.a.bpe), ll_bpe_id(d.b.bpe)) != 0;
	differ |= d.different > 0;
	ll_out_commit(d.out);
	close_side(&d.a);
	close_side(&d.b);
	return differ ? LL_EXIT_NEGATIVE : LL_EXIT_OK;
}
