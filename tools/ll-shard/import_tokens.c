/* SPDX-License-Identifier: MIT */
#include "ll-shard/import_tokens.h"

#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"
#include "doc/tokens.h"
#include "io/lines.h"
#include "text/json.h"

bool token_import_fits(const struct token_import *t, uint64_t n)
{
	return n <= (LL_RECORD_MAX - LL_TOKENS_FIXED - 4096) / t->width;
}

static struct ll_str own_source(const struct token_import *t, struct ll_str source)
{
	return source.len || !t->options->source ? source : ll_cstr(t->options->source);
}

static void reject(struct token_import *t, struct ll_str raw, struct ll_str source, struct token_place place,
		   const char *reason, const char *detail)
{
	ll_stats_in(t->stats, source, raw.len);
	ll_stats_dropped(t->stats, source, reason, raw.len);
	ll_rejects_put_raw(t->rejects, raw, ll_common.rejects ? ll_path_base(place.path) : place.path, place.number,
			   reason, detail);
	t->documents++;
}

void token_import_too_long(struct token_import *t, uint64_t n, struct token_place place)
{
	char detail[64];
	snprintf(detail, sizeof(detail), "%llu tokens", (unsigned long long)n);
	reject(t, ll_str("", 0), own_source(t, ll_str("", 0)), place, "too_many_tokens", detail);
}

void token_import_document(struct token_import *t, struct ll_str id, struct ll_str source, struct token_place place)
{
	struct ll_err err;
	struct ll_token_doc d = { .id = id, .source = own_source(t, source), .n = (uint32_t)t->ids.len };
	ll_buf_clear(&t->text);
	if (ll_bpe_decode(t->bpe, t->ids.id, t->ids.len, &t->text, &err) < 0) {
		ll_hint("-m names the tokenizer that made the ids");
		ll_die(LL_EXIT_INPUT, "%s: document %llu: %s", place.path, (unsigned long long)place.number, err.text);
	}
	d.text_bytes = t->text.len;
	d.key = ll_doc_key(d.source, id, ll_buf_str(&t->text));
	if (id.len == 0) {
		ll_buf_clear(&t->id);
		ll_buf_printf(&t->id, "%s#%llu", strcmp(place.path, "-") == 0 ? "stdin" : ll_path_base(place.path),
			      (unsigned long long)place.number);
		d.id = ll_buf_str(&t->id);
	}
	if (LL_TOKENS_FIXED + d.id.len + d.source.len + t->ids.len * t->width > LL_RECORD_MAX) {
		token_import_too_long(t, t->ids.len, place);
		return;
	}
	ll_buf_clear(&t->record);
	ll_token_doc_put(&t->record, &d, t->ids.id, t->width);
	ll_writer_put(t->out, t->record.data, t->record.len);
	ll_stats_in(t->stats, d.source, d.text_bytes);
	ll_stats_kept(t->stats, d.source, d.text_bytes);
	ll_progress_add(1, d.text_bytes);
	t->documents++;
}

/* ---- JSON lines ---- */

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

/* A JSON array, known to be well-formed, of whole numbers from 0 to 2^32 - 1. */
static int parse_ids(struct ll_str raw, struct ll_ids *ids)
{
	const char *end = raw.data + raw.len, *p = raw.data;
	ids->len = 0;
	if (raw.len < 2 || *p != '[')
		return -1;
	for (p = skip_space(p + 1, end); p < end && *p != ']'; p = skip_space(p, end)) {
		uint64_t v = 0;
		const char *first = p;
		for (; p < end && *p >= '0' && *p <= '9' && v <= UINT32_MAX; p++)
			v = 10 * v + (uint64_t)(*p - '0');
		if (p == first || v > UINT32_MAX)
			return -1;
		p = skip_space(p, end);
		if (p == end || (*p != ',' && *p != ']'))
			return -1;
		p += *p == ',';
		LL_GROW(ids->id, ids->cap, ids->len + 1);
		ids->id[ids->len++] = (uint32_t)v;
	}
	return 0;
}

/* A string member's content; the spelling of what is none; empty when absent or null. */
static struct ll_str text_of(struct ll_buf *scratch, struct ll_str raw, struct ll_err *err)
{
	ll_buf_clear(scratch);
	if (!raw.data || ll_str_is(raw, "null"))
		return ll_str("", 0);
	if (!ll_json_is_string(raw))
		return raw;
	return ll_json_unescape(scratch, raw, err) < 0 ? ll_str(NULL, 0) : ll_buf_str(scratch);
}

static void one_line(struct token_import *t, struct ll_str line, struct token_place place)
{
	struct ll_json_field field[] = { { .key = ll_cstr("tokens") },
					 { .key = ll_cstr(t->options->id_key) },
					 { .key = ll_cstr(t->options->source_key) } };
	struct ll_err err = { "" };
	struct ll_str id, source, none = own_source(t, ll_str("", 0));
	if (ll_json_line(line, field, LL_COUNT(field), &err) < 0) {
		reject(t, line, none, place, "malformed_json", err.text);
		return;
	}
	if (!field[0].value.data || parse_ids(field[0].value, &t->ids) < 0) {
		reject(t, line, none, place, field[0].value.data ? "tokens_not_ids" : "no_tokens", NULL);
		return;
	}
	id = text_of(&t->id, field[1].value, &err);
	source = text_of(&t->source, field[2].value, &err);
	if (err.text[0]) {
		reject(t, line, none, place, "malformed_json", err.text);
		return;
	}
	if (!token_import_fits(t, t->ids.len))
		token_import_too_long(t, t->ids.len, place);
	else
		token_import_document(t, id, source, place);
}

static void import_lines(struct token_import *t, const char *path)
{
	struct ll_decoder *d = ll_decoder_open(path);
	uint64_t blank = 0;
	ll_decoder_hash(d);
	struct ll_lines *lines = ll_lines_on(d, (size_t)LL_MIN(LL_IMPORT_LINE_MAX, ll_memory_budget() / 5));
	struct ll_line line;
	while (ll_lines_next(lines, &line)) {
		struct token_place place = { path, line.number };
		if (line.too_long)
			ll_die(LL_EXIT_RESOURCE, "%s: line %llu of %llu bytes needs --memory=%lluM", path,
			       (unsigned long long)line.number, (unsigned long long)line.length,
			       (unsigned long long)(line.length * 5 >> 20) + 1);
		if (skip_space(line.text.data, line.text.data + line.text.len) == line.text.data + line.text.len)
			blank++;
		else
			one_line(t, line.text, place);
	}
	if (blank)
		ll_stats_count(t->stats, "blank_lines", blank);
	ll_lineage_add_input(t->lineage, ll_decoder_digest(d));
	ll_lines_close(lines);
}

/* ---- life cycle ---- */

static void check_count(uint64_t got, uint64_t want, const char *what)
{
	if (got != want)
		ll_die(LL_EXIT_INPUT, "%s: %llu records, %llu were expected", what, (unsigned long long)got,
		       (unsigned long long)want);
}

static void read_inputs(struct token_import *t, const char *const *files, const uint64_t *expected, size_t n)
{
	for (size_t i = 0; strcmp(t->options->from, "tokens") != 0 && i < n; i++)
		if (strcmp(files[i], "-") == 0)
			ll_die(LL_EXIT_USAGE, "--from=%s needs files: they are not read from front to back",
			       t->options->from);
	if (strcmp(t->options->from, "llmc") == 0) {
		for (size_t i = 0; i < n; i++)
			if (expected[i] != UINT64_MAX)
				ll_die(LL_EXIT_USAGE,
				       "%s: the files of llm.c are one sequence and have no counts of their own",
				       files[i]);
		import_llmc(t, files, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t before = t->documents;
		if (strcmp(t->options->from, "megatron") == 0)
			import_megatron(t, files[i]);
		else
			import_lines(t, files[i]);
		if (expected[i] != UINT64_MAX)
			check_count(t->documents - before, expected[i], files[i]);
	}
}

int import_tokens(const struct import_options *options, const char *const *files, const uint64_t *expected, size_t n)
{
	struct token_import t = { .options = options };
	char out_set[33];
	if (!options->model) {
		ll_hint("-m FILE, the tokenizer that made the ids: they are checked against its vocabulary");
		ll_die(LL_EXIT_USAGE, "--from=%s needs a tokenizer", options->from);
	}
	t.bpe = ll_bpe_load(options->model, NULL);
	t.width = ll_bpe_width(t.bpe);
	t.eot = ll_bpe_eot(t.bpe);
	char *keys = ll_format("width=%u\ntokenizer=%s\nvocabulary=%u\neot=%lld\n", t.width, ll_bpe_id(t.bpe),
			       ll_bpe_vocabulary(t.bpe), (long long)t.eot);
	t.out = ll_writer_open(ll_common.output, ll_header_new("tokens", 1, keys));
	t.rejects = ll_rejects_open();
	t.stats = ll_stats_new();
	t.lineage = ll_lineage_new();
	read_inputs(&t, files, expected, n);
	if (options->expect >= 0)
		check_count(t.documents, (uint64_t)options->expect, "--expect");
	struct ll_end end = ll_writer_finish(t.out, t.lineage);
	ll_rejects_close(t.rejects, t.documents, t.lineage);
	ll_stats_finish(t.stats, NULL, ll_id_hex(end.set_id, out_set));
	ll_writer_publish(t.out);
	ll_stats_free(t.stats);
	ll_lineage_free(t.lineage);
	ll_bpe_free(t.bpe);
	ll_ids_free(&t.ids);
	ll_buf_free(&t.text);
	ll_buf_free(&t.record);
	ll_buf_free(&t.id);
	ll_buf_free(&t.source);
	ll_free(keys);
	return LL_EXIT_OK;
}
