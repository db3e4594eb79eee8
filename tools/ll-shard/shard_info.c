/* SPDX-License-Identifier: MIT */
/* shard_info.c - ll-shard info: what a stream or a dataset says of itself, without reading the data of a file. */
#include "ll-shard/ll_shard.h"

#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "doc/dataset.h"
#include "ll-shard/dataset_walk.h"
#include "ll-shard/shard_walk.h"
#include "stream/header.h"
#include "stream/lineage.h"
#include "text/json.h"

static bool json;

struct segment {
	struct ll_header header;
	struct ll_buf lineage; /* described, for people */
	struct ll_end end;
	uint64_t frames, data_frames, stored_bytes;
	bool indexed;
};

struct summary {
	uint64_t segments, records, raw_bytes, stored_bytes;
	struct ll_id set_id;
};

static void LL_NORETURN damaged(const struct ll_walk *w, const char *why)
{
	ll_die(LL_EXIT_INPUT, "%s: frame at byte %llu: %s", ll_in_name(w->in), (unsigned long long)w->offset, why);
}

/* One segment; false at the end of the stream. */
static bool read_segment(struct ll_walk *w, struct segment *s)
{
	struct ll_err err;
	*s = (struct segment){ 0 };
	for (uint32_t sequence = 0;; sequence++) {
		enum ll_walk_status status = ll_walk_next(w, false, &err);
		if (status == LL_WALK_END && sequence == 0)
			return false;
		if (status == LL_WALK_END)
			damaged(w, "cut: the stream stops without an end frame");
		if (status == LL_WALK_DAMAGED)
			damaged(w, err.text);
		if ((sequence == 0) != (w->h.type == LL_FRAME_HEAD) ||
		    (w->h.sequence != sequence && w->h.type != LL_FRAME_END))
			damaged(w, "out of sequence: frames are missing or repeated");
		s->frames++;
		s->stored_bytes += LL_FRAME_HEADER_BYTES + w->h.stored_len;
		switch (w->h.type) {
		case LL_FRAME_HEAD:
			if (ll_header_parse(&s->header, ll_buf_str(&w->raw), &err) < 0)
				damaged(w, err.text);
			break;
		case LL_FRAME_DATA:
			s->data_frames++;
			break;
		case LL_FRAME_LINEAGE:
			if (ll_lineage_describe(ll_buf_str(&w->raw), &s->lineage, &err) < 0)
				damaged(w, err.text);
			break;
		case LL_FRAME_INDEX:
			s->indexed = true;
			break;
		case LL_FRAME_END:
			if (ll_end_get(w->raw.data, w->raw.len, &s->end, &err) < 0)
				damaged(w, err.text);
			if (s->end.failed)
				ll_die(LL_EXIT_UPSTREAM, "%s: the stage that wrote this stream failed",
				       ll_in_name(w->in));
			if (s->end.segment_len != s->stored_bytes)
				damaged(w, "the end frame's counts do not match what was read");
			return true;
		default:
			if (w->h.type < 'a')
				damaged(w, "a frame type that this version does not know: a newer lltools is needed");
		}
	}
}

static void put_json_lines(struct ll_buf *out, const char *text)
{
	const char *comma = "";
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		if (len > 0) {
			ll_buf_puts(out, comma);
			ll_json_escape(out, ll_str(line, len), false);
			comma = ", ";
		}
		line += len + (line[len] == '\n');
	}
}

static void put_lines(struct ll_buf *out, const char *text)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		if (len > 0)
			ll_buf_printf(out, "      %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static void put_json_header(struct ll_buf *out, const struct ll_header *h)
{
	const char *comma = "";
	for (const char *line = h->text; *line;) {
		size_t len = strcspn(line, "\n"), key_len = strcspn(line, "=");
		char *key = ll_strndup(line, LL_MIN(key_len, len)), *value = ll_header_get(h, key);
		ll_buf_puts(out, comma);
		ll_json_escape(out, ll_cstr(key), false);
		ll_buf_puts(out, ": ");
		ll_json_escape(out, ll_cstr(value ? value : ""), false);
		ll_free(key);
		ll_free(value);
		comma = ", ";
		line += len + (line[len] == '\n');
	}
}

static void put_segment(struct ll_buf *out, const struct segment *s, uint64_t number)
{
	char data_id[33], set_id[33];
	ll_id_hex(s->end.data_id, data_id);
	ll_id_hex(s->end.set_id, set_id);
	if (json) {
		ll_buf_printf(out, "%s\n    {\"header\": {", number > 1 ? "," : "");
		put_json_header(out, &s->header);
		ll_buf_printf(out,
			      "},\n     \"records\": %llu, \"raw_bytes\": %llu, \"stored_bytes\": %llu, \"frames\": "
			      "%llu, \"index\": %s,\n",
			      (unsigned long long)s->end.records, (unsigned long long)s->end.raw_bytes,
			      (unsigned long long)s->stored_bytes, (unsigned long long)s->frames,
			      s->indexed ? "true" : "false");
		ll_buf_printf(out, "     \"data_id\": \"%s\", \"set_id\": \"%s\",\n     \"lineage\": [", data_id,
			      set_id);
		put_json_lines(out, ll_buf_cstr((struct ll_buf *)&s->lineage));
		ll_buf_puts(out, "]}");
		return;
	}
	ll_buf_printf(out, "  segment %llu\n", (unsigned long long)number);
	for (const char *line = s->header.text; *line;) {
		size_t len = strcspn(line, "\n");
		ll_buf_printf(out, "    %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	ll_buf_printf(out, "    records   %llu\n    bytes     %llu raw, %llu stored in %llu data frames%s\n",
		      (unsigned long long)s->end.records, (unsigned long long)s->end.raw_bytes,
		      (unsigned long long)s->stored_bytes, (unsigned long long)s->data_frames,
		      s->indexed ? ", indexed" : "");
	ll_buf_printf(out, "    data id   %s\n    set id    %s\n    pipeline\n", data_id, set_id);
	put_lines(out, ll_buf_cstr((struct ll_buf *)&s->lineage));
}

static void describe_stream(const char *path, bool first)
{
	struct ll_walk w;
	struct segment s;
	struct summary sum = { 0 };
	struct ll_buf segments = { 0 }, out = { 0 };
	char *kind = NULL, set_id[33];
	ll_walk_open(&w, path);
	while (read_segment(&w, &s)) {
		sum.segments++;
		sum.records += s.end.records;
		sum.raw_bytes += s.end.raw_bytes;
		sum.stored_bytes += s.stored_bytes;
		ll_id_add(&sum.set_id, s.end.set_id);
		if (kind && strcmp(kind, s.header.kind) != 0)
			damaged(&w, "segments of different kinds in one stream");
		if (!kind)
			kind = ll_strdup(s.header.kind);
		put_segment(&segments, &s, sum.segments);
		ll_header_free(&s.header);
		ll_buf_free(&s.lineage);
	}
	if (!kind)
		damaged(&w, "empty: not an lltools stream");
	ll_id_hex(sum.set_id, set_id);
	if (json) {
		ll_buf_printf(&out, "%s\n {\"file\": ", first ? "" : ",");
		ll_json_escape(&out, ll_cstr(ll_in_name(w.in)), false);
		ll_buf_printf(&out,
			      ", \"kind\": \"%s\", \"records\": %llu, \"raw_bytes\": %llu, \"stored_bytes\": %llu, "
			      "\"set_id\": \"%s\",\n  \"segments\": [",
			      kind, (unsigned long long)sum.records, (unsigned long long)sum.raw_bytes,
			      (unsigned long long)sum.stored_bytes, set_id);
		ll_buf_add(&out, segments.data, segments.len);
		ll_buf_puts(&out, "]}");
	} else {
		ll_buf_printf(&out, "%s: %s, %llu records, %llu bytes raw, %llu stored, %llu segment%s, set id %s\n",
			      ll_in_name(w.in), kind, (unsigned long long)sum.records,
			      (unsigned long long)sum.raw_bytes, (unsigned long long)sum.stored_bytes,
			      (unsigned long long)sum.segments, sum.segments == 1 ? "" : "s", set_id);
		ll_buf_add(&out, segments.data, segments.len);
	}
	fwrite(out.data, 1, out.len, stdout);
	ll_free(kind);
	ll_buf_free(&out);
	ll_buf_free(&segments);
	ll_walk_close(&w);
}

/* What made a dataset stands in its documents.ll. */
static void read_lineage(const char *documents, struct ll_buf *lineage)
{
	struct ll_walk w;
	struct segment s;
	ll_walk_open(&w, documents);
	while (read_segment(&w, &s)) {
		ll_buf_add(lineage, s.lineage.data, s.lineage.len);
		ll_header_free(&s.header);
		ll_buf_free(&s.lineage);
	}
	ll_walk_close(&w);
}

static void describe_dataset(const char *path, bool first)
{
	struct ll_dataset *d = ll_dataset_open(path);
	struct ll_buf lineage = { 0 }, out = { 0 };
	unsigned long long documents = ll_dataset_documents(d), tokens = ll_dataset_tokens(d), bytes = ll_dataset_text_bytes(d);
	long long eot = ll_dataset_eot(d);
	read_lineage(ll_dataset_documents_path(d), &lineage);
	if (json) {
		ll_buf_printf(&out, "%s\n {\"file\": ", first ? "" : ",");
		ll_json_escape(&out, ll_cstr(path), false);
		ll_buf_printf(&out, ", \"kind\": \"dataset\", \"documents\": %llu, \"tokens\": %llu, \"text_bytes\": %llu, \"vocabulary\": %lu, \"eot\": ",
			      documents, tokens, bytes, (unsigned long)ll_dataset_vocabulary(d));
		if (eot < 0)
			ll_buf_puts(&out, "null");
		else
			ll_buf_printf(&out, "%lld", eot);
		ll_buf_printf(&out, ",\n  \"tokenizer\": \"%s\", \"id\": \"%s\",\n  \"lineage\": [", ll_dataset_tokenizer_id(d), ll_dataset_id(d));
		put_json_lines(&out, ll_buf_cstr(&lineage));
		ll_buf_puts(&out, "]}");
	} else {
		ll_buf_printf(&out, "%s: dataset, %llu documents, %llu tokens, %llu bytes of text, id %s\n", path, documents, tokens, bytes,
			      ll_dataset_id(d));
		ll_buf_printf(&out, "    tokenizer %s, vocabulary %lu, ", ll_dataset_tokenizer_id(d), (unsigned long)ll_dataset_vocabulary(d));
		if (eot < 0)
			ll_buf_puts(&out, "no end of text\n");
		else
			ll_buf_printf(&out, "end of text %lld\n", eot);
		ll_buf_puts(&out, "    pipeline\n");
		put_lines(&out, ll_buf_cstr(&lineage));
	}
	fwrite(out.data, 1, out.len, stdout);
	ll_buf_free(&out);
	ll_buf_free(&lineage);
	ll_dataset_close(d);
}

static int run_info(int operands, char **operand)
{
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	if (json)
		printf("[");
	for (size_t i = 0; i < n; i++)
		(dataset_is(files[i]) ? describe_dataset : describe_stream)(files[i], i == 0);
	if (json)
		printf("]\n");
	return LL_EXIT_OK;
}

static const struct ll_option options[] = {
	{ LL_OPT_FLAG, 0, "json", &json, NULL, "print one JSON array, an object a file", 0, NULL, 0, 0 },
	{ 0 },
};

const struct ll_command ll_shard_info_command = {
	.name = "info",
	.operands = "[FILE|DATASET]...",
	.summary = "say what streams and token datasets are: kind, header, counts, ids, segments, and the pipeline that made them",
	.options = options,
	.common = LL_COMMON_FILES,
	.run = run_info,
	.examples = "ll-shard info docs.ll\nll-shard info train\nll-shard info --json docs.ll | jq '.[0].records'\n",
};
