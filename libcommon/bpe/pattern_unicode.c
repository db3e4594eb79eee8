/* SPDX-License-Identifier: MIT */
/*
 * The general categories of PCRE2's version of Unicode beside ours. PCRE2 has no interface that asks for them, so all
 * code points are matched once, by one alternative for each category: about 10 ms, at the first pattern that names a
 * category.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>

#include "base/error.h"
#include "base/memory.h"
#include "bpe/pattern.h"
#include "text/unicode.h"
#include "text/utf8.h"

#define CODE_POINTS 0x110000u
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* Stretches as in ll_category_stretches. */
static struct {
	uint32_t *stretch;
	size_t n, cap;
	uint64_t differs[CODE_POINTS / 64]; /* a bit for every character in another class than ours */
} theirs;

static void add_stretch(uint32_t from, unsigned category)
{
	if (theirs.n && (theirs.stretch[theirs.n - 1] & 31) == category)
		return;
	LL_GROW(theirs.stretch, theirs.cap, theirs.n + 1);
	theirs.stretch[theirs.n++] = from << 5 | category;
}

static void ask_pcre2(void)
{
	struct ll_buf pattern = { 0 }, text = { 0 };
	uint32_t c = 0;
	int code;
	size_t at;
	for (unsigned i = 0; i < LL_CATEGORIES; i++)
		ll_buf_printf(&pattern, "%s(\\p{%s}+)", i ? "|" : "", ll_category_names[i]);
	for (uint32_t v = 0; v < CODE_POINTS; v++) {
		v = v == 0xd800 ? 0xe000 : v;
		text.len += ll_utf8_put(ll_buf_reserve(&text, 4), v);
	}
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len, PCRE2_UTF | PCRE2_UCP, &code, &at, NULL);
	if (!re)
		LL_BUG("PCRE2 refuses %s", ll_buf_cstr(&pattern));
	pcre2_jit_compile(re, PCRE2_JIT_COMPLETE);
	pcre2_match_data *match = pcre2_match_data_create_from_pattern(re, NULL);
	for (size_t place = 0; place < text.len;) {
		int rc = pcre2_match(re, (PCRE2_SPTR)text.data, text.len, place, PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK,
				     match, NULL);
		if (rc < 2)
			LL_BUG("U+%04X has no category in PCRE2", c);
		size_t end = pcre2_get_ovector_pointer(match)[1];
		add_stretch(c, (unsigned)rc - 2);
		if (c < 0xd800 && c + ll_utf8_count(text.data + place, end - place) > 0xd800) /* never: they differ */
			LL_BUG("a category goes on over the surrogates");
		c += (uint32_t)ll_utf8_count(text.data + place, end - place);
		place = end;
		if (c == 0xd800) {
			add_stretch(c, 4);
			c = 0xe000;
		}
	}
	pcre2_match_data_free(match);
	pcre2_code_free(re);
	ll_buf_free(&pattern);
	ll_buf_free(&text);
}

/* ---- writing ranges ---- */

/* Ranges that touch are written as one. */
struct ranges {
	struct ll_buf *out;
	uint32_t from, to; /* pending: [from, to) */
};

static void put_range(struct ranges *r, uint32_t from, uint32_t to)
{
	if (from < to && from == r->to && r->from < r->to) {
		r->to = to;
		return;
	}
	/* Surrogates are no characters: PCRE2 takes them only inside of a range. */
	if (r->from < r->to)
		ll_buf_printf(r->out, "\\x{%x}-\\x{%x}", r->from, r->to - 1);
	r->from = from;
	r->to = to;
}

/* Calls for all stretches on which both sides are constant. */
static void compare(uint32_t mask, void (*stretch)(struct ranges *, bool ours, bool theirs, uint32_t, uint32_t),
		    struct ranges *r)
{
	const uint32_t *our;
	size_t n = ll_category_stretches(&our), i = 0, k = 0;
	for (uint32_t at = 0, to; at < CODE_POINTS; at = to) {
		uint32_t our_end = i + 1 < n ? our[i + 1] >> 5 : CODE_POINTS;
		uint32_t their_end = k + 1 < theirs.n ? theirs.stretch[k + 1] >> 5 : CODE_POINTS;
		to = LL_MIN(our_end, their_end);
		if (at < 0xd800 || at >= 0xe000)
			stretch(r, mask >> (our[i] & 31) & 1, mask >> (theirs.stretch[k] & 31) & 1, at, to);
		i += to == our_end;
		k += to == their_end;
	}
	put_range(r, CODE_POINTS, CODE_POINTS);
}

static void lacking(struct ranges *r, bool ours, bool others, uint32_t from, uint32_t to)
{
	if (ours && !others)
		put_range(r, from, to);
}

static void surplus(struct ranges *r, bool ours, bool others, uint32_t from, uint32_t to)
{
	if (!ours && others)
		put_range(r, from, to);
}

static void all(struct ranges *r, bool ours, bool others, uint32_t from, uint32_t to)
{
	(void)others;
	if (ours)
		put_range(r, from, to);
}

static void mark(struct ranges *r, bool ours, bool others, uint32_t from, uint32_t to)
{
	(void)r;
	for (uint32_t c = from; c < to && ours != others; c++)
		theirs.differs[c / 64] |= (uint64_t)1 << c % 64;
}

static void learn(void)
{
	ask_pcre2();
	for (unsigned i = 0; i < LL_CATEGORIES; i++)
		compare((uint32_t)1 << i, mark, &(struct ranges){ 0 });
	theirs.differs[0x180e / 64] |= (uint64_t)1 << 0x180e % 64; /* in PCRE2's \s */
}

static void need_theirs(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, learn);
}

bool ll_pattern_differs(struct ll_str text)
{
	const unsigned char *p = (const unsigned char *)text.data, *end = p + text.len;
	need_theirs();
	while (p < end) {
		uint32_t c = *p;
		if (c < 0x80) {
			p += end - p >= 8 && (ll_get64(p) & 0x8080808080808080u) == 0 ? 8 : 1;
			continue;
		}
		if (c < 0xe0) {
			c = (c & 0x1f) << 6 | (p[1] & 0x3f);
			p += 2;
		} else if (c < 0xf0) {
			c = (c & 0xf) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
			p += 3;
		} else {
			c = (c & 7) << 18 | (uint32_t)(p[1] & 0x3f) << 12 | (uint32_t)(p[2] & 0x3f) << 6 |
			    (p[3] & 0x3f);
			p += 4;
		}
		if (LL_UNLIKELY(theirs.differs[c / 64] >> c % 64 & 1))
			return true;
	}
	return false;
}

void ll_pattern_category(uint32_t categories, const char *property, bool negated, struct ll_buf *out)
{
	struct ll_buf less = { 0 }, more = { 0 };
	need_theirs();
	compare(categories, surplus, &(struct ranges){ .out = &less });
	compare(categories, lacking, &(struct ranges){ .out = &more });
	if (less.len || (negated && more.len)) {
		uint32_t mask = negated ? ~categories : categories;
		compare(mask, all, &(struct ranges){ .out = out });
	} else {
		ll_buf_printf(out, "\\%c{%s}", negated ? 'P' : 'p', property);
		ll_buf_add_str(out, ll_buf_str(&more));
	}
	ll_buf_free(&less);
	ll_buf_free(&more);
}

uint32_t ll_pattern_categories(struct ll_str name)
{
	uint32_t mask = 0;
	for (unsigned i = 0; i < LL_CATEGORIES && (name.len == 1 || name.len == 2); i++)
		if (memcmp(name.data, ll_category_names[i], name.len) == 0)
			mask |= (uint32_t)1 << i;
	return mask;
}

bool ll_pattern_is_script(const char *name)
{
	char pattern[64];
	int code, len = snprintf(pattern, sizeof pattern, "\\p{sc:%s}", name);
	size_t at;
	if (len < 0 || (size_t)len >= sizeof pattern || strspn(name, LETTERS) != strlen(name))
		return false;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, (size_t)len, PCRE2_UTF, &code, &at, NULL);
	pcre2_code_free(re);
	return re != NULL;
}

const char *ll_pattern_unicode(void)
{
	static char version[32];
	if (!*version && pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, NULL) <= (int)sizeof version)
		pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, version);
	return version;
}
