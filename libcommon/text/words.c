/* SPDX-License-Identifier: MIT */
/*
 * A text is a sequence of chunks between white space. Stretches of chunks of ASCII and the like (words_ascii.h) are split by
 * bit masks; a chunk with any other character goes through its normal form, character by character.
 */
#include "text/words.h"

#include "base/cpu.h"
#include "base/hash.h"
#include "base/memory.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "text/words_ascii.h"

#define AFTER 128u /* bytes readable, and written, after the last of w->lower */

uint64_t ll_word_hash(const char *normalized, size_t len)
{
	unsigned char bytes[16] = { 0 };

	if (len > sizeof(bytes))
		return ll_hash64(normalized, len);
	memcpy(bytes, normalized, len);
	return ll_word_hash_short(ll_get64(bytes), ll_get64(bytes + 8));
}

static void join(struct ll_words *w, const char *bytes, size_t n)
{
	if (!w->joined)
		return;
	if (w->normalized.len)
		ll_buf_putc(&w->normalized, ' ');
	ll_buf_add(&w->normalized, bytes, n);
}

/* Words of chunks in [from, to) that nothing is beyond. */
static void simple_stretch(struct ll_words *w, const struct ll_words_ascii *cpu, uint32_t from, uint32_t to)
{
	LL_GROW(w->edge, w->edge_cap, (size_t)(to - from) + 66);
	size_t n = cpu->edges(w->in_word, from, to, w->edge) / 2;
	LL_GROW(w->word, w->cap, w->len + n);
	struct ll_word *word = w->word + w->len;
	cpu->words(w->lower, w->edge, n, word);
	if (w->joined)
		for (size_t i = 0; i < n; i++)
			join(w, w->lower + word[i].start, word[i].end - word[i].start);
	w->len += n;
}

/* ---- other chunks ---- */

static bool all_settled(struct ll_str s)
{
	for (const char *p = s.data; p < s.data + s.len;)
		if (!ll_words_is_settled(ll_utf8_next(&p)))
			return false;
	return true;
}

struct splitter {
	struct ll_words *w;
	struct ll_buf word; /* the open one; empty: none */
	uint32_t start;	    /* in the original text */
};

static void close_word(struct splitter *s, uint32_t end)
{
	struct ll_words *w = s->w;

	if (s->word.len == 0)
		return;
	LL_GROW(w->word, w->cap, w->len + 1);
	w->word[w->len++] = (struct ll_word){ s->start, end, ll_word_hash(s->word.data, s->word.len) };
	join(w, s->word.data, s->word.len);
	ll_buf_clear(&s->word);
}

/* Words of a chunk whose bytes the normal form moved all point at the whole chunk. */
static void other_chunk(struct splitter *s, const char *text, uint32_t start, uint32_t end)
{
	struct ll_str chunk = ll_str(text + start, end - start), normal = chunk;

	if (!all_settled(chunk)) {
		ll_buf_clear(&s->w->normal);
		ll_normalize(&s->w->normal, chunk, LL_NFKC);
		normal = ll_buf_str(&s->w->normal);
	}
	bool moved = !ll_str_eq(normal, chunk);
	for (const char *p = normal.data, *stop = p + normal.len; p < stop;) {
		const char *from = p;
		uint32_t c = ll_utf8_next(&p);
		uint32_t at = moved ? start : start + (uint32_t)(from - normal.data);
		uint32_t after = moved ? end : start + (uint32_t)(p - normal.data);
		char lower[4];
		if (c != '_' && !(ll_char_class(c) & (LL_CHAR_LETTER | LL_CHAR_NUMBER | LL_CHAR_MARK))) {
			close_word(s, moved ? end : at);
			continue;
		}
		bool alone = c >= 0x0e00 && ll_char_is_unspaced(c);
		if (alone)
			close_word(s, moved ? end : at);
		if (s->word.len == 0)
			s->start = at;
		ll_buf_add(&s->word, lower, ll_utf8_put(lower, ll_char_lower(c)));
		if (alone)
			close_word(s, after);
	}
	close_word(s, end);
}

static inline bool is_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The first byte at or after `from` of a character that masks do not do for. */
static uint32_t next_beyond(const struct ll_words *w, uint32_t from, uint32_t len)
{
	for (uint32_t k = from / 64; k <= (len - 1) / 64; k++) {
		uint64_t m = w->beyond[k] & (k == from / 64 ? ~(uint64_t)0 << from % 64 : ~(uint64_t)0);
		if (m)
			return 64 * k + (uint32_t)__builtin_ctzll(m);
	}
	return len;
}

static uint32_t chunk_end(struct ll_str text, uint32_t i)
{
	while (i < text.len) {
		const char *p = text.data + i;
		unsigned char c = (unsigned char)*p;
		if (c < 0x80 ? is_space(c) : (ll_char_class(ll_utf8_next(&p)) & LL_CHAR_SPACE) != 0)
			break;
		i = c < 0x80 ? i + 1 : (uint32_t)(p - text.data);
	}
	return i;
}

static const struct ll_words_ascii *choose(void)
{
#ifdef HAVE_AVX
	if (ll_cpu() >= LL_CPU_AVX512)
		return &ll_words_ascii_avx512;
	if (ll_cpu() >= LL_CPU_AVX2)
		return &ll_words_ascii_avx2;
#endif
	return &ll_words_ascii_plain;
}

static void classify(struct ll_words *w, const struct ll_words_ascii *cpu, struct ll_str text)
{
	size_t whole = text.len / 64, rest = text.len % 64;
	char last[64] = { 0 };

	LL_GROW(w->lower, w->lower_cap, text.len + AFTER);
	LL_GROW(w->in_word, w->in_word_cap, whole + 1);
	LL_GROW(w->beyond, w->beyond_cap, whole + 1);
	cpu->classify(text.data, whole, w->lower, w->in_word, w->beyond);
	if (rest)
		memcpy(last, text.data + 64 * whole, rest);
	cpu->classify(last, 1, w->lower + 64 * whole, w->in_word + whole, w->beyond + whole);
	ll_words_settle(text.data, whole + 1, w->lower, w->in_word, w->beyond);
}

void ll_words_split(struct ll_words *w, struct ll_str text)
{
	const struct ll_words_ascii *cpu = choose();
	struct splitter s = { .w = w };

	w->len = 0;
	ll_buf_clear(&w->normalized);
	if (text.len == 0)
		return;
	classify(w, cpu, text);
	for (uint32_t i = 0; i < text.len;) {
		uint32_t beyond = next_beyond(w, i, (uint32_t)text.len), start = beyond;
		while (start > i && beyond < text.len && !is_space((unsigned char)text.data[start - 1]))
			start--;
		if (start > i)
			simple_stretch(w, cpu, i, start);
		if (beyond == text.len)
			break;
		uint32_t end = chunk_end(text, beyond);
		if (end > start)
			other_chunk(&s, text.data, start, end);
		i = end;
		if (i < text.len) { /* the white space that ended the chunk */
			const char *p = text.data + i;
			ll_utf8_next(&p);
			i = (uint32_t)(p - text.data);
		}
	}
	ll_buf_free(&s.word);
}

void ll_words_free(struct ll_words *w)
{
	ll_free(w->word);
	ll_buf_free(&w->normalized);
	ll_free(w->lower);
	ll_free(w->in_word);
	ll_free(w->beyond);
	ll_free(w->edge);
	ll_buf_free(&w->normal);
	*w = (struct ll_words){ 0 };
}
