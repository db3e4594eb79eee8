/* SPDX-License-Identifier: MIT */
/*
 * Splitting by patterns. A level finds stretches of its subject, matches and the gaps between them, as `find_iter` of
 * the Oniguruma binding does that Hugging Face tokenizers use: the next search starts where the last match ended, and
 * an empty match right there is passed over by a character. The subject of a level is a piece of the level before: a
 * pattern sees nothing around it.
 *
 * PCRE2 does not check the text (PCRE2_NO_UTF_CHECK). A text with invalid bytes is matched in a copy, in which such a
 * byte is a private character, U+10FF00 + byte: no letter, number, space, mark, punctuation or symbol.
 */
#include "base/memory.h"
#include "bpe/bpe_model.h"
#include "bpe/pretokenizer_parts.h"
#include "text/utf8.h"

#define STEPS_MOST 10000000u	     /* of backtracking in a match */
#define STACK_MOST ((size_t)8 << 20) /* bytes, for ways back in a match */
#define STACK_FIRST ((size_t)32 << 10)
#define OPTIONS (PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C)

static pcre2_code *compile(struct ll_str pattern, uint32_t options, int *code, size_t *at)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_bsr(context, PCRE2_BSR_UNICODE);
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len, options, code, at, context);
	pcre2_compile_context_free(context);
	return re;
}

/* The pattern for PCRE2, with its classes (0) or with those of our Unicode (1). NULL, and *code 0 where it is not read
 * alike, else PCRE2's error. */
static pcre2_code *compile_translated(struct ll_level *level, int exact, int *code)
{
	struct ll_buf translated = { 0 };
	size_t at;
	pcre2_code *re = NULL;
	*code = 0;
	ll_pattern_translate(level->split.pattern, exact, &translated, &level->meaning);
	if (!*level->meaning.other && (re = compile(ll_buf_str(&translated), OPTIONS, code, &at)) != NULL)
		*code = 0;
	ll_buf_free(&translated);
	return re;
}

int ll_level_compile(struct ll_level *level, struct ll_err *err)
{
	struct ll_split *split = &level->split;
	int code, translated = 0;
	size_t at = 0;
	/* As it was given first, because errors are told of that. */
	pcre2_code *re = compile(split->pattern, split->literal ? PCRE2_UTF | PCRE2_LITERAL : OPTIONS, &code, &at);
	if (!split->literal)
		level->code[0] = compile_translated(level, 0, &translated);
	if (level->code[0])
		level->code[1] = compile_translated(level, 1, &translated);
	else if (translated == 0)
		level->code[0] = re;
	if (re != level->code[0])
		pcre2_code_free(re);
	if (!level->code[0] || translated) {
		char message[120] = "";
		pcre2_get_error_message(re ? translated : code, (PCRE2_UCHAR *)message, sizeof message);
		return ll_err_set(err, "the pattern '%.80s' is wrong at byte %zu: %s", split->pattern.data, re ? 0 : at,
				  message);
	}
	if (*level->meaning.other && !split->pcre2)
		return ll_err_set(err,
				  "the pattern '%.80s' has %s: Oniguruma, which runs it in tokenizers, may read it "
				  "otherwise than PCRE2",
				  split->pattern.data, level->meaning.other);
	split->pcre2 = *level->meaning.other;
	const uint32_t modes = PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD; /* partial: ll_level_cut */
	level->jit = pcre2_jit_compile(level->code[0], modes) == 0 &&
		     (!level->code[1] || pcre2_jit_compile(level->code[1], modes) == 0);
	return 0;
}

/* ---- the splitter ---- */

struct stretch {
	size_t from, to;
	bool match;
};

/* Where a level is in its subject, text[start, stop). */
struct cursor {
	size_t start, stop;
	size_t done;	   /* all before it was handed out as stretches */
	size_t search;	   /* where to look for the next match; above stop: nowhere */
	size_t last_match; /* its end; SIZE_MAX: none yet */
	struct stretch next, held;
	bool has_next; /* `next` is the match after the gap handed out last */
	bool has_held; /* `held` was looked at and comes next */
};

struct ll_splitter {
	const struct ll_pretokenizer *p;
	int scheme;
	struct cursor *cursor; /* one a level */
	pcre2_match_data *match;
	pcre2_match_context *limits;
	pcre2_jit_stack *stack;
	bool classes, differs; /* there is a pattern with two codes; the text needs the second (see struct ll_level) */
	struct ll_str text;    /* what is split: the caller's, or */
	struct ll_buf valid;   /* its copy with characters for invalid bytes */
	size_t *invalid;       /* where these stand in the copy */
	size_t invalids, invalids_cap, invalids_passed;
	struct ll_str given;    /* the caller's text */
	struct ll_buf spelled;  /* what levels see whose split is `spelled`: a piece of it, or all */
	size_t spelled_passed, place; /* so much of it is up to this place of the text */
	bool failed;
	struct ll_err error;
};

struct ll_splitter *ll_splitter_new(const struct ll_pretokenizer *p)
{
	struct ll_splitter *s = ll_calloc(1, sizeof *s);
	s->p = p;
	s->scheme = p->scheme;
	if (s->scheme >= 0 || p->levels == 0)
		return s;
	for (size_t i = 0; i < p->levels; i++)
		s->classes |= p->level[i].code[1] != NULL;
	ll_memory_claim(STACK_MOST, "matching of patterns");
	s->cursor = ll_calloc(p->levels, sizeof *s->cursor);
	s->match = pcre2_match_data_create(1, NULL);
	s->limits = pcre2_match_context_create(NULL);
	s->stack = pcre2_jit_stack_create(STACK_FIRST, STACK_MOST, NULL);
	if (!s->match || !s->limits || !s->stack)
		ll_die(LL_EXIT_RESOURCE, "out of memory for matching patterns");
	pcre2_set_match_limit(s->limits, STEPS_MOST);
	pcre2_set_heap_limit(s->limits, STACK_MOST >> 10);
	pcre2_jit_stack_assign(s->limits, NULL, s->stack);
	return s;
}

void ll_splitter_free(struct ll_splitter *s)
{
	if (!s)
		return;
	if (s->stack)
		ll_memory_release(STACK_MOST);
	pcre2_match_data_free(s->match);
	pcre2_match_context_free(s->limits);
	pcre2_jit_stack_free(s->stack);
	ll_buf_free(&s->valid);
	ll_buf_free(&s->spelled);
	ll_free(s->invalid);
	ll_free(s->cursor);
	ll_free(s);
}

const char *ll_splitter_error(const struct ll_splitter *s)
{
	return s->failed ? s->error.text : NULL;
}

static void give_up(struct ll_splitter *s, const struct ll_level *level, size_t at, int code)
{
	char message[120] = "";
	s->failed = true;
	if (code == PCRE2_ERROR_MATCHLIMIT)
		ll_err_set(&s->error, "byte %zu: the pattern '%.80s' goes back more than %u times", at,
			   level->split.pattern.data, STEPS_MOST);
	else if (code == PCRE2_ERROR_JIT_STACKLIMIT || code == PCRE2_ERROR_HEAPLIMIT)
		ll_err_set(&s->error, "byte %zu: the pattern '%.80s' needs more than %zu MiB for its ways back", at,
			   level->split.pattern.data, STACK_MOST >> 20);
	else {
		pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
		ll_err_set(&s->error, "byte %zu: the pattern '%.80s': %s", at, level->split.pattern.data, message);
	}
}

static inline struct ll_str seen_by(const struct ll_splitter *s, const struct ll_level *level)
{
	return LL_UNLIKELY(level->split.spelled) ? ll_buf_str(&s->spelled) : s->text;
}

/* Looks for a match of the level from c->search on. Offsets of the match are those of the text. */
static inline bool find(struct ll_splitter *s, const struct ll_level *level, const struct cursor *c, size_t *from,
			size_t *to)
{
	PCRE2_SPTR subject = (PCRE2_SPTR)seen_by(s, level).data + c->start;
	size_t len = c->stop - c->start, search = c->search - c->start;
	const pcre2_code *code = level->code[s->differs && level->code[1]];
	int rc = level->jit ? pcre2_jit_match(code, subject, len, search, 0, s->match, s->limits)
			    : pcre2_match(code, subject, len, search, PCRE2_NO_UTF_CHECK, s->match, s->limits);
	if (LL_UNLIKELY(rc < 0)) {
		if (rc != PCRE2_ERROR_NOMATCH)
			give_up(s, level, c->search, rc);
		return false;
	}
	const size_t *o = pcre2_get_ovector_pointer(s->match);
	*from = c->start + o[0];
	*to = c->start + o[1];
	LL_ASSERT(*from >= c->search && *to >= *from && *to <= c->stop);
	return true;
}

static size_t next_character(struct ll_str text, size_t at)
{
	for (at++; at < text.len && ((unsigned char)text.data[at] & 0xc0) == 0x80;)
		at++;
	return at;
}

/* The next stretch of a level's subject: a gap or a match, which may be empty. False at its end and on failure. */
static inline bool next_stretch(struct ll_splitter *s, const struct ll_level *level, struct cursor *c,
				struct stretch *out)
{
	if (c->has_next) {
		*out = c->next;
		c->has_next = false;
		return true;
	}
	size_t from, to;
	if (level->scheme >= 0) {
		if (c->done == c->stop)
			return false;
		ll_pretokenize((enum ll_scheme)level->scheme, ll_str(s->text.data + c->start, c->stop - c->start),
			       c->done - c->start, &to, 1);
		*out = (struct stretch){ c->done, c->start + to, true };
		c->done = out->to;
		return true;
	}
	while (c->search <= c->stop && find(s, level, c, &from, &to)) {
		if (LL_UNLIKELY(from == to && to == c->last_match)) {
			c->search = next_character(seen_by(s, level), c->search);
			continue;
		}
		*out = (struct stretch){ from, to, true };
		if (c->done < from) {
			c->next = *out;
			c->has_next = true;
			*out = (struct stretch){ c->done, from, false };
		}
		c->search = c->last_match = c->done = to;
		return true;
	}
	if (s->failed || c->done == c->stop)
		return false;
	*out = (struct stretch){ c->done, c->stop, false };
	c->done = c->stop;
	c->search = c->stop + 1;
	return true;
}

/* ---- what becomes of the stretches ---- */

static inline bool take(struct ll_splitter *s, const struct ll_level *level, struct cursor *c, struct stretch *out)
{
	if (LL_UNLIKELY(c->has_held)) {
		*out = c->held;
		c->has_held = false;
		return true;
	}
	if (!next_stretch(s, level, c, out))
		return false;
	out->match ^= level->split.invert;
	return true;
}

/* Grows a stretch by those after it that the behaviour joins with it: tokenizers' SplitDelimiterBehavior, whose folds
 * over the whole list never look further than one stretch. */
static void join(struct ll_splitter *s, const struct ll_level *level, struct cursor *c, struct stretch *x)
{
	enum ll_split_behavior behavior = level->split.behavior;
	struct stretch y;
	if ((behavior == LL_SPLIT_MERGED_PREVIOUS && x->match) || (behavior == LL_SPLIT_MERGED_NEXT && !x->match))
		return;
	while (take(s, level, c, &y)) {
		if ((y.match == x->match) != (behavior == LL_SPLIT_CONTIGUOUS)) {
			c->held = y;
			c->has_held = true;
			return;
		}
		x->to = y.to;
		if (behavior != LL_SPLIT_CONTIGUOUS)
			return;
	}
}

static void begin(struct cursor *c, size_t start, size_t stop)
{
	*c = (struct cursor){ .start = start, .stop = stop, .done = start, .search = start, .last_match = SIZE_MAX };
}

/* Where a place of the copy is in the text; places come in order. */
static inline size_t original(struct ll_splitter *s, size_t place)
{
	while (LL_UNLIKELY(s->invalids_passed < s->invalids) && s->invalid[s->invalids_passed] < place)
		s->invalids_passed++;
	return place - 3 * s->invalids_passed;
}

/* Spells a piece of the copy, which the levels from here on split. */
static void spell(struct ll_splitter *s, size_t *start, size_t *stop)
{
	size_t from = original(s, *start), to = original(s, *stop);
	ll_buf_clear(&s->spelled);
	for (size_t i = from; i < to; i++)
		s->spelled.len += ll_utf8_put(ll_buf_reserve(&s->spelled, 4), ll_byte_char((unsigned char)s->given.data[i]));
	s->place = from;
	s->spelled_passed = *start = 0;
	*stop = s->spelled.len;
}

/* Where an end that the last level found is in the text. */
static inline size_t place_of(struct ll_splitter *s, size_t end)
{
	if (LL_LIKELY(!s->p->level[s->p->levels - 1].split.spelled))
		return original(s, end);
	for (; s->spelled_passed < end; s->spelled_passed++)
		s->place += ((unsigned char)s->spelled.data[s->spelled_passed] & 0xc0) != 0x80;
	return s->place;
}

/* The next piece that level k leaves. */
static bool next_piece(struct ll_splitter *s, size_t k, size_t *from, size_t *to)
{
	const struct ll_level *level = &s->p->level[k];
	struct cursor *c = &s->cursor[k];
	for (size_t start, stop;;) {
		for (struct stretch x; take(s, level, c, &x);) {
			if (level->split.behavior != LL_SPLIT_ISOLATED)
				join(s, level, c, &x);
			if (LL_UNLIKELY(x.from == x.to))
				continue;
			*from = x.from;
			*to = x.to;
			return !s->failed;
		}
		if (k == 0 || s->failed || !next_piece(s, k - 1, &start, &stop))
			return false;
		if (LL_UNLIKELY(level->split.spelled) && !s->p->level[k - 1].split.spelled)
			spell(s, &start, &stop);
		begin(c, start, stop);
	}
}

/* ---- texts ---- */

static void copy_valid(struct ll_splitter *s, struct ll_str text)
{
	ll_buf_clear(&s->valid);
	for (size_t at = 0; at < text.len;) {
		size_t good = ll_utf8_valid_prefix(text.data + at, text.len - at);
		ll_buf_add(&s->valid, text.data + at, good);
		at += good;
		if (at == text.len)
			break;
		LL_GROW(s->invalid, s->invalids_cap, s->invalids + 1);
		s->invalid[s->invalids++] = s->valid.len;
		s->valid.len += ll_utf8_put(ll_buf_reserve(&s->valid, 4), 0x10ff00 + (unsigned char)text.data[at++]);
	}
	s->text = ll_buf_str(&s->valid);
}

static void start_text(struct ll_splitter *s, struct ll_str text)
{
	s->failed = false;
	s->invalids = s->invalids_passed = 0;
	s->given = s->text = text.data ? text : ll_str("", 0);
	if (ll_utf8_valid_prefix(text.data, text.len) != text.len)
		copy_valid(s, text);
	s->differs = s->classes && ll_pattern_differs(s->text);
	size_t start = 0, stop = s->text.len;
	if (s->p->level[0].split.spelled)
		spell(s, &start, &stop);
	for (size_t i = 0; i < s->p->levels; i++)
		begin(&s->cursor[i], 0, i ? 0 : stop);
	for (size_t i = 1; i < s->p->levels; i++)
		s->cursor[i].search = 1; /* has had its empty subject */
}

size_t ll_split(struct ll_splitter *s, struct ll_str text, size_t at, size_t *end, size_t max)
{
	if (LL_LIKELY(s->scheme >= 0))
		return ll_pretokenize((enum ll_scheme)s->scheme, text, at, end, max);
	if (s->p->levels == 0) {
		end[0] = text.len;
		return at < text.len;
	}
	if (at == 0)
		start_text(s, text);
	size_t n = 0;
	for (size_t from, to; n < max && !s->failed && next_piece(s, s->p->levels - 1, &from, &to); n++)
		end[n] = place_of(s, to);
	return n;
}

/* ---- where to cut ---- */

#define CUT_NEAR ((size_t)4096) /* bytes before the end of a text in which it is cut */
#define CUTS_MOST 32u		/* places that are tried */

/* Length without a character that the end of the text cuts. */
static size_t without_cut_character(struct ll_str text)
{
	for (size_t back = 1; back <= 3 && back <= text.len; back++) {
		unsigned char c = (unsigned char)text.data[text.len - back];
		if ((c & 0xc0) != 0x80)
			return c >= 0xc0 ? text.len - back : text.len;
	}
	return text.len;
}

/* A run of searches, as next_stretch makes them, over the first `len` bytes of the text. */
struct search {
	size_t len, at, last_match, from, to;
	uint32_t options;
};

static bool next_match(struct ll_splitter *s, const pcre2_code *code, struct search *x)
{
	const size_t *o = pcre2_get_ovector_pointer(s->match);
	while (x->at <= x->len && pcre2_match(code, (PCRE2_SPTR)s->text.data, x->len, x->at,
					      x->options | PCRE2_NO_UTF_CHECK, s->match, s->limits) > 0) {
		if (o[0] == o[1] && o[1] == x->last_match) {
			x->at = next_character(s->text, x->at);
			continue;
		}
		x->from = o[0];
		x->at = x->to = x->last_match = o[1];
		return true;
	}
	return false;
}

/* True when the text up to `cut` alone has the matches from `begin` on that the longer text has. */
static bool alone_the_same(struct ll_splitter *s, const pcre2_code *code, struct search begin, struct search longer,
			   size_t cut)
{
	struct search alone = begin;
	alone.len = cut;
	alone.options = 0;
	do {
		if (!next_match(s, code, &longer))
			return false;
		if (longer.from == cut) /* a match of nothing, which the end of the text is as good as */
			return !next_match(s, code, &alone) || alone.from == cut;
		if (!next_match(s, code, &alone) || alone.from != longer.from || alone.to != longer.to)
			return false;
	} while (longer.to < cut);
	return longer.to == cut && (!next_match(s, code, &alone) || alone.from == cut);
}

/*
 * With PCRE2_PARTIAL_HARD a search that as much as looks at the end of its text finds nothing. So what is found in the
 * text up to `near` is found whatever follows it, and what is found after that in the text at hand whatever follows
 * that. A cut is the end of one of these later matches, such that the text up to there, alone, has the same matches.
 * What comes after the cut is found from there alone, too, because the pattern does not look back.
 */
static size_t find_cut(struct ll_splitter *s, const pcre2_code *code, size_t near)
{
	struct search begin = { .len = near, .last_match = SIZE_MAX, .options = PCRE2_PARTIAL_HARD }, x;
	size_t ends[CUTS_MOST], n = 0;
	for (x = begin; next_match(s, code, &x) && x.to < near;)
		begin = x;
	begin.len = s->text.len;
	for (x = begin; next_match(s, code, &x) && x.to < s->text.len;)
		if (x.to >= near && x.to > 0)
			ends[n++ % CUTS_MOST] = x.to;
	for (size_t i = 0; i < LL_MIN(n, CUTS_MOST); i++)
		if (alone_the_same(s, code, begin, begin, ends[(n - 1 - i) % CUTS_MOST]))
			return ends[(n - 1 - i) % CUTS_MOST];
	return 0;
}

size_t ll_level_cut(const struct ll_pretokenizer *p, struct ll_str text)
{
	const struct ll_level *level = &p->level[0];
	size_t len = without_cut_character(text);
	if (level->split.spelled || level->split.pcre2 || level->meaning.context || level->split.behavior != LL_SPLIT_ISOLATED || len == 0)
		return 0;
	struct ll_splitter *s = ll_splitter_new(p);
	start_text(s, ll_str(text.data, len));
	size_t near = s->text.len - LL_MIN(s->text.len, CUT_NEAR);
	while (near > 0 && ((unsigned char)s->text.data[near] & 0xc0) == 0x80)
		near--;
	size_t cut = find_cut(s, level->code[s->differs && level->code[1]], near);
	cut = original(s, cut);
	ll_splitter_free(s);
	return cut;
}
