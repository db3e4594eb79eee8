/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/memory.h"
#include "base/option.h"
#include "ll-clean/clean.h"

static struct {
	const char *profile, *html;
} options = { "gopher", "main" };

/* What is held of a document, in times of its bytes (stream/large_frame.h): its text before and after the steps; its words and
 * the n-grams of them, most where words are short. */
#define REPAIR_TIMES 5
#define RULES_TIMES 12

enum rules { GOPHER = 1, C4 = 2, FINEWEB = 4, REPAIR = 8, C4_TERMINAL = 16 };
static unsigned rules;

struct worker {
	struct clean_units units;
	struct ll_buf text[4]; /* one a step, so that a step reads what the one before wrote */
	struct ll_buf tags;
};

static void *worker_new(void *context)
{
	(void)context;
	return ll_calloc(1, sizeof(struct worker));
}

static void worker_free(void *context, void *argument)
{
	struct worker *w = argument;
	(void)context;
	clean_units_free(&w->units);
	for (size_t i = 0; i < LL_COUNT(w->text); i++)
		ll_buf_free(&w->text[i]);
	ll_buf_free(&w->tags);
	ll_free(w);
}

/* The text after a step; what it lost or gained is charged to the step. */
static void edited(struct ll_doc *doc, struct ll_sink *sink, const char *reason, const struct ll_buf *text)
{
	size_t before = doc->text.len;
	ll_sink_text(sink, reason, before > text->len ? before - text->len : 0, text->len > before ? text->len - before : 0);
	ll_doc_set_text(doc, text->len ? ll_buf_str(text) : ll_str("", 0));
}

static bool is_html(const struct ll_doc *doc)
{
	struct ll_tag tag;
	return ll_tag_find(doc->tags, "media_type", &tag) && (ll_str_is(tag.value, "text/html") || ll_str_is(tag.value, "application/xhtml+xml"));
}

/* False when the document was dropped. */
static bool repair(struct worker *w, struct ll_doc *doc, struct ll_sink *sink)
{
	struct ll_err err;
	if (strcmp(options.html, "off") != 0 && is_html(doc)) {
		enum ll_html_mode mode = strcmp(options.html, "all") == 0 ? LL_HTML_ALL : LL_HTML_MAIN;
		if (ll_html_text(&w->text[0], doc->text, mode, &err) < 0) {
			if (!ll_html_available())
				ll_die(LL_EXIT_USAGE, "%s; --html=off leaves it as it is", err.text);
			ll_sink_drop(sink, "html", "%s", err.text);
			return false;
		}
		edited(doc, sink, "html", &w->text[0]);
		ll_buf_add_str(&w->tags, doc->tags);
		ll_tags_add_string(&w->tags, "media_type", ll_cstr("text/plain"));
		doc->tags = ll_buf_str(&w->tags);
	}
	if (repair_space(&w->text[1], doc->text))
		edited(doc, sink, "space", &w->text[1]);
	if (repair_normal_form(&w->text[2], doc->text))
		edited(doc, sink, "nfc", &w->text[2]);
	return true;
}

/* NULL reason: the document stays, perhaps with fewer lines. */
static void judge(struct worker *w, struct ll_doc *doc, struct ll_sink *sink, struct clean_verdict *v)
{
	clean_units_split(&w->units, doc->text);
	if (rules & GOPHER) {
		gopher_quality(&w->units, v);
		if (!v->reason)
			gopher_repetition(&w->units, v);
	}
	if ((rules & C4) && !v->reason) {
		c4(&w->units, rules & C4_TERMINAL, &w->text[3], v);
		if (!v->reason && !ll_str_eq(ll_buf_str(&w->text[3]), doc->text)) {
			edited(doc, sink, "c4-lines", &w->text[3]);
			ll_buf_clear(&w->text[2]); /* without a citation mark, characters meet that did not */
			if (repair_normal_form(&w->text[2], doc->text))
				edited(doc, sink, "nfc", &w->text[2]);
			clean_units_split(&w->units, doc->text);
		}
	}
	if ((rules & FINEWEB) && !v->reason)
		fineweb(&w->units, v);
}

static void map(void *context, void *argument, const struct ll_doc *in, struct ll_sink *sink)
{
	struct worker *w = argument;
	struct ll_doc doc = *in;
	struct clean_verdict v = { NULL, "" };

	(void)context;
	for (size_t i = 0; i < LL_COUNT(w->text); i++)
		ll_buf_clear(&w->text[i]);
	ll_buf_clear(&w->tags);
	if ((rules & REPAIR) && !repair(w, &doc, sink))
		return;
	if ((rules & REPAIR) && doc.text.len == 0 && in->text.len > 0) {
		v.reason = "empty";
		snprintf(v.value, sizeof(v.value), "%zu", in->text.len);
	} else if (rules & ~(unsigned)REPAIR)
		judge(w, &doc, sink, &v);
	if (v.reason)
		ll_sink_drop(sink, v.reason, "%s", v.value);
	else
		ll_sink_keep(sink, &doc);
}

static int run(int operands, char **operand)
{
	static const struct {
		const char *name;
		unsigned rules;
	} profiles[] = { { "none", 0 }, { "repair", REPAIR }, { "gopher", REPAIR | GOPHER }, { "c4", REPAIR | C4 | C4_TERMINAL },
			 { "fineweb", REPAIR | GOPHER | C4 | FINEWEB } };
	const char **files;
	size_t n = ll_input_files(operands, operand, &files, NULL);
	struct ll_filter filter = { .worker_new = worker_new, .worker_free = worker_free, .map = map };

	for (size_t i = 0; i < LL_COUNT(profiles); i++)
		if (strcmp(profiles[i].name, options.profile) == 0)
			rules = profiles[i].rules;
	filter.times = rules & ~(unsigned)REPAIR ? RULES_TIMES : REPAIR_TIMES;
	return ll_filter_run(&filter, files, n);
}

static const struct ll_option table[] = {
	{ LL_OPT_CHOICE, 0, "profile", &options.profile, "NAME", "which repairs and rules apply", LL_OPT_IDENTITY, "none|repair|gopher|c4|fineweb", 0, 0 },
	{ LL_OPT_CHOICE, 0, "html", &options.html, "PART", "what of a web page becomes its text", LL_OPT_IDENTITY, "main|all|off", 0, 0 },
	{ 0 },
};

static const struct ll_command commands[] = {
	{ NULL, "[FILE]...", "turn pages into text, repair it, and drop what is not worth reading", table, LL_COMMON_FILTER, run,
	  "ll-clean --rejects=dropped.ll -o clean.ll docs.ll\n"
	  "ll-shard import site.warc.gz | ll-clean --profile=fineweb > clean.ll\n" },
	{ 0 },
};

int main(int argc, char **argv)
{
	const struct ll_program program = { "ll-clean", "text from web pages, repairs, quality rules", commands,
					    ll_html_available() ? "HTML by gumbo" : NULL };
	return ll_main(&program, argc, argv);
}
