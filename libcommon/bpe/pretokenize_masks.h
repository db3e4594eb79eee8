/* SPDX-License-Identifier: MIT */
/*
 * pretokenize_masks.h - the arithmetic of pretokenize_fast.h; included by the file of each instruction set, which
 * defines
 *
 *   struct ascii masks_of(bytes p)                     the classes of the 64 bytes at p
 *   uint64_t wide_masks(...)                           the same of characters of two and three bytes, see below
 *   size_t emit(uint64_t m, size_t base, size_t *end)  writes base + the place of each bit, returns how many; may write
 *                                                      up to 64 places
 *
 * Bit i of a mask is byte i of the block; all bytes of a character have its class. Masks are named after the characters
 * they mark. before(x, y) is where x holds for the byte before; y, 0 or 1, says it of the last byte of the block
 * before.
 */
#include "bpe/pretokenize_fast.h"

#include <immintrin.h>

struct ascii {
	uint64_t upper, lower, number, space, newline, blank, quote, slash; /* blank is U+0020, newline CR or LF */
	uint64_t wide;							    /* not ASCII */
	uint64_t control; /* ASCII, neither space nor printed */
};

static inline struct ascii masks_of(bytes p);

struct rules {
	bool gpt2;  /* no prefix but a blank, no line ends after symbols, no line rule for white space */
	bool cased; /* words are UPPER* lower+ and take a contraction with them: o200k */
	bool marks; /* marks are letters */
	int digits; /* in a number, at most; 0: any */
	bool deepseek; /* of ASCII: no contractions, and white space before a number stays whole */
};

/* What the block after needs to know. Zero: a piece starts with the first byte of it. */
struct carry {
	uint64_t letter, number, space, newline, blank, other, lower, both; /* of the last byte, 0 or 1 */
	uint64_t tail;							    /* the last byte is in a tail */
	uint64_t lone;	      /* the last byte is in the first character of a run of symbols that starts a piece */
	uint64_t set, clear;  /* starts after, and not in, a contraction that reaches into the block */
	unsigned digits;      /* of the next block's, before a number is full */
	unsigned over, class; /* bytes and class of a character that reaches into the block */
	const uint8_t *classes; /* ll_char_classes() */
};

struct classes {
	uint64_t letter, upper, lower, number, space, mark;
	uint64_t inner; /* bytes of a character after its first */
};

#define INLINE static inline __attribute__((always_inline))

INLINE uint64_t before(uint64_t x, uint64_t carry)
{
	return x << 1 | carry;
}

INLINE void mark_class(struct classes *k, unsigned class, uint64_t mask)
{
	k->letter |= class & LL_CHAR_LETTER ? mask : 0;
	k->upper |= class & LL_CHAR_UPPER ? mask : 0;
	k->lower |= class & LL_CHAR_LOWER ? mask : 0;
	k->number |= class & LL_CHAR_NUMBER ? mask : 0;
	k->space |= class & LL_CHAR_SPACE ? mask : 0;
	k->mark |= class & LL_CHAR_MARK ? mask : 0;
}

/* Adds characters of the bytes `wide`, none of which begin before p, and returns the bytes of the others, which have to be added one by
 * one. Up to p[65] may be read. */
static inline uint64_t wide_masks(struct classes *k, uint64_t wide, bytes p, struct carry *c);
static inline size_t emit(uint64_t m, size_t base, size_t *end);

/* Adds the characters that are not ASCII. */
static void add_wide(struct classes *k, uint64_t wide, bytes p, bytes stop, struct carry *c)
{
	if (c->over) {
		uint64_t mask = ((uint64_t)1 << c->over) - 1;
		mark_class(k, c->class, mask);
		k->inner |= mask;
		wide &= ~mask;
		c->over = 0;
	}
	if (__builtin_popcountll(wide) > 9) /* few are quicker one by one */
		wide = wide_masks(k, wide, p, c);
	while (wide) {
		unsigned i = (unsigned)__builtin_ctzll(wide), len;
		unsigned class = ll_wide_class(p + i, stop, &len);
		uint64_t mask = (((uint64_t)1 << len) - 1) << i;
		mark_class(k, class, mask);
		k->inner |= mask & (mask - 1) & ~((uint64_t)1 << i);
		wide &= ~mask;
		if (i + len > 64) {
			c->over = i + len - 64;
			c->class = class;
		}
	}
}

/* 1 when a line end follows the white space at p without one, 0 when something else does, -1 at the end of the text. */
static int newline_follows(bytes p, bytes stop)
{
	for (unsigned len; p < stop; p += len) {
		if (*p == '\n' || *p == '\r')
			return 1;
		if (!(ll_class_at(p, stop, &len) & LL_CHAR_SPACE))
			return 0;
	}
	return -1;
}

/* Where white space that follows a line end starts a piece: at `from`, unless another line end follows it, which then
 * takes it along. */
INLINE bool after_newlines(uint64_t from, uint64_t space, uint64_t newline, bytes next, bytes stop, uint64_t *starts)
{
	unsigned long long sum;
	/* Adding the first bit of a run to it moves it behind the run: the ends, in the order of the starts. */
	bool over = __builtin_uaddll_overflow(from, space, &sum);
	uint64_t end = sum & ~space, taken = _pext_u64(newline, end);
	if (over) {
		int more = newline_follows(next, stop);
		if (more < 0)
			return false;
		taken |= (uint64_t)more << __builtin_popcountll(end);
	}
	*starts |= _pdep_u64(~taken, from);
	return true;
}

/* Bytes of 's 't 're 've 'm 'll 'd at p: 0 for none, 1 for one that is not ASCII. */
INLINE unsigned contraction(bytes p, bool any_case)
{
	unsigned a = p[1], b = p[2];
	if (any_case) {
		if (a == 0xc5 && b == 0xbf)
			return 1;
		a |= (unsigned)(a - 'A') < 26 ? 0x20 : 0;
		b |= (unsigned)(b - 'A') < 26 ? 0x20 : 0;
	}
	if (a == 's' || a == 't' || a == 'm' || a == 'd')
		return 2;
	return (b == 'e' && (a == 'r' || a == 'v')) || (b == 'l' && a == 'l') ? 3 : 0;
}

/* Contractions at the quotes: no piece starts in them, one starts after. */
INLINE bool contractions(struct rules r, uint64_t quote, bytes p, struct carry *c, uint64_t *starts)
{
	while (quote) {
		unsigned i = (unsigned)__builtin_ctzll(quote), len = contraction(p + i, !r.gpt2);
		quote &= quote - 1;
		if (len == 0)
			continue;
		/* A quote right after is no suffix of a word: it starts one. */
		if (len == 1 || (r.cased && p[i + len] == '\''))
			return false;
		unsigned from = i + !r.cased, end = i + len;
		uint64_t high = end < 64 ? (uint64_t)1 << end : 0;
		uint64_t in = from < 64 ? (high - 1) & ~(((uint64_t)1 << from) - 1) : 0;
		*starts = (*starts & ~in) | high;
		if (end >= 64) {
			c->set = (uint64_t)1 << (end - 64);
			c->clear = c->set - 1;
		}
	}
	return true;
}

INLINE uint64_t number_starts(struct rules r, uint64_t number, uint64_t inner, uint64_t blank_before, struct carry *c)
{
	uint64_t starts = number & ~before(number, c->number);
	if (r.digits == 1)
		return number & ~inner;
	if (r.digits == 0)
		return starts & ~blank_before;
	uint64_t full = ((uint64_t)2 << c->digits) - 1, third = number & number << 1 & number << 2;
	if (c->number && (number & full) == full)
		starts |= (uint64_t)1 << c->digits;
	for (uint64_t more = starts << 3 & third; more; more = more << 3 & third)
		starts |= more;
	if (number >> 63)
		c->digits = 2 - (unsigned)__builtin_clzll(starts);
	return starts;
}

/* The starts of pieces in the 64 bytes at p; false to give up. */
INLINE bool block(struct rules r, bytes p, bytes stop, struct carry *c, uint64_t *out)
{
	struct ascii m = masks_of(p);
	struct classes k = { .letter = m.upper | m.lower, m.upper, m.lower, m.number, m.space };
	if (r.deepseek && (m.wide | m.control || (p[64] >= 0x80 && m.space >> 63)))
		return false;
	if (LL_UNLIKELY(m.wide)) {
		add_wide(&k, m.wide, p, stop, c);
		if (r.digits == 3 && (k.number & m.wide))
			return false;
		if (r.cased && k.mark & ~before(k.letter | k.mark, c->letter))
			return false;
		if (r.marks)
			k.letter |= k.mark;
	}
	uint64_t other = ~(k.letter | k.number | k.space), newline = m.newline, tail = 0;
	if (!r.gpt2) { /* line ends after symbols belong to them */
		uint64_t takes = newline | (r.cased ? m.slash : 0);
		uint64_t first = (newline & before(other, c->other)) | (takes & c->tail);
		if (first) {
			tail = (takes & ~(takes + first)) | first;
			k.space &= ~tail;
			newline &= ~tail;
			other &= ~tail;
		}
	}
	uint64_t plain = r.gpt2 ? k.space : k.space & ~newline; /* white space that ends no line */
	uint64_t starts = k.space & ~before(k.space, c->space);

	/* The last of a run of white space goes with what follows. */
	unsigned len;
	uint64_t ahead = ll_class_at(p + 64, stop, &len) & LL_CHAR_SPACE ? (uint64_t)1 << 63 : 0;
	uint64_t last = plain & ~(k.space >> 1 | ahead);
	if (LL_UNLIKELY(k.space & m.wide)) {
		if ((k.space & k.inner & 1) || (c->over && k.space >> 63))
			return false;
		last = (last & ~k.inner) | (last & k.inner) >> 1;
		last = (last & ~k.inner) | (last & k.inner) >> 1;
	}
	if (r.deepseek)
		last &= ~(k.number >> 1 | (uint64_t)(p[64] >= '0' && p[64] <= '9') << 63);
	starts |= last;
	uint64_t from = r.gpt2 ? 0 : plain & before(newline, c->newline);
	if (from && !after_newlines(from, plain, newline, p + 64, stop, &starts))
		return false;

	uint64_t blank_before = before(m.blank, c->blank);
	uint64_t lone = other & ~before(other, c->other & ~c->tail) & ~blank_before;
	uint64_t word = k.letter & ~before(k.letter, c->letter);
	starts |= lone;
	if (r.gpt2) {
		word &= ~blank_before;
	} else {
		uint64_t head = lone;
		if (m.wide) { /* all bytes of the first symbol */
			uint64_t inner = other & k.inner;
			head |= c->lone & inner;
			for (int i = 0; i < 3; i++)
				head |= head << 1 & inner;
		}
		word &= ~before(head | plain, c->lone | (c->space & ~c->newline));
		c->lone = head >> 63;
	}
	starts |= word;
	starts |= number_starts(r, k.number, k.inner, blank_before, c);
	if (r.cased) {
		uint64_t both = k.letter & ~k.upper & ~k.lower, big = k.upper & ~k.inner;
		if (big & before(both, c->both))
			return false;
		starts |= big & before(k.lower, c->lower);
		c->both = both >> 63;
	}
	uint64_t quote = m.quote & (r.cased ? before(k.letter, c->letter) : lone);
	starts = (starts & ~c->clear) | c->set;
	c->set = c->clear = 0;
	if (LL_UNLIKELY(quote) && !r.deepseek && !contractions(r, quote, p, c, &starts))
		return false;

	c->letter = k.letter >> 63;
	c->number = k.number >> 63;
	c->space = k.space >> 63;
	c->newline = newline >> 63;
	c->blank = m.blank >> 63;
	c->lower = k.lower >> 63;
	c->tail = tail >> 63;
	c->other = other >> 63 | c->tail;
	*out = starts;
	return true;
}

INLINE size_t run_blocks(struct rules r, bytes start, bytes at, bytes stop, size_t *end, size_t max, bytes *hard)
{
	struct carry c = { .classes = ll_char_classes() };
	size_t n = 0;
	bytes p = at;
	*hard = NULL;
	for (; stop - p >= LL_PRETOKENIZE_BLOCK + LL_PRETOKENIZE_AHEAD && n + LL_PRETOKENIZE_BLOCK <= max;
	     p += LL_PRETOKENIZE_BLOCK) {
		uint64_t starts;
		if (!block(r, p, stop, &c, &starts)) {
			*hard = p + LL_PRETOKENIZE_BLOCK;
			break;
		}
		n += emit(p == at ? starts & ~(uint64_t)1 : starts, (size_t)(p - start), end + n);
	}
	return n;
}

#define LL_PRETOKENIZE_DEFINE(name)                                                                                    \
	size_t name(enum ll_scheme scheme, bytes start, bytes at, bytes stop, size_t *end, size_t max, bytes *hard)    \
	{                                                                                                              \
		switch (scheme) {                                                                                      \
		case LL_SCHEME_GPT2:                                                                                   \
			return run_blocks((struct rules){ .gpt2 = true }, start, at, stop, end, max, hard);            \
		case LL_SCHEME_CL100K:                                                                                 \
		case LL_SCHEME_CL100K_TIKTOKEN:                                                                        \
			return run_blocks((struct rules){ .digits = 3 }, start, at, stop, end, max, hard);             \
		case LL_SCHEME_O200K:                                                                                  \
			return run_blocks((struct rules){ .digits = 3, .cased = true, .marks = true }, start, at,      \
					  stop, end, max, hard);                                                       \
		case LL_SCHEME_QWEN2:                                                                                  \
			return run_blocks((struct rules){ .digits = 1 }, start, at, stop, end, max, hard);             \
		case LL_SCHEME_QWEN35:                                                                                 \
			return run_blocks((struct rules){ .digits = 1, .marks = true }, start, at, stop, end, max,     \
					  hard);                                                                       \
		case LL_SCHEME_DEEPSEEK_V3:                                                                            \
			return run_blocks((struct rules){ .digits = 3, .deepseek = true }, start, at, stop, end, max,  \
					  hard);                                                                       \
		default:                                                                                               \
			*hard = stop;                                                                                  \
			return 0;                                                                                      \
		}                                                                                                      \
	}
