/* SPDX-License-Identifier: MIT */
#include "ll-shard/shard_report.h"

#include <stdlib.h>

#include "text/json.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ll_report_tally *)a)->name, ((const struct ll_report_tally *)b)->name);
}

static int by_source(const void *a, const void *b)
{
	return strcmp(((const struct ll_report_account *)a)->name, ((const struct ll_report_account *)b)->name);
}

static void sort_tallies(struct ll_report_tallies *t)
{
	if (t->len > 1)
		qsort(t->item, t->len, sizeof(*t->item), by_name);
}

static void sort_all(struct ll_report *r)
{
	for (size_t i = 0; i < r->len; i++) {
		struct ll_report_stage *s = &r->stage[i];
		sort_tallies(&s->all.dropped);
		sort_tallies(&s->all.extra);
		sort_tallies(&s->added);
		sort_tallies(&s->removed);
		sort_tallies(&s->counters);
		if (s->sources > 1)
			qsort(s->source, s->sources, sizeof(*s->source), by_source);
		for (size_t k = 0; k < s->sources; k++) {
			sort_tallies(&s->source[k].dropped);
			sort_tallies(&s->source[k].extra);
		}
	}
}

/* ---- table ---- */

static void put_row(struct ll_buf *out, const char *name, uint64_t in, uint64_t documents, uint64_t bytes_in,
		    uint64_t bytes_out)
{
	double kept = in ? 100.0 * (double)documents / (double)in : 100.0;
	ll_buf_printf(out, "%-24s %12llu %12llu %6.1f%% %15llu %15llu\n", name, (unsigned long long)in,
		      (unsigned long long)documents, kept, (unsigned long long)bytes_in, (unsigned long long)bytes_out);
}

static void put_reasons(struct ll_buf *out, const char *what, const struct ll_report_tallies *t, const char *unit)
{
	for (size_t i = 0; i < t->len; i++)
		if (t->item[i].n)
			ll_buf_printf(out, "  %-8s %-32s %15llu %s\n", what, t->item[i].name,
				      (unsigned long long)t->item[i].n, unit);
}

void ll_report_table(struct ll_buf *out, struct ll_report *r)
{
	sort_all(r);
	ll_buf_printf(out, "%-24s %12s %12s %7s %15s %15s\n", "stage", "documents in", "out", "", "bytes in", "out");
	for (size_t i = 0; i < r->len; i++) {
		const struct ll_report_stage *s = &r->stage[i];
		put_row(out, s->program, s->all.in, s->all.out, s->all.bytes_in, s->all.bytes_out);
		put_reasons(out, "dropped", &s->all.dropped, "documents");
		put_reasons(out, "extra", &s->all.extra, "documents");
		put_reasons(out, "removed", &s->removed, "bytes");
		put_reasons(out, "added", &s->added, "bytes");
		put_reasons(out, "counted", &s->counters, "");
		bool named = s->sources > 1 || (s->sources == 1 && s->source[0].name[0]);
		for (size_t k = 0; named && k < s->sources; k++) {
			const struct ll_report_account *a = &s->source[k];
			struct ll_buf name = { 0 };
			ll_buf_printf(&name, "  source %s", a->name[0] ? a->name : "(none)");
			for (size_t c = 0; c < name.len;
			     c++) /* a source is the user's word: nothing of it drives a terminal */
				if ((unsigned char)name.data[c] < 0x20 || name.data[c] == 0x7f)
					name.data[c] = '?';
			put_row(out, ll_buf_cstr(&name), a->in, a->out, a->bytes_in, a->bytes_out);
			ll_buf_free(&name);
		}
	}
	ll_buf_printf(out, "%s\n",
		      r->faults	   ? "The books do not balance."
		      : r->len > 1 ? "The books balance: every stage took in what the one before put out."
				   : "The books balance.");
}

/* ---- JSON ---- */

static void put_tallies(struct ll_buf *out, const char *name, const struct ll_report_tallies *t)
{
	ll_buf_printf(out, "\"%s\":{", name);
	for (size_t i = 0; i < t->len; i++) {
		ll_buf_puts(out, i ? "," : "");
		ll_json_escape(out, ll_cstr(t->item[i].name), false);
		ll_buf_printf(out, ":%llu", (unsigned long long)t->item[i].n);
	}
	ll_buf_putc(out, '}');
}

static void put_documents(struct ll_buf *out, const struct ll_report_account *a)
{
	ll_buf_printf(out, "\"documents\":{\"in\":%llu,\"kept\":%llu,", (unsigned long long)a->in,
		      (unsigned long long)a->kept);
	put_tallies(out, "dropped", &a->dropped);
	ll_buf_putc(out, ',');
	put_tallies(out, "extra", &a->extra);
	ll_buf_printf(out, ",\"out\":%llu},\"text_bytes\":{\"in\":%llu,\"out\":%llu", (unsigned long long)a->out,
		      (unsigned long long)a->bytes_in, (unsigned long long)a->bytes_out);
}

static void put_stage(struct ll_buf *out, const struct ll_report_stage *s)
{
	char hex[33];
	ll_buf_puts(out, "{\"program\":");
	ll_json_escape(out, ll_cstr(s->program), false);
	ll_buf_printf(out, ",\"files\":%llu,", (unsigned long long)s->files);
	if (s->have_in)
		ll_buf_printf(out, "\"in_set\":\"%s\",", ll_id_hex(s->in_set, hex));
	if (s->have_out)
		ll_buf_printf(out, "\"out_set\":\"%s\",", ll_id_hex(s->out_set, hex));
	put_documents(out, &s->all);
	ll_buf_putc(out, ',');
	put_tallies(out, "added", &s->added);
	ll_buf_putc(out, ',');
	put_tallies(out, "removed", &s->removed);
	ll_buf_puts(out, "},");
	put_tallies(out, "counters", &s->counters);
	ll_buf_puts(out, ",\n  \"sources\":{");
	for (size_t i = 0; i < s->sources; i++) {
		ll_buf_puts(out, i ? ",\n   " : "");
		ll_json_escape(out, ll_cstr(s->source[i].name), false);
		ll_buf_puts(out, ":{");
		put_documents(out, &s->source[i]);
		ll_buf_puts(out, "}}");
	}
	ll_buf_puts(out, "}}");
}

void ll_report_json(struct ll_buf *out, struct ll_report *r)
{
	sort_all(r);
	ll_buf_printf(out, "{\"balanced\":%s,\n \"stages\":[", r->faults ? "false" : "true");
	for (size_t i = 0; i < r->len; i++) {
		ll_buf_puts(out, i ? ",\n  " : "");
		put_stage(out, &r->stage[i]);
	}
	ll_buf_puts(out, "]}\n");
}
