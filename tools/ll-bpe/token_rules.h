/* SPDX-License-Identifier: MIT */
/*
 * token_rules.h - which tokens training must not or must make: --forbid and --require. A list in a file has one token a line;
 * \n, \r, \t, \\ and \xHH stand for the bytes that a line cannot hold or show.
 */
#ifndef LL_TOKEN_RULES_H
#define LL_TOKEN_RULES_H

#include "base/option.h"
#include "ll-bpe/token_names.h"

struct token_list {
	struct ll_str *item; /* owned */
	size_t len, cap;
};

/* Every word is a token, or @FILE. Ends with status 2 for an empty token, 3 for a malformed line. */
void token_list_read(struct token_list *list, const struct ll_strings *words, const char *option);
void token_list_free(struct token_list *list);

/* --forbid: patterns (PCRE2, found anywhere in the token), or lists of tokens; and the special tokens of `base`. */
struct token_rules;
struct token_rules *token_rules_new(const struct ll_strings *forbid, const struct ll_bpe *base);
struct token_veto token_rules_veto(struct token_rules *r);
void token_rules_free(struct token_rules *r);

/* --require: the merges that make these tokens, in the order given, from the tokens of `names`, which learn them. Each token
 * begins as the merges of `base` and those found so far leave its bytes; then its first two parts that may be
 * joined are, until one is left. Ends with status 2 when the veto of `names` leaves no way. */
struct required_merges {
	uint32_t (*pair)[2];
	size_t len, cap;
};
void required_merges_find(struct required_merges *m, const struct token_list *tokens, struct token_names *names,
			  const struct ll_bpe *base);

#endif
