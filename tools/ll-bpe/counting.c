/* SPDX-License-Identifier: MIT */
#include "ll-bpe/counting.h"

#include "base/log.h"
#include "base/memory.h"
#include "bpe/pretokenizer.h"
#include "io/file.h"
#include "ll-bpe/corpus.h"
#include "ll-bpe/document_group.h"

struct counting {
	const struct counting_options *o;
	struct counted *out;
	_Atomic bool text_seen;
	uint32_t one_group; /* of all text, with --name */
};

struct worker {
	struct tally_worker *tally;
	struct ll_splitter *splitter;
	struct document_group by;
	struct ll_buf normalized, prefixed, name;
	uint32_t group; /* whose name is in `name`, to ask for the next only when it is another */
	bool group_known;
};

static void *worker_new(void *context)
{
	const struct counting *c = context;
	struct worker *w = ll_calloc(1, sizeof *w);
	w->tally = tally_worker_new(c->out->tally);
	if (c->o->base)
		w->splitter = ll_splitter_new(ll_bpe_splitting(c->o->base));
	return w;
}

static void worker_free(void *context, void *argument)
{
	struct worker *w = argument;
	(void)context;
	tally_worker_free(w->tally);
	if (w->splitter)
		ll_splitter_free(w->splitter);
	ll_buf_free(&w->normalized);
	ll_buf_free(&w->prefixed);
	ll_buf_free(&w->name);
	document_group_free(&w->by);
	ll_free(w);
}

static void count_stretch(const struct counting *c, struct worker *w, struct ll_str text, uint32_t group)
{
	size_t ends[TALLY_BATCH], at = 0;
	text = ll_pretokenizer_prefixed(ll_bpe_splitting(c->o->base), text, &w->prefixed);
	for (size_t n; (n = ll_split(w->splitter, text, at, ends, LL_COUNT(ends))); at = ends[n - 1])
		tally_add(w->tally, text, at, ends, n, group);
	if (ll_splitter_error(w->splitter))
		corpus_gave_up(text, ll_splitter_error(w->splitter));
}

static void count_in_group(struct counting *c, struct worker *w, struct ll_str text, uint32_t group)
{
	if (!w->splitter)
		ll_die(LL_EXIT_USAGE, "--pretokenizer=NAME is required: only counts know theirs");
	if (!c->text_seen)
		c->text_seen = true;
	text = ll_bpe_normalize(c->o->base, text, &w->normalized);
	while (c->o->lines && text.len) {
		const char *newline = memchr(text.data, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.data) + 1 : text.len;
		count_stretch(c, w, ll_str(text.data, len), group);
		text = ll_str(text.data + len, text.len - len);
	}
	if (text.len)
		count_stretch(c, w, text, group);
}

static void count_text(void *context, void *argument, struct ll_str text)
{
	struct counting *c = context;
	count_in_group(c, argument, text, c->one_group);
}

static uint32_t group_number(const struct counting *c, struct worker *w, struct ll_str name)
{
	if (!w->group_known || !ll_str_eq(ll_buf_str(&w->name), name)) {
		ll_buf_clear(&w->name);
		ll_buf_add_str(&w->name, name);
		w->group = group_names_number(c->out->names, name);
		w->group_known = true;
	}
	return w->group;
}

static void count_document(void *context, void *argument, const struct ll_doc *doc)
{
	struct counting *c = context;
	struct worker *w = argument;
	count_in_group(c, w, doc->text, group_number(c, w, document_group(&w->by, doc, c->o->by)));
}

static int add_count(void *context, void *argument, const unsigned char *record, size_t len, struct ll_err *err)
{
	const struct counting *c = context;
	struct worker *w = argument;
	struct counts_record r;
	if (counts_record_get(record, len, &r, err))
		return -1;
	tally_add_count(w->tally, r.piece, c->o->keep_groups ? group_number(c, w, r.name) : 0, r.count);
	return 0;
}

static char *splitting(const struct ll_pretokenizer *p)
{
	struct ll_buf text = { 0 };
	ll_pretokenizer_identity(p, &text);
	return ll_buf_steal(&text);
}

static void counts_header(void *context, const struct ll_header *header, const char *file)
{
	struct counting *c = context;
	struct ll_err err;
	counts_kind_check(&c->out->kind, header, file);
	ll_progress_noun("counts");
	if (c->o->base) /* that is what it was compared with */
		return;
	struct ll_pretokenizer *p = ll_pretokenizer_parse(c->out->kind.pretokenizer, &err);
	if (!p)
		ll_die(LL_EXIT_INPUT, "%s: %s", ll_path_shown(file), err.text);
	char *here = splitting(p);
	if (strcmp(here, c->out->kind.splitting) != 0)
		ll_die(LL_EXIT_INPUT, "%s: counts of splitting=%s, but here that pre-tokenizer is %s", ll_path_shown(file),
		       c->out->kind.splitting, here);
	ll_free(here);
	ll_pretokenizer_free(p);
}

struct counts_kind counts_kind_of(const struct ll_bpe *base)
{
	const char *normalizer = ll_bpe_normalizer(base);
	return (struct counts_kind){ .pretokenizer = ll_strdup(ll_bpe_pretokenizer(base)),
				     .splitting = splitting(ll_bpe_splitting(base)),
				     .normalizer = ll_strdup(normalizer ? normalizer : "none") };
}

struct counted counting_run(const struct counting_options *o, const char *const *files, size_t n)
{
	struct counted out = { 0 };
	struct counting c = { .o = o, .out = &out };
	bool grouped = o->by || o->name || o->keep_groups;
	if (grouped)
		out.names = group_names_new();
	if (o->name)
		c.one_group = group_names_number(out.names, ll_cstr(o->name));
	if (o->base)
		out.kind = counts_kind_of(o->base);
	if (o->lines)
		out.kind.lines = ll_strdup("true");
	out.tally = tally_new(grouped);
	struct corpus_options corpus = { .from = o->from,
					 .lines = o->lines,
					 .bpe = o->base,
					 .context = &c,
					 .text = count_text,
					 .document = o->by ? count_document : NULL,
					 .worker_new = worker_new,
					 .worker_free = worker_free,
					 .counts_header = counts_header,
					 .count = o->refuse_counts ? NULL : add_count,
					 .lineage = o->lineage };
	corpus_read(&corpus, files, n);
	counts_kind_finish(&out.kind, c.text_seen, o->lines);
	return out;
}

void counted_free(struct counted *c)
{
	tally_free(c->tally);
	if (c->names)
		group_names_free(c->names);
	counts_kind_free(&c->kind);
}
