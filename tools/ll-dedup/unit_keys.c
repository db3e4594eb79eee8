/* SPDX-License-Identifier: MIT */
#include "ll-dedup/unit_keys.h"

#include "ll-dedup/signature.h"

#define FIXED 24u
#define DIGESTS 4096u /* a record */
#define PUT_OFF UINT32_MAX

/* Appends a record of the next keys; false when they were the last. */
static bool put_some(struct ll_buf *out, struct unit_walk *w, bool *more)
{
	size_t start = out->len;
	uint32_t n = 0;

	ll_buf_reserve(out, FIXED);
	out->len += FIXED;
	for (; *more && n < DIGESTS; *more = unit_walk_next(w)) {
		struct ll_id digest = unit_walk_digest(w);
		ll_buf_add(out, digest.byte, sizeof(digest.byte));
		n++;
	}
	unsigned char *p = (unsigned char *)out->data + start;
	ll_put32(p, FIXED + 16 * n);
	ll_put32(p + 4, FIXED + 16 * n - 8);
	ll_put32(p + 8, SIGNATURE_KEYS);
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

void unit_keys_put(struct ll_buf *out, struct unit_walk *w, const struct unit_rule *rule, const struct ll_doc *doc)
{
	size_t start = out->len, room = 2 * doc->text.len + (DIGESTS + 1) * 16 + FIXED;

	unit_walk_start(w, rule, doc);
	for (bool more = unit_walk_next(w); put_some(out, w, &more);)
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

void unit_keys_make(struct unit_walk *w, const struct unit_rule *rule, const struct ll_doc *doc,
		    void (*record)(void *context, uint64_t document, const unsigned char *record, size_t len), void *context,
		    uint64_t document)
{
	struct ll_buf b = { 0 };
	bool more;

	unit_walk_start(w, rule, doc);
	more = unit_walk_next(w);
	do {
		ll_buf_clear(&b);
		put_some(&b, w, &more);
		record(context, document, (const unsigned char *)b.data, b.len);
	} while (more);
	ll_buf_free(&b);
}

bool unit_keys_go_on(const unsigned char *record)
{
	return ll_get32(record + 8) == SIGNATURE_KEYS && ll_get64(record + 16) == 0;
}

int unit_keys_get(const unsigned char *record, size_t len, struct unit_keys *out, struct ll_err *err)
{
	if (len < FIXED || ll_get32(record + 8) != SIGNATURE_KEYS || ll_get64(record + 16) > 1)
		return ll_err_set(err, "a record of %zu bytes where keys are expected", len);
	*out = (struct unit_keys){ record + FIXED, ll_get32(record + 12), ll_get64(record + 16) == 1 };
	if (out->n > DIGESTS || len != FIXED + 16 * (size_t)out->n || ll_get32(record + 4) != len - 8)
		return ll_err_set(err, "a record of %u keys in %zu bytes", out->n, len);
	return 0;
}
