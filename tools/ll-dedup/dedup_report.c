/* SPDX-License-Identifier: MIT */
/* dedup_report.c - report: tables of what the rejects of near-duplicates say, for people and for gnuplot (blocks are separated by
 * two empty lines). A cluster is a survivor and those that were dropped for it; survivors of one source and id differ in their texts. */
#include "base/error.h"
#include "base/memory.h"
#include "io/file.h"
#include "io/gnuplot.h"
#include "io/sort.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/signature.h"
#include "stream/reader.h"
#include "text/utf8.h"

#define BIGGEST 10
#define SURVIVOR (2 * sizeof(struct ll_id)) /* what a survivor is told by */
#define SAMPLES 3
#define SAMPLE_BYTES 160u
#define BINS 20

struct big {
	uint64_t size;
	struct ll_buf text; /* the lines of the report */
};

struct report {
	uint64_t duplicates, unverified, others, bin[BINS + 1]; /* others: dropped for other reasons */
	struct ll_sorter *clusters; /* survivor's key and text -> its id, samples */
	struct ll_sorter *sources;  /* "survivor's TAB duplicate's" */
	struct ll_sorter *sizes;    /* u64 big-endian */
	struct big big[BIGGEST];    /* largest first */
};

static struct ll_str tag(const struct ll_doc *doc, const char *name)
{
	struct ll_tag t;

	return ll_tag_find(doc->volatile_tags, name, &t) && t.type == LL_TAG_STRING ? t.value : ll_str("", 0);
}

/* A field of a line: tabs, newlines and other control characters become spaces. */
static void add_field(struct ll_buf *out, struct ll_str text)
{
	for (size_t i = 0; i < text.len; i++)
		ll_buf_putc(out, (unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f ? ' ' : text.data[i]);
}

/* The beginning of a text. */
static void add_sample(struct ll_buf *out, struct ll_str text)
{
	size_t n = LL_MIN(text.len, SAMPLE_BYTES);

	n = ll_utf8_valid_prefix(text.data, n);
	add_field(out, ll_str(text.data, n));
	if (n < text.len)
		ll_buf_puts(out, " ...");
}

static void add(struct report *r, const struct ll_doc *doc)
{
	struct ll_str key = tag(doc, "reject.key"), text = tag(doc, "reject.text"), source = tag(doc, "reject.source");
	struct ll_buf b = { 0 };
	struct ll_tag similarity;
	struct ll_id survivor[2] = { 0 }; /* its key, the digest of its text */

	if (!ll_str_is(tag(doc, "reject.reason"), "near-duplicate") || ll_id_parse(key, &survivor[0]) < 0 ||
	    (text.len && ll_id_parse(text, &survivor[1]) < 0)) {
		r->others++;
		return;
	}
	r->duplicates++;
	if (ll_tag_find(doc->volatile_tags, "reject.similarity", &similarity) && similarity.type == LL_TAG_FLOAT) {
		double s = ll_tag_float(&similarity);
		r->bin[s >= 1 ? BINS : s <= 0 ? 0 : (int)(s * BINS)]++;
	} else {
		r->unverified++;
	}
	add_field(&b, source);
	ll_buf_putc(&b, '\t');
	add_field(&b, doc->source);
	ll_sorter_add_string(r->sources, ll_buf_str(&b), NULL, 0);
	ll_buf_clear(&b);
	ll_buf_put32(&b, (uint32_t)tag(doc, "reject.value").len);
	ll_buf_add_str(&b, tag(doc, "reject.value"));
	add_sample(&b, doc->text);
	ll_sorter_add_variable(r->clusters, survivor, b.data, b.len);
	ll_buf_free(&b);
}

static void note_big(struct report *r, struct big *b)
{
	size_t at = BIGGEST;

	while (at > 0 && r->big[at - 1].size < b->size)
		at--;
	if (at == BIGGEST)
		return;
	ll_buf_free(&r->big[BIGGEST - 1].text);
	memmove(&r->big[at + 1], &r->big[at], (BIGGEST - 1 - at) * sizeof(*r->big));
	r->big[at] = *b;
	b->text = (struct ll_buf){ 0 };
}

static void end_cluster(struct report *r, struct big *b)
{
	unsigned char size[8];

	if (b->size == 0)
		return;
	for (int i = 0; i < 8; i++)
		size[i] = (unsigned char)(b->size >> (56 - 8 * i));
	ll_sorter_add(r->sizes, size);
	note_big(r, b);
	ll_buf_clear(&b->text);
	b->size = 0;
}

static void count_clusters(struct report *r)
{
	const unsigned char *key;
	unsigned char last[SURVIVOR];
	const void *payload;
	size_t len;
	struct big b = { 0 };
	unsigned samples = 0;

	ll_sorter_finish(r->clusters);
	while ((key = ll_sorter_next_variable(r->clusters, &payload, &len)) != NULL) {
		size_t id = ll_get32(payload);
		const char *text = (const char *)payload + 4;
		if (b.size == 0 || memcmp(last, key, SURVIVOR) != 0) {
			end_cluster(r, &b);
			memcpy(last, key, SURVIVOR);
			ll_buf_putc(&b.text, '\t');
			add_field(&b.text, ll_str(text, id));
			ll_buf_putc(&b.text, '\n');
			b.size = 1;
			samples = 0;
		}
		b.size++;
		if (samples++ < SAMPLES)
			ll_buf_printf(&b.text, "#\t%.*s\n", (int)(len - 4 - id), text + id);
	}
	end_cluster(r, &b);
	ll_buf_free(&b.text);
}

static void put_sizes(struct report *r, struct ll_buf *out)
{
	const unsigned char *p;
	uint64_t size = 0, n = 0;

	ll_sorter_finish(r->sizes);
	while ((p = ll_sorter_next(r->sizes)) != NULL) {
		uint64_t v = 0;
		for (int i = 0; i < 8; i++)
			v = v << 8 | p[i];
		if (n && v != size)
			ll_buf_printf(out, "%llu\t%llu\n", (unsigned long long)size, (unsigned long long)n);
		n = n && v == size ? n + 1 : 1;
		size = v;
	}
	if (n)
		ll_buf_printf(out, "%llu\t%llu\n", (unsigned long long)size, (unsigned long long)n);
}

static void put_bins(const struct report *r, struct ll_buf *out)
{
	for (int i = 0; i <= BINS; i++)
		ll_buf_printf(out, "%.2f\t%llu\n", (double)i / BINS, (unsigned long long)r->bin[i]);
}

static void print_sources(struct report *r, struct ll_out *out)
{
	struct ll_buf last = { 0 };
	struct ll_str key, payload;
	uint64_t n = 0;

	ll_out_printf(out, "\n\n# duplicates by source of the survivor and of the duplicate (\"-\": none)\n# survivor\tduplicate\tduplicates\n");
	ll_sorter_finish(r->sources);
	for (bool more = true; more;) {
		more = ll_sorter_next_string(r->sources, &key, &payload);
		if (n && (!more || !ll_str_eq(key, ll_buf_str(&last)))) {
			size_t tab = (size_t)((char *)memchr(last.data, '\t', last.len) - last.data);
			ll_out_printf(out, "%.*s\t%.*s\t%llu\n", tab ? (int)tab : 1, tab ? last.data : "-", tab + 1 < last.len ? (int)(last.len - tab - 1) : 1,
				      tab + 1 < last.len ? last.data + tab + 1 : "-", (unsigned long long)n);
			n = 0;
		}
		if (more && n++ == 0) {
			ll_buf_clear(&last);
			ll_buf_add_str(&last, key);
		}
	}
	ll_buf_free(&last);
}

static void print(struct report *r, struct ll_str sizes, struct ll_str bins)
{
	struct ll_out *out = ll_out_open(ll_common.output, ll_out_common_flags());

	ll_out_printf(out, "# clusters by size\n# size\tclusters\n%.*s", (int)sizes.len, sizes.data);
	ll_out_printf(out, "\n\n# duplicates by similarity to the survivor\n# from\tduplicates\n%.*s", (int)bins.len, bins.data);
	ll_out_printf(out, "# not verified\t%llu\n", (unsigned long long)r->unverified);
	print_sources(r, out);
	ll_out_printf(out, "\n\n# the biggest clusters, with some of their duplicates\n# size\tsurvivor\n");
	for (int i = 0; i < BIGGEST && r->big[i].size; i++)
		ll_out_printf(out, "%llu%.*s", (unsigned long long)r->big[i].size, (int)r->big[i].text.len, r->big[i].text.data);
	ll_out_printf(out, "# all duplicates\t%llu\n# dropped for other reasons\t%llu\n", (unsigned long long)r->duplicates, (unsigned long long)r->others);
	ll_out_commit(out);
}

/* Both tables over each other; what was not verified has no similarity. Without duplicates the axes are empty. */
static void draw(const struct report *r, struct ll_str sizes, struct ll_str bins, const char *output)
{
	enum ll_picture kind = ll_picture_of(output);
	struct ll_buf script = { 0 };

	ll_gnuplot_begin(&script, kind, output, 900, 700, 100, 50);
	ll_buf_printf(&script, "$sizes << EOD\n%.*sEOD\n$bins << EOD\n%.*sEOD\n", (int)sizes.len, sizes.data, (int)bins.len, bins.data);
	ll_buf_printf(&script, "set multiplot layout %d,1\nunset key\nset title 'clusters by size'\nset logscale xy\nset xlabel 'documents in a cluster'\n"
			       "set ylabel 'clusters'\nset xrange [1:%s]\nset yrange [0.8:%s]\nplot $sizes using 1:2 with points pointtype 7 linecolor rgb '%s'\n",
		      r->unverified < r->duplicates ? 2 : 1, r->duplicates ? "*" : "10", r->duplicates ? "*" : "10", ll_gnuplot_color(0));
	if (r->unverified < r->duplicates)
		ll_buf_puts(&script, "unset logscale\nset title 'duplicates by similarity to their survivor'\nset xlabel 'similarity, from'\n"
				     "set ylabel 'duplicates'\nset style fill solid 0.5\nset boxwidth 0.04\nset xrange [0:1.05]\nset yrange [0:*]\n"
				     "plot $bins using ($1+0.025):2 with boxes linecolor rgb '#3b6ea5'\n");
	ll_buf_puts(&script, "unset multiplot\n");
	ll_gnuplot_draw(ll_buf_str(&script), kind, output);
	ll_buf_free(&script);
}

int dedup_report(const char *const *files, size_t n, const char *plot)
{
	struct report r = { 0 };
	struct ll_buf sizes = { 0 }, bins = { 0 };
	if (plot)
		ll_picture_of(plot); /* which refuses what is none */
	struct ll_reader *in = ll_reader_open(files, n, "docs");
	const unsigned char *record;
	struct ll_doc doc;
	struct ll_err err;
	size_t len;

	r.clusters = ll_sorter_new_variable(SURVIVOR, ll_memory_left() / 2, "clusters");
	r.sources = ll_sorter_new_strings(ll_memory_left() / 8, "sources");
	r.sizes = ll_sorter_new(8, 8, ll_memory_left() / 8, "sizes of clusters");
	while ((record = ll_reader_next(in, &len)) != NULL) {
		if (ll_doc_get(record, len, &doc, &err) < 0)
			ll_die(LL_EXIT_INPUT, "%s: %s", ll_reader_where(in), err.text);
		if (tag(&doc, "reject.reason").len == 0) {
			ll_hint("a report is of what --rejects=FILE wrote");
			ll_die(LL_EXIT_INPUT, "%s: a document that was not rejected", ll_reader_where(in));
		}
		add(&r, &doc);
	}
	ll_reader_close(in);
	count_clusters(&r);
	put_sizes(&r, &sizes);
	put_bins(&r, &bins);
	bool last = plot && strcmp(plot, "-") == 0; /* else the report is the main output, and is there when the picture is */
	if (plot && !last)
		draw(&r, ll_buf_str(&sizes), ll_buf_str(&bins), plot);
	print(&r, ll_buf_str(&sizes), ll_buf_str(&bins));
	if (last)
		draw(&r, ll_buf_str(&sizes), ll_buf_str(&bins), plot);
	ll_buf_free(&sizes);
	ll_buf_free(&bins);
	ll_sorter_free(r.clusters);
	ll_sorter_free(r.sources);
	ll_sorter_free(r.sizes);
	for (int i = 0; i < BIGGEST; i++)
		ll_buf_free(&r.big[i].text);
	return LL_EXIT_OK;
}
