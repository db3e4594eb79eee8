/* SPDX-License-Identifier: MIT */
/* merge_layout.c - before the first merge: words from their source into the array of places, and the first pairs. */
#include "base/error.h"
#include "base/memory.h"
#include "bpe/bpe.h"
#include "ll-bpe/merge_state.h"

#define LEAST_PER_BYTE (sizeof(struct place) + sizeof(uint32_t)) /* of the words: its place, and its entry in a list */
#define USUAL_PER_BYTE 36u /* with the pairs and their further lists, as 100 MB of prose take for 30,000 merges, rounded up */
#define WORD_BYTES (sizeof(uint64_t) + sizeof(uint32_t))

struct filling {
	struct merge_state *s;
	struct ll_bpe_encoder *encoder; /* when the base has merges */
	struct ll_ids ids;
	uint64_t bytes, words, pairs_seen;
	size_t at, word;
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
	uint32_t word = (uint32_t)f->word++;
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

void merge_state_check_room(const struct merge_state *s, uint64_t need, uint64_t left)
{
	if (need + LL_MIB <= left) /* ll_memory_left says at least a MiB, however little it is */
		return;
	uint64_t all = s->n * USUAL_PER_BYTE + s->words * WORD_BYTES, others = ll_memory_budget() - left - s->claimed;
	ll_hint("give --memory=%lluM, or leave out rare pre-tokens with --min-count=2",
		(unsigned long long)(LL_MAX(all, s->claimed + need) + others) / LL_MIB + 8);
	ll_die(LL_EXIT_RESOURCE,
	       "learning merges from %zu distinct pre-tokens of %zu bytes needs %llu bytes more at this point, %llu of the "
	       "--memory budget of %llu are left",
	       s->words, s->n - s->words, (unsigned long long)need + LL_MIB, (unsigned long long)left,
	       (unsigned long long)ll_memory_budget());
}

static void lay_out(struct merge_state *s, const struct merge_words *words)
{
	struct filling f = { .s = s, .bytes = 1, .at = 1 };
	words->each(words->context, false, measure, &f);
	if (f.bytes >= NONE)
		ll_die(LL_EXIT_RESOURCE, "%llu bytes of distinct pre-tokens; at most %u can be merged",
		       (unsigned long long)f.bytes, NONE);
	s->n = f.bytes;
	s->words = f.words;
	/* Asked for before anything is laid out, claimed when what held the words has given its memory back. */
	merge_state_check_room(s, f.bytes * LEAST_PER_BYTE + f.words * WORD_BYTES, ll_memory_left() + words->held);
	s->place = ll_malloc(f.bytes * sizeof *s->place);
	s->word_count = ll_malloc(f.words * sizeof *s->word_count);
	s->word_start = ll_malloc(f.words * sizeof *s->word_start);
	s->place[0] = (struct place){ WALL, 0, NONE };
	if (!s->o->bytes_only)
		f.encoder = ll_bpe_encoder_new(s->o->base);
	words->each(words->context, true, fill, &f);
	LL_ASSERT(f.at == s->n && f.word == s->words);
	merge_state_claim(s);
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

/* All tokens are bytes. */
static void count_bytes(struct merge_state *s)
{
	uint32_t *first = ll_malloc((size_t)65536 * sizeof *first);
	unsigned char *byte = ll_malloc(s->names.len);
	memset(first, 0xff, (size_t)65536 * sizeof *first);
	for (unsigned i = 0; i < 256; i++)
		byte[s->names.byte_id[i]] = (unsigned char)i;
	for (size_t at = 1; at + 1 < s->n; at++) {
		uint32_t left = s->place[at].id, right = s->place[at + 1].id;
		if (left == WALL || right == WALL)
			continue;
		uint32_t *p = &first[byte[left] << 8 | byte[right]];
		if (*p == NONE)
			*p = merge_state_new_pair(s, left, right);
		count_pair(s, *p, at);
	}
	ll_free(byte);
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
	if (s->o->bytes_only)
		count_bytes(s);
	else
		count_tokens(s);
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
