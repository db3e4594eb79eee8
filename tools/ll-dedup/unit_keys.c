/* SPDX-License-Identifier: MIT */
#include "ll-dedup/unit_keys.h"

#include "ll-dedup/signature.h"

#define FIXED 24u
#define KEYS 4096u		   /* a record */
#define RECORD_BYTES ((size_t)1 << 16) /* with as many it is closed */
#define TEXT_FIXED 12u
#define NO_TEXT UINT32_MAX
#define PUT_OFF UINT32_MAX

static void put_key(struct ll_buf *out, struct unit_walk *w, const struct signature_rule *rule)
{
	if (!rule->text_bits) {
		struct ll_id digest = unit_walk_digest(w);
		ll_buf_add(out, digest.byte, sizeof(digest.byte));
		return;
	}
	struct ll_str text = unit_walk_text(w);
	if (text.len < rule->unit.min_bytes) {
		ll_buf_put64(out, 0);
		ll_buf_put32(out, NO_TEXT);
		return;
	}
	ll_buf_put64(out, ll_hash64(text.data, text.len) & UINT64_MAX >> (64 - rule->text_bits));
	ll_buf_put32(out, (uint32_t)text.len);
	ll_buf_add_str(out, text);
}

/* Appends a record of the next keys; false when they were the last. */
static bool put_some(struct ll_buf *out, struct unit_walk *w, const struct signature_rule *rule, bool *more)
{
	size_t start = out->len;
	uint32_t n = 0;

	ll_buf_reserve(out, FIXED);
	out->len += FIXED;
	for (; *more && n < KEYS && out->len - start <= RECORD_BYTES; *more = unit_walk_next(w), n++)
		put_key(out, w, rule);
	unsigned char *p = (unsigned char *)out->data + start;
	uint32_t size = (uint32_t)(out->len - start);
	ll_put32(p, size);
	ll_put32(p + 4, size - 8);
	ll_put32(p + 8, rule->text_bits ? SIGNATURE_TEXTS : SIGNATURE_KEYS);
	ll_put32(p + 12, n);
	ll_put64(p + 16, !*more);
	return *more;
}

static void put_put_off(struct ll_buf *out)
{
	ll_buf_put32(out, FIXED);
	ll_buf_put32(out, FIXED - 8);
	ll_buf_put32(out, SIGNATURE_KEYS);
	ll_buf_put32(out, PUT_OFF);
	ll_buf_put64(out, 1);
}

void unit_keys_put(struct ll_buf *out, struct unit_walk *w, const struct signature_rule *rule, const struct ll_doc *doc)
{
	size_t start = out->len, room = (rule->text_bits ? 4 : 2) * doc->text.len + 2 * RECORD_BYTES;

	unit_walk_start(w, &rule->unit, doc);
	for (bool more = unit_walk_next(w); put_some(out, w, rule, &more);)
		if (out->len - start > room) {
			out->len = start;
			put_put_off(out);
			return;
		}
}

bool unit_keys_are_put_off(const unsigned char *record)
{
	return ll_get32(record + 8) == SIGNATURE_KEYS && ll_get32(record + 12) == PUT_OFF;
}

void unit_keys_make(struct unit_walk *w, const struct signature_rule *rule, const struct ll_doc *doc,
		    void (*record)(void *context, uint64_t document, const unsigned char *record, size_t len), void *context,
		    uint64_t document)
{
	struct ll_buf b = { 0 };
	bool more;

	unit_walk_start(w, &rule->unit, doc);
	more = unit_walk_next(w);
	do {
		ll_buf_clear(&b);
		put_some(&b, w, rule, &more);
		record(context, document, (const unsigned char *)b.data, b.len);
	} while (more);
	ll_buf_free(&b);
}

bool unit_keys_are(const unsigned char *record, size_t len)
{
	return len >= 12 && (ll_get32(record + 8) == SIGNATURE_KEYS || ll_get32(record + 8) == SIGNATURE_TEXTS);
}

bool unit_keys_go_on(const unsigned char *record)
{
	return unit_keys_are(record, ll_get32(record)) && ll_get64(record + 16) == 0;
}

int unit_keys_get(const unsigned char *record, size_t len, bool texts, struct unit_keys *out, struct ll_err *err)
{
	if (len < FIXED || ll_get32(record + 8) != (texts ? SIGNATURE_TEXTS : SIGNATURE_KEYS) || ll_get64(record + 16) > 1 || ll_get32(record + 4) != len - 8)
		return ll_err_set(err, "a record of %zu bytes where keys are expected", len);
	*out = (struct unit_keys){ record + FIXED, record + len, ll_get32(record + 12), texts, ll_get64(record + 16) == 1 };
	if (out->left > KEYS)
		return ll_err_set(err, "a record of %u keys", out->left);
	return 0;
}

int unit_keys_next(struct unit_keys *k, struct unit_key *out, struct ll_err *err)
{
	size_t room = (size_t)(k->end - k->at), fixed = k->texts ? TEXT_FIXED : sizeof(out->digest), len = 0;

	*out = (struct unit_key){ .none = false };
	if (k->left == 0)
		return room == 0 ? 0 : ll_err_set(err, "%zu bytes behind the last key", room);
	if (room >= fixed && k->texts) {
		uint32_t bytes = ll_get32(k->at + 8);
		out->none = bytes == NO_TEXT;
		len = out->none ? 0 : bytes;
	}
	if (room < fixed || room - fixed < len)
		return ll_err_set(err, "keys that do not add up");
	if (k->texts) {
		out->hash = ll_get64(k->at);
		out->text = ll_str((const char *)k->at + fixed, len);
	} else {
		memcpy(out->digest.byte, k->at, sizeof(out->digest));
		out->none = unit_is_none(out->digest);
	}
	k->at += fixed + len;
	k->left--;
	return 1;
}
