/* SPDX-License-Identifier: MIT */
#include "bpe/pretokenize.h"

#include "bpe/pretokenize_fast.h"

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define BEFORE "[^\\r\\n\\p{L}\\p{N}]?"
#define UPPERS "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWERS "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define SPACES "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

static const struct {
	const char *name, *pattern[LL_SCHEME_PATTERNS];
} schemes[LL_SCHEMES] = {
	[LL_SCHEME_GPT2] = { "gpt2",
			     { "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+" } },
	[LL_SCHEME_CL100K] = { "cl100k",
			       { CONTRACTIONS "|" BEFORE
					      "\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" SPACES } },
	[LL_SCHEME_CL100K_TIKTOKEN] = { "cl100k-tiktoken",
					{ "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}|"
					  " ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s" } },
	[LL_SCHEME_O200K] = { "o200k",
			      { BEFORE UPPERS "*" LOWERS "+" CONTRACTIONS "?|" BEFORE UPPERS "+" LOWERS "*" CONTRACTIONS
					      "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" SPACES } },
	[LL_SCHEME_QWEN2] = { "qwen2",
			      { CONTRACTIONS "|" BEFORE "\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" SPACES } },
	[LL_SCHEME_QWEN35] = { "qwen3.5",
			       { CONTRACTIONS "|" BEFORE
					      "[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" SPACES } },
	[LL_SCHEME_DEEPSEEK_V3] = { "deepseek-v3",
				    { "\\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
				      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
				      "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| "
				      "?[\\p{P}\\p{S}]+[\\r\\n]*|" SPACES } },
};

/* Other patterns that split exactly as a scheme does. */
static const struct {
	enum ll_scheme scheme;
	const char *pattern;
} spellings[] = {
	{ LL_SCHEME_GPT2, "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+" },
	{ LL_SCHEME_GPT2, "'(?:[sdmt]|ll|ve|re)| ?\\p{L}++| ?\\p{N}++| ?[^\\s\\p{L}\\p{N}]++|\\s++$|\\s+(?!\\S)|\\s" },
};

int ll_scheme_find(const char *name)
{
	if (strcmp(name, "llama3") == 0)
		return LL_SCHEME_CL100K;
	for (int i = 0; i < LL_SCHEMES; i++)
		if (strcmp(name, schemes[i].name) == 0)
			return i;
	return -1;
}

const char *ll_scheme_name(enum ll_scheme p)
{
	return schemes[p].name;
}

const char *ll_scheme_pattern(enum ll_scheme p, size_t i)
{
	return i < LL_SCHEME_PATTERNS ? schemes[p].pattern[i] : NULL;
}

int ll_scheme_by_patterns(const struct ll_str *pattern, size_t n)
{
	for (int s = 0; s < LL_SCHEMES; s++) {
		size_t same = 0;
		for (const char *known; same < n && (known = ll_scheme_pattern((enum ll_scheme)s, same)); same++)
			if (!ll_str_is(pattern[same], known))
				break;
		if (same == n && n > 0 && !ll_scheme_pattern((enum ll_scheme)s, n))
			return s;
	}
	for (size_t i = 0; i < LL_COUNT(spellings); i++)
		if (n == 1 && ll_str_is(pattern[0], spellings[i].pattern))
			return (int)spellings[i].scheme;
	return -1;
}

/* ---- characters ---- */

/* The end of the run of characters whose class has one of `bits` (or none of them). */
static inline bytes run_of(bytes p, bytes end, unsigned bits, bool wanted)
{
	unsigned len;
	while (p < end && ((ll_class_at(p, end, &len) & bits) != 0) == wanted)
		p += len;
	return p;
}

#define WORD_BITS (LL_CHAR_LETTER | LL_CHAR_NUMBER | LL_CHAR_SPACE)

/* How many of the 8 bytes at p are ASCII letters before the first that is not. */
static inline unsigned ascii_letters(bytes p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
	uint64_t x = ll_get64(p), y = (x & ~high) | 0x20 * ones;
	uint64_t letter = (y + (0x80 - 'a') * ones) & ~(y + (0x80 - 'z' - 1) * ones) & ~x & high;
	return letter == high ? 8 : (unsigned)__builtin_ctzll(~letter & high) / 8;
}

/* The end of the run of characters of `bits` (letters, and marks where they count as such). */
static inline bytes letters(bytes p, bytes end, unsigned bits)
{
	while (end - p >= 8) {
		unsigned n = ascii_letters(p), len;
		p += n;
		if (n == 8)
			continue;
		if (*p < 0x80 || !(ll_wide_class(p, end, &len) & bits))
			return p;
		p += len;
	}
	return run_of(p, end, bits, true);
}

static inline bool is_ascii_letter(unsigned char c)
{
	return (unsigned)((c | 0x20) - 'a') < 26;
}

/* Neither letter, number nor space, nor of `marks`. */
static inline bool is_other(bytes p, bytes end, unsigned marks)
{
	unsigned len;
	return p < end && (ll_class_at(p, end, &len) & (WORD_BITS | marks)) == 0;
}

static inline bytes others(bytes p, bytes end, unsigned marks)
{
	return run_of(p, end, WORD_BITS | marks, false);
}

/* ---- parts of the patterns ---- */

/* 's 't 're 've 'm 'll 'd at p, which points at the apostrophe; p when there is none. Ignoring case, U+017F is an s. */
static bytes contraction(bytes p, bytes end, bool any_case)
{
	unsigned fold = any_case ? 0x20 : 0;
	size_t left = (size_t)(end - p);
	if (left < 2)
		return p;
	unsigned a = p[1], b = left > 2 ? p[2] : 0;
	if (any_case && a == 0xc5 && b == 0xbf)
		return p + 3;
	a |= a >= 'A' && a <= 'Z' ? fold : 0;
	b |= b >= 'A' && b <= 'Z' ? fold : 0;
	if (a == 's' || a == 't' || a == 'm' || a == 'd')
		return p + 2;
	if ((b == 'e' && (a == 'r' || a == 'v')) || (b == 'l' && a == 'l'))
		return p + 3;
	return p;
}

enum space_rule { SPACE_PLAIN, SPACE_LINES, SPACE_LINES_END, SPACE_DEEPSEEK };

/* [\u4e00-\u9fa5\u3040-\u30ff], which DeepSeek-V3's second pattern takes. */
static inline bool is_kana_or_han(bytes p, bytes end)
{
	if (*p < 0xe3 || end - p < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
		return false;
	uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
	return (v >= 0xe4b880 && v <= 0xe9bea5) || (v >= 0xe38180 && v <= 0xe383bf);
}

/* The texts of its third pattern are runs of these characters (`han`) and runs of others but numbers: at p, what ends
 * the run has class DEEPSEEK_END. */
#define DEEPSEEK_END 0x100u
static inline unsigned deepseek_class(bytes p, bytes end, bool han, unsigned *len)
{
	unsigned class = ll_class_at(p, end, len);
	return (class & LL_CHAR_NUMBER) || (*p >= 0x80 && is_kana_or_han(p, end)) != han ? DEEPSEEK_END : class;
}

/* What the tail of a pattern makes of the white space at p:  \s+(?!\S)|\s+  and, before it,  \s*[\r\n]+  or
 * \s++$|\s*[\r\n] in its place. */
static bytes spaces(bytes p, bytes end, enum space_rule rule)
{
	bytes q = p, last = p, newline = NULL;
	while (q < end) {
		unsigned len;
		if (!(ll_class_at(q, end, &len) & LL_CHAR_SPACE))
			break;
		if (*q == '\n' || *q == '\r')
			newline = q + 1;
		last = q;
		q += len;
	}
	unsigned len;
	bool at_end = q == end || (rule == SPACE_DEEPSEEK && (deepseek_class(q, end, false, &len) & DEEPSEEK_END));
	if (rule == SPACE_LINES_END && at_end)
		return q;
	if (rule != SPACE_PLAIN && newline)
		return newline;
	return at_end || last == p ? q : last;
}

static bytes numbers(bytes p, bytes end, int most)
{
	for (unsigned len; most > 0 && p < end && (ll_class_at(p, end, &len) & LL_CHAR_NUMBER); most--)
		p += len;
	return p;
}

/* ---- the schemes: the end of the piece that starts at p < end ---- */

static inline bytes gpt2_piece(bytes p, bytes end)
{
	unsigned len;
	bytes q = p + (*p == ' ' && p + 1 < end);
	if (LL_LIKELY(is_ascii_letter(*q)))
		return letters(q, end, LL_CHAR_LETTER);
	if (*p == '\'') {
		bytes r = contraction(p, end, false);
		if (r != p)
			return r;
	}
	unsigned class = ll_class_at(q, end, &len);
	if (class & LL_CHAR_LETTER)
		return letters(q, end, LL_CHAR_LETTER);
	if (class & LL_CHAR_NUMBER)
		return run_of(q, end, LL_CHAR_NUMBER, true);
	if (class & LL_CHAR_SPACE)
		return spaces(p, end, SPACE_PLAIN);
	return others(q, end, 0);
}

/* `marks`: LL_CHAR_MARK where marks are like letters, else 0. */
static inline bytes cl100k_piece(bytes p, bytes end, int digits, unsigned marks, enum space_rule rule)
{
	const unsigned word = LL_CHAR_LETTER | marks;
	unsigned len, next;
	bytes q = p + (*p == ' ' && p + 1 < end);
	if (LL_LIKELY(is_ascii_letter(*q)))
		return letters(q, end, word);
	if (*p == '\'' && (q = contraction(p, end, true)) != p)
		return q;
	unsigned class = ll_class_at(p, end, &len);
	if (class & word)
		return letters(p, end, word);
	if (class & LL_CHAR_NUMBER)
		return numbers(p, end, digits);
	q = p + len;
	if (q < end && *p != '\n' && *p != '\r' && (ll_class_at(q, end, &next) & word))
		return letters(q, end, word);
	if (!(class & LL_CHAR_SPACE) || (*p == ' ' && is_other(q, end, marks))) {
		for (q = others(q, end, marks); q < end && (*q == '\n' || *q == '\r');)
			q++;
		return q;
	}
	return spaces(p, end, rule);
}

static inline bool is_upper_like(unsigned class)
{
	return (class & LL_CHAR_MARK) || ((class & LL_CHAR_LETTER) && !(class & LL_CHAR_LOWER));
}

static inline bool is_lower_like(unsigned class)
{
	return (class & LL_CHAR_MARK) || ((class & LL_CHAR_LETTER) && !(class & LL_CHAR_UPPER));
}

/* UPPERS* LOWERS+ at p, or NULL; *upper_end gets the end of UPPERS*. Marks and letters without case are both. */
static bytes cased_word(bytes p, bytes end, bytes *upper_end)
{
	bytes q = p, both = NULL;
	unsigned len, class = 0;
	while (q < end && is_upper_like(class = ll_class_at(q, end, &len))) {
		q += len;
		if (is_lower_like(class))
			both = q;
	}
	*upper_end = q;
	if (q == end || !is_lower_like(class))
		return both;
	while (q < end && is_lower_like(ll_class_at(q, end, &len)))
		q += len;
	return q;
}

static bytes o200k_suffix(bytes p, bytes end)
{
	return p < end && *p == '\'' ? contraction(p, end, true) : p;
}

static inline bytes o200k_piece(bytes p, bytes end)
{
	unsigned len, class = ll_class_at(p, end, &len);
	if (class & LL_CHAR_NUMBER)
		return numbers(p, end, 3);
	bool prefix = *p != '\n' && *p != '\r' && !(class & LL_CHAR_LETTER);
	bytes q = p + (prefix ? len : 0), upper, word = cased_word(q, end, &upper);
	if (!word && prefix && (class & LL_CHAR_MARK)) {
		bytes ignored;
		word = cased_word(p, end, &ignored);
	}
	if (!word && upper > q)
		word = upper;
	if (word)
		return o200k_suffix(word, end);
	q = p + len;
	if (!(class & LL_CHAR_SPACE) || (*p == ' ' && is_other(q, end, 0))) {
		for (q = others(q, end, 0); q < end && (*q == '\n' || *q == '\r' || *q == '/');)
			q++;
		return q;
	}
	return spaces(p, end, SPACE_LINES);
}

static inline bytes deepseek_run(bytes p, bytes end, bool han, unsigned bits)
{
	for (unsigned len; p < end && (deepseek_class(p, end, han, &len) & bits);)
		p += len;
	return p;
}

#define DEEPSEEK_WORD (LL_CHAR_LETTER | LL_CHAR_MARK)
#define DEEPSEEK_SIGN (LL_CHAR_PUNCTUATION | LL_CHAR_SYMBOL)

static inline bytes deepseek_piece(bytes p, bytes end)
{
	bool han = *p >= 0x80 && is_kana_or_han(p, end);
	unsigned len, next_len, next = DEEPSEEK_END, class = ll_class_at(p, end, &len);
	bytes q = p + len;
	if (class & DEEPSEEK_WORD)
		return deepseek_run(q, end, han, DEEPSEEK_WORD);
	if (class & LL_CHAR_NUMBER)
		return numbers(p, end, 3);
	if (q < end)
		next = deepseek_class(q, end, han, &next_len);
	if ((class & DEEPSEEK_SIGN) && *p < 0x80 && q < end && is_ascii_letter(*q)) {
		while (q < end && is_ascii_letter(*q))
			q++;
		return q;
	}
	if (!(class & DEEPSEEK_SIGN) && *p != '\n' && *p != '\r' && (next & DEEPSEEK_WORD))
		return deepseek_run(q, end, han, DEEPSEEK_WORD);
	if ((class & DEEPSEEK_SIGN) || (*p == ' ' && (next & DEEPSEEK_SIGN))) {
		q = deepseek_run(q, end, han, DEEPSEEK_SIGN);
		while (!han && q < end && (*q == '\n' || *q == '\r'))
			q++;
		return q;
	}
	if (class & LL_CHAR_SPACE)
		return spaces(p, end, SPACE_DEEPSEEK);
	/* No pattern matches here: a gap, up to where one does. */
	for (; next == 0; q += len) {
		bytes after = q + next_len;
		len = next_len;
		next = after < end ? deepseek_class(after, end, han, &next_len) : DEEPSEEK_END;
		if (next & DEEPSEEK_WORD)
			break;
	}
	return q;
}

#define SPLIT(piece)                                                                                                   \
	for (; n < max && p < upto; n++) {                                                                             \
		p = piece;                                                                                             \
		end[n] = (size_t)(p - start);                                                                          \
	}                                                                                                              \
	break

size_t ll_pretokenize_characters(enum ll_scheme scheme, bytes start, bytes p, bytes upto, bytes stop, size_t *end,
				 size_t max)
{
	size_t n = 0;
	switch (scheme) {
	case LL_SCHEME_GPT2:
		SPLIT(gpt2_piece(p, stop));
	case LL_SCHEME_CL100K:
		SPLIT(cl100k_piece(p, stop, 3, 0, SPACE_LINES));
	case LL_SCHEME_CL100K_TIKTOKEN:
		SPLIT(cl100k_piece(p, stop, 3, 0, SPACE_LINES_END));
	case LL_SCHEME_O200K:
		SPLIT(o200k_piece(p, stop));
	case LL_SCHEME_QWEN2:
		SPLIT(cl100k_piece(p, stop, 1, 0, SPACE_LINES));
	case LL_SCHEME_QWEN35:
		SPLIT(cl100k_piece(p, stop, 1, LL_CHAR_MARK, SPACE_LINES));
	case LL_SCHEME_DEEPSEEK_V3:
		SPLIT(deepseek_piece(p, stop));
	case LL_SCHEMES:
		break;
	}
	return n;
}

ll_pretokenize_fast *ll_pretokenize_version(enum ll_cpu cpu)
{
#ifdef HAVE_AVX
	switch (cpu) {
	case LL_CPU_AVX512:
		return ll_pretokenize_avx512;
	case LL_CPU_AVX2:
		return ll_pretokenize_avx2;
	case LL_CPU_SCALAR:
		break;
	}
#endif
	(void)cpu;
	return NULL;
}

size_t ll_pretokenize(enum ll_scheme scheme, struct ll_str text, size_t at, size_t *end, size_t max)
{
	bytes start = (bytes)text.data, stop = start + text.len;
	ll_pretokenize_fast *fast = ll_pretokenize_version(ll_cpu());
	if (!fast)
		return ll_pretokenize_characters(scheme, start, start + at, stop, stop, end, max);
	size_t n = 0;
	while (n + LL_PRETOKENIZE_LEAST <= max && at < text.len) {
		bytes hard;
		n += fast(scheme, start, start + at, stop, end + n, max - n, &hard);
		at = n ? end[n - 1] : at;
		if (!hard)
			break;
		n += ll_pretokenize_characters(scheme, start, start + at, hard, stop, end + n, max - n);
		at = n ? end[n - 1] : at;
	}
	return n ? n : ll_pretokenize_characters(scheme, start, start + at, stop, stop, end, max);
}

/* Some letters become a letter and a mark in every normal form (U+0958), or a mark (U+FF9E). */
static bool stays_letter(struct ll_str letter)
{
	struct ll_buf parts = { 0 };
	unsigned len = 0;
	if ((unsigned char)*letter.data < 0x80)
		return true;
	ll_normalize(&parts, letter, LL_NFKD);
	size_t last = parts.len - 1;
	while (last > 0 && ((unsigned char)parts.data[last] & 0xc0) == 0x80)
		last--;
	unsigned class = ll_class_at((bytes)parts.data + last, (bytes)parts.data + parts.len, &len);
	ll_buf_free(&parts);
	return class & LL_CHAR_LETTER;
}

size_t ll_pretokenize_cut(struct ll_str text)
{
	bytes start = (bytes)text.data, end = start + text.len;
	for (size_t i = text.len; i-- > 1;) {
		if (start[i] >= 0x80 || !(ll_ascii_class[start[i]] & LL_CHAR_SPACE))
			continue;
		size_t back = i - 1;
		while (back > 0 && i - back < 4 && (start[back] & 0xc0) == 0x80)
			back--;
		unsigned len, class = ll_class_at(start + back, end, &len);
		if (back + len == i && (class & LL_CHAR_LETTER) && stays_letter(ll_str(text.data + back, len)))
			return i;
	}
	return 0;
}
