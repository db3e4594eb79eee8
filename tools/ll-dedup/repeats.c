/* SPDX-License-Identifier: MIT */
#include "ll-dedup/repeats.h"

#include "base/error.h"
#include "base/memory.h"
#include "io/sort.h"
#include "ll-dedup/repeats_index.h"
#include "ll-dedup/text_store.h"

#define RECORD 24u /* text, start, end, u64 big-endian each */
#define MULTIPLIER 0x5851f42d4c957f2dull

struct repeats {
	uint64_t length, block; /* N and N/2, elements */
	unsigned width;
	struct text_store *texts;  /* a separator (all ones), a text, a separator ... */
	struct text_store *lengths; /* u64 of every text */
	uint64_t n_texts, elements, blocks;
	struct ll_sorter *found;
	struct repeat ahead;
	bool have_ahead;
	unsigned passes;
	uint64_t in[256], out[256]; /* of a byte: its value, and that times MULTIPLIER^block */
	uint64_t power;		    /* MULTIPLIER^block */
	uint64_t window_power;	    /* MULTIPLIER^length */
};

static uint64_t power_of(uint64_t n)
{
	uint64_t p = 1, square = MULTIPLIER;

	for (; n; n >>= 1, square *= square)
		p = n & 1 ? p * square : p;
	return p;
}

struct repeats *repeats_new(uint64_t length, unsigned width)
{
	struct repeats *r = ll_calloc(1, sizeof(*r));

	r->length = length;
	r->block = length / 2;
	r->width = width;
	r->power = power_of(r->block);
	r->window_power = power_of(length);
	for (unsigned c = 0; c < 256; c++) {
		r->in[c] = repeats_mix(c + 1);
		r->out[c] = r->in[c] * r->power;
	}
	r->texts = text_store_new("texts to search for repeats");
	r->lengths = text_store_new("lengths of texts");
	return r;
}

static void add_separator(struct repeats *r)
{
	static const unsigned char ones[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };

	text_store_add(r->texts, ones, r->width);
}

void repeats_add(struct repeats *r, const void *elements, uint64_t n)
{
	add_separator(r);
	text_store_add(r->texts, elements, n * r->width);
	text_store_add(r->lengths, &n, sizeof(n));
	r->n_texts++;
	r->elements += n;
	if (n >= r->length)
		r->blocks += n / r->block;
}

/* ---- one pass ---- */

/* The text in hand. Positions are elements from its first one; `base` makes them positions in the store. */
struct text {
	const unsigned char *data;
	uint64_t n, number, base;
	struct { /* the repeat that reaches farthest: all windows within are repeats */
		uint64_t start, end;
	} last;
	uint64_t put_start, put_end; /* the union so far, not yet handed over */
	uint64_t rolled;	     /* the window whose hash is in `window`; UINT64_MAX: none */
	uint64_t window;
	uint64_t crowded; /* the last position of a block that is in many places, plus 1; 0: none */
};

struct pass {
	struct repeats *r;
	const unsigned char *all; /* the store */
	struct repeats_index index;
};

static inline uint64_t value_at(const struct repeats *r, const unsigned char *data, uint64_t i, unsigned width)
{
	uint64_t v = 0;

	if (width == 1)
		return r->in[data[i]];
	memcpy(&v, data + width * i, width);
	return v;
}

static inline uint64_t leaving_at(const struct repeats *r, const unsigned char *data, uint64_t i, unsigned width)
{
	return width == 1 ? r->out[data[i]] : value_at(r, data, i, width) * r->power;
}

/* Elements that are equal from a and b on, at most `limit`. */
static uint64_t equal_after(const unsigned char *a, const unsigned char *b, uint64_t limit, unsigned width)
{
	uint64_t n = 0, bytes = limit * width, x, y;

	for (; n + 8 <= bytes; n += 8) {
		memcpy(&x, a + n, 8);
		memcpy(&y, b + n, 8);
		if (x != y)
			break;
	}
	while (n < bytes && a[n] == b[n])
		n++;
	return n / width;
}

static uint64_t equal_before(const unsigned char *a, const unsigned char *b, uint64_t limit, unsigned width)
{
	uint64_t n = 0;

	while (n < limit && memcmp(a - (n + 1) * width, b - (n + 1) * width, width) == 0)
		n++;
	return n;
}

static void hand_over(struct pass *p, struct text *t)
{
	unsigned char record[RECORD];

	if (t->put_end > t->put_start) {
		ll_put_be(record, t->number, 8);
		ll_put_be(record + 8, t->put_start, 8);
		ll_put_be(record + 16, t->put_end, 8);
		ll_sorter_add(p->r->found, record);
	}
	t->put_start = t->put_end = 0;
}

static void found(struct pass *p, struct text *t, uint64_t start, uint64_t end)
{
	if (end > t->last.end) {
		t->last.start = start;
		t->last.end = end;
	}
	if (start > t->put_end || end < t->put_start)
		hand_over(p, t);
	if (t->put_end == t->put_start) {
		t->put_start = start;
		t->put_end = end;
	}
	t->put_start = LL_MIN(t->put_start, start);
	t->put_end = LL_MAX(t->put_end, end);
}

/* The block at `earlier` (in the store) and that at `at` have one hash: how far are the texts equal around them? A
 * separator ends the earlier text, for no text has one. */
static void compare_blocks(struct pass *p, struct text *t, uint64_t earlier, uint64_t at, unsigned width)
{
	const struct repeats *r = p->r;
	const unsigned char *a = p->all + earlier * width, *b = t->data + at * width;
	uint64_t right = equal_after(a, b, t->n - at, width);

	if (right < r->block)
		return;
	uint64_t left = equal_before(a, b, LL_MIN(at, r->length - r->block), width);
	if (left + right >= r->length)
		found(p, t, at - left, at + right);
}

/* The hash of the window at `at`, rolled on from the one before it where that is known. */
static uint64_t window_hash(const struct repeats *r, struct text *t, uint64_t at, unsigned width)
{
	if (t->rolled != UINT64_MAX && t->rolled + 1 == at) {
		t->window = t->window * MULTIPLIER + value_at(r, t->data, at + r->length - 1, width) -
			    value_at(r, t->data, at - 1, width) * r->window_power;
	} else if (t->rolled != at) {
		t->window = 0;
		for (uint64_t i = 0; i < r->length; i++)
			t->window = t->window * MULTIPLIER + value_at(r, t->data, at + i, width);
	}
	t->rolled = at;
	return repeats_mix(t->window);
}

/* First and last window around the block at `at`. */
static uint64_t first_window(const struct repeats *r, uint64_t at)
{
	uint64_t around = r->length - r->block;

	return at > around ? at - around : 0;
}

static uint64_t last_window(const struct repeats *r, const struct text *t, uint64_t at)
{
	return LL_MIN(at, t->n - r->length);
}

static void look_up_window(struct pass *p, struct text *t, uint64_t s, unsigned width)
{
	const struct repeats *r = p->r;

	if (t->last.end >= s + r->length && s >= t->last.start)
		return; /* known */
	uint64_t hash = window_hash(r, t, s, width), place = repeats_window_first(&p->index, hash);
	const unsigned char *b = t->data + s * width;
	for (; place != REPEATS_NONE; place = repeats_window_next(&p->index, place, hash)) {
		uint64_t earlier = repeats_window_at(&p->index, place);
		if (earlier >= t->base && earlier + r->length > t->base + s)
			continue; /* overlaps */
		uint64_t right = equal_after(p->all + earlier * width, b, t->n - s, width);
		if (right < r->length)
			continue;
		found(p, t, s, s + right);
		return;
	}
}

static bool keep_windows(struct pass *p, struct text *t, uint64_t at, unsigned width)
{
	const struct repeats *r = p->r;
	struct text rolling = *t;

	rolling.rolled = UINT64_MAX;
	for (uint64_t s = first_window(r, at); s <= last_window(r, t, at); s++) {
		uint64_t hash = window_hash(r, &rolling, s, width), place = repeats_window_first(&p->index, hash);
		for (; place != REPEATS_NONE; place = repeats_window_next(&p->index, place, hash))
			if (equal_after(p->all + repeats_window_at(&p->index, place) * width, t->data + s * width, r->length, width) ==
			    r->length)
				break;
		if (place == REPEATS_NONE && !repeats_window_add(&p->index, hash, t->base + s))
			return false;
	}
	return true;
}

/* An aligned block enters the index once no window with it can overlap the position in hand. */
static bool keep_block(struct pass *p, struct text *t, uint64_t at, uint64_t hash, unsigned width)
{
	const struct repeats *r = p->r;

	if (!repeats_in_range(&p->index, hash))
		return true;
	if (t->last.start <= first_window(r, at) && t->last.end >= last_window(r, t, at) + r->length)
		return true; /* all windows with it came before */
	switch (repeats_block_add(&p->index, hash, t->base + at)) {
	case REPEATS_FULL:
		return false;
	case REPEATS_CROWDED:
		return keep_windows(p, t, at, width);
	default:
		return true;
	}
}

#define AHEAD 64u
#define WAITING 4u /* aligned blocks not yet in the index: at most N / (N/2) + 1 */

/* Compares the block at `at` with all earlier ones of its hash. */
static void probe(struct pass *p, struct text *t, uint64_t at, uint64_t hash, unsigned width)
{
	const struct repeats *r = p->r;
	unsigned places = 0;

	if (!repeats_in_range(&p->index, hash))
		return;
	if (t->last.end >= last_window(r, t, at) + r->length && t->last.start <= first_window(r, at))
		return; /* inside a repeat */
	for (uint64_t place = repeats_block_first(&p->index, hash); place != REPEATS_NONE;
	     place = repeats_block_next(&p->index, place, hash), places++)
		compare_blocks(p, t, repeats_block_at(&p->index, place), at, width);
	if (places >= REPEATS_PLACES)
		t->crowded = at + 1;
}

static inline __attribute__((always_inline)) bool search_text(struct pass *p, struct text *t, const unsigned width)
{
	const struct repeats *r = p->r;
	uint64_t hashes[AHEAD], waiting[WAITING], hash = 0, positions = t->n - r->block + 1;
	uint64_t next_block = 0, kept = 0, next_aligned = 0, aligned = 0; /* positions and numbers of blocks: to be kept, to come */
	const uint64_t around = r->length - r->block; /* windows with a block begin at most so far before it */

	for (uint64_t i = 0; i + 1 < r->block; i++)
		hash = hash * MULTIPLIER + value_at(r, t->data, i, width);
	for (uint64_t from = 0; from < positions; from += AHEAD) {
		uint64_t n = LL_MIN(AHEAD, positions - from);
		for (uint64_t i = 0; i < n; i++) {
			uint64_t at = from + i;
			hash = hash * MULTIPLIER + value_at(r, t->data, at + r->block - 1, width);
			if (at > 0)
				hash -= leaving_at(r, t->data, at - 1, width);
			hashes[i] = repeats_mix(hash);
			repeats_fetch_filter(&p->index, hashes[i]);
		}
		for (uint64_t i = 0; i < n; i++)
			if (repeats_maybe(&p->index, hashes[i]))
				repeats_fetch_block(&p->index, hashes[i]);
		for (uint64_t i = 0; i < n; i++) {
			uint64_t at = from + i;
			if (at >= next_block + r->length) {
				if (!keep_block(p, t, next_block, waiting[kept++ % WAITING], width))
					return false;
				next_block += r->block;
			}
			if (at == next_aligned) {
				waiting[aligned++ % WAITING] = hashes[i];
				repeats_fetch_block(&p->index, hashes[i]);
				next_aligned += r->block;
			}
			if (repeats_maybe(&p->index, hashes[i]))
				probe(p, t, at, hashes[i], width);
			/* A window is looked up where all blocks that can be the earlier one's are in the index. */
			if (LL_UNLIKELY(t->crowded + around > at) && at >= around)
				look_up_window(p, t, at - around, width);
		}
	}
	for (; next_block < positions; next_block += r->block)
		if (!keep_block(p, t, next_block, waiting[kept++ % WAITING], width))
			return false;
	hand_over(p, t);
	return true;
}

/* False when the index is full. */
static bool search_all(struct pass *p)
{
	struct repeats *r = p->r;
	const char *lengths = r->n_texts ? text_store_whole(r->lengths) : NULL;
	uint64_t base = 0;

	p->all = (const unsigned char *)text_store_whole(r->texts);
	r->passes++;
	for (uint64_t i = 0; i < r->n_texts; i++) {
		struct text t = { .number = i, .base = base + 1, .rolled = UINT64_MAX };
		memcpy(&t.n, lengths + 8 * i, 8);
		t.data = p->all + t.base * r->width;
		base = t.base + t.n;
		if (t.n >= r->length && !(r->width == 1 ? search_text(p, &t, 1) : r->width == 4 ? search_text(p, &t, 4) : search_text(p, &t, 8)))
			return false;
	}
	return true;
}

/* A pass over a range, or over its halves when it does not fit. What a pass found that was not finished is true, too. */
static void search_range(struct repeats *r, struct repeats_range range, uint64_t memory)
{
	struct pass p = { .r = r };
	bool fits = repeats_index_init(&p.index, range, r->blocks, memory) && search_all(&p);

	repeats_index_free(&p.index);
	if (fits)
		return;
	struct repeats_range half = range;
	if (range.stop - range.start > REPEATS_RANGE >> 8) {
		half.stop = range.start = range.start + (range.stop - range.start) / 2;
	} else {
		half.window_stop = range.window_start = range.window_start + (range.window_stop - range.window_start) / 2;
		if (half.window_stop - half.window_start < REPEATS_RANGE >> 12) {
			ll_hint("give more --memory");
			ll_die(LL_EXIT_RESOURCE, "%llu MiB are too little memory to find the repeats of these texts",
			       (unsigned long long)(memory / LL_MIB));
		}
	}
	search_range(r, half, memory);
	search_range(r, range, memory);
}

void repeats_find(struct repeats *r, uint64_t memory)
{
	uint64_t for_found = memory / 8;

	add_separator(r);
	r->found = ll_sorter_new(RECORD, 16, for_found, "repeats");
	if (r->blocks)
		search_range(r, (struct repeats_range){ 0, REPEATS_RANGE, 0, REPEATS_RANGE }, memory - for_found);
	ll_sorter_finish(r->found);
}

/* ---- the answer ---- */

static bool next_found(struct repeats *r)
{
	const unsigned char *record = ll_sorter_next(r->found);

	if (!record)
		return false;
	r->ahead = (struct repeat){ ll_get_be(record, 8), ll_get_be(record + 8, 8), ll_get_be(record + 16, 8) };
	return true;
}

bool repeats_next(struct repeats *r, struct repeat *out)
{
	if (!r->have_ahead && !next_found(r))
		return false;
	*out = r->ahead;
	while ((r->have_ahead = next_found(r)) && r->ahead.text == out->text && r->ahead.start <= out->end)
		out->end = LL_MAX(out->end, r->ahead.end);
	return true;
}

unsigned repeats_passes(const struct repeats *r)
{
	return r->passes;
}

void repeats_free(struct repeats *r)
{
	ll_sorter_free(r->found);
	text_store_free(r->texts);
	text_store_free(r->lengths);
	ll_free(r);
}
