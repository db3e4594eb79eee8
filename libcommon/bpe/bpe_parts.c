/* SPDX-License-Identifier: MIT */
#include "bpe/bpe_parts.h"

#include "base/memory.h"
#include "bpe/bpe_chars.h"

#define LATE 8192u

void ll_parts_free(struct ll_parts *x)
{
	ll_free_pages(x->late, LATE * sizeof *x->late);
}

bool ll_has_parts(const struct ll_bpe *b, const char *p, size_t n)
{
	unsigned char lead = (unsigned char)*p;
	size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
	if ((lead < 0xe3 || lead == 0xef) && len < n) /* a blank, a quote, a comma before a word */
		lead = (unsigned char)p[len];
	return lead >= 0xe3 && lead <= 0xe9 && b->char_tokens && (!b->ignore_merges || b->all_live);
}

/* ---- parts ---- */

/* A part that is not among those of late, or has more ids than are remembered there. */
static void encode_new_part(struct ll_parts *x, struct ll_piece piece, struct ll_slot *slot, const char *p, size_t n,
			    struct ll_ids *out)
{
	size_t ids, before = out->len;
	uint32_t set = x->cache->set(x->cache, piece);
	const uint32_t *id = ll_piece_cache_find(x->cache, piece, set, p, n, &ids);
	if (id) {
		memcpy(ll_ids_reserve(out, ids), id, ids * sizeof *id);
		out->len += ids;
	} else {
		ll_merge(x->merger, p, n, out);
		ids = out->len - before;
		ll_piece_cache_put(x->cache, piece, set, p, n, out->id + before, ids);
	}
	if (ids <= LL_SLOT_IDS) {
		*slot = (struct ll_slot){ .piece = piece, .n = (uint32_t)ids };
		memcpy(slot->id, out->id + before, ids * sizeof *id);
	}
}

static inline void encode_part(struct ll_parts *x, const char *p, size_t n, const char *stop, struct ll_ids *out)
{
	if (LL_UNLIKELY(n > LL_PIECE_SHORT)) {
		ll_merge(x->merger, p, n, out);
		return;
	}
	struct ll_piece piece = ll_piece_pack(p, n, stop);
	struct ll_slot *slot = &x->late[(uint32_t)ll_piece_hash(piece) % LATE];
	if (LL_UNLIKELY(!ll_piece_eq(slot->piece, piece))) {
		encode_new_part(x, piece, slot, p, n, out);
		return;
	}
	memcpy(ll_ids_reserve(out, LL_SLOT_IDS), slot->id, sizeof slot->id);
	out->len += slot->n;
}

/* ---- the row of parts ---- */

struct row {
	struct ll_parts *x;
	struct ll_ids *out;
	const char *stop;
	const char *start;      /* of the part at hand */
	const char *last_start; /* of the one before, and */
	size_t last_ids;	/* where its ids begin */
	size_t first;		/* where those of the piece do */
	bool loose, dirty, last_dirty;
};

static bool is_apart(struct row *r, size_t at)
{
	return at == r->first || ll_merger_apart(r->x->merger, r->out->id[at - 1], r->out->id[at]);
}

/* The part at hand ends at p; `only`: what it is, if it is one character. False to give up. */
static inline bool end_part(struct row *r, const char *p, const struct ll_bpe_char *only)
{
	size_t at = r->out->len;
	if (only) {
		memcpy(ll_ids_reserve(r->out, 4), only->id, sizeof only->id);
		r->out->len += ll_bpe_char_ids(only);
	} else {
		encode_part(r->x, r->start, (size_t)(p - r->start), r->stop, r->out);
	}
	if (LL_UNLIKELY(r->loose | r->dirty | r->last_dirty) && !is_apart(r, at)) {
		r->out->len = at = r->last_ids;
		r->start = r->last_start;
		r->dirty = true;
		encode_part(r->x, r->start, (size_t)(p - r->start), r->stop, r->out);
		if (!is_apart(r, at))
			return false;
	}
	r->last_start = r->start;
	r->last_ids = at;
	r->last_dirty = r->dirty;
	r->start = p;
	r->dirty = false;
	return true;
}

static bool encode_row(struct row *r, const struct ll_bpe *b, const unsigned char *p, const unsigned char *end)
{
	unsigned len;
	uint32_t c = ll_bpe_char_at(p, end, &len);
	const struct ll_bpe_char *k = &b->char_tokens[c], *only = k;
	for (; len && (p += len) < end;) {
		uint32_t next = ll_bpe_char_at(p, end, &len);
		const struct ll_bpe_char *n = &b->char_tokens[next];
		bool loose = (k->left & n->right) != 0;
		if (ll_bpe_may_join(b, c, next)) {
			r->dirty |= loose;
			only = NULL;
		} else {
			if (!end_part(r, (const char *)p, only))
				return false;
			r->loose = loose;
			only = n;
		}
		c = next;
		k = n;
	}
	return len && end_part(r, (const char *)end, only);
}

bool ll_parts_encode(struct ll_parts *x, const char *p, size_t n, const char *stop, struct ll_ids *out)
{
	struct row r = { .x = x, .out = out, .stop = stop, .start = p, .first = out->len };
	if (LL_UNLIKELY(!x->late))
		x->late = ll_alloc_pages(LATE * sizeof *x->late);
	if (encode_row(&r, x->bpe, (const unsigned char *)p, (const unsigned char *)p + n))
		return true;
	out->len = r.first;
	return false;
}
