/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_chars.h"

#include "base/memory.h"

#define CHARS 0x10000u

/* How a character is made: the ranks up to which its beginning of 1 or 2 bytes, and its end of 1 or 2 bytes, are tokens
 * of their own. 0: never, LL_BPE_NONE: for good. */
struct making {
	uint32_t head[2], tail[2];
};

static unsigned put_utf8(uint32_t c, unsigned char out[3])
{
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (unsigned char)(0xc0 | c >> 6);
		out[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] = (unsigned char)(0xe0 | c >> 12);
	out[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	out[2] = (unsigned char)(0x80 | (c & 0x3f));
	return 3;
}

/* Merges a character alone. */
static void make_char(const struct ll_bpe *b, const unsigned char *p, unsigned n, struct ll_bpe_char *c,
		      struct making *m)
{
	*c = (struct ll_bpe_char){ .id = { b->byte_id[p[0]], LL_BPE_NONE, LL_BPE_NONE, LL_BPE_NONE } };
	memset(m, 0, sizeof *m);
	if (n == 1)
		return;
	m->head[0] = m->tail[0] = LL_BPE_NONE;
	c->id[1] = b->byte_id[p[1]];
	uint32_t first = b->bytes_rank[p[0] << 8 | p[1]];
	if (n == 2) {
		m->head[0] = m->tail[0] = first;
		if (first != LL_BPE_NONE) {
			c->id[0] = ll_bpe_merged(b, first);
			c->id[1] = LL_BPE_NONE;
		}
		return;
	}
	uint32_t second = b->bytes_rank[p[1] << 8 | p[2]];
	c->id[2] = b->byte_id[p[2]];
	if (first == LL_BPE_NONE && second == LL_BPE_NONE)
		return;
	uint32_t all;
	if (first <= second) {
		c->id[0] = ll_bpe_merged(b, first);
		all = ll_bpe_rank(b, c->id[0], c->id[2]);
		*m = (struct making){ { first, all }, { all, 0 } };
		c->id[1] = c->id[2];
	} else {
		c->id[1] = ll_bpe_merged(b, second);
		all = ll_bpe_rank(b, c->id[0], c->id[1]);
		*m = (struct making){ { all, 0 }, { second, all } };
	}
	c->id[2] = LL_BPE_NONE;
	if (all != LL_BPE_NONE) {
		c->id[0] = ll_bpe_merged(b, all);
		c->id[1] = LL_BPE_NONE;
	}
}

static bool continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

static unsigned char_length(unsigned char lead)
{
	return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* What a merge can be of at a boundary of characters. */
struct side {
	const unsigned char *p;
	unsigned len; /* of a whole character, or of a part of one */
	bool whole;
};

/* The last character of a token that begins where a character does, or all of a token inside of one; len 0: neither. */
static struct side left_side(const unsigned char *p, size_t n)
{
	size_t last = n - 1;
	while (last > 0 && continues(p[last]))
		last--;
	if (last == 0 && continues(p[0]))
		return (struct side){ p, n < 3 ? (unsigned)n : 0, false };
	if (continues(p[0]) || char_length(p[last]) != n - last)
		return (struct side){ 0 };
	return (struct side){ p + last, (unsigned)(n - last), true };
}

static struct side right_side(const unsigned char *p, size_t n)
{
	unsigned len = char_length(p[0]);
	size_t last = n - 1;
	if (n < len)
		return (struct side){ p, (unsigned)n, false };
	while (last > 0 && continues(p[last]))
		last--;
	/* One that ends inside of a later character was made by such a merge itself. */
	return (struct side){ p, char_length(p[last]) == n - last ? len : 0, true };
}

static uint32_t code_point(const unsigned char *p, unsigned n)
{
	return n == 1	? p[0]
	       : n == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
			: (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

static void mark_left(struct ll_bpe *b, const struct making *making, struct side s, uint32_t rank, uint64_t bit)
{
	if (s.whole) {
		if (s.len < 4)
			b->char_tokens[code_point(s.p, s.len)].left |= bit;
		return;
	}
	/* Every character that ends so: the last six or twelve bits are given. */
	uint32_t low = 0;
	for (unsigned i = 0; i < s.len; i++)
		low = low << 6 | (s.p[i] & 0x3fu);
	for (uint32_t c = low; c < CHARS; c += 1u << 6 * s.len)
		if (rank <= making[c].tail[s.len - 1])
			b->char_tokens[c].left |= bit;
}

static void mark_right(struct ll_bpe *b, const struct making *making, struct side s, uint32_t rank, uint64_t bit)
{
	if (s.whole) {
		if (s.len < 4)
			b->char_tokens[code_point(s.p, s.len)].right |= bit;
		return;
	}
	unsigned len = char_length(s.p[0]), given = len - s.len;
	if (len == 4)
		return;
	uint32_t from = len == 2     ? (s.p[0] & 0x1fu) << 6
			: s.len == 1 ? (s.p[0] & 0xfu) << 12
				     : (s.p[0] & 0xfu) << 12 | (s.p[1] & 0x3fu) << 6;
	for (uint32_t c = from; c < from + (1u << 6 * given) && c < CHARS; c++)
		if (rank <= making[c].head[s.len - 1])
			b->char_tokens[c].right |= bit;
}

static void mark_joined(struct ll_bpe *b, struct side left, struct side right)
{
	if (left.len == 4 || right.len == 4)
		return;
	uint32_t h = ll_bpe_joined_hash(code_point(left.p, left.len), code_point(right.p, right.len));
	b->chars_joined[h >> 5] |= 1u << (h & 31);
}

void ll_bpe_index_chars(struct ll_bpe *b)
{
	if (!b->steady)
		return;
	struct making *making = ll_malloc(CHARS * sizeof *making);
	b->char_tokens = ll_malloc(CHARS * sizeof *b->char_tokens);
	b->chars_joined = ll_calloc((size_t)1 << (LL_JOINED_BITS - 5), sizeof *b->chars_joined);
	for (uint32_t c = 0; c < CHARS; c++) {
		unsigned char p[3] = { 0 };
		unsigned n = put_utf8(c, p);
		make_char(b, p, n, &b->char_tokens[c], &making[c]);
	}
	uint64_t bit = 1;
	for (size_t i = 0; i < b->merges; i++) {
		const struct ll_bpe_token *l = &b->token[b->merge[i].left], *r = &b->token[b->merge[i].right];
		const unsigned char *lp = (const unsigned char *)b->bytes.data + l->offset;
		const unsigned char *rp = (const unsigned char *)b->bytes.data + r->offset;
		if (continues(rp[0]))
			continue;
		struct side left = left_side(lp, l->len), right = right_side(rp, r->len);
		if (!left.len || !right.len)
			continue;
		if (left.whole && right.whole) {
			mark_joined(b, left, right);
			continue;
		}
		mark_left(b, making, left, b->merge[i].rank, bit);
		mark_right(b, making, right, b->merge[i].rank, bit);
		bit = bit << 1 | bit >> 63;
	}
	ll_free(making);
}

unsigned ll_bpe_char_tokens(const struct ll_bpe *b, const unsigned char *p, size_t n, uint32_t *id, unsigned most)
{
	const unsigned char *end = p + n;
	uint64_t left = 0;
	unsigned made = 0, len;
	for (; p < end; p += len) {
		if (made + 3 > most)
			return 0;
		uint32_t c = ll_bpe_char_at(p, end, &len);
		const struct ll_bpe_char *k = &b->char_tokens[c];
		if (len == 0 || (left & k->right))
			return 0;
		left = k->left;
		memcpy(id + made, k->id, 3 * sizeof *id);
		made += ll_bpe_char_ids(k);
	}
	return made;
}
