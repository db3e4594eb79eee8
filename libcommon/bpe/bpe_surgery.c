/* SPDX-License-Identifier: MIT */
/* bpe_surgery.c - models made from models: extended and pruned. */
#include "base/memory.h"
#include "bpe/bpe_model.h"

struct ll_merge ll_bpe_merge(const struct ll_bpe *b, size_t i)
{
	return (struct ll_merge){ b->merge[i].left, b->merge[i].right, b->merge[i].id };
}

bool ll_bpe_ignores_merges(const struct ll_bpe *b)
{
	return b->ignore_merges;
}

static struct ll_pretokenizer *copy_pretokenizer(const struct ll_pretokenizer *p, struct ll_err *err)
{
	size_t n = ll_pretokenizer_splits(p);
	struct ll_split *split = ll_calloc(n + 1, sizeof *split);
	for (size_t i = 0; i < n; i++)
		split[i] = ll_pretokenizer_split(p, i);
	struct ll_pretokenizer *copy = ll_pretokenizer_of_splits(split, n, ll_pretokenizer_prefixes(p), err);
	ll_free(split);
	return copy;
}

/* Without tokens and merges. */
static struct ll_bpe *copy_frame(const struct ll_bpe *base, struct ll_err *err)
{
	if (base->chars) {
		ll_err_set(err, "only byte-level BPE can be extended or pruned, and this is %s", ll_bpe_kind(base));
		return NULL;
	}
	struct ll_pretokenizer *p = copy_pretokenizer(base->pretokenizer, err);
	if (!p)
		return NULL;
	struct ll_bpe *b = ll_bpe_new(p);
	b->normal_form = base->normal_form;
	b->ignore_merges = base->ignore_merges;
	return b;
}

static int copy_some(struct ll_bpe *b, const struct ll_bpe *base, const uint32_t *new_id, struct ll_err *err)
{
	for (uint32_t id = 0; id < base->tokens; id++)
		if (new_id[id] != LL_BPE_NONE &&
		    ll_bpe_add_token(b, new_id[id], ll_bpe_token_name(base, id),
				     base->token[id].flags & ~(unsigned)LL_TOKEN_PRESENT, err))
			return -1;
	for (size_t i = 0; i < base->merges; i++) {
		const struct ll_bpe_pair *m = &base->merge[i];
		uint32_t left = new_id[m->left], right = new_id[m->right], id = new_id[m->id];
		if (left != LL_BPE_NONE && right != LL_BPE_NONE && id != LL_BPE_NONE)
			ll_bpe_add_merge(b, left, right, (uint32_t)b->merges, id);
	}
	return 0;
}

static int extend(struct ll_bpe *b, const char *const *special, size_t specials, const uint32_t (*merge)[2], size_t merges,
		  struct ll_err *err)
{
	struct ll_buf joined = { 0 };
	int rc = 0;
	for (size_t i = 0; i < specials && !rc; i++) {
		for (uint32_t id = 0; id < b->tokens && !rc; id++)
			if (ll_bpe_is_special(b, id) && ll_str_is(ll_bpe_token_name(b, id), special[i]))
				rc = ll_err_set(err, "the special token '%s' is there already", special[i]);
		if (!rc)
			rc = ll_bpe_add_token(b, b->tokens, ll_cstr(special[i]), LL_TOKEN_ADDED | LL_TOKEN_SPECIAL, err);
	}
	for (size_t i = 0; i < merges && !rc; i++)
		rc = ll_bpe_learn_merge(b, merge[i], &joined, err);
	ll_buf_free(&joined);
	return rc ? rc : ll_bpe_seal(b, err);
}

struct ll_bpe *ll_bpe_extend(const struct ll_bpe *base, const char *const *special, size_t specials,
			     const uint32_t (*merge)[2], size_t merges, struct ll_err *err)
{
	struct ll_bpe *b = copy_frame(base, err);
	uint32_t *same = ll_malloc(base->tokens * sizeof *same);
	for (uint32_t id = 0; id < base->tokens; id++)
		same[id] = base->token[id].flags & LL_TOKEN_PRESENT ? id : LL_BPE_NONE;
	if (b && (copy_some(b, base, same, err) || extend(b, special, specials, merge, merges, err))) {
		ll_bpe_free(b);
		b = NULL;
	}
	ll_free(same);
	return b;
}

struct ll_bpe *ll_bpe_prune(const struct ll_bpe *base, const bool *keep, uint32_t *new_id, struct ll_err *err)
{
	struct ll_bpe *b = copy_frame(base, err);
	uint32_t next = 0;
	for (uint32_t id = 0; id < base->tokens; id++)
		new_id[id] = keep[id] && base->token[id].flags & LL_TOKEN_PRESENT ? next++ : LL_BPE_NONE;
	if (b && (copy_some(b, base, new_id, err) || ll_bpe_seal(b, err))) {
		ll_bpe_free(b);
		b = NULL;
	}
	return b;
}
