/* SPDX-License-Identifier: MIT */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "ll-bpe/token_rules.h"

#include <pcre2.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe.h"
#include "io/file.h"
#include "ll-bpe/pair_table.h"

#define LIST_MOST (256 * LL_MIB) /* bytes of a list of tokens */

/* ---- lists ---- */

static void list_add(struct token_list *list, struct ll_str token)
{
	LL_GROW(list->item, list->cap, list->len + 1);
	list->item[list->len++] = ll_str(ll_strndup(token.data, token.len), token.len);
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A line with its escapes taken out; -1 when one is malformed. */
static int unescape(struct ll_str line, struct ll_buf *out)
{
	static const char plain[] = "n\nr\rt\t\\\\";
	ll_buf_clear(out);
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] != '\\') {
			ll_buf_putc(out, line.data[i]);
			continue;
		}
		char c = ++i < line.len ? line.data[i] : '\0';
		size_t k = 0;
		while (plain[k] && plain[k] != c)
			k += 2;
		if (plain[k]) {
			ll_buf_putc(out, plain[k + 1]);
		} else if (c == 'x' && line.len - i > 2 && digit(line.data[i + 1]) >= 0 && digit(line.data[i + 2]) >= 0) {
			ll_buf_putc(out, (char)(digit(line.data[i + 1]) << 4 | digit(line.data[i + 2])));
			i += 2;
		} else {
			return -1;
		}
	}
	return 0;
}

static void read_list(struct token_list *list, const char *path)
{
	struct ll_buf file = ll_read_file(path, LIST_MOST), token = { 0 };
	size_t number = 1;
	for (size_t at = 0; at < file.len; number++) {
		const char *eol = memchr(file.data + at, '\n', file.len - at);
		size_t end = eol ? (size_t)(eol - file.data) : file.len;
		struct ll_str line = ll_str(file.data + at, end - at);
		line.len -= line.len && line.data[line.len - 1] == '\r'; /* of a file with CR LF */
		if (unescape(line, &token) || (!token.len && line.len)) {
			ll_hint("\\n, \\r, \\t, \\\\ and \\xHH are known");
			ll_die(LL_EXIT_INPUT, "%s: line %zu: a backslash that begins no escape", path, number);
		}
		if (token.len)
			list_add(list, ll_buf_str(&token));
		at = end + 1;
	}
	ll_buf_free(&file);
	ll_buf_free(&token);
}

void token_list_read(struct token_list *list, const struct ll_strings *words, const char *option)
{
	for (size_t i = 0; i < words->len; i++) {
		if (words->item[i][0] == '@')
			read_list(list, words->item[i] + 1);
		else if (words->item[i][0])
			list_add(list, ll_cstr(words->item[i]));
		else
			ll_die(LL_EXIT_USAGE, "%s: an empty token", option);
	}
}

void token_list_free(struct token_list *list)
{
	for (size_t i = 0; i < list->len; i++)
		ll_free((char *)list->item[i].data);
	ll_free(list->item);
}

/* ---- what is forbidden ---- */

struct token_rules {
	struct token_list exact; /* sorted */
	pcre2_code **pattern;
	size_t patterns;
	pcre2_match_data *match;
};

static int compare(struct ll_str a, struct ll_str b)
{
	int c = memcmp(a.data, b.data, LL_MIN(a.len, b.len));
	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int by_bytes(const void *a, const void *b)
{
	return compare(*(const struct ll_str *)a, *(const struct ll_str *)b);
}

static void add_pattern(struct token_rules *r, const char *text)
{
	int code;
	PCRE2_SIZE at;
	unsigned char why[120];
	pcre2_code *p = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
				      PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
	if (!p) {
		pcre2_get_error_message(code, why, sizeof why);
		ll_die(LL_EXIT_USAGE, "--forbid=%s: at byte %zu: %s", text, (size_t)at, (char *)why);
	}
	pcre2_jit_compile(p, PCRE2_JIT_COMPLETE);
	r->pattern = ll_realloc(r->pattern, (r->patterns + 1) * sizeof *r->pattern);
	r->pattern[r->patterns++] = p;
}

/* Neither the text of a special token nor what is spelled as it is in a file of tokens is ever made. */
static void forbid_special(struct token_rules *r, struct ll_str text)
{
	struct ll_buf bytes = { 0 };
	list_add(&r->exact, text);
	if (ll_bytes_of_name(text, &bytes))
		list_add(&r->exact, ll_buf_str(&bytes));
	ll_buf_free(&bytes);
}

struct token_rules *token_rules_new(const struct ll_strings *forbid, const struct ll_bpe *base)
{
	struct token_rules *r = ll_calloc(1, sizeof *r);
	for (size_t i = 0; i < forbid->len; i++) {
		if (forbid->item[i][0] == '@')
			read_list(&r->exact, forbid->item[i] + 1);
		else if (!forbid->item[i][0])
			ll_die(LL_EXIT_USAGE, "--forbid: an empty pattern");
		else
			add_pattern(r, forbid->item[i]);
	}
	for (uint32_t id = 0; id < ll_bpe_vocabulary(base); id++)
		if (ll_bpe_is_special(base, id))
			forbid_special(r, ll_bpe_token_bytes(base, id));
	if (r->exact.len)
		qsort(r->exact.item, r->exact.len, sizeof *r->exact.item, by_bytes);
	r->match = pcre2_match_data_create(1, NULL);
	return r;
}

static bool forbids(void *context, struct ll_str name)
{
	const struct token_rules *r = context;
	if (r->exact.len && bsearch(&name, r->exact.item, r->exact.len, sizeof name, by_bytes))
		return true;
	for (size_t i = 0; i < r->patterns; i++) {
		int rc = pcre2_match(r->pattern[i], (PCRE2_SPTR)name.data, name.len, 0, 0, r->match, NULL);
		if (rc >= 0)
			return true;
		if (rc != PCRE2_ERROR_NOMATCH)
			ll_die(LL_EXIT_RESOURCE, "--forbid: a pattern gives up on a token of %zu bytes", name.len);
	}
	return false;
}

struct token_veto token_rules_veto(struct token_rules *r)
{
	return (struct token_veto){ r, forbids };
}

void token_rules_free(struct token_rules *r)
{
	for (size_t i = 0; i < r->patterns; i++)
		pcre2_code_free(r->pattern[i]);
	pcre2_match_data_free(r->match);
	ll_free(r->pattern);
	token_list_free(&r->exact);
	ll_free(r);
}

/* ---- what is required ---- */

struct parts {
	uint32_t *id;
	size_t len;
};

struct ranked { /* the base's merges and those found, by rank */
	struct ll_merge *merge;
	size_t len, cap;
	struct pair_table rank;
};

static void add_merge(struct ranked *r, struct ll_merge m)
{
	LL_GROW(r->merge, r->cap, r->len + 1);
	r->merge[r->len++] = m;
}

/* Joins every `left right` from the left on. */
static void join_all(struct parts *p, struct ll_merge m)
{
	size_t n = 0;
	for (size_t i = 0; i < p->len; i++) {
		bool both = i + 1 < p->len && p->id[i] == m.left && p->id[i + 1] == m.right;
		p->id[n++] = both ? m.id : p->id[i];
		i += both;
	}
	p->len = n;
}

/* What the merges so far make of it: the earliest of those that fit, again and again. */
static void apply(struct parts *p, const struct ranked *r)
{
	for (;;) {
		uint32_t best = UINT32_MAX;
		for (size_t i = 0; i + 1 < p->len; i++)
			best = LL_MIN(best, pair_table_get(&r->rank, p->id[i], p->id[i + 1]));
		if (best == UINT32_MAX)
			return;
		join_all(p, r->merge[best]);
	}
}

/* The first two parts that may be joined; false when there are none. */
static bool join_first(const struct parts *p, struct token_names *names, struct ll_merge *m)
{
	for (size_t i = 0; i + 1 < p->len; i++) {
		bool reused;
		*m = (struct ll_merge){ p->id[i], p->id[i + 1], 0 };
		m->id = token_names_join(names, m->left, m->right, &reused);
		if (m->id != TOKEN_NAMES_VETOED)
			return true;
	}
	return false;
}

static void start_from(struct ranked *r, const struct ll_bpe *base)
{
	for (size_t i = 0; i < ll_bpe_merges(base); i++)
		add_merge(r, ll_bpe_merge(base, i));
	for (size_t i = r->len; i-- > 0;) /* of a pair listed twice the later one counts */
		if (pair_table_get(&r->rank, r->merge[i].left, r->merge[i].right) == UINT32_MAX)
			pair_table_put(&r->rank, r->merge[i].left, r->merge[i].right, (uint32_t)i);
}

void required_merges_find(struct required_merges *m, const struct token_list *tokens, struct token_names *names,
			  const struct ll_bpe *base)
{
	struct ranked r = { 0 };
	struct ll_ids ids = { 0 };
	struct ll_merge next;
	start_from(&r, base);
	for (size_t t = 0; t < tokens->len; t++) {
		struct ll_str token = tokens->item[t];
		LL_GROW(ids.id, ids.cap, token.len);
		for (size_t i = 0; i < token.len; i++)
			ids.id[i] = names->byte_id[(unsigned char)token.data[i]];
		struct parts p = { ids.id, token.len };
		for (apply(&p, &r); p.len > 1; apply(&p, &r)) {
			if (!join_first(&p, names, &next))
				ll_die(LL_EXIT_USAGE, "--require: '%.*s' cannot be made of tokens that are not forbidden",
				       (int)LL_MIN(token.len, 100), token.data);
			pair_table_put(&r.rank, next.left, next.right, (uint32_t)r.len);
			add_merge(&r, next);
			LL_GROW(m->pair, m->cap, m->len + 1);
			m->pair[m->len][0] = next.left;
			m->pair[m->len++][1] = next.right;
		}
	}
	pair_table_free(&r.rank);
	ll_free(r.merge);
	ll_ids_free(&ids);
}
