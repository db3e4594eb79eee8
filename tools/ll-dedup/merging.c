/* SPDX-License-Identifier: MIT */
#include "ll-dedup/merging.h"

#include "base/memory.h"
#include "ll-dedup/signature.h"

static void check_header(struct merging *m, const struct ll_header *h)
{
	struct signature_rule rule;
	char *index = ll_header_get(h, "index"), *kind = signature_rule_read(&rule, h);

	if (index)
		ll_die(LL_EXIT_INPUT, "an index of crawls among the signatures of shards: it goes with --against");
	if (m->kind && strcmp(m->kind, kind) != 0)
		ll_die(LL_EXIT_INPUT, "signatures of two kinds: %s and %s", m->kind, kind);
	if (m->kind) {
		ll_free(kind);
		return;
	}
	m->kind = kind;
	m->rule = rule;
	m->first = h;
}

static void end_segment(void *context, const struct ll_segment *s)
{
	struct merging *m = context;

	check_header(m, s->header);
	size_t shards = m->shards ? m->shards->len : 0; /* the first segments may be empty: they end before merging_open does */
	shard_order_add(&m->order, s->header, m->ended, shards - m->ended);
	m->ended = shards;
}

void merging_open(struct merging *m, const char *const *files, size_t n)
{
	*m = (struct merging){ .in = ll_reader_open(files, n, "signatures") };
	ll_reader_on_segment(m->in, end_segment, m);
	const struct ll_header *h = ll_reader_header(m->in);
	if (!h)
		ll_die(LL_EXIT_INPUT, "no signatures to cluster");
	check_header(m, h);
}

static void each(struct ll_reader *in, struct merging *m, signature_visitor *record, void *context)
{
	uint64_t document = 0;
	const unsigned char *p;
	size_t len;

	while ((p = ll_reader_next(in, &len)) != NULL) {
		const struct ll_header *h = ll_reader_header(in);
		if (m && h != m->last) {
			check_header(m, h);
			m->last = h;
		}
		uint64_t number = document;
		document += len >= 12 && p[8] == SIGNATURE_DOCUMENT;
		record(context, number, p, len);
	}
}

void merging_each(struct merging *m, signature_visitor *record, void *context)
{
	each(m->in, m, record, context);
}

void signatures_each(struct ll_reader *in, signature_visitor *record, void *context)
{
	each(in, NULL, record, context);
}

void merging_close(struct merging *m)
{
	ll_reader_close(m->in);
	shard_order_free(&m->order);
	ll_free(m->kind);
}
