/* SPDX-License-Identifier: MIT */
#include "bpe/pretokenizer.h"

#include "base/memory.h"
#include "base/option.h"
#include "bpe/pretokenizer_parts.h"

#define REGEX "regex:"
#define NONE "none"
#define PREFIX_SPACE "prefix-space"

/* ---- making ---- */

static struct ll_level *add_level(struct ll_pretokenizer *p)
{
	p->level = ll_realloc(p->level, (p->levels + 1) * sizeof *p->level);
	p->level[p->levels] = (struct ll_level){ .scheme = -1 };
	return &p->level[p->levels++];
}

static void add_split(struct ll_pretokenizer *p, const struct ll_split *split)
{
	struct ll_level *level = add_level(p);
	level->split = *split;
	if (!split->literal && !split->spelled && split->behavior == LL_SPLIT_ISOLATED)
		level->scheme = ll_scheme_by_patterns(&split->pattern, 1);
	/* Of several spellings of a scheme one is kept. */
	if (level->scheme >= 0)
		level->split.pattern = ll_cstr(ll_scheme_pattern((enum ll_scheme)level->scheme, 0));
	level->split.pattern.data = ll_strndup(level->split.pattern.data, level->split.pattern.len);
}

/* Sets the scheme, where the levels are one, and the name; compiles what is none. Frees p on failure. */
static struct ll_pretokenizer *seal(struct ll_pretokenizer *p, struct ll_err *err)
{
	struct ll_str pattern[LL_SCHEME_PATTERNS];
	bool plain = p->levels <= LL_COUNT(pattern);
	struct ll_buf name = { 0 };
	ll_buf_puts(&name, p->prefix_space ? PREFIX_SPACE "\n" : "");
	for (size_t i = 0; i < p->levels && plain; i++) {
		pattern[i] = p->level[i].split.pattern;
		plain = !p->level[i].split.literal && !p->level[i].split.spelled && p->level[i].split.behavior == LL_SPLIT_ISOLATED;
	}
	p->scheme = plain ? ll_scheme_by_patterns(pattern, p->levels) : -1;
	if (p->scheme >= 0)
		ll_buf_puts(&name, ll_scheme_name((enum ll_scheme)p->scheme));
	if (p->levels == 0)
		ll_buf_puts(&name, NONE);
	for (size_t i = 0; i < p->levels && p->scheme < 0; i++) {
		ll_buf_puts(&name, i ? "\n" : "");
		if (p->level[i].scheme >= 0) {
			ll_buf_puts(&name, ll_scheme_name((enum ll_scheme)p->level[i].scheme));
			continue;
		}
		ll_buf_puts(&name, REGEX);
		ll_buf_add_str(&name, p->level[i].split.pattern);
	}
	p->name = ll_buf_steal(&name);
	for (size_t i = 0; i < p->levels && p->scheme < 0; i++)
		if (p->level[i].scheme < 0 && ll_level_compile(&p->level[i], err)) {
			ll_pretokenizer_free(p);
			return NULL;
		}
	return p;
}

struct ll_pretokenizer *ll_pretokenizer_of_splits(const struct ll_split *split, size_t n, bool prefix_space, struct ll_err *err)
{
	struct ll_pretokenizer *p = ll_calloc(1, sizeof *p);
	p->prefix_space = prefix_space;
	for (size_t i = 0; i < n; i++)
		add_split(p, &split[i]);
	return seal(p, err);
}

static void add_scheme(struct ll_pretokenizer *p, enum ll_scheme scheme)
{
	const char *pattern;
	for (size_t i = 0; (pattern = ll_scheme_pattern(scheme, i)) != NULL; i++)
		add_split(p, &(struct ll_split){ .pattern = ll_cstr(pattern) });
}

struct ll_pretokenizer *ll_pretokenizer_of_scheme(enum ll_scheme scheme)
{
	struct ll_pretokenizer *p = ll_calloc(1, sizeof *p);
	add_scheme(p, scheme);
	return seal(p, NULL);
}

static int unknown(const char *name, struct ll_err *err)
{
	const char *names[LL_SCHEMES + 3] = { "llama3", NONE, PREFIX_SPACE };
	for (int i = 0; i < LL_SCHEMES; i++)
		names[i + 3] = ll_scheme_name((enum ll_scheme)i);
	const char *near = ll_nearest(name, names, LL_COUNT(names));
	return ll_err_set(err, "unknown pre-tokenizer '%.60s'%s%s%s", name, near ? "; did you mean " : "",
			  near ? near : "", near ? "?" : "");
}

static int parse_line(struct ll_pretokenizer *p, struct ll_str line, struct ll_err *err)
{
	size_t mark = sizeof REGEX - 1;
	if (line.len >= mark && memcmp(line.data, REGEX, mark) == 0) {
		struct ll_split split = { .pattern = ll_str(line.data + mark, line.len - mark), .pcre2 = true };
		if (split.pattern.len == 0)
			return ll_err_set(err, "an empty pattern");
		add_split(p, &split);
		return 0;
	}
	char *name = ll_strndup(line.data, line.len);
	int scheme = ll_scheme_find(name), rc = 0;
	if (scheme >= 0)
		add_scheme(p, (enum ll_scheme)scheme);
	else
		rc = unknown(name, err);
	ll_free(name);
	return rc;
}

/* A tokenizer.json says no more: the space goes before each piece that an earlier pre-tokenizer left there. */
static int check_prefix(const struct ll_pretokenizer *p, struct ll_err *err)
{
	bool gpt2 = p->levels == 1 && p->level[0].scheme == LL_SCHEME_GPT2;
	return !p->prefix_space || p->levels == 0 || gpt2 ? 0 : ll_err_set(err, PREFIX_SPACE " goes before gpt2 or " NONE " only");
}

struct ll_pretokenizer *ll_pretokenizer_parse(const char *spec, struct ll_err *err)
{
	struct ll_pretokenizer *p = ll_calloc(1, sizeof *p);
	int rc = 0;
	size_t lines = 0;
	bool none = false;
	for (bool more = true; more && !rc;) {
		const char *eol = strchr(spec, '\n');
		struct ll_str line = ll_str(spec, eol ? (size_t)(eol - spec) : strlen(spec));
		more = eol != NULL;
		spec += line.len + more;
		if (more && lines == 0 && ll_str_is(line, PREFIX_SPACE)) {
			p->prefix_space = true;
			continue;
		}
		none |= ll_str_is(line, NONE);
		if (none && (more || lines))
			rc = ll_err_set(err, NONE " goes with no other pre-tokenizer than " PREFIX_SPACE);
		else if (!none)
			rc = parse_line(p, line, err);
		lines++;
	}
	if (rc || check_prefix(p, err)) {
		ll_pretokenizer_free(p);
		return NULL;
	}
	return seal(p, err);
}

struct ll_pretokenizer *ll_pretokenizer_patterns(const struct ll_pretokenizer *p)
{
	struct ll_pretokenizer *copy = ll_calloc(1, sizeof *copy);
	struct ll_err err;
	copy->scheme = -1;
	copy->name = ll_strdup(p->name);
	for (size_t i = 0; i < p->levels; i++) {
		struct ll_level *level = add_level(copy);
		level->split = p->level[i].split;
		level->split.pattern.data = ll_strndup(level->split.pattern.data, level->split.pattern.len);
		if (ll_level_compile(level, &err))
			LL_BUG("the pattern of %s: %s", p->name, err.text);
	}
	return copy;
}

void ll_pretokenizer_free(struct ll_pretokenizer *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->levels; i++) {
		ll_free((char *)p->level[i].split.pattern.data);
		pcre2_code_free(p->level[i].code[0]);
		pcre2_code_free(p->level[i].code[1]);
	}
	ll_free(p->level);
	ll_free(p->name);
	ll_free(p);
}

/* ---- asking ---- */

int ll_pretokenizer_scheme(const struct ll_pretokenizer *p)
{
	return p->scheme;
}

const char *ll_pretokenizer_name(const struct ll_pretokenizer *p)
{
	return p->name;
}

size_t ll_pretokenizer_splits(const struct ll_pretokenizer *p)
{
	return p->levels;
}

struct ll_split ll_pretokenizer_split(const struct ll_pretokenizer *p, size_t i)
{
	return p->level[i].split;
}

bool ll_pretokenizer_prefixes(const struct ll_pretokenizer *p)
{
	return p->prefix_space;
}

struct ll_str ll_pretokenizer_prefixed(const struct ll_pretokenizer *p, struct ll_str text, struct ll_buf *scratch)
{
	if (!p->prefix_space || text.len == 0 || text.data[0] == ' ')
		return text;
	ll_buf_clear(scratch);
	ll_buf_putc(scratch, ' ');
	ll_buf_add_str(scratch, text);
	return ll_buf_str(scratch);
}

bool ll_pretokenizer_brings_nfc(const struct ll_pretokenizer *p)
{
	return p->scheme == LL_SCHEME_QWEN2 || p->scheme == LL_SCHEME_QWEN35;
}

void ll_pretokenizer_identity(const struct ll_pretokenizer *p, struct ll_buf *out)
{
	static const char *const behavior[] = { "", " contiguous", " merged with previous", " merged with next" };
	ll_buf_puts(out, p->prefix_space ? "prefix space\n" : "");
	ll_buf_puts(out, p->levels == 0 ? "no pattern\n" : "");
	for (size_t i = 0; i < p->levels; i++) {
		const struct ll_split *split = &p->level[i].split;
		ll_buf_printf(out, "pattern%s%s%s%s ", split->literal ? " literal" : "", split->spelled ? " of bytes" : "",
			      behavior[split->behavior], split->invert && split->behavior != LL_SPLIT_ISOLATED ? " inverted" : "");
		ll_buf_add_str(out, split->pattern);
		ll_buf_putc(out, '\n');
		if (split->pcre2 || p->level[i].meaning.scripts)
			ll_buf_printf(out, "%s unicode %s\n", split->pcre2 ? "pcre2" : "scripts", ll_pattern_unicode());
	}
}

const char *ll_pretokenizer_own(const struct ll_pretokenizer *p)
{
	for (size_t i = 0; i < p->levels; i++)
		if (p->level[i].split.pcre2)
			return p->level[i].meaning.other;
	return NULL;
}

bool ll_pretokenizer_eq(const struct ll_pretokenizer *a, const struct ll_pretokenizer *b)
{
	struct ll_buf one = { 0 }, other = { 0 };
	ll_pretokenizer_identity(a, &one);
	ll_pretokenizer_identity(b, &other);
	bool equal = ll_str_eq(ll_buf_str(&one), ll_buf_str(&other));
	ll_buf_free(&one);
	ll_buf_free(&other);
	return equal;
}

/* A place between the pieces of the first level is one between those of all. */
size_t ll_pretokenizer_cut(const struct ll_pretokenizer *p, struct ll_str text)
{
	if (!p || p->levels == 0)
		return 0;
	if (p->scheme < 0 && p->level[0].scheme < 0)
		return ll_level_cut(p, text);
	size_t cut = ll_pretokenize_cut(text);
	while (p->prefix_space && cut && text.data[cut] != ' ') /* else what follows would get a space */
		cut = ll_pretokenize_cut(ll_str(text.data, cut));
	return cut;
}
