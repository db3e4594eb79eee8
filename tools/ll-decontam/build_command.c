/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/memory.h"
#include "io/codec.h"
#include "io/sort.h"
#include "ll-decontam/decontam.h"
#include "ll-decontam/gram_table.h"
#include "stream/reader.h"
#include "stream/writer.h"
#include "text/json.h"
#include "text/ngrams.h"

#define KEY_BYTES 12 /* hash and words, big-endian */
#define DEPTH_MAX 1100

struct build {
	struct ll_sorter *sorter;
	struct ll_words words;
	struct ll_ngrams grams;
	struct ll_buf text, name;
	const char *file; /* as named on the command line */
	uint64_t texts, short_texts;
};

static void put_big_endian(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = bytes; i-- > 0; v >>= 8)
		p[i] = (unsigned char)v;
}

static void index_text(struct build *b, struct ll_str text, uint32_t line)
{
	size_t n = (size_t)decontam.ngram;

	ll_words_split(&b->words, text);
	if (b->words.len < n) {
		if (b->words.len < DECONTAM_SHORTEST) {
			b->short_texts++;
			return;
		}
		n = b->words.len;
	}
	b->texts++;
	ll_ngrams_of_words(&b->grams, &b->words, n);
	ll_buf_clear(&b->name);
	ll_buf_put32(&b->name, line);
	ll_buf_puts(&b->name, ll_path_base(b->file));
	for (size_t i = 0; i < b->grams.len; i++) {
		unsigned char key[KEY_BYTES];
		put_big_endian(key, b->grams.hash[i], 8);
		put_big_endian(key + 8, n, 4);
		ll_sorter_add_variable(b->sorter, key, b->name.data, b->name.len);
	}
}

static bool wanted(struct ll_str key)
{
	for (const char *at = decontam.keys; at;) {
		const char *comma = strchr(at, ',');
		if (ll_str_eq(key, ll_str(at, comma ? (size_t)(comma - at) : strlen(at))))
			return true;
		at = comma ? comma + 1 : NULL;
	}
	return false;
}

static size_t skip_space(struct ll_str s, size_t i)
{
	while (i < s.len && (s.data[i] == ' ' || s.data[i] == '\t' || s.data[i] == '\n' || s.data[i] == '\r'))
		i++;
	return i;
}

/* Every string value of a JSON text that ll_json_line has checked. chosen[d]: the values at depth d belong to a chosen
 * key. */
static void index_strings(struct build *b, struct ll_str json, uint32_t line)
{
	bool chosen[DEPTH_MAX] = { decontam.keys == NULL };
	size_t depth = 0;
	struct ll_err err;

	for (size_t i = 0; i < json.len; i++) {
		char c = json.data[i];
		line += c == '\n';
		if (c == '{' || c == '[') {
			LL_ASSERT(depth + 1 < DEPTH_MAX);
			chosen[depth + 1] = chosen[depth];
			depth++;
		} else if (c == '}' || c == ']') {
			depth--;
		}
		if (c != '"')
			continue;
		size_t end = i + 1;
		while (json.data[end] != '"')
			end += 1 + (json.data[end] == '\\');
		struct ll_str raw = ll_str(json.data + i, end + 1 - i);
		i = end;
		ll_buf_clear(&b->text);
		if (ll_json_unescape(&b->text, raw, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: line %u: %s", b->file, line, err.text);
		size_t next = skip_space(json, end + 1);
		if (next < json.len && json.data[next] == ':') {
			/* The value that follows is a scalar of this depth, or opens the next one. */
			chosen[depth] = chosen[depth - 1] || decontam.keys == NULL || wanted(ll_buf_str(&b->text));
		} else if (chosen[depth]) {
			index_text(b, ll_buf_str(&b->text), line);
		}
	}
}

#define BEFORE "{\"\":" /* before the file: with a brace after it, one JSON value is the member of an object */

static struct ll_buf read_all(struct ll_decoder *d)
{
	struct ll_buf text = { 0 };
	size_t got, most = ll_memory_left() / 2;

	ll_buf_puts(&text, BEFORE);
	while ((got = ll_decoder_read(d, ll_buf_reserve(&text, 1 << 16), 1 << 16)) > 0) {
		text.len += got;
		if (text.cap > most)
			ll_die(LL_EXIT_RESOURCE, "%s: %zu bytes and more do not fit into half of --memory",
			       ll_decoder_name(d), text.len);
	}
	return text;
}

/* JSON lines, or one JSON value on many lines: the first line tells. */
static void index_file(struct build *b, struct ll_lineage *lineage, const char *path)
{
	struct ll_decoder *d = ll_decoder_open(path);
	struct ll_err err;
	uint32_t line = 1;
	bool whole = false, any = false;

	ll_decoder_hash(d);
	b->file = path;
	struct ll_buf text = read_all(d);
	ll_lineage_add_input(lineage, ll_decoder_digest(d));
	for (size_t at = strlen(BEFORE); at < text.len; line++) {
		char *newline = memchr(text.data + at, '\n', text.len - at);
		size_t len = newline ? (size_t)(newline - text.data) - at : text.len - at;
		struct ll_str s = ll_str(text.data + at, len);
		if (skip_space(s, 0) < len) {
			if (ll_json_line(s, NULL, 0, &err) < 0) {
				if (any)
					ll_die(LL_EXIT_INPUT, "%s: line %u: %s", path, line, err.text);
				whole = true;
				break;
			}
			any = true;
			index_strings(b, s, line);
		}
		at += len + 1;
	}
	if (whole) {
		struct ll_err first = err;
		ll_buf_putc(&text, '}');
		if (ll_json_line(ll_buf_str(&text), NULL, 0, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: neither JSON lines (%s) nor one JSON value (%s)", path, first.text,
			       err.text);
		index_strings(b, ll_buf_str(&text), 1);
	}
	ll_buf_free(&text);
	ll_decoder_close(d);
}

static void write_index(struct build *b, struct ll_writer *out)
{
	unsigned char last[KEY_BYTES];
	const unsigned char *key;
	const void *payload;
	size_t len;
	struct ll_buf record = { 0 };

	ll_sorter_finish(b->sorter);
	while ((key = ll_sorter_next_variable(b->sorter, &payload, &len))) {
		if (ll_writer_records(out) && memcmp(key, last, KEY_BYTES) == 0)
			continue;
		memcpy(last, key, KEY_BYTES);
		uint64_t hash = 0;
		for (int i = 0; i < 8; i++)
			hash = hash << 8 | key[i];
		ll_buf_clear(&record);
		ll_buf_put32(&record, (uint32_t)(GRAM_FIXED - 4 + len));
		ll_buf_put32(&record, (uint32_t)(GRAM_FIXED - 12 + len));
		ll_buf_put64(&record, hash);
		ll_buf_put32(&record,
			     (uint32_t)key[8] << 24 | (uint32_t)key[9] << 16 | (uint32_t)key[10] << 8 | key[11]);
		ll_buf_add(&record, payload, len); /* line and name */
		ll_writer_put(out, record.data, record.len);
	}
	ll_buf_free(&record);
}

int decontam_build(const char *const *files, size_t n)
{
	struct build b = { .sorter = ll_sorter_new_variable(KEY_BYTES, ll_memory_left() / 4, "n-grams") };
	struct ll_lineage *lineage = ll_lineage_new();
	struct ll_writer *out =
		ll_writer_open(ll_common.output ? ll_common.output : "-", ll_header_new("ngrams", 1, GRAM_HEADER));

	for (size_t i = 0; i < n; i++)
		index_file(&b, lineage, files[i]);
	write_index(&b, out);
	ll_note("%llu texts indexed, %llu of under %d words left out, %llu n-grams", (unsigned long long)b.texts,
		(unsigned long long)b.short_texts, DECONTAM_SHORTEST, (unsigned long long)ll_writer_records(out));
	ll_writer_close(out, lineage);
	ll_lineage_free(lineage);
	ll_sorter_free(b.sorter);
	ll_words_free(&b.words);
	ll_ngrams_free(&b.grams);
	ll_buf_free(&b.text);
	ll_buf_free(&b.name);
	return LL_EXIT_OK;
}
