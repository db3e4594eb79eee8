/* SPDX-License-Identifier: MIT */
/* shard_salvage.c - ll-shard salvage: the verified prefix of a damaged stream as a proper stream. */
#include "ll-shard/ll_shard.h"

#include "base/error.h"
#include "base/log.h"
#include "ll-shard/shard_scan.h"
#include "ll-shard/shard_walk.h"

struct salvage {
	struct ll_writer *out;
	struct ll_lineage *lineage;
	struct ll_header header; /* of the first segment */
	struct ll_end sums;	 /* of the current segment */
	struct ll_hash128_state *data;
};

/* One verified frame; false with err when it does not fit where it stands. */
static bool take_frame(struct salvage *s, const struct ll_walk *w, bool *in_segment, uint32_t *sequence,
		       struct ll_err *err)
{
	if (*in_segment != (w->h.type != LL_FRAME_HEAD))
		return ll_err_set(err, "a frame of this type cannot stand here"), false;
	if (w->h.type == LL_FRAME_HEAD)
		*sequence = 0;
	struct ll_end end;
	if (w->h.type == LL_FRAME_END && ll_end_get(w->raw.data, w->raw.len, &end, err) < 0)
		return false;
	if (w->h.type == LL_FRAME_END && end.failed)
		return ll_err_set(err, "the stage that wrote this stream failed here"), false;
	if (w->h.sequence != *sequence)
		return ll_err_set(err, "out of sequence: frames are missing or repeated"), false;
	++*sequence;
	switch (w->h.type) {
	case LL_FRAME_HEAD: {
		struct ll_header h;
		if (ll_header_parse(&h, ll_buf_str(&w->raw), err) < 0)
			return false;
		bool fits = !s->out || strcmp(h.kind, s->header.kind) == 0;
		if (!s->out) {
			s->header = h;
			s->out = ll_writer_open(ll_common.output, ll_shard_header_like(&h, "salvaged=1\n"));
		} else {
			ll_header_free(&h);
		}
		if (!fits)
			return ll_err_set(err, "a segment of another kind"), false;
		s->sums = (struct ll_end){ 0 };
		ll_hash128_free(s->data);
		s->data = ll_hash128_new();
		*in_segment = true;
		return true;
	}
	case LL_FRAME_DATA: {
		const unsigned char *p = (const unsigned char *)w->raw.data;
		for (uint32_t i = 0; i < w->h.records; i++, p += ll_get32(p)) {
			struct ll_id digest = ll_record_digest(p);
			ll_hash128_update(s->data, digest.byte, sizeof(digest.byte));
			ll_writer_put_digested(s->out, p, ll_get32(p), digest);
		}
		s->sums.records += w->h.records;
		s->sums.raw_bytes += w->h.raw_len;
		ll_progress_add(w->h.records, w->h.raw_len);
		return true;
	}
	case LL_FRAME_LINEAGE:
		return ll_lineage_add_payload(s->lineage, ll_buf_str(&w->raw), err) == 0;
	case LL_FRAME_END:
		if (end.records != s->sums.records || end.raw_bytes != s->sums.raw_bytes)
			return ll_err_set(err, "the end frame's counts do not match what was read"), false;
		if (!ll_id_eq(ll_hash128_digest(s->data), end.data_id))
			return ll_err_set(err, "the data id of the end frame is not that of the records"), false;
		ll_lineage_add_input(s->lineage, end.data_id);
		*in_segment = false;
		return true;
	default:
		if (w->h.type >= 'a')
			return true;
		return ll_err_set(err, "a frame type that this version does not know: a newer lltools is needed"),
		       false;
	}
}

static int run_salvage(int operands, char **operand)
{
	struct salvage s = { .lineage = ll_lineage_new() };
	struct ll_walk w;
	struct ll_err err = { "cut: the stream stops without an end frame" };
	bool in_segment = false, whole = false;
	uint32_t sequence = 0;
	if (operands > 1)
		ll_die(LL_EXIT_USAGE, "one stream at a time; unexpected operand %s", operand[1]);
	ll_walk_open(&w, operands ? operand[0] : "-");
	for (;;) {
		enum ll_walk_status status = ll_walk_next(&w, true, &err);
		if (status == LL_WALK_END) {
			whole = !in_segment;
			break;
		}
		if (status == LL_WALK_DAMAGED || !take_frame(&s, &w, &in_segment, &sequence, &err))
			break;
	}
	if (!s.out)
		ll_die(LL_EXIT_INPUT, "%s: frame at byte %llu: nothing can be salvaged: %s", ll_in_name(w.in),
		       (unsigned long long)w.offset, whole ? "empty: not an lltools stream" : err.text);
	uint64_t records = ll_writer_records(s.out);
	ll_writer_close(s.out, s.lineage);
	if (!whole) {
		uint64_t size = ll_in_size(w.in);
		if (size > w.offset)
			ll_hint("%llu bytes from there on were left out", (unsigned long long)(size - w.offset));
		ll_warn("%s: frame at byte %llu: %s; %llu records before it were kept", ll_in_name(w.in),
			(unsigned long long)w.offset, err.text, (unsigned long long)records);
	}
	ll_walk_close(&w);
	ll_hash128_free(s.data);
	ll_lineage_free(s.lineage);
	ll_header_free(&s.header);
	return whole ? LL_EXIT_OK : LL_EXIT_NEGATIVE;
}

static const struct ll_option options[] = { { 0 } };

const struct ll_command ll_shard_salvage_command = {
	.name = "salvage",
	.operands = "[FILE]",
	.summary = "write the verified beginning of a damaged stream as a proper stream; exit status 1 when something "
		   "was lost",
	.options = options,
	.common = LL_COMMON_OUTPUT | LL_COMMON_THREADS | LL_COMMON_COMPRESS | LL_COMMON_PROGRESS,
	.run = run_salvage,
	.examples = "ll-shard salvage cut.ll -o saved.ll\n",
};
