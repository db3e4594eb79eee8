/* SPDX-License-Identifier: MIT */
#include "ll-shard/shard_walk.h"

#include "base/error.h"

void ll_walk_open(struct ll_walk *w, const char *path)
{
	*w = (struct ll_walk){ .path = path, .in = ll_in_open(path) };
}

/* Memory grows with what arrives, not with what a header says. */
static bool read_stored(struct ll_walk *w, uint32_t len)
{
	ll_buf_clear(&w->stored);
	while (w->stored.len < len) {
		size_t want = LL_MIN((size_t)len - w->stored.len, 4 * LL_MIB);
		size_t got = ll_in_read_full(w->in, ll_buf_reserve(&w->stored, want), want);
		w->stored.len += got;
		if (got < want)
			return false;
	}
	return true;
}

static bool skip_stored(struct ll_walk *w, uint32_t len)
{
	char buffer[65536];
	if (ll_in_is_regular(w->in)) {
		if (w->offset + LL_FRAME_HEADER_BYTES + len > ll_in_size(w->in))
			return false;
		ll_in_seek(w->in, w->offset + LL_FRAME_HEADER_BYTES + len);
		return true;
	}
	while (len > 0) {
		size_t want = LL_MIN(len, sizeof(buffer));
		if (ll_in_read_full(w->in, buffer, want) < want)
			return false;
		len -= (uint32_t)want;
	}
	return true;
}

enum ll_walk_status ll_walk_next(struct ll_walk *w, bool data, struct ll_err *err)
{
	unsigned char bytes[LL_FRAME_HEADER_BYTES];
	w->offset = ll_in_offset(w->in);
	size_t got = ll_in_read_full(w->in, bytes, sizeof(bytes));
	if (got == 0)
		return LL_WALK_END;
	if (got < sizeof(bytes))
		return ll_err_set(err, "cut inside the frame header");
	if (ll_frame_header_get(bytes, &w->h, err) < 0)
		return LL_WALK_DAMAGED;
	w->next = w->offset + LL_FRAME_HEADER_BYTES + w->h.stored_len;
	if (w->h.type == LL_FRAME_DATA && !data)
		return skip_stored(w, w->h.stored_len) ? LL_WALK_FRAME : ll_err_set(err, "cut");
	if (!read_stored(w, w->h.stored_len))
		return ll_err_set(err, "cut: %zu of %u bytes are there", w->stored.len, w->h.stored_len);
	ll_buf_clear(&w->raw);
	ll_buf_reserve(&w->raw, (size_t)w->h.raw_len + 1);
	if (ll_frame_decode(&w->h, w->stored.data, w->raw.data, err) < 0)
		return LL_WALK_DAMAGED;
	w->raw.len = w->h.raw_len;
	if (w->h.type == LL_FRAME_DATA && ll_frame_check_records(&w->h, w->raw.data, err) < 0)
		return LL_WALK_DAMAGED;
	return LL_WALK_FRAME;
}

void ll_walk_close(struct ll_walk *w)
{
	ll_in_close(w->in);
	ll_buf_free(&w->stored);
	ll_buf_free(&w->raw);
}
