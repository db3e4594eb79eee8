/* SPDX-License-Identifier: MIT */
/*
 * substring.c - --substring of bytes and words: passages that came before, cut out or tagged (of tokens: token_substring.c). The input is read twice: all texts go to
 * repeats.c, then what it found is taken away.
 */
#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/number.h"
#include "doc/filter.h"
#include "io/spool.h"
#include "ll-dedup/dedup.h"
#include "ll-dedup/repeats.h"
#include "ll-dedup/two_passes.h"
#include "text/unicode.h"
#include "text/utf8.h"

#define REASON "repeated-passage"
#define LENGTH_MAX 1000000u
#define PASSAGES_TIMES 8 /* of a document: its texts before and after, the passages found */

struct substring {
	uint64_t length;
	bool words, tag;
	bool second; /* pass */
	struct repeats *repeats;
	uint64_t text; /* number of the next one */
	struct repeat ahead;
	bool have_ahead;
	struct two_passes check; /* by the digests of texts */
	bool changed;
	struct ll_buf left, tags; /* of the document being decided */
	uint64_t passages, bytes;
};

/* ---- words: runs of what is no white space, each an element by its hash ---- */

struct word {
	size_t start, end;
};

static bool next_word(struct ll_str text, size_t *at, struct word *out)
{
	const char *p = text.data + *at, *end = text.data + text.len, *q;

	for (; p < end; p = q) {
		q = p;
		if (!(ll_char_class(ll_utf8_next(&q)) & LL_CHAR_SPACE))
			break;
	}
	if (p == end)
		return false;
	out->start = (size_t)(p - text.data);
	for (; p < end; p = q) {
		q = p;
		if (ll_char_class(ll_utf8_next(&q)) & LL_CHAR_SPACE)
			break;
	}
	*at = out->end = (size_t)(p - text.data);
	return true;
}

struct worker {
	struct ll_buf data; /* digest of the text, hashes of its words */
};

static void *worker_new(void *context)
{
	(void)context;
	return ll_calloc(1, sizeof(struct worker));
}

static void worker_free(void *context, void *worker)
{
	struct worker *w = worker;

	(void)context;
	ll_buf_free(&w->data);
	ll_free(w);
}

static void map(void *context, void *worker, const struct ll_doc *doc, struct ll_sink *sink)
{
	struct substring *s = context;
	struct worker *w = worker;
	struct ll_id digest = ll_hash128(doc->text.data, doc->text.len);
	struct word word;
	size_t at = 0;

	ll_buf_clear(&w->data);
	ll_buf_add(&w->data, digest.byte, sizeof(digest.byte));
	while (s->words && !s->second && next_word(doc->text, &at, &word)) {
		uint64_t hash = ll_hash64(doc->text.data + word.start, word.end - word.start);
		ll_buf_put64(&w->data, hash == UINT64_MAX ? 0 : hash); /* all ones separates texts */
	}
	ll_sink_decide(sink, doc, w->data.data, w->data.len);
}

static void begin_file(void *context, const char *file)
{
	struct substring *s = context;

	two_passes_file(&s->check, file);
}

/* ---- first pass ---- */

static const char *collect(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	struct substring *s = context;

	(void)value;
	two_passes_update(&s->check, data, sizeof(struct ll_id));
	if (s->words)
		repeats_add(s->repeats, (const char *)data + sizeof(struct ll_id), (len - sizeof(struct ll_id)) / 8);
	else
		repeats_add(s->repeats, doc->text.data, doc->text.len);
	return NULL;
}

static void find(struct substring *s, const char **files, size_t n)
{
	struct ll_filter filter = { .context = s, .times = PASSAGES_TIMES, .worker_new = worker_new, .worker_free = worker_free,
				    .map = map, .decide = collect, .file = begin_file };
	uint64_t flow = ll_filter_memory(), left = ll_memory_left();

	ll_spool_inputs(files, n);
	two_passes_start(&s->check, files, n);
	s->repeats = repeats_new(s->length, s->words ? 8 : 1);
	ll_progress_pass(1, 2);
	ll_documents_scan(&filter, files, n, NULL);
	two_passes_end(&s->check);
	repeats_find(s->repeats, LL_MAX(left > flow ? left - flow : 0, left / 2));
	s->second = true;
	s->have_ahead = repeats_next(s->repeats, &s->ahead);
}

/* ---- second pass ---- */

/* A passage in bytes: whole characters, or whole words with the white space after them. */
struct cutter {
	struct ll_str text;
	size_t at; /* words: of the one after `word` */
	uint64_t number;
	struct word word;
	bool have;
};

static struct word to_bytes(const struct substring *s, struct cutter *c, const struct repeat *r)
{
	struct word out = { LL_MIN(r->start, c->text.len), LL_MIN(r->end, c->text.len) }; /* should the input have changed */
	const char *p = c->text.data;

	if (!s->words) {
		while (out.start < c->text.len && ((unsigned char)p[out.start] & 0xc0) == 0x80)
			out.start++;
		while (out.end < c->text.len && out.end > out.start && ((unsigned char)p[out.end] & 0xc0) == 0x80)
			out.end--;
		return out;
	}
	while (c->number <= r->start && (c->have = next_word(c->text, &c->at, &c->word)))
		c->number++;
	out.start = c->word.start;
	while (c->number < r->end && (c->have = next_word(c->text, &c->at, &c->word)))
		c->number++;
	out.end = c->text.len;
	if ((c->have = next_word(c->text, &c->at, &c->word))) {
		out.end = c->word.start;
		c->number++;
	}
	return out;
}

static bool is_left(const struct substring *s)
{
	struct word word;
	size_t at = 0;

	return s->words ? next_word(ll_buf_str(&s->left), &at, &word) : s->left.len > 0;
}

static const char *decide(void *context, const struct ll_doc *doc, void *data, size_t len, const char **value)
{
	static char count[24];
	struct substring *s = context;
	struct cutter cutter = { .text = doc->text };
	size_t from = 0;
	uint64_t passages = 0;

	(void)len;
	two_passes_update(&s->check, data, sizeof(struct ll_id));
	ll_buf_clear(&s->left);
	for (; s->have_ahead && s->ahead.text == s->text; s->have_ahead = repeats_next(s->repeats, &s->ahead)) {
		struct word cut = to_bytes(s, &cutter, &s->ahead);
		if (cut.end <= cut.start)
			continue;
		passages++;
		s->bytes += cut.end - cut.start;
		if (s->tag) {
			ll_tags_add_int(&s->left, "", (int64_t)cut.start);
			ll_tags_add_int(&s->left, "", (int64_t)(cut.end - cut.start));
			continue;
		}
		ll_buf_add(&s->left, doc->text.data + from, cut.start - from);
		from = cut.end;
	}
	s->text++;
	s->passages += passages;
	s->changed = passages > 0;
	if (!s->changed || s->tag)
		return NULL;
	ll_buf_add(&s->left, doc->text.data + from, doc->text.len - from);
	if (is_left(s))
		return NULL;
	snprintf(count, sizeof(count), "%zu", doc->text.len);
	*value = count;
	return REASON;
}

static const char *edit(void *context, struct ll_doc *doc)
{
	struct substring *s = context;

	if (!s->changed)
		return NULL;
	if (s->tag) {
		ll_buf_clear(&s->tags);
		ll_buf_add_str(&s->tags, doc->tags);
		ll_tags_add_list(&s->tags, REASON, ll_buf_str(&s->left));
		doc->tags = ll_buf_str(&s->tags);
	} else {
		ll_doc_set_text(doc, ll_buf_str(&s->left));
	}
	return REASON;
}

static void compare_passes(void *context)
{
	struct substring *s = context;

	two_passes_end(&s->check);
}

/* ---- the stage ---- */

static const char *const units[] = { "bytes", "words", "tokens" };

/* Returns the unit's place among `units`. */
static size_t parse(struct substring *s)
{
	const char *colon = strchr(dedup.substring, ':');
	size_t digits = colon ? (size_t)(colon - dedup.substring) : strlen(dedup.substring), unit = 0;

	while (colon && unit < LL_COUNT(units) && strcmp(colon + 1, units[unit]) != 0)
		unit++;
	if (unit == LL_COUNT(units) || ll_parse_u64(ll_str(dedup.substring, digits), &s->length) < 0)
		ll_die(LL_EXIT_USAGE, "--substring=%s: not N, N:bytes, N:words or N:tokens", dedup.substring);
	if (s->length < (unit ? 2 : 4) || s->length > LENGTH_MAX)
		ll_die(LL_EXIT_USAGE, "--substring=%s: from %d to %u %s can be looked for", dedup.substring, unit ? 2 : 4, LENGTH_MAX,
		       units[unit]);
	s->words = strcmp(units[unit], "words") == 0;
	s->tag = dedup.action && strcmp(dedup.action, "tag") == 0;
	if (strcmp(units[unit], "tokens") != 0 && dedup.tokenizer)
		ll_die(LL_EXIT_USAGE, "-m goes with --substring=N:tokens");
	return unit;
}

int dedup_substring(const char **files, size_t n)
{
	static struct substring s;
	struct ll_filter filter = { .context = &s,
				    .times = PASSAGES_TIMES,
				    .worker_new = worker_new,
				    .worker_free = worker_free,
				    .map = map,
				    .decide = decide,
				    .edit = edit,
				    .file = begin_file,
				    .end = compare_passes };

	if (strcmp(units[parse(&s)], "tokens") == 0) {
		if (s.tag)
			ll_die(LL_EXIT_USAGE, "token documents have no tags: --action=tag goes without --substring=N:tokens");
		return dedup_token_substring(files, n, s.length);
	}
	find(&s, files, n);
	ll_progress_pass(2, 2);
	int status = ll_filter_run(&filter, files, n);
	ll_note("%llu repeated passages, %llu bytes, found in %u pass%s", (unsigned long long)s.passages,
		(unsigned long long)s.bytes, repeats_passes(s.repeats), repeats_passes(s.repeats) == 1 ? "" : "es");
	two_passes_free(&s.check);
	repeats_free(s.repeats);
	ll_buf_free(&s.left);
	ll_buf_free(&s.tags);
	return status;
}
