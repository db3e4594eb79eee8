/* SPDX-License-Identifier: MIT */
/* tokenizer.json of byte-level BPE. */
#include "base/memory.h"
#include "bpe/bpe_read.h"
#include "bpe/char_model.h"
#include "text/json_tree.h"

/* ---- the parts around the model ---- */

static int load_normalizer(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	if (!o)
		return 0;
	const char *type = json_text(o, "type");
	if (strcmp(type, "Sequence") == 0 && json_is_list(json_member(o, "normalizers"))) {
		struct json_object *list = json_member(o, "normalizers");
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

/* ---- the pre-tokenizer: Splits in sequence, a ByteLevel, and Splits of its alphabet ---- */

#define SPLITS_MOST 16

struct splits {
	struct ll_split split[SPLITS_MOST];
	size_t n;
	bool bytes; /* the ByteLevel has come: what follows sees its alphabet */
	bool prefix_space;
};

static int add_split(struct splits *s, struct ll_split split, struct ll_err *err)
{
	if (s->n == SPLITS_MOST)
		return ll_err_set(err, "pre_tokenizer Sequence of more than %d", SPLITS_MOST);
	split.spelled = s->bytes;
	s->split[s->n++] = split;
	return 0;
}

static int load_byte_level(struct splits *s, struct json_object *o, struct ll_err *err)
{
	s->prefix_space = json_is_true(o, "add_prefix_space", true);
	if (s->prefix_space && s->n)
		return ll_err_set(err, "ByteLevel with add_prefix_space behind another pre_tokenizer is not supported");
	struct ll_split gpt2 = { .pattern = ll_cstr(ll_scheme_pattern(LL_SCHEME_GPT2, 0)) };
	if (json_is_true(o, "use_regex", true) && add_split(s, gpt2, err))
		return -1;
	s->bytes = true;
	return 0;
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
	struct json_object *pattern = json_member(o, "pattern"), *regex = json_member(pattern, "Regex"),
			   *literal = json_member(pattern, "String"), *text = regex ? regex : literal;
	if (!text || !json_object_is_type(text, json_type_string) || json_object_get_string_len(text) == 0)
		return ll_err_set(err, "a Split without a pattern");
	struct ll_split split = {
		.pattern = ll_str(json_object_get_string(text), (size_t)json_object_get_string_len(text)),
		.literal = !regex,
		.invert = json_is_true(o, "invert", false),
		.pcre2 = strcmp(json_text(o, "engine"), "PCRE2") == 0,
	};
	if (load_behavior(json_text(o, "behavior"), &split, err))
		return -1;
	return add_split(s, split, err);
}

/* The characters of Digits and of Punctuation, by probing all with tokenizers 0.23.3: numbers of Unicode 17.0, and
 * punctuation of Unicode 8.0, which had two characters that are none now, with the symbols of ASCII. */
#define DIGITS "[\\p{N}\\x{11de0}-\\x{11de9}\\x{16ff4}-\\x{16ff6}]"
const char ll_punctuation_pattern[] =
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
		split.pattern = ll_cstr(json_is_true(o, "individual_digits", false) ? DIGITS : DIGITS "+");
	} else {
		split.pattern = ll_cstr(ll_punctuation_pattern);
		if (*json_text(o, "behavior") && load_behavior(json_text(o, "behavior"), &split, err))
			return -1;
	}
	return add_split(s, split, err);
}

static int load_pre_tokenizer_part(struct splits *s, struct json_object *o, struct ll_err *err)
{
	const char *type = json_text(o, "type");
	if (strcmp(type, "ByteLevel") == 0)
		return s->bytes ? ll_err_set(err, "ByteLevel behind ByteLevel is not supported") : load_byte_level(s, o, err);
	if (strcmp(type, "Split") == 0)
		return load_split(s, o, err);
	if (strcmp(type, "Digits") == 0 || strcmp(type, "Punctuation") == 0)
		return load_class(s, o, type, err);
	struct json_object *list = json_member(o, "pretokenizers");
	if (strcmp(type, "Sequence") != 0 || !json_is_list(list))
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
	b->pretokenizer = ll_pretokenizer_of_splits(s.split, s.n, s.prefix_space, err);
	return b->pretokenizer ? 0 : -1;
}

int ll_bpe_read_added(struct ll_bpe *b, struct json_object *list, struct ll_err *err)
{
	for (size_t i = 0; json_is_list(list) && i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i), *id = json_member(o, "id");
		struct ll_str content = json_str(json_member(o, "content"));
		bool special = json_is_true(o, "special", false);
		if (content.len == 0 || !id || !json_object_is_type(id, json_type_int) || json_object_get_int64(id) < 0)
			return ll_err_set(err, "added token %zu has no content or no id", i);
		unsigned flags = LL_TOKEN_ADDED | (special ? LL_TOKEN_SPECIAL : 0) |
				 (json_is_true(o, "normalized", !special) ? LL_TOKEN_NORMALIZED : 0) |
				 (json_is_true(o, "single_word", false) ? LL_TOKEN_SINGLE_WORD : 0) |
				 (json_is_true(o, "lstrip", false) ? LL_TOKEN_LSTRIP : 0) |
				 (json_is_true(o, "rstrip", false) ? LL_TOKEN_RSTRIP : 0);
		if (ll_bpe_add_token(b, (uint64_t)json_object_get_int64(id), content, flags, err))
			return -1;
	}
	return 0;
}

/* ---- vocabulary and merges ---- */

/* True of bytes that are their own name in files. */
static bool is_own_name(struct ll_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i] < '!' || bytes.data[i] > '~')
			return false;
	return true;
}

int ll_bpe_add_vocab(struct ll_bpe *b, struct json_object *vocab, bool others_special, struct ll_err *err)
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
		    ll_str_eq(ll_bpe_token_bytes(b, (uint32_t)id), name)) {
			/* Every byte has to have a token, a special one where there is no other; whole pre-tokens are looked up. */
			unsigned flags = b->token[id].flags & (LL_TOKEN_SINGLE_WORD | LL_TOKEN_SPECIAL);
			bool needed = name.len == 1 || (b->ignore_merges && flags == LL_TOKEN_SINGLE_WORD);
			if (needed && is_own_name(name))
				rc = ll_bpe_make_ordinary(b, (uint32_t)id, err);
			continue;
		}
		ll_buf_clear(&bytes);
		if (name.len == 0 || ll_bytes_of_name(name, &bytes)) /* the empty one, of Whisper, is never made of text */
			rc = ll_bpe_add_token(b, (uint64_t)id, ll_str(ll_buf_cstr(&bytes), bytes.len), 0, err);
		else if (others_special)
			rc = ll_bpe_add_token(b, (uint64_t)id, name, LL_TOKEN_ADDED | LL_TOKEN_SPECIAL, err);
		else
			rc = ll_err_set(err, "token '%.60s' is not in the byte-level alphabet", key);
	}
	ll_buf_free(&bytes);
	return rc;
}

/* The token of these bytes. An added token that a merge names or makes is an ordinary one too; it has the same name where it is
 * ASCII. No special one: other text than its own never becomes one. */
static uint32_t merged_word(struct ll_bpe *b, struct ll_str bytes)
{
	struct ll_err err;
	uint32_t id = ll_bpe_find_word(b, bytes.data, bytes.len);
	if (id == LL_BPE_NONE && !is_own_name(bytes))
		return LL_BPE_NONE;
	for (uint32_t i = 0; i < b->tokens && id == LL_BPE_NONE; i++)
		if ((b->token[i].flags & (LL_TOKEN_ADDED | LL_TOKEN_SPECIAL)) == LL_TOKEN_ADDED &&
		    ll_str_eq(ll_bpe_token_name(b, i), bytes) && ll_bpe_make_ordinary(b, i, &err) == 0)
			id = i;
	return id;
}

/* One side of a merge: its id. */
static int64_t merge_side(struct ll_bpe *b, struct ll_str name, struct ll_buf *joined)
{
	size_t before = joined->len;
	if (!ll_bytes_of_name(name, joined))
		return -1;
	uint32_t id = merged_word(b, ll_str(joined->data + before, joined->len - before));
	return id == LL_BPE_NONE ? -1 : (int64_t)id;
}

int ll_bpe_add_named_merge(struct ll_bpe *b, struct ll_str left, struct ll_str right, size_t rank, struct ll_buf *scratch)
{
	ll_buf_clear(scratch);
	int64_t l = merge_side(b, left, scratch), r = l < 0 ? -1 : merge_side(b, right, scratch);
	uint32_t id = l < 0 || r < 0 ? LL_BPE_NONE : merged_word(b, ll_buf_str(scratch));
	if (id == LL_BPE_NONE)
		return -1;
	ll_bpe_add_merge(b, (uint32_t)l, (uint32_t)r, (uint32_t)rank, id);
	return 0;
}

static int load_merges(struct ll_bpe *b, struct json_object *merges, struct ll_err *err)
{
	struct ll_buf joined = { 0 };
	int rc = 0;
	for (size_t i = 0; i < json_object_array_length(merges) && !rc; i++) {
		struct json_object *o = json_object_array_get_idx(merges, i);
		struct ll_str left = { "", 0 }, right = { "", 0 };
		if (json_is_list(o) && json_object_array_length(o) == 2) {
			left = json_str(json_object_array_get_idx(o, 0));
			right = json_str(json_object_array_get_idx(o, 1));
		} else if (json_is_string(o)) { /* before tokenizers 0.20: "left right" */
			struct ll_str both = json_str(o);
			const char *space = memchr(both.data, ' ', both.len);
			if (space) {
				left = ll_str(both.data, (size_t)(space - both.data));
				right = ll_str(space + 1, both.len - left.len - 1);
			}
		}
		if (ll_bpe_add_named_merge(b, left, right, i, &joined))
			rc = ll_err_set(err, "merge %zu names or makes a token that is not in the vocabulary, or a special one", i);
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
		struct json_object *other = json_member(vocab, name);
		ll_free(name);
		if (other && json_object_get_int64(other) != (int64_t)id)
			return ll_err_set(err, "the added token '%.*s' is %u, and %lld in the vocabulary",
					  (int)LL_MIN(text.len, 60), text.data, id,
					  (long long)json_object_get_int64(other));
	}
	return 0;
}

void ll_bpe_check_added_ids(struct ll_bpe *b, struct json_object *added, struct json_object *vocab)
{
	int64_t entries = json_is_list(vocab) ? (int64_t)json_object_array_length(vocab)
					      : vocab ? (int64_t)json_object_object_length(vocab) : 0,
		next = entries;
	for (size_t i = 0; json_is_list(added) && i < json_object_array_length(added); i++) {
		struct json_object *o = json_object_array_get_idx(added, i);
		struct ll_str name = json_str(json_member(o, "content"));
		int64_t id = json_object_get_int64(json_member(o, "id"));
		bool there = json_is_list(vocab) ? id < entries : json_member(vocab, name.data) != NULL;
		if (there)
			next = LL_MAX(next, id + 1);
		else if (id != next++ && !b->odd_added)
			b->odd_added = ll_format("the added token '%.*s' has the id %lld, where tokenizers would give it %lld",
						 (int)LL_MIN(name.len, 60), name.data, (long long)id, (long long)next - 1);
	}
}

static int load_model(struct ll_bpe *b, struct json_object *o, struct ll_err *err)
{
	struct json_object *vocab = json_member(o, "vocab"), *merges = json_member(o, "merges");
	if (!o || (strcmp(json_text(o, "type"), "BPE") != 0 && *json_text(o, "type")))
		return ll_err_set(err, "model of type '%s' is not supported (only BPE)", o ? json_text(o, "type") : "");
	if (!vocab || !json_object_is_type(vocab, json_type_object) || !json_is_list(merges))
		return ll_err_set(err, "the model has no vocab or no merges");
	/* unk_token, fuse_unk and byte_fallback are for text without a token: there is none, since every byte must have one. */
	if (*json_text(o, "continuing_subword_prefix") || *json_text(o, "end_of_word_suffix"))
		return ll_err_set(err, "a model with subword prefixes or word suffixes is not supported");
	struct json_object *dropout = json_member(o, "dropout");
	if (dropout && json_object_get_double(dropout) > 0)
		return ll_err_set(err, "a model with dropout is not supported");
	b->ignore_merges = json_is_true(o, "ignore_merges", false);
	return check_added(b, vocab, err) || ll_bpe_add_vocab(b, vocab, false, err) || load_merges(b, merges, err) ? -1 : 0;
}

/* True when the pre_tokenizer puts text into the byte-level alphabet. */
static bool is_byte_level(struct json_object *o, unsigned depth)
{
	struct json_object *list = json_member(o, "pretokenizers");
	if (strcmp(json_text(o, "type"), "ByteLevel") == 0)
		return true;
	for (size_t i = 0; json_is_list(list) && depth < 8 && i < json_object_array_length(list); i++)
		if (is_byte_level(json_object_array_get_idx(list, i), depth + 1))
			return true;
	return false;
}

static int load_root(struct ll_bpe *b, struct json_object *root, struct ll_err *err)
{
	if (strcmp(json_text(root, "version"), "1.0") != 0)
		return ll_err_set(err, "tokenizer.json of version '%s' is not supported", json_text(root, "version"));
	if (!is_byte_level(json_member(root, "pre_tokenizer"), 0))
		return ll_char_model_read(b, root, err);
	ll_bpe_check_added_ids(b, json_member(root, "added_tokens"), json_member(json_member(root, "model"), "vocab"));
	return load_normalizer(b, json_member(root, "normalizer"), err) ||
			       load_pre_tokenizer(b, json_member(root, "pre_tokenizer"), err) ||
			       ll_bpe_read_added(b, json_member(root, "added_tokens"), err) ||
			       load_model(b, json_member(root, "model"), err)
		       ? -1
		       : 0;
}

struct ll_bpe *ll_bpe_read_json(struct ll_str text, const struct ll_bpe_file *f, struct ll_err *err)
{
	struct json_object *root = ll_json_value_parse(text, 64, err);
	struct ll_bpe *b = NULL;
	if (!root)
		return NULL;
	if (json_member(root, "model")) {
		b = ll_bpe_new(NULL);
		b->own_file = true;
		if (load_root(b, root, err)) {
			ll_bpe_free(b);
			b = NULL;
		} else {
			b = ll_bpe_finish(b, f, err);
		}
	} else if (json_is_list(json_member(root, "vocab")) && json_member(root, "config")) {
		b = ll_bpe_read_tekken(root, f, err);
	} else {
		ll_err_set(err, "a JSON file that is no tokenizer: neither a tokenizer.json (no member \"model\"), nor a "
				"tekken.json, nor a vocab.json");
	}
	json_object_put(root);
	return b;
}

struct ll_bpe *ll_bpe_parse_json(struct ll_str json, struct ll_err *err)
{
	return ll_bpe_read_json(json, &(struct ll_bpe_file){ 0 }, err);
}
