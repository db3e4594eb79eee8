/* SPDX-License-Identifier: MIT */
#include "stream/lineage.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/option.h"

struct node {
	struct ll_id id;
	unsigned depth; /* 0 without parents, else one more than the deepest parent */
	char *body;     /* "program\tversion\tparents\n" and the option lines */
};

struct ll_lineage {
	struct node *node;
	size_t nodes, nodes_cap;
	struct ll_id *head; /* of the direct inputs, unique */
	size_t heads, heads_cap;
	uint64_t inputs;
	struct ll_id sum;
};

struct ll_lineage *ll_lineage_new(void)
{
	return ll_calloc(1, sizeof(struct ll_lineage));
}

void ll_lineage_free(struct ll_lineage *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->nodes; i++)
		ll_free(l->node[i].body);
	ll_free(l->node);
	ll_free(l->head);
	ll_free(l);
}

static const struct node *find(const struct ll_lineage *l, struct ll_id id)
{
	for (size_t i = 0; i < l->nodes; i++)
		if (ll_id_eq(l->node[i].id, id))
			return &l->node[i];
	return NULL;
}

/* The depth of a node by its parents field; -1 when a parent is unknown or the field malformed. */
static int depth_of(const struct ll_lineage *l, struct ll_str parents)
{
	unsigned depth = 0;
	if (ll_str_is(parents, "-"))
		return 0;
	while (parents.len > 0) {
		struct ll_id id;
		const struct node *parent;
		if (parents.len < 32 || ll_id_parse(ll_str(parents.data, 32), &id) < 0 || !(parent = find(l, id)))
			return -1;
		depth = LL_MAX(depth, parent->depth + 1);
		size_t step = parents.len > 32 ? 33 : 32;
		if (step == 33 && parents.data[32] != ',')
			return -1;
		parents = ll_str(parents.data + step, parents.len - step);
	}
	return (int)depth;
}

static void add_node(struct ll_lineage *l, struct ll_id id, unsigned depth, char *body)
{
	if (find(l, id)) {
		ll_free(body);
		return;
	}
	LL_GROW(l->node, l->nodes_cap, l->nodes + 1);
	l->node[l->nodes++] = (struct node){ id, depth, body };
}

/* Cuts the next tab-separated field off a line. */
static struct ll_str field(struct ll_str *line)
{
	const char *tab = line->len ? memchr(line->data, '\t', line->len) : NULL;
	size_t len = tab ? (size_t)(tab - line->data) : line->len;
	struct ll_str f = ll_str(line->data, len);
	*line = tab ? ll_str(tab + 1, line->len - len - 1) : ll_str(line->data + len, 0);
	return f;
}

static struct ll_str cut_line(struct ll_str *text)
{
	const char *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
	size_t len = end ? (size_t)(end - text->data) : text->len;
	struct ll_str line = ll_str(text->data, len);
	*text = end ? ll_str(end + 1, text->len - len - 1) : ll_str(text->data + len, 0);
	return line;
}

/* Reads "node" at the start of a line whose rest is given, and the option lines after it. */
static int parse_node(struct ll_lineage *l, struct ll_str line, struct ll_str *text, struct ll_err *err)
{
	struct ll_id id;
	struct ll_str hex = field(&line), body = line;
	struct ll_str program = field(&line), version = field(&line), parents = field(&line);
	int depth = depth_of(l, parents);
	if (ll_id_parse(hex, &id) < 0 || program.len == 0 || version.len == 0 || line.len != 0 || depth < 0)
		return ll_err_set(err, "malformed lineage node");
	while (text->len > 0 && text->data[0] == '\t')
		cut_line(text);
	body.len = (size_t)(text->data - body.data);
	if (!ll_id_eq(ll_hash128(body.data, body.len), id))
		return ll_err_set(err, "lineage node whose id does not match");
	add_node(l, id, (unsigned)depth, ll_strndup(body.data, body.len));
	return 0;
}

int ll_lineage_add_payload(struct ll_lineage *l, struct ll_str payload, struct ll_err *err)
{
	bool have_head = false;
	while (payload.len > 0) {
		struct ll_str line = cut_line(&payload), word = field(&line);
		struct ll_id id;
		if (ll_str_is(word, "node")) {
			if (parse_node(l, line, &payload, err) < 0)
				return -1;
		} else if (ll_str_is(word, "head")) {
			if (ll_id_parse(line, &id) < 0 || !find(l, id))
				return ll_err_set(err, "malformed lineage head");
			have_head = true;
			bool known = false;
			for (size_t i = 0; i < l->heads; i++)
				known = known || ll_id_eq(l->head[i], id);
			if (!known) {
				LL_GROW(l->head, l->heads_cap, l->heads + 1);
				l->head[l->heads++] = id;
			}
		} else if (!ll_str_is(word, "inputs")) {
			return ll_err_set(err, "unknown word in the lineage");
		}
	}
	return have_head ? 0 : ll_err_set(err, "lineage without a head");
}

void ll_lineage_add_input(struct ll_lineage *l, struct ll_id data_id)
{
	l->inputs++;
	ll_id_add(&l->sum, data_id);
}

static int by_id(const void *a, const void *b)
{
	return ll_id_cmp(*(const struct ll_id *)a, *(const struct ll_id *)b);
}

static int by_depth(const void *a, const void *b)
{
	const struct node *x = a, *y = b;
	return x->depth != y->depth ? (x->depth < y->depth ? -1 : 1) : ll_id_cmp(x->id, y->id);
}

static void put_node(struct ll_buf *out, struct ll_id id, const char *body)
{
	char hex[33];
	ll_buf_printf(out, "node\t%s\t%s", ll_id_hex(id, hex), body);
}

void ll_lineage_payload(const struct ll_lineage *l, struct ll_buf *out)
{
	static const struct ll_lineage none;
	struct ll_buf own = { 0 };
	char hex[33];
	l = l ? l : &none;
	ll_buf_printf(&own, "%s\t%s\t", ll_identity_program(), LL_VERSION);
	if (l->heads > 1)
		qsort(l->head, l->heads, sizeof(*l->head), by_id);
	for (size_t i = 0; i < l->heads; i++)
		ll_buf_printf(&own, "%s%s", i ? "," : "", ll_id_hex(l->head[i], hex));
	ll_buf_puts(&own, l->heads ? "\n" : "-\n");
	for (const char *line = ll_identity(); line && *line;) {
		size_t len = strcspn(line, "\n");
		ll_buf_printf(&own, "\t%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	struct ll_id id = ll_hash128(own.data, own.len);
	if (l->nodes > 1)
		qsort(l->node, l->nodes, sizeof(*l->node), by_depth);
	for (size_t i = 0; i < l->nodes; i++)
		put_node(out, l->node[i].id, l->node[i].body);
	if (!find(l, id))
		put_node(out, id, ll_buf_cstr(&own));
	ll_buf_printf(out, "inputs\t%llu\t%s\n", (unsigned long long)l->inputs, ll_id_hex(l->sum, hex));
	ll_buf_printf(out, "head\t%s\n", ll_id_hex(id, hex));
	ll_buf_free(&own);
}

int ll_lineage_describe(struct ll_str payload, struct ll_buf *out, struct ll_err *err)
{
	struct ll_lineage *check = ll_lineage_new();
	int rc = ll_lineage_add_payload(check, payload, err);
	ll_lineage_free(check);
	if (rc < 0)
		return rc;
	const char *separator = "";
	while (payload.len > 0) {
		struct ll_str line = cut_line(&payload), word = field(&line);
		if (!ll_str_is(word, "node"))
			continue;
		struct ll_str id = field(&line), program = field(&line), version = field(&line), parents = field(&line);
		ll_buf_printf(out, "%s%.8s  %.*s %.*s", separator, id.data, (int)program.len, program.data, (int)version.len,
			      version.data);
		while (payload.len > 0 && payload.data[0] == '\t') {
			struct ll_str option = cut_line(&payload);
			ll_buf_printf(out, " --%.*s", (int)option.len - 1, option.data + 1);
		}
		for (size_t i = 0; parents.len >= 32 && i < parents.len; i += 33)
			ll_buf_printf(out, "%s%.8s", i ? "," : "  <- ", parents.data + i);
		separator = "\n";
	}
	ll_buf_putc(out, '\n');
	return 0;
}
