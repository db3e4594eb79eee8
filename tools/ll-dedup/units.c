/* SPDX-License-Identifier: MIT */
#include "ll-dedup/units.h"

#include "base/cpu.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "ll-dedup/newlines.h"
#include "text/unicode.h"
#include "text/utf8.h"

static const char *const names[UNIT_KINDS] = { "document", "line", "paragraph", NULL, "url" };

int unit_rule_read(const char *text, struct unit_rule *out)
{
	uint64_t n;

	for (int kind = 0; kind < UNIT_KINDS; kind++)
		if (names[kind] && strcmp(text, names[kind]) == 0) {
			*out = (struct unit_rule){ .kind = (enum unit_kind)kind, .run = 1 };
			return 0;
		}
	if (strncmp(text, "sentences:", 10) != 0 || ll_parse_u64(ll_cstr(text + 10), &n) < 0 || n < 1 || n > UNIT_RUN_MAX)
		return -1;
	*out = (struct unit_rule){ .kind = UNIT_SENTENCES, .run = (uint32_t)n };
	return 0;
}

struct unit_rule unit_rule_parse(const char *text)
{
	struct unit_rule r;

	if (unit_rule_read(text, &r) < 0)
		ll_die(LL_EXIT_USAGE, "--exact=%s: not document, line, paragraph, sentences:N (N from 1 to %u) or url", text, UNIT_RUN_MAX);
	return r;
}

char *unit_rule_name(const struct unit_rule *r)
{
	return r->kind == UNIT_SENTENCES ? ll_format("sentences:%u", r->run) : ll_strdup(names[r->kind]);
}

/* ---- pieces ---- */

static bool is_space_at(const char *p, const char **next)
{
	unsigned char c = (unsigned char)*p;

	if (c < 0x80) {
		*next = p + 1;
		return c == ' ' || (c >= '\t' && c <= '\r');
	}
	*next = p;
	return ll_char_class(ll_utf8_next(next)) & LL_CHAR_SPACE;
}

static const char *skip_space(const char *p, const char *end)
{
	const char *next;

	while (p < end && is_space_at(p, &next))
		p = next;
	return p;
}

/* The end of what is left when white space at the end is taken off. */
static const char *trim(const char *p, const char *end)
{
	while (end > p) {
		const char *q = end - 1, *next;
		while (q > p && ((unsigned char)*q & 0xc0) == 0x80)
			q--;
		if (!is_space_at(q, &next))
			break;
		end = q;
	}
	return end;
}

static bool next_line(struct ll_str text, size_t *at, struct unit_piece *out)
{
	if (*at >= text.len)
		return false;
	const char *from = text.data + *at, *stop = memchr(from, '\n', text.len - *at);
	*out = (struct unit_piece){ *at, stop ? (size_t)(stop - from) : text.len - *at };
	*at += out->len + 1;
	return true;
}

/* Runs of two and more newlines separate, as in ll-clean; white space around a paragraph belongs to the separator. */
static bool next_paragraph(struct ll_str text, size_t *at, struct unit_piece *out)
{
	const char *end = text.data + text.len, *p = skip_space(text.data + LL_MIN(*at, text.len), end);

	if (p >= end)
		return false;
	const char *stop = memmem(p, (size_t)(end - p), "\n\n", 2);
	stop = stop ? stop : end;
	*at = (size_t)(stop - text.data);
	*out = (struct unit_piece){ (size_t)(p - text.data), (size_t)(trim(p, stop) - p) };
	return true;
}

enum mark { NO_MARK, CLOSING, STOP, FULL_STOP }; /* FULL_STOP: ends a sentence without white space after it */

static enum mark mark_at(const char *p, const char **next)
{
	unsigned char c = (unsigned char)*p;

	*next = p + 1;
	if (LL_LIKELY(c < 0x80))
		return c == '.' || c == '?' || c == '!' ? STOP : c == '"' || c == '\'' || c == ')' || c == ']' ? CLOSING : NO_MARK;
	*next = p;
	switch (ll_utf8_next(next)) {
	case 0x2026:
	case 0x0964:
	case 0x061f:
	case 0x06d4:
		return STOP;
	case 0x3002:
	case 0xff01:
	case 0xff0e:
	case 0xff1f:
	case 0xff61:
		return FULL_STOP;
	case 0x2019:
	case 0x201d:
	case 0x00bb:
	case 0x300d:
	case 0x300f:
	case 0xff09:
	case 0x3011:
		return CLOSING;
	}
	return NO_MARK;
}

/* Behind the sentence that begins at p. */
static const char *sentence_end(const char *p, const char *end)
{
	while (p < end && *p != '\n') {
		const char *next;
		enum mark mark = mark_at(p, &next);
		p = next;
		if (mark < STOP)
			continue;
		bool full = mark == FULL_STOP;
		while (p < end) { /* the whole run of marks, then what closes after it */
			mark = mark_at(p, &next);
			if (mark == NO_MARK)
				break;
			full |= mark == FULL_STOP;
			p = next;
		}
		if (full || p == end || is_space_at(p, &next))
			return p;
	}
	return p;
}

static bool next_sentence(struct ll_str text, size_t *at, struct unit_piece *out)
{
	const char *end = text.data + text.len, *p = skip_space(text.data + LL_MIN(*at, text.len), end);

	if (p >= end)
		return false;
	const char *stop = sentence_end(p, end);
	*at = (size_t)(stop - text.data);
	*out = (struct unit_piece){ (size_t)(p - text.data), (size_t)(trim(p, stop) - p) };
	return true;
}

bool unit_piece_next(const struct unit_rule *rule, struct ll_str text, size_t *at, struct unit_piece *out)
{
	switch (rule->kind) {
	case UNIT_LINE:
		return next_line(text, at, out);
	case UNIT_PARAGRAPH:
		return next_paragraph(text, at, out);
	case UNIT_SENTENCES:
		return next_sentence(text, at, out);
	default:
		LL_BUG("no pieces of this kind");
	}
}

/* ---- keys ---- */

void unit_walk_start(struct unit_walk *w, const struct unit_rule *rule, const struct ll_doc *doc)
{
	w->rule = rule;
	w->text = doc->text;
	w->at = 0;
	w->pieces = 0;
	w->line_end = NULL;
	if (rule->kind == UNIT_URL) {
		ll_buf_clear(&w->scratch);
		if (!url_of_document(&w->scratch, doc))
			w->pieces = 1; /* no key */
	}
}

bool unit_walk_next(struct unit_walk *w)
{
	const struct unit_rule *r = w->rule;

	if (unit_is_document(r))
		return w->pieces++ == 0;
	do {
		if (!unit_piece_next(r, w->text, &w->at, &w->ring[w->pieces % r->run]))
			return false;
	} while (++w->pieces < r->run);
	return true;
}

struct ll_str unit_walk_text(struct unit_walk *w)
{
	const struct unit_rule *r = w->rule;
	struct ll_str text;

	if (r->kind == UNIT_SENTENCES) {
		ll_buf_clear(&w->scratch);
		for (uint64_t i = w->pieces - r->run; i < w->pieces; i++) {
			const struct unit_piece *p = &w->ring[i % r->run];
			if (w->scratch.len)
				ll_buf_putc(&w->scratch, '\n');
			ll_buf_add(&w->scratch, w->text.data + p->start, p->len);
		}
	}
	if (r->kind == UNIT_SENTENCES || r->kind == UNIT_URL)
		text = ll_buf_str(&w->scratch);
	else if (r->kind == UNIT_DOCUMENT)
		text = w->text;
	else
		text = ll_str(w->text.data + w->ring[0].start, w->ring[0].len);
	return text.len < r->min_bytes ? ll_str(NULL, 0) : text;
}

struct ll_id unit_walk_digest(struct unit_walk *w)
{
	struct ll_str text = unit_walk_text(w);
	static const struct ll_id none;

	return text.len < w->rule->min_bytes ? none : unit_digest(text);
}

static size_t line_ends(struct ll_str text, size_t at, uint32_t *line_end, size_t n)
{
#ifdef HAVE_AVX
	if (ll_cpu() >= LL_CPU_AVX512)
		return newlines_ends_avx512(text, at, line_end, n);
#endif
	return newlines_ends(text, at, line_end, n);
}

/* The hot one. */
static size_t line_digests(struct unit_walk *w, struct ll_id *out, size_t n)
{
	n = line_ends(w->text, w->at, w->line_end, n);
	ll_hash128_pieces(w->text.data, w->at, w->line_end, n, out);
	for (size_t i = 0; i < n; i++)
		if (LL_UNLIKELY(unit_is_none(out[i])))
			out[i] = unit_some(out[i]);
	w->at = n ? (size_t)w->line_end[n - 1] + 1 : w->at;
	return n;
}

size_t unit_walk_digests(struct unit_walk *w, struct ll_id *out, size_t n)
{
	size_t i = 0;

	if (w->line_end)
		return line_digests(w, out, n);
	while (i < n && unit_walk_next(w))
		out[i++] = unit_walk_digest(w);
	return i;
}

uint64_t unit_walk_count(struct unit_walk *w)
{
	uint64_t n = 0;

	if (w->rule->kind == UNIT_LINE)
		return newlines_total(w->text.data, w->text.len) + (w->text.len > 0 && w->text.data[w->text.len - 1] != '\n');
	while (unit_walk_next(w))
		n++;
	return n;
}

void unit_walk_free(struct unit_walk *w)
{
	ll_buf_free(&w->scratch);
}

/* ---- removal ---- */

static bool bit(const uint64_t *bits, uint64_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

/* The first bit from i on that is, or is not, set; `end` when there is none before. */
static uint64_t bit_from(const uint64_t *bits, uint64_t i, uint64_t end, bool set)
{
	uint64_t flip = set ? 0 : UINT64_MAX;

	while (i < end) {
		uint64_t rest = (bits[i / 64] ^ flip) >> (i % 64);
		if (rest)
			return LL_MIN(end, i + (uint64_t)__builtin_ctzll(rest));
		i = (i / 64 + 1) * 64;
	}
	return end;
}

static size_t line_end_of(const unsigned char *line_end, uint64_t i)
{
	uint32_t at;

	memcpy(&at, line_end + i * sizeof(at), sizeof(at));
	return at;
}

/* Lines that stand together are copied together; between such runs stands a newline. */
size_t unit_remove_lines(char *out, struct ll_str text, const uint64_t *gone, uint64_t keys, const unsigned char *line_end)
{
	char *to = out;
	bool kept = false;

	for (uint64_t first, after = 0; (first = bit_from(gone, after, keys, false)) < keys;) {
		after = bit_from(gone, first, keys, true);
		size_t start = first ? line_end_of(line_end, first - 1) + 1 : 0, len = line_end_of(line_end, after - 1) - start;
		if (kept)
			*to++ = '\n';
		memcpy(to, text.data + start, len);
		to += len;
		kept = true;
	}
	if (text.len && text.data[text.len - 1] == '\n')
		*to++ = '\n';
	return (size_t)(to - out);
}

bool unit_remove(struct ll_buf *out, const struct unit_rule *rule, struct ll_str text, const uint64_t *gone, uint64_t keys)
{
	struct unit_piece piece;
	size_t at = 0, from = 0, stop = 0;	   /* [from, stop) is kept and not yet copied */
	size_t separator = 0, separator_end = 0; /* between the last piece kept and the one removed after it */
	size_t content_end = 0;
	uint64_t i = 0, gone_until = 0;
	bool open = true, kept = false;

	while (unit_piece_next(rule, text, &at, &piece)) {
		if (i == 0)
			stop = piece.start; /* what stands before the first piece stays */
		if (i < keys && bit(gone, i))
			gone_until = i + rule->run;
		content_end = piece.start + piece.len;
		if (i++ < gone_until) {
			if (open) {
				ll_buf_add(out, text.data + from, stop - from);
				separator = stop;
				separator_end = piece.start;
				open = false;
			}
			continue;
		}
		if (!open) {
			ll_buf_add(out, text.data + separator, separator_end - separator);
			from = piece.start;
			open = true;
		}
		kept = true;
		stop = content_end;
	}
	if (open)
		ll_buf_add(out, text.data + from, stop - from);
	ll_buf_add(out, text.data + content_end, text.len - content_end); /* the end of the text stays what it was */
	return kept;
}
