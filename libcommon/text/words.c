/* SPDX-License-Identifier: MIT */
#include "text/words.h"

#include "base/hash.h"
#include "base/memory.h"
#include "text/unicode.h"
#include "text/utf8.h"

struct splitter {
	struct ll_words *w;
	struct ll_buf normal; /* NFKC of the chunk at hand */
	size_t word;          /* start of the open word in w->normalized; SIZE_MAX: none */
	uint32_t start;       /* in the original text */
};

static void close_word(struct splitter *s, uint32_t end)
{
	struct ll_words *w = s->w;
	if (s->word == SIZE_MAX)
		return;
	LL_GROW(w->word, w->cap, w->len + 1);
	w->word[w->len++] = (struct ll_word){ s->start, end, ll_hash64(w->normalized.data + s->word, w->normalized.len - s->word) };
	s->word = SIZE_MAX;
}

static void add_to_word(struct splitter *s, uint32_t at, const char *bytes, size_t n)
{
	struct ll_buf *b = &s->w->normalized;
	if (s->word == SIZE_MAX) {
		if (b->len)
			ll_buf_putc(b, ' ');
		s->word = b->len;
		s->start = at;
	}
	ll_buf_add(b, bytes, n);
}

/* What an ASCII byte becomes inside a word: itself in lower case, or 0 where it parts words. */
#define D(c) c, c + 1, c + 2, c + 3, c + 4, c + 5, c + 6, c + 7, c + 8, c + 9
#define A(c) D(c), D(c + 10), c + 20, c + 21, c + 22, c + 23, c + 24, c + 25
static const char in_word[128] = {
	['0'] = D('0'), ['A'] = A('a'), ['_'] = '_', ['a'] = A('a'),
};
#undef A
#undef D

static void ascii_chunk(struct splitter *s, const char *text, uint32_t start, uint32_t end)
{
	struct ll_words *w = s->w;
	char *to = ll_buf_reserve(&w->normalized, 2 * (size_t)(end - start) + 1);

	for (uint32_t i = start; i < end;) {
		while (i < end && !in_word[(unsigned char)text[i]])
			i++;
		if (i == end)
			break;
		uint32_t from = i;
		if (w->normalized.len)
			*to++ = ' ';
		char *word = to;
		for (char c; i < end && (c = in_word[(unsigned char)text[i]]) != 0; i++)
			*to++ = c;
		LL_GROW(w->word, w->cap, w->len + 1);
		w->word[w->len++] = (struct ll_word){ from, i, ll_hash64(word, (size_t)(to - word)) };
		w->normalized.len = (size_t)(to - w->normalized.data);
	}
}

/* Words of a chunk whose bytes the normal form moved all point at the whole chunk. */
static void other_chunk(struct splitter *s, const char *text, uint32_t start, uint32_t end)
{
	ll_buf_clear(&s->normal);
	ll_normalize(&s->normal, ll_str(text + start, end - start), LL_NFKC);
	bool moved = s->normal.len != end - start || memcmp(s->normal.data, text + start, s->normal.len) != 0;
	const char *p = s->normal.data, *stop = p + s->normal.len;
	while (p < stop) {
		const char *from = p;
		uint32_t c = ll_utf8_next(&p);
		uint32_t at = moved ? start : start + (uint32_t)(from - s->normal.data), after = moved ? end : start + (uint32_t)(p - s->normal.data);
		char lower[4];
		if (c != '_' && !(ll_char_class(c) & (LL_CHAR_LETTER | LL_CHAR_NUMBER | LL_CHAR_MARK))) {
			close_word(s, moved ? end : at);
			continue;
		}
		bool alone = c >= 0x0e00 && ll_char_is_unspaced(c);
		if (alone)
			close_word(s, moved ? end : at);
		add_to_word(s, at, lower, ll_utf8_put(lower, ll_char_lower(c)));
		if (alone)
			close_word(s, after);
	}
	close_word(s, end);
}

void ll_words_split(struct ll_words *w, struct ll_str text)
{
	struct splitter s = { .w = w, .word = SIZE_MAX };
	w->len = 0;
	ll_buf_clear(&w->normalized);
	for (uint32_t i = 0; i < text.len;) {
		uint32_t start = i;
		bool ascii = true;
		while (i < text.len) {
			unsigned char c = (unsigned char)text.data[i];
			if (LL_LIKELY(c < 0x80)) {
				if (c == ' ' || (c >= '\t' && c <= '\r'))
					break;
				i++;
				continue;
			}
			const char *p = text.data + i;
			if (ll_char_class(ll_utf8_next(&p)) & LL_CHAR_SPACE)
				break;
			ascii = false;
			i = (uint32_t)(p - text.data);
		}
		if (i > start && ascii)
			ascii_chunk(&s, text.data, start, i);
		else if (i > start)
			other_chunk(&s, text.data, start, i);
		if (i < text.len) { /* the white space that ended the chunk */
			const char *p = text.data + i;
			ll_utf8_next(&p);
			i = (uint32_t)(p - text.data);
		}
	}
	ll_buf_free(&s.normal);
}

void ll_words_free(struct ll_words *w)
{
	ll_free(w->word);
	ll_buf_free(&w->normalized);
	*w = (struct ll_words){ 0 };
}
