/* SPDX-License-Identifier: MIT */
/* inspect_plot.c - bytes a token and tokens a word of every source and group as bars: a cluster a group, a colour a tokenizer. */
#include <math.h>

#include "base/memory.h"
#include "io/file.h"
#include "io/gnuplot.h"
#include "ll-bpe/inspect.h"

struct measure {
	const char *name;
	bool by_token; /* bytes over tokens, else tokens over words */
};

static void put_bars(const struct inspection *in, struct ll_buf *s, const struct measure *m, const char *name, const uint64_t *count,
		     const uint64_t *tokens)
{
	for (; *name; name++)
		ll_buf_putc(s, *name == '"' ? '\'' : *name);
	for (size_t i = 0; i < in->n; i++) {
		double n = (double)(tokens ? tokens[i] : in->tokenizer[i].total);
		double v = m->by_token ? (double)count[GROUP_BYTES] / n : n / (double)count[GROUP_WORDS];
		if (isfinite(v))
			ll_buf_printf(s, "\t%.4f", v);
		else
			ll_buf_puts(s, "\tNaN");
	}
	ll_buf_putc(s, '\n');
}

static void put_groups(const struct inspection *in, struct ll_buf *s, const struct measure *m, const struct sums *groups)
{
	for (size_t g = 0; g < groups->len && in->total[GROUP_DOCUMENTS]; g++) {
		struct ll_buf name = { 0 };
		struct ll_str of = groups->row[g].name;
		inspect_token_text(&name, of.len ? of : ll_str("-", 1));
		put_bars(in, s, m, ll_buf_cstr(&name), groups->row[g].count, groups->row[g].count + GROUP_TOKENS);
		ll_buf_free(&name);
	}
}

void inspect_plot(const struct inspection *in, const char *output)
{
	static const struct measure measures[] = { { "bytes per token", true }, { "tokens per word", false } };
	enum ll_picture kind = ll_picture_of(output);
	struct ll_buf s = { 0 };
	ll_gnuplot_begin(&s, kind, output, 1100, 760, 110, 52);
	for (size_t k = 0; k < LL_COUNT(measures); k++) {
		ll_buf_printf(&s, "$bars%zu << EOD\n", k);
		put_bars(in, &s, &measures[k], "all", in->total, NULL);
		put_groups(in, &s, &measures[k], &in->sources);
		if (in->grouped)
			put_groups(in, &s, &measures[k], &in->groups);
		ll_buf_puts(&s, "EOD\n");
	}
	ll_buf_puts(&s, "set datafile separator \"\\t\"\nset datafile missing 'NaN'\nset style data histograms\nset style histogram clustered gap 1\n"
			"set style fill solid 0.85 noborder\nset yrange [0:*]\nset xtics rotate by -35 noenhanced\n"
			"set key outside top center horizontal noenhanced\nset multiplot layout 2,1\n");
	if (kind != LL_PICTURE_TEXT)
		ll_buf_puts(&s, "set grid y\n");
	for (size_t k = 0; k < LL_COUNT(measures); k++) {
		ll_buf_printf(&s, "set title '%s'\n", measures[k].name);
		for (size_t i = 0; i < in->n; i++) {
			ll_buf_printf(&s, "%s $bars%zu using %zu:xtic(1) linecolor rgb '%s' title ", i ? "," : "plot", k, i + 2, ll_gnuplot_color(i));
			ll_gnuplot_quote(&s, ll_path_base(in->tokenizer[i].path));
		}
		ll_buf_putc(&s, '\n');
	}
	ll_buf_puts(&s, "unset multiplot\n");
	ll_gnuplot_draw(ll_buf_str(&s), kind, output);
	ll_buf_free(&s);
}
