/* SPDX-License-Identifier: MIT */
/*
 * tekken.json of Mistral (mistral_common, tokens/tokenizers/tekken.py): {"config": {"pattern", "default_vocab_size",
 * "default_num_special_tokens", ...}, "vocab": [{"rank", "token_bytes"}, ...], "special_tokens": [{"rank",
 * "token_str"}, ...] or none}. Only the first default_vocab_size - default_num_special_tokens entries count. Ids of
 * special tokens come first; ordinary tokens have their rank behind them; what the list of special tokens leaves open
 * is called <SPECIAL_n>. Merging is tiktoken's.
 */
#include "base/memory.h"
#include "bpe/bpe_merges.h"
#include "bpe/bpe_read.h"

/* Of files up to version 7 that have no list. */
static const char *const old_specials[] = {
	"<unk>",
	"<s>",
	"</s>",
	"[INST]",
	"[/INST]",
	"[AVAILABLE_TOOLS]",
	"[/AVAILABLE_TOOLS]",
	"[TOOL_RESULTS]",
	"[/TOOL_RESULTS]",
	"[TOOL_CALLS]",
	"[IMG]",
	"<pad>",
	"[IMG_BREAK]",
	"[IMG_END]",
	"[PREFIX]",
	"[MIDDLE]",
	"[SUFFIX]",
	"[SYSTEM_PROMPT]",
	"[/SYSTEM_PROMPT]",
	"[TOOL_CONTENT]",
};

static int number_of(struct json_object *o, const char *key, uint64_t *out, struct ll_err *err)
{
	struct json_object *v = json_member(o, key);
	int64_t n = v && json_object_is_type(v, json_type_int) ? json_object_get_int64(v) : -1;
	if (n < 0 || n > LL_BPE_MAX_IDS)
		return ll_err_set(err, "tekken.json: \"%s\" is no number of tokens", key);
	*out = (uint64_t)n;
	return 0;
}

static int add_special(struct ll_bpe *b, uint64_t id, struct ll_str text, struct ll_err *err)
{
	return ll_bpe_add_token(b, id, text, LL_TOKEN_ADDED | LL_TOKEN_SPECIAL, err);
}

static int read_specials(struct ll_bpe *b, struct json_object *list, uint64_t specials, struct ll_err *err)
{
	int rc = 0;
	size_t n = json_is_list(list) ? json_object_array_length(list)
		   : list	      ? 0
				      : LL_MIN(LL_COUNT(old_specials), specials);
	if (n > specials)
		return ll_err_set(err, "tekken.json: %zu special tokens where there is room for %llu", n,
				  (unsigned long long)specials);
	for (size_t i = 0; i < n && !rc; i++) {
		struct json_object *o = list ? json_object_array_get_idx(list, i) : NULL;
		uint64_t id = i;
		struct ll_str text = list ? json_str(json_member(o, "token_str")) : ll_cstr(old_specials[i]);
		if (list && (number_of(o, "rank", &id, err) || id >= n || text.len == 0))
			return ll_err_set(err, "tekken.json: special token %zu has no rank below %zu or no token_str",
					  i, n);
		rc = add_special(b, id, text, err);
	}
	for (uint64_t id = n; id < specials && !rc; id++) {
		char *name = ll_format("<SPECIAL_%llu>", (unsigned long long)id);
		rc = add_special(b, id, ll_cstr(name), err);
		ll_free(name);
	}
	return rc;
}

static int read_tokens(struct ll_bpe *b, struct json_object *vocab, uint64_t n, uint64_t specials, struct ll_err *err)
{
	struct ll_buf bytes = { 0 };
	int rc = 0;
	if (n > json_object_array_length(vocab))
		return ll_err_set(err, "tekken.json: %llu tokens in use and %zu in the file", (unsigned long long)n,
				  json_object_array_length(vocab));
	for (uint64_t i = 0; i < n && !rc; i++) {
		struct json_object *o = json_object_array_get_idx(vocab, i);
		uint64_t rank;
		ll_buf_clear(&bytes);
		if (number_of(o, "rank", &rank, err) || rank != i ||
		    ll_base64_decode(json_str(json_member(o, "token_bytes")), &bytes))
			rc = ll_err_set(
				err, "tekken.json: token %llu has not its place for rank, or no token_bytes in base64",
				(unsigned long long)i);
		else
			rc = ll_bpe_add_token(b, specials + i, ll_buf_str(&bytes), 0, err);
	}
	ll_buf_free(&bytes);
	return rc;
}

static int merge_by_rank(struct ll_bpe *b, uint64_t specials, struct ll_err *err)
{
	uint32_t *rank = ll_malloc(LL_MAX(b->tokens, 1) * sizeof *rank);
	for (uint32_t id = 0; id < b->tokens; id++)
		rank[id] = id < specials ? LL_BPE_NONE : id;
	int rc = ll_bpe_merges_of_ranks(b, rank, false, err);
	ll_free(rank);
	return rc;
}

struct ll_bpe *ll_bpe_read_tekken(struct json_object *root, const struct ll_bpe_file *f, struct ll_err *err)
{
	struct json_object *config = json_member(root, "config");
	struct ll_split split = { .pattern = json_str(json_member(config, "pattern")) };
	struct ll_bpe *b = ll_bpe_new(NULL);
	uint64_t size = 0, specials = 0;
	b->ignore_merges = true;
	int rc = number_of(config, "default_vocab_size", &size, err) ||
		 number_of(config, "default_num_special_tokens", &specials, err);
	if (!rc && (split.pattern.len == 0 || size < specials))
		rc = ll_err_set(err, "tekken.json: no pattern, or more special tokens than tokens");
	if (!rc)
		rc = read_specials(b, json_member(root, "special_tokens"), specials, err) ||
		     read_tokens(b, json_member(root, "vocab"), size - specials, specials, err) ||
		     merge_by_rank(b, specials, err);
	if (!rc)
		b->pretokenizer = ll_pretokenizer_of_splits(&split, 1, false, err);
	if (rc || !b->pretokenizer) {
		ll_bpe_free(b);
		return NULL;
	}
	return ll_bpe_finish(b, f, err);
}
