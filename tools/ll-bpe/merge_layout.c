/* SPDX-License-Identifier: MIT */
/* merge_layout.c - before the first merge: words from their source into the array of places, and the first pairs. */
#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe.h"
#include "ll-bpe/merge_state.h"

#define NEED_PER_BYTE 24u /* places, lists, and what pairs take beside them: about so much for every byte of the words */

struct filling {
	struct merge_state *s;
	struct ll_bpe_encoder *encoder; /* with a base */
	struct ll_ids ids;
	uint64_t bytes, words, pairs_seen;
	size_t at;
};

static void measure(void *to, struct ll_str text, uint64_t count)
{
	struct filling *f = to;
	uint64_t pairs;
	if (text.len < 2)
		return;
	f->bytes += text.len + 1;
	f->words++;
	/* No count of a pair can then overflow. */
	if (__builtin_mul_overflow(count, text.len, &pairs) || __builtin_add_overflow(f->pairs_seen, pairs, &f->pairs_seen) ||
	    f->pairs_seen > INT64_MAX)
		ll_die(LL_EXIT_RESOURCE, "the counts of all pairs together come to more than 2^63");
}

static void fill(void *to, struct ll_str text, uint64_t count)
{
	struct filling *f = to;
	struct merge_state *s = f->s;
	if (text.len < 2)
		return;
	uint32_t word = (uint32_t)s->words++;
	struct place *place = s->place + f->at;
	s->word_count[word] = count;
	s->word_start[word] = (uint32_t)f->at;
	if (!f->encoder) {
		for (size_t k = 0; k < text.len; k++)
			place[k] = (struct place){ s->names.byte_id[(unsigned char)text.data[k]], word, NONE };
	} else {
		f->ids.len = 0;
		ll_bpe_encode_piece(f->encoder, text, &f->ids);
		for (size_t i = 0, k = 0; i < f->ids.len; i++) {
			uint32_t id = f->ids.id[i], len = s->names.length[id];
			LL_ASSERT(k + len <= text.len);
			for (uint32_t b = 0; b < len; b++)
				place[k + b] = (struct place){ id, word, NONE };
			k += len;
		}
	}
	place[text.len] = (struct place){ WALL, word, NONE };
	f->at += text.len + 1;
}

/* The budget is asked before anything is laid out. */
static void check_room(const struct filling *f)
{
	if (f->bytes >= NONE)
		ll_die(LL_EXIT_RESOURCE, "%llu bytes of distinct pre-tokens; at most %u can be merged",
		       (unsigned long long)f->bytes, NONE);
	uint64_t need = f->bytes * NEED_PER_BYTE + f->words * 12, left = ll_memory_left();
	if (need > left) {
		ll_hint("give --memory=%lluM or more, or leave out rare pre-tokens with --min-count=2",
			(unsigned long long)((ll_memory_budget() - left + need) / LL_MIB + 1));
		ll_die(LL_EXIT_RESOURCE,
		       "learning merges from %llu distinct pre-tokens of %llu bytes needs about %llu bytes, %llu of the --memory "
		       "budget of %llu are left",
		       (unsigned long long)f->words, (unsigned long long)f->bytes, (unsigned long long)need,
		       (unsigned long long)left, (unsigned long long)ll_memory_budget());
	}
}

static void lay_out(struct merge_state *s, const struct merge_words *words)
{
	struct filling f = { .s = s, .bytes = 1, .at = 1 };
	words->each(words->context, false, measure, &f);
	check_room(&f);
	s->n = f.bytes;
	s->claimed = f.bytes * NEED_PER_BYTE / 2;
	ll_memory_claim(s->claimed, "learning merges");
	s->place = ll_malloc(f.bytes * sizeof *s->place);
	s->word_count = ll_malloc(f.words * sizeof *s->word_count);
	s->word_start = ll_malloc(f.words * sizeof *s->word_start);
	s->place[0] = (struct place){ WALL, 0, NONE };
	if (s->o->base)
		f.encoder = ll_bpe_encoder_new(s->o->base);
	words->each(words->context, true, fill, &f);
	LL_ASSERT(f.at == s->n && s->words == f.words);
	if (f.encoder)
		ll_bpe_encoder_free(f.encoder);
	ll_ids_free(&f.ids);
}

/* ---- the first pairs: counted, then their lists laid one after the other, then filled ---- */

static void count_pair(struct merge_state *s, uint32_t p, size_t at)
{
	s->pair[p].count += (int64_t)s->word_count[s->place[at].word];
	s->pair[p].fresh++;
	s->place[at].pair = p;
}

/* Without a base all tokens are bytes. */
static void count_bytes(struct merge_state *s)
{
	uint32_t base = s->names.byte_id[(unsigned char)ll_bpe_base_byte(0)];
	uint32_t *first = ll_malloc((size_t)65536 * sizeof *first);
	memset(first, 0xff, (size_t)65536 * sizeof *first);
	for (size_t at = 1; at + 1 < s->n; at++) {
		uint32_t left = s->place[at].id, right = s->place[at + 1].id;
		if (left == WALL || right == WALL)
			continue;
		uint32_t *p = &first[(left - base) << 8 | (right - base)];
		if (*p == NONE)
			*p = merge_state_new_pair(s, left, right);
		count_pair(s, *p, at);
	}
	ll_free(first);
}

static void count_tokens(struct merge_state *s)
{
	s->known_in_use = true;
	for (size_t at = 1, next; at < s->n; at = next) {
		uint32_t left = s->place[at].id, right;
		next = at + (left == WALL ? 1 : s->names.length[left]);
		if (left == WALL || (right = s->place[next].id) == WALL)
			continue;
		bool bytes = s->names.length[left] == 1 && s->names.length[right] == 1;
		if (bytes || merge_state_counts(s, left, right))
			count_pair(s, merge_state_find_pair(s, left, right), at);
	}
}

void merge_layout(struct merge_state *s, const struct merge_words *words)
{
	lay_out(s, words);
	if (s->o->base)
		count_tokens(s);
	else
		count_bytes(s);
	uint32_t **next = ll_malloc(s->pairs * sizeof *next);
	for (size_t p = 0; p < s->pairs; p++) {
		struct pair *pair = &s->pair[p];
		pair->counted = true;
		next[p] = merge_state_list(s, pair->fresh);
		if (pair->count > 0)
			merge_queue_push(&s->queue, (struct candidate){ pair->count, (uint64_t)pair->left << 32 | pair->right,
									(uint32_t)p, pair->fresh, next[p] });
	}
	for (size_t at = 1; at < s->n; at++)
		if (s->place[at].pair != NONE)
			*next[s->place[at].pair]++ = (uint32_t)at;
	ll_free(next);
	s->step = 1;
	merge_state_claim(s);
}
