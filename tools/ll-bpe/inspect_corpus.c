/* SPDX-License-Identifier: MIT */
#include "ll-bpe/inspect.h"

#include "base/memory.h"
#include "base/thread.h"
#include "ll-bpe/corpus.h"
#include "ll-bpe/document_group.h"

struct worker {
	struct ll_bpe_encoder **encoder;
	uint64_t **count;
	struct sums sources, groups;
	struct ll_ids ids;
	struct document_group by;
	bool grouped;
};

static void *worker_new(void *context)
{
	const struct inspection *in = context;
	struct worker *w = ll_calloc(1, sizeof *w);
	w->encoder = ll_calloc(in->n, sizeof *w->encoder);
	w->count = ll_calloc(in->n, sizeof *w->count);
	for (size_t i = 0; i < in->n; i++) {
		w->encoder[i] = ll_bpe_encoder_new(in->tokenizer[i].bpe);
		w->count[i] = ll_calloc(ll_bpe_vocabulary(in->tokenizer[i].bpe), sizeof **w->count);
	}
	w->sources.counters = w->groups.counters = GROUP_TOKENS + in->n;
	return w;
}

static void worker_free(void *context, void *argument)
{
	struct inspection *in = context;
	struct worker *w = argument;
	for (size_t i = 0; i < in->n; i++) {
		for (uint32_t id = 0; id < ll_bpe_vocabulary(in->tokenizer[i].bpe); id++)
			in->tokenizer[i].count[id] += w->count[i][id];
		ll_bpe_encoder_free(w->encoder[i]);
		ll_free(w->count[i]);
	}
	sums_merge(&in->sources, &w->sources);
	sums_merge(&in->groups, &w->groups);
	in->grouped = in->grouped || w->grouped;
	sums_free(&w->sources);
	sums_free(&w->groups);
	ll_ids_free(&w->ids);
	document_group_free(&w->by);
	ll_free(w->encoder);
	ll_free(w->count);
	ll_free(w);
}

/* ---- characters and words ---- */

/* 1: white space of ASCII; 2: may lead a longer one. */
static const unsigned char space_class[256] = {
	[9] = 1, [10] = 1, [11] = 1, [12] = 1, [13] = 1, [32] = 1, [0xc2] = 2, [0xe1] = 2, [0xe2] = 2, [0xe3] = 2
};

/* Bytes of a White_Space character beyond ASCII that starts at p: U+0085, 00A0, 1680, 2000..200A, 2028, 2029, 202F,
 * 205F, 3000; else 0. */
static size_t wide_space(const unsigned char *p, size_t left)
{
	if (p[0] == 0xc2)
		return left >= 2 && (p[1] == 0x85 || p[1] == 0xa0) ? 2 : 0;
	if (left < 3)
		return 0;
	bool is = p[0] == 0xe1	 ? p[1] == 0x9a && p[2] == 0x80
		  : p[0] == 0xe3 ? p[1] == 0x80 && p[2] == 0x80
		  : p[1] == 0x80 ? (p[2] >= 0x80 && p[2] <= 0x8a) || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf
				 : p[1] == 0x81 && p[2] == 0x9f;
	return is ? 3 : 0;
}

#define EACH(byte) (UINT64_MAX / 255 * (byte))

/* Of eight ASCII bytes, the high bit of each that is white space: 9 to 13, 32. No sum carries into the next byte. */
static inline uint64_t ascii_spaces(uint64_t v)
{
	uint64_t from_9 = v + EACH(0x80 - 9), from_14 = v + EACH(0x80 - 14), not_32 = (v ^ EACH(32)) + EACH(0x7f);
	return ((from_9 & ~from_14) | ~not_32) & EACH(0x80);
}

/* Words are runs of characters other than white space; characters are bytes that do not continue one. */
static void count_text(struct ll_str text, uint64_t *characters, uint64_t *words)
{
	const unsigned char *p = (const unsigned char *)text.data;
	uint64_t continuing = 0, starts = 0, space = 1; /* space: of the character before */
	for (size_t i = 0; i < text.len;) {
		uint64_t v;
		if (text.len - i >= 8 && ((v = ll_get64(p + i)) & EACH(0x80)) == 0) {
			uint64_t spaces = ascii_spaces(v);
			starts += (uint64_t)__builtin_popcountll(~spaces & (spaces << 8 | space << 7) & EACH(0x80));
			space = spaces >> 63;
			i += 8;
			continue;
		}
		size_t len = space_class[p[i]] == 2 ? wide_space(p + i, text.len - i) : 0;
		uint64_t is = space_class[p[i]] == 1 || len > 0;
		starts += space & ~is;
		space = is;
		continuing += len ? len - 1 : (p[i] & 0xc0) == 0x80;
		i += len ? len : 1;
	}
	*characters = text.len - continuing;
	*words = starts;
}

/* ---- texts ---- */

static void count(struct inspection *in, struct worker *w, struct ll_str text, uint64_t *row)
{
	struct ll_err err;
	memset(row, 0, (GROUP_TOKENS + in->n) * sizeof *row);
	row[GROUP_BYTES] = text.len;
	count_text(text, &row[GROUP_CHARACTERS], &row[GROUP_WORDS]);
	for (size_t i = 0; i < in->n; i++) {
		uint64_t *count = w->count[i];
		w->ids.len = 0;
		if (ll_bpe_try_encode(w->encoder[i], text, false, &w->ids, &err)) {
			char *why = ll_format("%s: %s", in->tokenizer[i].path, err.text);
			corpus_gave_up(text, why);
		}
		const uint32_t *id = w->ids.id;
		size_t n = w->ids.len;
		row[GROUP_TOKENS + i] = n;
		for (size_t k = 0; k < n; k++)
			count[id[k]]++;
	}
}

static void add_row(struct sums *t, struct ll_str name, const uint64_t *row)
{
	uint64_t *sum = sums_at(t, name);
	for (size_t k = 0; k < t->counters; k++)
		sum[k] += row[k];
}

#define TOKENIZERS_MOST 64

static void see_text(void *context, void *argument, struct ll_str text)
{
	struct inspection *in = context;
	struct worker *w = argument;
	uint64_t row[GROUP_TOKENS + TOKENIZERS_MOST];
	count(in, w, text, row);
	add_row(&w->sources, ll_str("", 0), row);
	add_row(&w->groups, ll_str("", 0), row);
}

static void see_document(void *context, void *argument, const struct ll_doc *doc)
{
	struct inspection *in = context;
	struct worker *w = argument;
	uint64_t row[GROUP_TOKENS + TOKENIZERS_MOST];
	struct ll_str group;
	struct ll_err err;
	if (document_group_find(&w->by, doc, in->by, &group, &err)) /* a list is no language */
		group = ll_str("", 0);
	count(in, w, doc->text, row);
	row[GROUP_DOCUMENTS] = 1;
	add_row(&w->sources, doc->source, row);
	add_row(&w->groups, group, row);
	w->grouped = w->grouped || group.len;
}

/* Whether plain text cannot be cut: the places of one pattern, or of another model than BPE, are not those of others. */
static bool uncut(const struct inspection *in)
{
	for (size_t i = 0; in->n > 1 && i < in->n; i++)
		if (!ll_bpe_cuts_at_blanks(in->tokenizer[i].bpe))
			return true;
	return false;
}

void inspect_corpus(struct inspection *in, const char *from, const char *const *files, size_t n)
{
	if (in->n > TOKENIZERS_MOST)
		ll_die(LL_EXIT_USAGE, "%zu tokenizers at a time; %d is the most", in->n, TOKENIZERS_MOST);
	uint64_t claim = 0;
	for (size_t i = 0; i < in->n; i++)
		claim += ll_bpe_vocabulary(in->tokenizer[i].bpe) * sizeof(uint64_t) * ((uint64_t)ll_threads() + 1);
	ll_memory_claim(claim, "the counts of tokens");
	for (size_t i = 0; i < in->n; i++)
		in->tokenizer[i].count =
			ll_calloc(ll_bpe_vocabulary(in->tokenizer[i].bpe), sizeof *in->tokenizer[i].count);
	in->corpus = true;
	in->sources.counters = in->groups.counters = GROUP_TOKENS + in->n;
	in->total = ll_calloc(GROUP_TOKENS + in->n, sizeof *in->total);
	corpus_read(&(struct corpus_options){ .from = from,
					      .whole = uncut(in),
					      .bpe = in->tokenizer[0].bpe,
					      .context = in,
					      .text = see_text,
					      .document = see_document,
					      .times = 8, /* ids, where a byte is a token */
					      .worker_new = worker_new,
					      .worker_free = worker_free },
		    files, n);
	sums_sort(&in->sources);
	sums_sort(&in->groups);
	for (size_t i = 0; i < in->sources.len; i++)
		for (size_t k = 0; k < GROUP_TOKENS + in->n; k++)
			in->total[k] += in->sources.row[i].count[k];
	for (size_t i = 0; i < in->n; i++) {
		in->tokenizer[i].total = in->total[GROUP_TOKENS + i];
		inspect_frequencies(&in->tokenizer[i]);
	}
	ll_memory_release(claim);
}
