/* SPDX-License-Identifier: MIT */
#include "base/base.h"

#include "ll-train/train_curves.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/option.h"
#include "io/file.h"
#include "io/gnuplot.h"
#include "lm/checkpoint.h"
#include "ll-train/train_journal.h"
#include "ll-train/train_parts.h"
#include "ll-train/train_rows.h"

#define POINTS 1000   /* of a curve at most: rows are drawn as means, and as the largest of them */
#define NAMED_MAX 6    /* layers or tensors that are named in a panel, and, with characters, drawn */
#define LABELS_MAX 40 /* commands and rollbacks that are named in the picture */

/* A row of log.tsv, with what timing.tsv says of its step; or what many of them come to. */
struct row {
	double step, loss, valid, rate, gradient, seconds, tokens, noise;
	bool skipped;
};

struct run {
	const char *name;
	struct row *row;
	size_t rows;
	bool has_loss, has_valid, has_rate, has_gradient, has_noise, has_timing, has_skipped; /* anything that can be drawn */
	struct ll_train_parts norms, experts;
};

/* ---- reading ---- */

/* Rows of steps made again, after a kill, stand there once more: the last counts. */
static void read_timing(struct run *r, const char *dir)
{
	struct ll_train_rows t;
	char *path = ll_path_join(dir, "timing.tsv");
	bool exists = ll_path_exists(path);
	ll_free(path);
	if (!exists || r->rows == 0)
		return;
	ll_train_rows_open(&t, dir, "timing.tsv");
	size_t seconds = ll_train_rows_find(&t, "seconds"), rate = ll_train_rows_find(&t, "tokens_per_s");
	while (ll_train_rows_next(&t)) {
		double at = ll_train_rows_number(&t, 0) - r->row[0].step;
		if (!(at >= 0 && at < (double)r->rows))
			continue;
		struct row *row = &r->row[(size_t)at];
		row->seconds = ll_train_rows_number(&t, seconds);
		row->tokens = row->seconds * ll_train_rows_number(&t, rate);
		r->has_timing |= row->seconds > 0 && isfinite(row->tokens);
	}
	ll_train_rows_close(&t);
}

static void read_run(struct run *r, const char *dir)
{
	struct ll_train_rows l;
	ll_train_rows_open(&l, dir, "log.tsv");
	*r = (struct run){ .name = dir, .row = ll_calloc(ll_train_rows_left(&l) + 1, sizeof(*r->row)) };
	size_t loss = ll_train_rows_find(&l, "loss"), valid = ll_train_rows_find(&l, "valid_loss"), rate = ll_train_rows_find(&l, "lr"),
	       gradient = ll_train_rows_find(&l, "grad_norm"), skipped = ll_train_rows_find(&l, "skipped"),
	       noise = ll_train_rows_find(&l, "noise_scale");
	while (ll_train_rows_next(&l)) {
		struct row *row = &r->row[r->rows++];
		*row = (struct row){ .step = ll_train_rows_number(&l, 0),
				     .loss = ll_train_rows_number(&l, loss),
				     .valid = ll_train_rows_number(&l, valid),
				     .rate = ll_train_rows_number(&l, rate),
				     .gradient = ll_train_rows_number(&l, gradient),
				     .noise = ll_train_rows_number(&l, noise),
				     .skipped = ll_train_rows_number(&l, skipped) > 0 };
		r->has_loss |= isfinite(row->loss);
		r->has_rate |= isfinite(row->rate);
		r->has_gradient |= isfinite(row->gradient) && row->gradient > 0;
		r->has_skipped |= row->skipped && isfinite(row->loss) && row->gradient > 0;
		r->has_valid |= isfinite(row->valid);
		r->has_noise |= isfinite(row->noise);
	}
	ll_train_rows_close(&l);
	read_timing(r, dir);
	ll_train_parts_norms(&r->norms, dir);
	ll_train_parts_experts(&r->experts, dir);
}

/* ---- data in the script ---- */

static void put(struct ll_buf *s, double v)
{
	if (isfinite(v))
		ll_buf_printf(s, " %.7g", v);
	else
		ll_buf_puts(s, " NaN");
}

/* One line of rows [from, end): step, mean and largest loss, rate, mean and largest gradient, tokens a second. */
static void put_point(struct ll_buf *s, const struct run *r, size_t from, size_t end)
{
	double loss = 0, loss_max = -INFINITY, gradient = 0, gradient_max = -INFINITY, seconds = 0, tokens = 0, n = (double)(end - from);
	for (const struct row *row = r->row + from; row < r->row + end; row++) {
		loss += row->loss / n;
		gradient += row->gradient / n;
		loss_max = fmax(loss_max, row->loss);
		gradient_max = fmax(gradient_max, row->gradient);
		seconds += row->seconds;
		tokens += row->tokens;
	}
	ll_buf_printf(s, "%.0f", r->row[end - 1].step);
	put(s, loss);
	put(s, loss_max);
	put(s, r->row[end - 1].rate);
	put(s, gradient);
	put(s, gradient_max);
	put(s, seconds > 0 ? tokens / seconds : NAN);
	ll_buf_putc(s, '\n');
}

/* $runI, and $validI, $noiseI, $skippedI (loss and gradient), $normsI and $expertsI. */
static void put_data(struct ll_buf *s, const struct run *r, size_t i)
{
	size_t each = LL_MAX((r->rows + POINTS - 1) / POINTS, (size_t)1);
	ll_buf_printf(s, "$run%zu << EOD\n", i);
	for (size_t at = 0; at < r->rows; at += each)
		put_point(s, r, at, LL_MIN(at + each, r->rows));
	ll_buf_printf(s, "EOD\n$valid%zu << EOD\n", i);
	for (size_t k = 0; k < r->rows; k++)
		if (isfinite(r->row[k].valid))
			ll_buf_printf(s, "%.0f %.7g\n", r->row[k].step, r->row[k].valid);
	ll_buf_printf(s, "EOD\n$noise%zu << EOD\n", i);
	for (size_t k = 0; k < r->rows; k++)
		if (isfinite(r->row[k].noise))
			ll_buf_printf(s, "%.0f %.7g\n", r->row[k].step, r->row[k].noise);
	ll_buf_printf(s, "EOD\n$skipped%zu << EOD\n", i);
	for (size_t k = 0; k < r->rows; k++)
		if (r->row[k].skipped) {
			ll_buf_printf(s, "%.0f", r->row[k].step);
			put(s, r->row[k].loss);
			put(s, r->row[k].gradient);
			ll_buf_putc(s, '\n');
		}
	ll_buf_printf(s, "EOD\n$norms%zu << EOD\n", i);
	ll_buf_add(s, r->norms.data.data, r->norms.data.len);
	ll_buf_printf(s, "EOD\n$experts%zu << EOD\n", i);
	ll_buf_add(s, r->experts.data.data, r->experts.data.len);
	ll_buf_puts(s, "EOD\n");
}

/* ---- marks ---- */

/* A line from top to bottom in every panel, named in the first. */
static void put_mark(struct ll_buf *lines, struct ll_buf *labels, uint64_t step, const char *color, const char *text, size_t n)
{
	ll_buf_printf(lines, "set arrow from first %" PRIu64 ", graph 0 to first %" PRIu64 ", graph 1 nohead dashtype 2 linecolor rgb '%s' back\n",
		      step, step, color);
	if (n >= LABELS_MAX)
		return;
	ll_buf_printf(labels, "set label %zu ", n + 1);
	ll_gnuplot_quote(labels, text);
	ll_buf_printf(labels, " at first %" PRIu64 ", graph 0.97 right rotate by 90 textcolor rgb '%s' font ',8' offset 0.6,0 front\n", step, color);
}

/* What a line of the journal is called in the picture; NULL: it is not marked so. */
static char *mark_of(const struct ll_train_entry *e)
{
	switch (e->kind) {
	case LL_TRAIN_ROLLBACK:
		return ll_format("back from %" PRIu64 "%s%s", e->step, *e->text ? ", " : "", e->text);
	case LL_TRAIN_STOPPED:
		return ll_strdup("stop");
	case LL_TRAIN_CONTROL:
		return ll_strdup(e->text);
	default:
		return NULL;
	}
}

/* What the journal says, apart from the updates left out; lines of one step share a mark. */
static void put_marks(struct ll_buf *lines, struct ll_buf *labels, const char *dir)
{
	struct ll_buf journal = ll_checkpoint_journal(dir), label = { 0 };
	struct ll_str text = ll_str(journal.data, ll_train_journal_whole(ll_buf_str(&journal)));
	struct ll_train_entry e;
	size_t at = 0, n = 0;
	uint64_t step = 0;
	const char *color = "";
	while (at < text.len && ll_train_entry_next(text, &at, "journal.jsonl", &e)) {
		char *name = mark_of(&e);
		uint64_t place = e.kind == LL_TRAIN_ROLLBACK ? e.to : e.step;
		if (name && label.len && place != step) {
			put_mark(lines, labels, step, color, ll_buf_cstr(&label), n++);
			ll_buf_clear(&label);
		}
		if (name) {
			color = e.kind != LL_TRAIN_CONTROL || (label.len && *color == 'r') ? "red" : "gray40";
			ll_buf_printf(&label, "%s%s", label.len ? "; " : "", name);
			step = place;
		}
		ll_free(name);
		ll_train_entry_free(&e);
	}
	if (label.len)
		put_mark(lines, labels, step, color, ll_buf_cstr(&label), n);
	ll_buf_free(&label);
	ll_buf_free(&journal);
}

/* ---- panels ---- */

/* Those of ll_gnuplot_color, lighter. */
static const char *const light[] = { "#b9cfe6", "#f1d5ad", "#cfe0bb", "#d9c7e0", "#bfe0df", "#e0c3a8", "#cccccc", "#eab5af" };

struct figure {
	struct ll_buf script;
	const struct run *run;
	size_t runs;
	bool first; /* no curve of the panel is drawn yet */
	bool later; /* behind the first panel */
	bool text; /* drawn with characters: one curve after the other, no shades */
	const char *panels; /* words, or NULL: all */
};

/* The first panel names the runs by their colours. */
static void title(struct figure *f, const char *what, size_t i)
{
	if (f->later) {
		ll_buf_puts(&f->script, " notitle");
		return;
	}
	ll_buf_puts(&f->script, " title ");
	if (f->runs == 1) {
		ll_gnuplot_quote(&f->script, what);
		return;
	}
	char *whole = ll_format("%s%s%s", f->run[i].name, *what ? ", " : "", what);
	ll_gnuplot_quote(&f->script, whole);
	ll_free(whole);
}

/* One plot over the steps. */
struct panel {
	const char *word, *name, *data;
	int mean, largest; /* columns of the data; what is largest of many rows is drawn behind their mean, lighter */
	size_t has;	   /* offset of the flag of a run that has it */
	bool logarithm;
	const char *range;
	size_t parts; /* offset of the curves of one a layer or tensor, of which `largest` is a second, dashed; 0: not so */
};
#define HAS(member) offsetof(struct run, member)
static const struct panel panels[] = {
	{ "loss", "loss, nats a token", "run", 2, 3, HAS(has_loss), false, "*:*", 0 },
	{ "rate", "learning rate", "run", 4, 0, HAS(has_rate), false, "*:*", 0 },
	{ "gradient", "gradient norm", "run", 5, 6, HAS(has_gradient), true, "*:*", 0 },
	{ "norms", "gradient, by part", "norms", 2, 0, HAS(norms.has[0]), true, "*:*", HAS(norms) },
	{ "updates", "update over weights", "norms", 3, 0, HAS(norms.has[1]), true, "*:*", HAS(norms) },
	{ "experts", "busiest, idlest expert", "experts", 2, 3, HAS(experts.has[0]), false, "0:*", HAS(experts) },
	{ "dropped", "choices dropped", "experts", 4, 0, HAS(experts.has[2]), false, "0:*", HAS(experts) },
	{ "noise", "noise scale, sequences", "noise", 2, 0, HAS(has_noise), false, "*:*", 0 },
	{ "speed", "tokens a second", "run", 7, 0, HAS(has_timing), false, "0:*", 0 },
};

static bool has(const struct run *r, size_t flag)
{
	return *(const bool *)((const char *)r + flag);
}

/* Whether a word is one of "a,b". */
static bool is_listed(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (strncmp(at, word, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	return false;
}

static bool is_drawn(const struct figure *f, const struct panel *p)
{
	for (size_t i = 0; i < f->runs; i++)
		if (has(&f->run[i], p->has))
			return !f->panels || is_listed(f->panels, p->word);
	return false;
}

static void check_panels(const char *list)
{
	char *words = ll_strdup(list), *rest = words, *word;
	while ((word = strsep(&rest, ","))) {
		const char *known[LL_COUNT(panels)];
		bool found = false;
		for (size_t i = 0; i < LL_COUNT(panels); i++)
			found |= strcmp(known[i] = panels[i].word, word) == 0;
		const char *near = found ? NULL : ll_nearest(word, known, LL_COUNT(panels));
		if (!found)
			ll_die(LL_EXIT_USAGE, "--panels=%s: %s is not one of " LL_TRAIN_PANELS "%s%s%s", list, word, near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	}
	ll_free(words);
}

static void curve(struct figure *f, const char *data, int column, const char *style)
{
	ll_buf_printf(&f->script, "%s $%s using 1:%d with %s", f->first ? "plot" : ",", data, column, style);
	f->first = false;
}

static void draw_curves(struct figure *f, const struct panel *p, size_t i)
{
	char style[96], data[32];
	const struct run *r = &f->run[i];
	const char *color = ll_gnuplot_color(i);
	snprintf(data, sizeof(data), "%s%zu", p->data, i);
	if (p->largest && r->rows > POINTS && !f->text) {
		snprintf(style, sizeof(style), "lines linecolor rgb '%s' notitle", light[i % LL_COUNT(light)]);
		curve(f, data, p->largest, style);
	}
	snprintf(style, sizeof(style), "lines linewidth 1.5 linecolor rgb '%s'", color);
	curve(f, data, p->mean, style);
	title(f, "training", i);
	if (p == panels && r->has_valid) {
		snprintf(style, sizeof(style), "linespoints pointtype 7 pointsize 0.4 linecolor rgb '%s'", f->runs == 1 ? "#c0392b" : color);
		snprintf(data, sizeof(data), "valid%zu", i);
		curve(f, data, 2, style);
		title(f, "validation", i);
	}
	if (r->has_skipped && p->largest) {
		snprintf(data, sizeof(data), "skipped%zu", i);
		snprintf(style, sizeof(style), "points pointtype 8 linecolor rgb '%s'", f->runs == 1 ? "#c0392b" : color);
		curve(f, data, p->logarithm ? 3 : 2, style);
		title(f, "no update", i);
	}
}

/* From the first part, blue, over green to the last, orange. */
static unsigned color_between(size_t i, size_t n)
{
	static const double stop[][3] = { { 0x30, 0x4f, 0x9e }, { 0x3f, 0xa7, 0x7c }, { 0xe0, 0x8a, 0x2e } };
	double at = n > 1 ? 2.0 * (double)i / (double)(n - 1) : 0;
	size_t low = LL_MIN((size_t)at, (size_t)1);
	unsigned color = 0;
	for (int k = 0; k < 3; k++)
		color = color << 8 | (unsigned)(stop[low][k] + (at - (double)low) * (stop[low + 1][k] - stop[low][k]));
	return color;
}

/* All where they are few, else the first, the last, and some between. */
static bool is_named(size_t i, size_t n)
{
	return n <= NAMED_MAX || i == 0 || i * (NAMED_MAX - 1) / (n - 1) != (i - 1) * (NAMED_MAX - 1) / (n - 1);
}

/* The parts of one run by their colours; of several runs each in the run's. */
static void draw_parts(struct figure *f, const struct panel *p, size_t i)
{
	const struct ll_train_parts *parts = (const struct ll_train_parts *)(const void *)((const char *)&f->run[i] + p->parts);
	for (size_t k = 0; k < parts->parts; k++) {
		char data[48], style[64], own[16];
		if (f->text && !is_named(k, parts->parts))
			continue;
		snprintf(data, sizeof(data), "%s%zu index %zu", p->data, i, k);
		snprintf(own, sizeof(own), "#%06x", color_between(k, parts->parts));
		snprintf(style, sizeof(style), "lines linecolor rgb '%s'", f->runs == 1 ? own : ll_gnuplot_color(i));
		curve(f, data, p->mean, style);
		if (f->runs > 1 || !is_named(k, parts->parts)) {
			ll_buf_puts(&f->script, " notitle");
		} else {
			ll_buf_puts(&f->script, " title ");
			ll_gnuplot_quote(&f->script, parts->name[k]);
		}
		if (p->largest) {
			curve(f, data, p->largest, style);
			ll_buf_puts(&f->script, " dashtype 3 notitle");
		}
	}
}

static void draw_panel(struct figure *f, const struct panel *p)
{
	if (p->parts)
		ll_buf_puts(&f->script, "set key top right horizontal maxrows 1 samplen 1\nset format y '%g'\n");
	ll_buf_printf(&f->script, "set %s '%s'\nset yrange [%s]\n%sset logscale y\n", f->text ? "title" : "ylabel", p->name, p->range,
		      p->logarithm ? "" : "un");
	f->first = true;
	for (size_t i = 0; i < f->runs; i++)
		if (has(&f->run[i], p->has))
			(p->parts ? draw_parts : draw_curves)(f, p, i);
	ll_buf_printf(&f->script, "\nunset label\n%s", p->parts ? "set key default\nset key top right\nset format y\n" : "");
	f->later = true;
}

/* Above all panels: how far one run is, or that there are several. */
static void heading(struct figure *f)
{
	const struct run *r = f->run;
	char *text = NULL;
	if (f->runs > 1) {
		text = ll_format("%zu runs", f->runs);
	} else {
		double valid = NAN;
		for (size_t k = 0; k < r->rows; k++)
			valid = isfinite(r->row[k].valid) ? r->row[k].valid : valid;
		char last[48] = "";
		if (isfinite(valid))
			snprintf(last, sizeof(last), ", validation %.4f", valid);
		text = ll_format("%s: step %.0f, loss %.4f%s", r->name, r->row[r->rows - 1].step, r->row[r->rows - 1].loss, last);
	}
	ll_gnuplot_quote(&f->script, text);
	ll_free(text);
}

static void put_axes(struct figure *f)
{
	double from = INFINITY, end = -INFINITY;
	for (size_t i = 0; i < f->runs; i++) {
		from = fmin(from, f->run[i].row[0].step);
		end = fmax(end, f->run[i].row[f->run[i].rows - 1].step);
	}
	ll_buf_printf(&f->script, "set lmargin 12\nset rmargin 4\nset xrange [%.0f:%.0f]\nset key top right\nset datafile missing 'NaN'\n%s",
		      fmin(from, end - 1), end, f->text ? "" : "set grid linetype 1 linewidth 0.5 linecolor rgb '#e0e0e0'\n");
}

static void draw(struct figure *f, const char *const *dir, const char *output)
{
	enum ll_picture kind = ll_picture_of(output);
	struct ll_buf lines = { 0 }, labels = { 0 };
	int n = 0, drawn = 0;
	for (size_t i = 0; i < LL_COUNT(panels); i++)
		n += is_drawn(f, &panels[i]);
	if (n == 0)
		ll_die(LL_EXIT_INPUT, f->panels ? "%s: has nothing to draw in these panels" : "%s: its log has no number to draw", dir[0]);
	f->text = kind == LL_PICTURE_TEXT;
	ll_gnuplot_begin(&f->script, kind, output, 900, 60 + 200 * n, 100, 20 * n + 2);
	for (size_t i = 0; i < f->runs; i++)
		put_data(&f->script, &f->run[i], i);
	ll_buf_printf(&f->script, "set multiplot layout %d,1 title ", n);
	heading(f);
	ll_buf_putc(&f->script, '\n');
	put_axes(f);
	if (f->runs == 1)
		put_marks(&lines, &labels, dir[0]);
	ll_buf_add(&f->script, lines.data, lines.len);
	if (!f->text)
		ll_buf_add(&f->script, labels.data, labels.len);
	for (size_t i = 0; i < LL_COUNT(panels); i++)
		if (is_drawn(f, &panels[i])) {
			ll_buf_puts(&f->script, ++drawn == n ? "set xlabel 'step'\n" : "");
			draw_panel(f, &panels[i]);
		}
	ll_buf_puts(&f->script, "unset multiplot\n");
	ll_gnuplot_draw(ll_buf_str(&f->script), kind, output);
	ll_buf_free(&lines);
	ll_buf_free(&labels);
}

void ll_train_draw(const char *const *dir, size_t runs, const char *panel, const char *output)
{
	struct run *run = ll_calloc(runs, sizeof(*run));
	struct figure f = { .run = run, .runs = runs, .panels = panel };
	ll_picture_of(output);
	if (panel)
		check_panels(panel);
	for (size_t i = 0; i < runs; i++) {
		read_run(&run[i], dir[i]);
		if (run[i].rows == 0)
			ll_die(LL_EXIT_INPUT, "%s: its log has no rows yet", dir[i]);
	}
	draw(&f, dir, output);
	for (size_t i = 0; i < runs; i++) {
		ll_free(run[i].row);
		ll_train_parts_free(&run[i].norms);
		ll_train_parts_free(&run[i].experts);
	}
	ll_free(run);
	ll_buf_free(&f.script);
}
