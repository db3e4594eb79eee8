/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "doc/where_tree.h"
#include "io/file.h"

struct parser {
	struct ll_where *where;
	const char *start, *at;
	const char *identified; /* how far where->identity reaches */
	unsigned depth, terms;
	struct ll_err *err;
};

static struct where_node *parse_or(struct parser *p);

static struct where_node *fail(struct parser *p, const char *what)
{
	ll_err_set(p->err, "at column %zu: %s", (size_t)(p->at - p->start) + 1, what);
	return NULL;
}

static struct where_node *new_node(struct parser *p, enum where_op op)
{
	struct where_node *n = ll_calloc(1, sizeof(*n));

	n->op = op;
	n->next = p->where->all;
	return p->where->all = n;
}

static void skip_space(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
		p->at++;
}

static bool accept(struct parser *p, const char *token)
{
	skip_space(p);
	size_t n = strlen(token);
	if (strncmp(p->at, token, n) != 0)
		return false;
	p->at += n;
	return true;
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
	       c == '-' || (unsigned char)c >= 0x80;
}

static size_t word_len(const char *s)
{
	size_t n = 0;

	while (is_word_char(s[n]))
		n++;
	return n;
}

static bool accept_word(struct parser *p, const char *word)
{
	skip_space(p);
	size_t n = strlen(word);
	if (word_len(p->at) != n || strncmp(p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

/* Only \" \\ \n \t are escapes: every other backslash stays, so that regular expressions read as usual. */
static int string(struct parser *p, struct ll_buf *out)
{
	for (p->at++; *p->at != '"'; p->at++) {
		char c = *p->at;
		if (c == '\0') {
			fail(p, "a string without its closing quote");
			return -1;
		}
		if (c == '\\' && p->at[1] && strchr("\"\\nt", p->at[1])) {
			c = *++p->at;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		ll_buf_putc(out, c);
	}
	p->at++;
	ll_buf_cstr(out);
	return 0;
}

static struct where_node *string_literal(struct parser *p)
{
	struct where_node *n = new_node(p, WHERE_LITERAL);
	struct ll_buf text = { 0 };

	if (string(p, &text) < 0) {
		ll_buf_free(&text);
		return NULL;
	}
	size_t len = text.len;
	n->name = ll_buf_steal(&text);
	n->value = (struct where_value){ .type = WHERE_STRING, .string = ll_str(n->name, len) };
	return n;
}

static struct where_node *number_literal(struct parser *p)
{
	struct where_node *n = new_node(p, WHERE_LITERAL);
	size_t len = 0;

	while (is_word_char(p->at[len]) || (p->at[len] == '+' && len > 0 && (p->at[len - 1] | 32) == 'e'))
		len++;
	struct ll_str s = ll_str(p->at, len);
	if (ll_parse_i64(s, &n->value.integer) == 0)
		n->value.type = WHERE_INT;
	else if (ll_parse_double(s, &n->value.real) == 0)
		n->value.type = WHERE_FLOAT;
	else
		return fail(p, "not a number");
	p->at += len;
	return n;
}

/* NULL without an error set when what stands here is no literal. */
static struct where_node *literal(struct parser *p)
{
	struct where_node *n;

	skip_space(p);
	if (*p->at == '"')
		return string_literal(p);
	if ((*p->at >= '0' && *p->at <= '9') || *p->at == '-')
		return number_literal(p);
	bool truth = accept_word(p, "true");
	if (truth || accept_word(p, "false")) {
		n = new_node(p, WHERE_LITERAL);
		n->value = (struct where_value){ .type = WHERE_BOOL, .truth = truth };
		return n;
	}
	return accept_word(p, "null") ? new_node(p, WHERE_LITERAL) : NULL;
}

static bool at_literal(const struct parser *p)
{
	size_t n = word_len(p->at);

	return *p->at == '"' || *p->at == '-' || (*p->at >= '0' && *p->at <= '9') ||
	       (n == 4 && strncmp(p->at, "true", 4) == 0) || (n == 5 && strncmp(p->at, "false", 5) == 0) ||
	       (n == 4 && strncmp(p->at, "null", 4) == 0);
}

/* A tag, a built-in name, or with a leading dot a member of the JSON line. */
static struct where_node *name(struct parser *p)
{
	skip_space(p);
	bool field = *p->at == '.';
	const char *s = p->at + field;
	size_t n = word_len(s);
	struct ll_buf quoted = { 0 };
	if (field && *s == '"') {
		p->at++;
		if (string(p, &quoted) < 0) {
			ll_buf_free(&quoted);
			return NULL;
		}
	} else if (n == 0) {
		return fail(p, field ? "a member's name is expected after the dot" : "a name or a value is expected");
	} else {
		p->at = s + n;
	}
	char *word = quoted.data ? ll_buf_steal(&quoted) : ll_strndup(s, n);
	static const char *const built_in[] = { "id", "source", "text_bytes" };
	for (size_t i = 0; i < LL_COUNT(built_in) && !field; i++)
		if (strcmp(word, built_in[i]) == 0) {
			ll_free(word);
			return new_node(p, WHERE_ID + i);
		}
	struct where_node *node = new_node(p, field ? WHERE_FIELD : WHERE_TAG);
	node->name = word;
	if (!field)
		return node;
	struct ll_where *w = p->where;
	while (node->field < w->fields && strcmp(w->field[node->field], word) != 0)
		node->field++;
	if (node->field == WHERE_FIELDS_MAX)
		return fail(p, "more than 64 members");
	w->field[node->field] = word;
	w->fields = LL_MAX(w->fields, node->field + 1);
	return node;
}

static struct where_node *primary(struct parser *p)
{
	struct where_node *n;

	if (accept(p, "(")) {
		n = parse_or(p);
		return !n || accept(p, ")") ? n : fail(p, "\")\" is expected");
	}
	if (at_literal(p))
		return literal(p);
	const char *start = p->at;
	if (accept_word(p, "has") && accept(p, "(")) {
		n = new_node(p, WHERE_HAS);
		n->a = name(p);
		return !n->a || accept(p, ")") ? (n->a ? n : NULL) : fail(p, "\")\" is expected");
	}
	p->at = start;
	return name(p);
}

static struct where_node *unary(struct parser *p)
{
	skip_space(p);
	if (*p->at != '!' || p->at[1] == '=')
		return primary(p);
	if (++p->depth > WHERE_DEPTH_MAX)
		return fail(p, "nested too deeply");
	p->at++;
	struct where_node *n = new_node(p, WHERE_NOT);
	n->a = unary(p);
	p->depth--;
	return n->a ? n : NULL;
}

int where_line_order(const void *a, const void *b)
{
	const struct ll_str *x = a, *y = b;
	size_t n = LL_MIN(x->len, y->len);
	int order = n ? memcmp(x->data, y->data, n) : 0;

	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static struct where_node *in_file(struct parser *p, struct where_node *n)
{
	struct ll_buf path = { 0 }, *identity = &p->where->identity;
	char id[33];

	ll_buf_add(identity, p->identified, (size_t)(p->at - p->identified));
	if (*p->at == '"') {
		if (string(p, &path) < 0) {
			ll_buf_free(&path);
			return NULL;
		}
	} else {
		for (; *p->at && !strchr(" \t\n)&|", *p->at); p->at++)
			ll_buf_putc(&path, *p->at);
	}
	if (path.len == 0)
		return fail(p, "a file name is expected after @");
	n->file = ll_read_file(ll_buf_cstr(&path), ll_memory_left());
	ll_buf_free(&path);
	ll_buf_puts(identity, ll_id_hex(ll_hash128(n->file.data, n->file.len), id));
	p->identified = p->at;
	ll_memory_claim(n->file.len, "the list of an expression");
	n->claimed = n->file.len;
	for (size_t at = 0; at < n->file.len;) {
		char *end = memchr(n->file.data + at, '\n', n->file.len - at);
		size_t len = end ? (size_t)(end - n->file.data) - at : n->file.len - at;
		LL_GROW(n->line, n->lines_cap, n->lines + 1);
		n->line[n->lines++] = ll_str(n->file.data + at, len);
		at += len + 1;
	}
	ll_memory_claim(n->lines * sizeof(*n->line), "the list of an expression");
	n->claimed += n->lines * sizeof(*n->line);
	if (n->lines)
		qsort(n->line, n->lines, sizeof(*n->line), where_line_order);
	return n;
}

static struct where_node *in_list(struct parser *p, struct where_node *n)
{
	if (accept(p, "@"))
		return in_file(p, n);
	if (!accept(p, "("))
		return fail(p, "(VALUE, ...) or @FILE is expected after \"in\"");
	do {
		skip_space(p);
		if (!at_literal(p))
			return fail(p, "a value is expected");
		struct where_node *item = literal(p);
		if (!item)
			return NULL;
		LL_GROW(n->list, n->list_cap, n->list_len + 1);
		n->list[n->list_len++] = item;
	} while (accept(p, ","));
	return accept(p, ")") ? n : fail(p, "\",\" or \")\" is expected");
}

static struct where_node *match(struct parser *p, struct where_node *n)
{
	int code;
	PCRE2_SIZE offset;
	PCRE2_UCHAR message[120];

	skip_space(p);
	const char *start = p->at;
	struct where_node *pattern =
		*p->at == '"' ? string_literal(p) : fail(p, "a regular expression in quotes is expected after ~");
	if (!pattern)
		return NULL;
	n->regex = pcre2_compile((PCRE2_SPTR)pattern->value.string.data, pattern->value.string.len,
				 PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &offset, NULL);
	if (n->regex) {
		pcre2_jit_compile(n->regex, PCRE2_JIT_COMPLETE); /* where there is none, the interpreter matches */
		return n;
	}
	pcre2_get_error_message(code, message, sizeof(message));
	p->at = start;
	return fail(p, (const char *)message);
}

static struct where_node *comparison(struct parser *p)
{
	static const char *const signs[] = { "==", "!=", "<=", "<", ">=", ">" };
	static const enum where_op ops[] = { WHERE_EQ, WHERE_NE, WHERE_LE, WHERE_LT, WHERE_GE, WHERE_GT };
	struct where_node *a = unary(p), *n = NULL;

	if (!a)
		return NULL;
	for (size_t i = 0; i < LL_COUNT(signs) && !n; i++)
		if (accept(p, signs[i])) {
			n = new_node(p, ops[i]);
			n->a = a;
			n->b = unary(p);
			return n->b ? n : NULL;
		}
	if (accept(p, "=")) {
		p->at--;
		return fail(p, "equality is written ==");
	}
	if (accept(p, "~")) {
		n = new_node(p, WHERE_MATCH);
		n->a = a;
		return match(p, n);
	}
	if (accept_word(p, "in")) {
		n = new_node(p, WHERE_IN);
		n->a = a;
		return in_list(p, n);
	}
	return a;
}

static struct where_node *chain(struct parser *p, const char *sign, enum where_op op,
				struct where_node *(*part)(struct parser *))
{
	struct where_node *n = part(p);

	while (n && accept(p, sign)) {
		if (++p->terms > WHERE_TERMS_MAX)
			return fail(p, "too many && and ||");
		struct where_node *joined = new_node(p, op);
		joined->a = n;
		joined->b = part(p);
		n = joined->b ? joined : NULL;
	}
	return n;
}

static struct where_node *parse_and(struct parser *p)
{
	return chain(p, "&&", WHERE_AND, comparison);
}

static struct where_node *parse_or(struct parser *p)
{
	if (++p->depth > WHERE_DEPTH_MAX)
		return fail(p, "nested too deeply");
	struct where_node *n = chain(p, "||", WHERE_OR, parse_and);
	p->depth--;
	return n;
}

struct ll_where *ll_where_compile(const char *expression, struct ll_err *err)
{
	struct ll_where *w = ll_calloc(1, sizeof(*w));
	struct parser p = { .where = w, .start = expression, .at = expression, .identified = expression, .err = err };

	w->root = parse_or(&p);
	skip_space(&p);
	if (w->root && *p.at)
		w->root = fail(&p, "an operator or the end is expected");
	ll_buf_puts(&w->identity, p.identified);
	if (w->root)
		return w;
	ll_where_free(w);
	return NULL;
}
