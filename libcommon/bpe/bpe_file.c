/* SPDX-License-Identifier: MIT */
/* Files with tokenizers: which of the readers a file is for, and what they have in common. */
#include "base/memory.h"
#include "base/number.h"
#include "bpe/bpe_read.h"
#include "io/codec.h"
#include "io/file.h"

#define FILE_MOST ((size_t)1 << 30)

/* ---- for the readers ---- */

int ll_bpe_add_special(struct ll_bpe *b, const char *special, struct ll_err *err)
{
	const char *colon = strrchr(special, ':');
	struct ll_str text = ll_cstr(special);
	uint64_t id = UINT64_MAX;
	if (colon && colon > special && ll_parse_u64(ll_cstr(colon + 1), &id) == 0)
		text.len = (size_t)(colon - special);
	for (uint32_t i = 0; i < b->tokens; i++)
		if (ll_bpe_is_special(b, i) && ll_str_eq(ll_bpe_token_bytes(b, i), text)) {
			if (id == UINT64_MAX || id == i)
				return 0;
			return ll_err_set(err, "is token %u of the file", i);
		}
	if (id == UINT64_MAX)
		id = b->tokens;
	return ll_bpe_add_token(b, id, text, LL_TOKEN_ADDED | LL_TOKEN_SPECIAL, err);
}

struct ll_bpe *ll_bpe_finish(struct ll_bpe *b, const struct ll_bpe_file *f, struct ll_err *err)
{
	int rc = 0;
	for (size_t i = 0; i < f->specials && !rc; i++) {
		struct ll_err why;
		if (ll_bpe_add_special(b, f->special[i], &why))
			rc = ll_err_set(err, "special token '%.80s': %.120s", f->special[i], why.text);
	}
	if (rc || ll_bpe_seal(b, err)) {
		ll_bpe_free(b);
		return NULL;
	}
	return b;
}

int ll_bpe_name_pretokenizer(struct ll_bpe *b, const struct ll_bpe_file *f, const char *otherwise, const char *format,
			     struct ll_err *err)
{
	const char *name = f->pretokenizer ? f->pretokenizer : otherwise;
	if (!name)
		return ll_err_set(err, "%s does not say its pre-tokenizer; give --pretokenizer=NAME", format);
	b->pretokenizer = ll_pretokenizer_parse(name, err);
	if (!b->pretokenizer)
		return -1;
	b->normal_form = ll_pretokenizer_brings_nfc(b->pretokenizer) ? LL_NFC : LL_NO_NORMAL_FORM;
	b->told_pretokenizer = f->pretokenizer != NULL;
	return 0;
}

/* ---- files ---- */

static struct ll_buf read_whole(const char *path, bool *compressed)
{
	struct ll_decoder *d = ll_decoder_open(path);
	struct ll_buf text = { 0 };
	for (size_t n; (n = ll_decoder_read(d, ll_buf_reserve(&text, LL_MIB), LL_MIB));) {
		text.len += n;
		if (text.len > FILE_MOST)
			ll_die(LL_EXIT_INPUT, "%s: longer than %zu bytes, which no tokenizer is", path, FILE_MOST);
	}
	*compressed = strcmp(ll_decoder_codec(d), "none") != 0;
	ll_decoder_close(d);
	ll_buf_cstr(&text);
	return text;
}

enum format { FORMAT_JSON, FORMAT_VOCAB, FORMAT_MERGES, FORMAT_RANKS, FORMAT_GGUF, FORMAT_SENTENCEPIECE };

/* {"name": number, ...}: told by its first member, so that no tokenizer.json is parsed twice. */
static bool is_vocab(const char *p, const char *end)
{
	for (p++; p < end && strchr(" \t\r\n", *p); p++)
		;
	if (p == end || *p++ != '"')
		return false;
	for (; p < end && *p != '"'; p++)
		p += *p == '\\';
	for (p++; p < end && strchr(" \t\r\n:", *p); p++)
		;
	return p < end && *p >= '0' && *p <= '9';
}

/* "#version", or two words of which the second is no number. */
static bool is_merges(const char *p, const char *end)
{
	const char *eol = memchr(p, '\n', (size_t)(end - p));
	struct ll_str line = ll_str(p, (size_t)((eol ? eol : end) - p));
	if (line.len >= 8 && memcmp(line.data, "#version", 8) == 0)
		return true;
	line.len -= line.len && line.data[line.len - 1] == '\r';
	for (size_t i = 0; i < line.len; i++) /* the alphabet of names has no control characters: data that is no text has */
		if ((unsigned char)line.data[i] < ' ')
			return false;
	const char *space = line.len > 2 ? memchr(line.data + 1, ' ', line.len - 2) : NULL;
	uint64_t number;
	return space && ll_parse_u64(ll_str(space + 1, (size_t)(line.data + line.len - space - 1)), &number) != 0 &&
	       memchr(space + 1, ' ', (size_t)(line.data + line.len - space - 1)) == NULL;
}

static enum format recognize(struct ll_str text)
{
	const char *p = text.data, *end = p + text.len;
	if (text.len >= 4 && memcmp(p, "GGUF", 4) == 0)
		return FORMAT_GGUF;
	/* A ModelProto begins with field 1, pieces, of some length; text with a line feed there goes on with ASCII. */
	if (text.len >= 3 && p[0] == '\n' && p[2] == '\n')
		return FORMAT_SENTENCEPIECE;
	while (p < end && strchr(" \t\r\n", *p))
		p++;
	if (p < end && *p == '{')
		return is_vocab(p, end) ? FORMAT_VOCAB : FORMAT_JSON;
	return p < end && is_merges(p, end) ? FORMAT_MERGES : FORMAT_RANKS;
}

/* Bytes of the ending that a compressor gave the name. */
static size_t compressed_ending(const char *path)
{
	static const char *const endings[] = { ".gz", ".zst", ".bz2", ".xz" };
	size_t len = strlen(path);
	for (size_t i = 0; i < LL_COUNT(endings); i++)
		if (len > strlen(endings[i]) && strcmp(path + len - strlen(endings[i]), endings[i]) == 0)
			return strlen(endings[i]);
	return 0;
}

/* The name of the other file of a pair: vocab.json and merges.txt, encoder.json and vocab.bpe, also behind a prefix as
 * in gpt2-vocab.json, and compressed both. NULL when the name is none of these. Caller frees. */
static char *sibling(const char *path)
{
	static const char *const pairs[][2] = { { "vocab.json", "merges.txt" }, { "encoder.json", "vocab.bpe" } };
	size_t len = strlen(path) - compressed_ending(path);
	for (size_t i = 0; i < LL_COUNT(pairs); i++)
		for (int side = 0; side < 2; side++) {
			size_t n = strlen(pairs[i][side]);
			if (len >= n && memcmp(path + len - n, pairs[i][side], n) == 0)
				return ll_format("%.*s%s%s", (int)(len - n), path, pairs[i][!side], path + len);
		}
	return NULL;
}

static struct ll_bpe *open_pair(const struct ll_bpe_file *f, struct ll_str text, bool is_merge_list, struct ll_err *err)
{
	char *other = f->other ? ll_strdup(f->other) : sibling(f->path);
	const char *missing = is_merge_list ? "a vocab.json" : "a merges.txt";
	if (!other || (!f->other && !ll_path_exists(other))) {
		if (other)
			ll_err_set(err, "it goes with %s, and there is no %s", missing, other);
		else
			ll_err_set(err, "it goes with %s; give both", missing);
		ll_free(other);
		return NULL;
	}
	bool compressed;
	struct ll_buf second = read_whole(other, &compressed);
	struct ll_bpe *b = is_merge_list ? ll_bpe_read_vocab(ll_buf_str(&second), text, f, err)
					 : ll_bpe_read_vocab(text, ll_buf_str(&second), f, err);
	ll_buf_free(&second);
	ll_free(other);
	return b;
}

static struct ll_bpe *read_as(enum format format, struct ll_str text, const struct ll_bpe_file *f, struct ll_err *err)
{
	if (f->other && format != FORMAT_VOCAB && format != FORMAT_MERGES) {
		ll_err_set(err, "only vocab.json and merges.txt are two files, and this is neither");
		return NULL;
	}
	switch (format) {
	case FORMAT_JSON:
		return ll_bpe_read_json(text, f, err);
	case FORMAT_VOCAB:
		return open_pair(f, text, false, err);
	case FORMAT_MERGES:
		return open_pair(f, text, true, err);
	case FORMAT_RANKS:
		return ll_bpe_read_ranks(text, f, err);
	case FORMAT_GGUF:
		return ll_bpe_read_gguf(text, f, err);
	case FORMAT_SENTENCEPIECE:
		return ll_bpe_read_sentencepiece(text, f, err);
	}
	return NULL;
}

/* Of what is read without fault and yet may not be meant: a literal that looks like a pattern, which trainers write that take a plain
 * string for one, and which never matches; and ids that other programs would give otherwise. */
static void warn_of_file(const struct ll_bpe *b, const char *path)
{
	for (size_t i = 0; b->pretokenizer && i < ll_pretokenizer_splits(b->pretokenizer); i++) {
		struct ll_split split = ll_pretokenizer_split(b->pretokenizer, i);
		if (split.literal && strpbrk(split.pattern.data, "\\[|+*("))
			ll_warn("%s: a Split has plain text for a pattern, which looks like a regular expression: "
				"'%.80s'",
				path, split.pattern.data);
	}
	if (b->odd_added)
		ll_warn("%s: %s", path, b->odd_added);
}

/* A given pre-tokenizer must be that of the file; of files that do not say it, it is. */
static void check_pretokenizer(const struct ll_bpe *b, const struct ll_bpe_file *f)
{
	struct ll_err err;
	struct ll_pretokenizer *given = f->pretokenizer ? ll_pretokenizer_parse(f->pretokenizer, &err) : NULL;
	if (f->pretokenizer && !given)
		ll_die(LL_EXIT_USAGE, "--pretokenizer: %s", err.text);
	if (given && !f->optional && (!b->pretokenizer || !ll_pretokenizer_eq(given, b->pretokenizer))) {
		ll_hint("leave --pretokenizer away: the file says it");
		ll_die(LL_EXIT_USAGE, "%s: its pre-tokenizer is %s, not %s", ll_path_shown(f->path), ll_bpe_pretokenizer(b),
		       f->pretokenizer);
	}
	ll_pretokenizer_free(given);
}

struct ll_bpe *ll_bpe_open(const struct ll_bpe_file *f)
{
	bool compressed;
	struct ll_buf text = read_whole(f->path, &compressed);
	struct ll_err err = { "" };
	struct ll_bpe *b = read_as(recognize(ll_buf_str(&text)), ll_buf_str(&text), f, &err);
	if (!b)
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_path_shown(f->path), err.text);
	b->own_file &= !compressed && f->specials == 0;
	ll_buf_free(&text);
	warn_of_file(b, f->path);
	check_pretokenizer(b, f);
	return b;
}

bool ll_bpe_was_told_pretokenizer(const struct ll_bpe *b)
{
	return b->told_pretokenizer;
}

bool ll_bpe_is_json_file(const struct ll_bpe *b)
{
	return b->own_file;
}

struct ll_bpe *ll_bpe_load(const char *path, const char *pretokenizer)
{
	return ll_bpe_open(&(struct ll_bpe_file){ .path = path, .pretokenizer = pretokenizer });
}
