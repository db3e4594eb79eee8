/* SPDX-License-Identifier: MIT */
#include "ll-dedup/members.h"

#include "base/memory.h"
#include "doc/record.h"
#include "io/sort.h"

/* ---- in memory ---- */

static char *append(char *at, const void *data, size_t len)
{
	if (len)
		memcpy(at, data, len);
	return at + len;
}

size_t survivor_init(struct survivor *s, const struct member *m, const struct survivor *equal)
{
	size_t shingles = equal || set_is_large(m->n_shingles) ? 0 : 8 * (size_t)m->n_shingles, size = shingles + m->id.len + m->source.len;

	*s = (struct survivor){ .member = *m, .own = ll_malloc(size + 1), .shares = equal != NULL };
	char *id = append(s->own, m->shingles, shingles), *source = append(id, m->id.data, m->id.len);
	append(source, m->source.data, m->source.len);
	if (equal)
		s->member.shingles = equal->member.shingles;
	else if (!set_is_large(m->n_shingles))
		s->member.shingles = (unsigned char *)s->own;
	s->member.id = ll_str(id, m->id.len);
	s->member.source = ll_str(source, m->source.len);
	return size + sizeof(*s);
}

size_t survivor_duplicate(struct survivor *s, const struct walk_events *events, const struct member *m, double similarity)
{
	static const char *const item = "";
	char hex[33];

	events->duplicate(events->context, m, &s->member, similarity);
	if (!events->survivor || s->copies++ >= WALK_COPIES_MAX)
		return 0;
	ll_tags_add_string(&s->ids, item, m->id.len ? m->id : ll_cstr(ll_id_hex(m->key, hex)));
	if (similarity >= 0)
		ll_tags_add_float(&s->similarities, item, similarity);
	return m->id.len + 40;
}

void survivor_end(struct survivor *s, const struct walk_events *events)
{
	if (s->copies)
		events->survivor(events->context, &s->member, s->copies, ll_buf_str(&s->ids), ll_buf_str(&s->similarities));
	ll_buf_free(&s->ids);
	ll_buf_free(&s->similarities);
	ll_free(s->own);
}

/* ---- in a temporary file ---- */

#define FIXED 56u /* u32 document, old, shingles, lengths of id and source | key, digest of the text 16 each | u32 place */

struct ll_sorter *member_spool_new(uint64_t memory)
{
	return ll_sorter_new_variable(0, memory, "documents of a large cluster"); /* no key: the order in which they came */
}

void member_spool_put(struct ll_sorter *spool, const struct member *m)
{
	struct ll_buf b = { 0 };
	unsigned char none = 0;

	ll_buf_put32(&b, m->document);
	ll_buf_put32(&b, m->old);
	ll_buf_put32(&b, m->n_shingles);
	ll_buf_put32(&b, (uint32_t)m->id.len);
	ll_buf_put32(&b, (uint32_t)m->source.len);
	ll_buf_add(&b, m->key.byte, 16);
	ll_buf_add(&b, m->text.byte, 16);
	ll_buf_put32(&b, m->place);
	if (set_is_large(m->n_shingles))
		ll_buf_put64(&b, (uintptr_t)m->shingles);
	else
		ll_buf_add(&b, m->shingles, 8 * (size_t)m->n_shingles);
	ll_buf_add_str(&b, m->id);
	ll_buf_add_str(&b, m->source);
	ll_sorter_add_variable(spool, &none, b.data, b.len);
	ll_buf_free(&b);
}

bool member_spool_next(struct ll_sorter *spool, struct member *m)
{
	const void *payload;
	size_t len;

	if (!ll_sorter_next_variable(spool, &payload, &len))
		return false;
	const unsigned char *p = payload;
	size_t id = ll_get32(p + 12), source = ll_get32(p + 16);
	*m = (struct member){ .document = ll_get32(p), .old = ll_get32(p + 4) != 0, .n_shingles = ll_get32(p + 8), .shingles = p + FIXED, .place = ll_get32(p + 52) };
	memcpy(m->key.byte, p + 20, 16);
	memcpy(m->text.byte, p + 36, 16);
	p += FIXED;
	if (set_is_large(m->n_shingles))
		m->shingles = (const unsigned char *)(uintptr_t)ll_get64(p);
	p += 8 * (set_is_large(m->n_shingles) ? 1 : (size_t)m->n_shingles);
	m->id = ll_str((const char *)p, id);
	m->source = ll_str((const char *)p + id, source);
	return true;
}
