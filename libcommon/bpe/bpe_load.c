/* SPDX-License-Identifier: MIT */
#include <json-c/json.h>

#include "base/memory.h"
#include "base/number.h"
#include "bpe/bpe_model.h"
#include "io/codec.h"
#include "text/utf8.h"

#define FILE_MOST ((size_t)1 << 30)

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;
	return o && json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : "";
}

/* The member, or NULL when absent or null. */
static struct json_object *member(struct json_object *o, const char *key)
{
	struct json_object *v;
	return o && json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &v) ? v : NULL;
}

static bool is_true(struct json_object *o, const char *key, bool otherwise)
{
	struct json_object *v = member(o, key);
	return v ? json_object_get_boolean(v) : otherwise;
}

static bool is_list(struct json_object *o)
{
	return o && json_object_is_type(o, json_type_array);
}

/* ---- the parts around the model ---- */

static int load_normalizer(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	if (!o)
		return 0;
	const char *type = text_of(o, "type");
	if (strcmp(type, "Sequence") == 0 && is_list(member(o, "normalizers"))) {
		struct json_object *list = member(o, "normalizers");
		for (size_t i = 0; i < json_object_array_length(list); i++)
			if (load_normalizer(b, json_object_array_get_idx(list, i), err))
				return -1;
		return 0;
	}
	bool compatible = strcmp(type, "NFKC") == 0 || strcmp(type, "NFKD") == 0;
	if (!compatible && strcmp(type, "NFC") != 0 && strcmp(type, "NFD") != 0)
		return ll_err_set(err, "normalizer of type '%s' is not supported (only NFC, NFD, NFKC, NFKD)", type);
	/* Of several in sequence the last says whether to compose, and any whether compatibility matters. */
	compatible |= b->normal_form == LL_NFKC || b->normal_form == LL_NFKD;
	b->normal_form = type[strlen(type) - 1] == 'C' ? compatible ? LL_NFKC : LL_NFC : compatible ? LL_NFKD : LL_NFD;
	return 0;
}

/* ---- the pre-tokenizer: Splits in sequence, and a ByteLevel ---- */

#define SPLITS_MOST 16

struct splits {
	struct ll_split split[SPLITS_MOST];
	size_t n;
	bool bytes; /* the ByteLevel has come: what follows would see its alphabet */
};

static int add_split(struct splits *s, struct ll_split split, struct ll_err *err)
{
	if (s->n == SPLITS_MOST)
		return ll_err_set(err, "pre_tokenizer Sequence of more than %d", SPLITS_MOST);
	s->split[s->n++] = split;
	return 0;
}

static int load_byte_level(struct splits *s, struct json_object *o, struct ll_err *err)
{
	if (is_true(o, "add_prefix_space", true))
		return ll_err_set(err, "pre_tokenizer ByteLevel with add_prefix_space is not supported");
	s->bytes = true;
	if (!is_true(o, "use_regex", true))
		return 0;
	return add_split(s, (struct ll_split){ .pattern = ll_cstr(ll_scheme_pattern(LL_SCHEME_GPT2, 0)) }, err);
}

static int load_behavior(const char *name, struct ll_split *split, struct ll_err *err)
{
	static const char *const names[] = { "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext" };
	for (size_t i = 0; i < LL_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0) {
			split->behavior = (enum ll_split_behavior)i;
			return 0;
		}
	/* What does not match is removed: nothing, where everything matches, as it does with these schemes. */
	if (strcmp(name, "Removed") == 0 && split->invert && !split->literal &&
	    ll_scheme_by_patterns(&split->pattern, 1) >= 0) {
		split->invert = false;
		return 0;
	}
	return ll_err_set(err, "a Split with behavior '%s' is not supported%s", name,
			  strcmp(name, "Removed") == 0 ? ": it drops text" : "");
}

static int load_split(struct splits *s, struct json_object *o, struct ll_err *err)
{
	struct json_object *pattern = member(o, "pattern"), *regex = member(pattern, "Regex"),
			   *literal = member(pattern, "String"), *text = regex ? regex : literal;
	if (!text || !json_object_is_type(text, json_type_string) || json_object_get_string_len(text) == 0)
		return ll_err_set(err, "a Split without a pattern");
	struct ll_split split = {
		.pattern = ll_str(json_object_get_string(text), (size_t)json_object_get_string_len(text)),
		.literal = !regex,
		.invert = is_true(o, "invert", false),
		.pcre2 = strcmp(text_of(o, "engine"), "PCRE2") == 0,
	};
	if (load_behavior(text_of(o, "behavior"), &split, err))
		return -1;
	return add_split(s, split, err);
}

/* The characters of Digits and of Punctuation, by probing all with tokenizers 0.23.3: numbers of Unicode 17.0, and
 * punctuation of Unicode 8.0, which had two characters that are none now, with the symbols of ASCII. */
#define DIGITS "[\\p{N}\\x{11de0}-\\x{11de9}\\x{16ff4}-\\x{16ff6}]"
static const char punctuation[] =
	"(?![\\x{61d}\\x{9fd}\\x{a76}\\x{c77}\\x{c84}\\x{1b4e}-\\x{1b4f}\\x{1b7d}-\\x{1b7f}\\x{2e43}-"
	"\\x{2e4f}\\x{2e52}-\\x{2e5d}\\x{10d6e}\\x{10ead}\\x{10f55}-\\x{10f59}\\x{10f86}-\\x{10f89}"
	"\\x{113d4}-\\x{113d5}\\x{113d7}-\\x{113d8}\\x{1144b}-\\x{1144f}\\x{1145a}-\\x{1145b}\\x{1145d}"
	"\\x{11660}-\\x{1166c}\\x{116b9}\\x{1183b}\\x{11944}-\\x{11946}\\x{119e2}\\x{11a3f}-\\x{11a46}"
	"\\x{11a9a}-\\x{11a9c}\\x{11a9e}-\\x{11aa2}\\x{11b00}-\\x{11b09}\\x{11be1}\\x{11c41}-\\x{11c45}"
	"\\x{11c70}-\\x{11c71}\\x{11ef7}-\\x{11ef8}\\x{11f43}-\\x{11f4f}\\x{11fff}\\x{12ff1}-\\x{12ff2}"
	"\\x{16d6d}-\\x{16d6f}\\x{16e97}-\\x{16e9a}\\x{16fe2}\\x{1e5ff}\\x{1e95e}-\\x{1e95f}])[\\p{P}\\x{24}"
	"\\x{2b}\\x{3c}-\\x{3e}\\x{5e}\\x{60}\\x{7c}\\x{7e}\\x{166d}\\x{111c9}]";

static int load_class(struct splits *s, struct json_object *o, const char *type, struct ll_err *err)
{
	struct ll_split split = { .behavior = LL_SPLIT_ISOLATED };
	if (strcmp(type, "Digits") == 0) {
		split.pattern = ll_cstr(is_true(o, "individual_digits", false) ? DIGITS : DIGITS "+");
	} else {
		split.pattern = ll_cstr(punctuation);
		if (*text_of(o, "behavior") && load_behavior(text_of(o, "behavior"), &split, err))
			return -1;
	}
	return add_split(s, split, err);
}

static int load_pre_tokenizer_part(struct splits *s, struct json_object *o, struct ll_err *err)
{
	const char *type = text_of(o, "type");
	if (s->bytes)
		return ll_err_set(err, "pre_tokenizer '%s' after ByteLevel is not supported", type);
	if (strcmp(type, "ByteLevel") == 0)
		return load_byte_level(s, o, err);
	if (strcmp(type, "Split") == 0)
		return load_split(s, o, err);
	if (strcmp(type, "Digits") == 0 || strcmp(type, "Punctuation") == 0)
		return load_class(s, o, type, err);
	struct json_object *list = member(o, "pretokenizers");
	if (strcmp(type, "Sequence") != 0 || !is_list(list))
		return ll_err_set(err, "pre_tokenizer of type '%s' is not supported", type);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (load_pre_tokenizer_part(s, json_object_array_get_idx(list, i), err))
			return -1;
	return 0;
}

static int load_pre_tokenizer(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct splits s = { 0 };
	if (!o)
		return ll_err_set(err, "no pre_tokenizer: only byte-level tokenizers are supported");
	if (load_pre_tokenizer_part(&s, o, err))
		return -1;
	if (!s.bytes)
		return ll_err_set(err, "the pre_tokenizer has no ByteLevel: only byte-level tokenizers are supported");
	if (s.n == 0)
		return ll_err_set(err, "the pre_tokenizer does not split: ByteLevel without use_regex alone");
	b->pretokenizer = ll_pretokenizer_of_splits(s.split, s.n, err);
	return b->pretokenizer ? 0 : -1;
}

static int load_added(struct ll_bpe *b, struct json_object *list, struct ll_err *err)
{
	for (size_t i = 0; is_list(list) && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i), *content = member(o, "content");
		if (!content || !json_object_is_type(content, json_type_string) || !member(o, "id"))
			return ll_err_set(err, "added token %zu has no content or no id", i);
		if (is_true(o, "single_word", false) || is_true(o, "lstrip", false) || is_true(o, "rstrip", false))
			return ll_err_set(
				err, "added token '%.60s' has single_word, lstrip or rstrip, which is not supported",
				json_object_get_string(content));
		int64_t id = json_object_get_int64(member(o, "id"));
		bool special = is_true(o, "special", false);
		unsigned flags = LL_TOKEN_ADDED | (special ? LL_TOKEN_SPECIAL : 0) |
				 (is_true(o, "normalized", !special) ? LL_TOKEN_NORMALIZED : 0);
		struct ll_str text =
			ll_str(json_object_get_string(content), (size_t)json_object_get_string_len(content));
		if (ll_bpe_add_token(b, id < 0 ? UINT64_MAX : (uint64_t)id, text, flags, err))
			return -1;
	}
	return 0;
}

/* ---- vocabulary and merges ---- */

/* Appends the bytes that a string of the ByteLevel alphabet stands for; false when a character is outside of it. */
static bool bytes_of(struct ll_str text, struct ll_buf *out)
{
	const char *p = text.data, *end = p + text.len;
	while (p < end) {
		int byte = ll_char_byte(ll_utf8_next(&p));
		if (byte < 0)
			return false;
		ll_buf_putc(out, (char)byte);
	}
	return true;
}

static int load_vocab(struct ll_bpe *b, struct json_object *vocab, struct ll_err *err)
{
	struct ll_buf bytes = { 0 };
	int rc = 0;
	json_object_object_foreach(vocab, key, value)
	{
		if (rc)
			break;
		struct ll_str name = ll_cstr(key);
		int64_t id = json_object_get_int64(value);
		if (!json_object_is_type(value, json_type_int) || id < 0) {
			rc = ll_err_set(err, "the id of token '%.60s' is not a number from 0 on", key);
			continue;
		}
		if (ll_bpe_is_special(b, (uint32_t)LL_MIN(id, UINT32_MAX)) &&
		    ll_str_eq(ll_bpe_token_bytes(b, (uint32_t)id), name))
			continue;
		ll_buf_clear(&bytes);
		if (ll_utf8_valid_prefix(name.data, name.len) != name.len || !bytes_of(name, &bytes))
			rc = ll_err_set(err, "token '%.60s' is not in the byte-level alphabet", key);
		else
			rc = ll_bpe_add_token(b, (uint64_t)id, ll_buf_str(&bytes), 0, err);
	}
	ll_buf_free(&bytes);
	return rc;
}

/* One side of a merge: its id. */
static int64_t merge_side(struct ll_bpe *b, struct ll_str name, struct ll_buf *joined)
{
	size_t before = joined->len;
	if (name.len == 0 || ll_utf8_valid_prefix(name.data, name.len) != name.len || !bytes_of(name, joined))
		return -1;
	uint32_t id = ll_bpe_find_word(b, joined->data + before, joined->len - before);
	return id == LL_BPE_NONE ? -1 : (int64_t)id;
}

static struct ll_str string_at(struct json_object *list, size_t i)
{
	struct json_object *o = json_object_array_get_idx(list, i);
	return o && json_object_is_type(o, json_type_string)
		       ? ll_str(json_object_get_string(o), (size_t)json_object_get_string_len(o))
		       : ll_str("", 0);
}

static int load_merges(struct ll_bpe *b, struct json_object *merges, struct ll_err *err)
{
	struct ll_buf joined = { 0 };
	int rc = 0;
	for (size_t i = 0; i < json_object_array_length(merges) && !rc; i++) {
		struct json_object *o = json_object_array_get_idx(merges, i);
		struct ll_str left = { "", 0 }, right = { "", 0 };
		if (is_list(o) && json_object_array_length(o) == 2) {
			left = string_at(o, 0);
			right = string_at(o, 1);
		} else if (o && json_object_is_type(o, json_type_string)) { /* before tokenizers 0.20: "left right" */
			struct ll_str both = string_at(merges, i);
			const char *space = memchr(both.data, ' ', both.len);
			if (space) {
				left = ll_str(both.data, (size_t)(space - both.data));
				right = ll_str(space + 1, both.len - left.len - 1);
			}
		}
		ll_buf_clear(&joined);
		int64_t l = merge_side(b, left, &joined), r = l < 0 ? -1 : merge_side(b, right, &joined);
		uint32_t id = l < 0 || r < 0 ? LL_BPE_NONE : ll_bpe_find_word(b, joined.data, joined.len);
		if (id == LL_BPE_NONE)
			rc = ll_err_set(err, "merge %zu names or makes a token that is not in the vocabulary", i);
		else
			ll_bpe_add_merge(b, (uint32_t)l, (uint32_t)r, (uint32_t)i, id);
	}
	ll_buf_free(&joined);
	return rc;
}

/* tokenizers goes by the vocabulary where an added token stands in it with another id. */
static int check_added(const struct ll_bpe *b, struct json_object *vocab, struct ll_err *err)
{
	for (uint32_t id = 0; id < ll_bpe_vocabulary(b); id++) {
		struct ll_str text = ll_bpe_token_bytes(b, id);
		if (!ll_bpe_is_special(b, id))
			continue;
		char *name = ll_strndup(text.data, text.len);
		struct json_object *other = member(vocab, name);
		ll_free(name);
		if (other && json_object_get_int64(other) != (int64_t)id)
			return ll_err_set(err, "the added token '%.*s' is %u, and %lld in the vocabulary",
					  (int)LL_MIN(text.len, 60), text.data, id,
					  (long long)json_object_get_int64(other));
	}
	return 0;
}

static int load_model(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct json_object *vocab = member(o, "vocab"), *merges = member(o, "merges");
	if (!o || (strcmp(text_of(o, "type"), "BPE") != 0 && *text_of(o, "type")))
		return ll_err_set(err, "model of type '%s' is not supported (only BPE)", o ? text_of(o, "type") : "");
	if (!vocab || !json_object_is_type(vocab, json_type_object) || !is_list(merges))
		return ll_err_set(err, "the model has no vocab or no merges");
	if (*text_of(o, "continuing_subword_prefix") || *text_of(o, "end_of_word_suffix") ||
	    is_true(o, "byte_fallback", false))
		return ll_err_set(err,
				  "a model with subword prefixes, word suffixes or byte_fallback is not supported");
	struct json_object *dropout = member(o, "dropout");
	if (dropout && json_object_get_double(dropout) > 0)
		return ll_err_set(err, "a model with dropout is not supported");
	b->ignore_merges = is_true(o, "ignore_merges", false);
	return check_added(b, vocab, err) || load_vocab(b, vocab, err) || load_merges(b, merges, err) ? -1 : 0;
}

static int parse_json(struct ll_bpe *b, struct json_object *root, struct ll_err *err)
{
	if (!json_object_is_type(root, json_type_object) || !member(root, "model"))
		return ll_err_set(err, "not a tokenizer.json: no member \"model\"");
	if (strcmp(text_of(root, "version"), "1.0") != 0)
		return ll_err_set(err, "tokenizer.json of version '%s' is not supported", text_of(root, "version"));
	if (load_normalizer(b, member(root, "normalizer"), err) ||
	    load_pre_tokenizer(b, member(root, "pre_tokenizer"), err) ||
	    load_added(b, member(root, "added_tokens"), err) || load_model(b, member(root, "model"), err))
		return -1;
	return ll_bpe_seal(b, err);
}

struct ll_bpe *ll_bpe_parse_json(struct ll_str json, struct ll_err *err)
{
	if (json.len > INT32_MAX) {
		ll_err_set(err, "longer than 2 GiB");
		return NULL;
	}
	struct json_tokener *tokener = json_tokener_new_ex(64);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *root = json_tokener_parse_ex(tokener, json.data, (int)json.len);
	enum json_tokener_error what = json_tokener_get_error(tokener);
	size_t at = json_tokener_get_parse_end(tokener);
	while (at < json.len && is_space(json.data[at]))
		at++;
	json_tokener_free(tokener);
	if (!root || what != json_tokener_success || at != json.len) {
		ll_err_set(err, "byte %zu: %s", at,
			   what == json_tokener_success ? "trailing data" : json_tokener_error_desc(what));
		json_object_put(root);
		return NULL;
	}
	struct ll_bpe *b = ll_bpe_new(NULL);
	if (parse_json(b, root, err)) {
		ll_bpe_free(b);
		b = NULL;
	}
	json_object_put(root);
	return b;
}

/* ---- files ---- */

/* A trainer that takes a plain string for a pattern writes such files, and the pattern never matches. */
static void warn_of_literals(const struct ll_bpe *b, const char *path)
{
	for (size_t i = 0; i < ll_pretokenizer_splits(b->pretokenizer); i++) {
		struct ll_split split = ll_pretokenizer_split(b->pretokenizer, i);
		if (split.literal && strpbrk(split.pattern.data, "\\[|+*("))
			ll_warn("%s: a Split has plain text for a pattern, which looks like a regular expression: "
				"'%.80s'",
				path, split.pattern.data);
	}
}

struct ll_bpe *ll_bpe_load(const char *path, const char *pretokenizer)
{
	struct ll_decoder *d = ll_decoder_open(path);
	struct ll_buf text = { 0 };
	for (size_t n; (n = ll_decoder_read(d, ll_buf_reserve(&text, LL_MIB), LL_MIB));) {
		text.len += n;
		if (text.len > FILE_MOST)
			ll_die(LL_EXIT_INPUT, "%s: longer than %zu bytes, which no tokenizer is", path, FILE_MOST);
	}
	ll_decoder_close(d);
	struct ll_err err;
	size_t first = 0;
	while (first < text.len && is_space(text.data[first]))
		first++;
	struct ll_bpe *b;
	if (first < text.len && text.data[first] == '{')
		b = ll_bpe_parse_json(ll_buf_str(&text), &err);
	else
		b = ll_bpe_parse_tiktoken(ll_buf_str(&text), pretokenizer, &err);
	if (!b)
		ll_die(LL_EXIT_INPUT, "%s: %s", path, err.text);
	warn_of_literals(b, path);
	struct ll_pretokenizer *given = pretokenizer ? ll_pretokenizer_parse(pretokenizer, &err) : NULL;
	if (pretokenizer && !given)
		ll_die(LL_EXIT_USAGE, "--pretokenizer: %s", err.text);
	if (given && !ll_pretokenizer_eq(given, b->pretokenizer)) {
		ll_hint("leave --pretokenizer away: the file says it");
		ll_die(LL_EXIT_USAGE, "%s: its pre-tokenizer is %s, not %s", path, ll_bpe_pretokenizer(b),
		       pretokenizer);
	}
	ll_pretokenizer_free(given);
	ll_buf_free(&text);
	return b;
}
