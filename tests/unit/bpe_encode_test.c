/* SPDX-License-Identifier: MIT */
/* The encoder against the definition: a reference that looks for the lowest rank in the whole run after every merge. */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "bpe/bpe.h"
#include "bpe/bpe_merge.h"
#include "bpe/pretokenize.h"

#define SEED 20261124

static uint64_t drawn;
static uint64_t below(uint64_t n)
{
	return ll_random_below(SEED, 1, drawn++, n);
}

struct reference {
	uint32_t merge[4000][2];
	size_t merges;
	uint32_t byte_id[256];
	uint32_t result[4000];
};

static void encode_run(const struct reference *r, const unsigned char *p, size_t n, struct ll_ids *out)
{
	uint32_t *id = ll_malloc(n * sizeof *id);
	for (size_t i = 0; i < n; i++)
		id[i] = r->byte_id[p[i]];
	for (;;) {
		size_t best = r->merges, at = 0;
		for (size_t i = 0; i + 1 < n; i++)
			for (size_t m = 0; m < best; m++)
				if (r->merge[m][0] == id[i] && r->merge[m][1] == id[i + 1]) {
					best = m;
					at = i;
				}
		if (best == r->merges)
			break;
		id[at] = r->result[best];
		memmove(id + at + 1, id + at + 2, (n - at - 2) * sizeof *id);
		n--;
	}
	LL_GROW(out->id, out->cap, out->len + n);
	memcpy(out->id + out->len, id, n * sizeof *id);
	out->len += n;
	ll_free(id);
}

/* Where every token is older than the merges it is a part of, one pass a merge is the same, and linear in the text. */
static void encode_passes(const struct reference *r, const unsigned char *p, size_t n, struct ll_ids *out)
{
	LL_GROW(out->id, out->cap, out->len + n);
	uint32_t *id = out->id + out->len;
	for (size_t i = 0; i < n; i++)
		id[i] = r->byte_id[p[i]];
	for (size_t m = 0; m < r->merges; m++) {
		size_t to = 0;
		for (size_t i = 0; i < n; i++) {
			bool hit = i + 1 < n && id[i] == r->merge[m][0] && id[i + 1] == r->merge[m][1];
			id[to++] = hit ? r->result[m] : id[i];
			i += hit;
		}
		n = to;
	}
	out->len += n;
}

static uint32_t token_of(const struct ll_bpe *b, struct ll_str bytes)
{
	for (uint32_t id = 0; b && id < ll_bpe_vocabulary(b); id++)
		if (ll_str_eq(ll_bpe_token_bytes(b, id), bytes))
			return id;
	return UINT32_MAX;
}

/* Random merges over a few letters: parts are any tokens made before, so that runs nest deeply. `distinct`: no two
 * merges make the same bytes, so that every token is older than the merges it is a part of. */
static struct ll_bpe *random_model(struct reference *r, size_t merges, unsigned letters, bool distinct)
{
	struct ll_err err;
	r->merges = 0;
	for (unsigned i = 0; i < 256; i++)
		r->byte_id[ll_bpe_base_byte(i)] = i;
	static uint32_t pool[5000];
	size_t pools = 0;
	for (unsigned i = 0; i < letters; i++)
		pool[pools++] = r->byte_id['a' + i];
	struct ll_bpe *b = ll_bpe_build(&(struct ll_bpe_spec){ "gpt2", NULL, 0, NULL, 0 }, &err);
	struct ll_buf joined = { 0 };
	while (r->merges < merges) {
		uint32_t left = pool[below(pools)], right = pool[below(pools)];
		bool known = false;
		for (size_t m = 0; m < r->merges; m++)
			known |= r->merge[m][0] == left && r->merge[m][1] == right;
		ll_buf_clear(&joined);
		ll_buf_add_str(&joined, ll_bpe_token_bytes(b, left));
		ll_buf_add_str(&joined, ll_bpe_token_bytes(b, right));
		if (known || (distinct && token_of(b, ll_buf_str(&joined)) != UINT32_MAX))
			continue;
		r->merge[r->merges][0] = left;
		r->merge[r->merges++][1] = right;
		ll_bpe_free(b);
		b = ll_bpe_build(&(struct ll_bpe_spec){ "gpt2", NULL, 0, (const uint32_t(*)[2])r->merge, r->merges },
				 &err);
		uint32_t id = token_of(b, ll_buf_str(&joined));
		r->result[r->merges - 1] = id;
		if (joined.len < 40 && pools < LL_COUNT(pool))
			pool[pools++] = id;
	}
	ll_buf_free(&joined);
	return b;
}

static bool same(const struct ll_ids *a, const struct ll_ids *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->id, b->id, a->len * sizeof *a->id) == 0);
}

static bool decodes(const struct ll_bpe *b, const struct ll_ids *ids, struct ll_str text)
{
	struct ll_buf back = { 0 };
	struct ll_err err;
	bool equal = ll_bpe_decode(b, ids->id, ids->len, &back, &err) == 0 && ll_str_eq(ll_buf_str(&back), text);
	ll_buf_free(&back);
	return equal;
}

static void short_and_middling_runs(void)
{
	static struct reference r;
	size_t bad = 0, runs = 0;
	for (int model = 0; model < 60; model++) {
		struct ll_bpe *b = random_model(&r, 5 + below(60), 1 + (unsigned)below(4), false);
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		for (int i = 0; i < 60; i++, runs++) {
			char text[400];
			struct ll_ids got = { 0 }, want = { 0 };
			size_t n = i < 50 ? 1 + below(i < 25 ? 20 : 100) : sizeof text;
			unsigned letters = 1 + (unsigned)below(4);
			for (size_t k = 0; k < n; k++)
				text[k] = (char)('a' + below(letters));
			encode_run(&r, (const unsigned char *)text, n, &want);
			for (int again = 0; again < 2; again++) { /* the second time from the cache */
				got.len = 0;
				ll_bpe_encode(e, ll_str(text, n), false, &got);
				bad += !same(&got, &want) || !decodes(b, &got, ll_str(text, n));
			}
			ll_ids_free(&got);
			ll_ids_free(&want);
		}
		ll_bpe_encoder_free(e);
		ll_bpe_free(b);
	}
	ok(bad == 0, "%zu random runs under 60 random models encode as the definition says", runs);
}

/* The walk, which otherwise is for long runs, over short ones, also where several merges make the same bytes. */
static void walks(void)
{
	static struct reference r;
	size_t bad = 0, runs = 0, models = 0;
	struct ll_walker walker = { 0 };
	for (int model = 0; model < 60; model++) {
		struct ll_bpe *b = random_model(&r, 5 + below(60), 1 + (unsigned)below(4), model % 2);
		const struct ll_bpe_walk *w = ll_bpe_walk(b);
		models += w != NULL;
		for (int i = 0; i < 60 && w; i++, runs++) {
			char text[100];
			struct ll_ids got = { 0 }, want = { 0 };
			size_t n = 1 + below(i < 40 ? 20 : sizeof text);
			unsigned letters = 1 + (unsigned)below(4);
			for (size_t k = 0; k < n; k++)
				text[k] = (char)('a' + below(letters));
			encode_run(&r, (const unsigned char *)text, n, &want);
			ll_walk(&walker, b, w, text, n, &got);
			bad += !same(&got, &want);
			ll_ids_free(&got);
			ll_ids_free(&want);
		}
		ll_walker_free(&walker);
		ll_bpe_free(b);
	}
	ok(bad == 0 && models >= 30, "%zu random runs walked through under %zu of 60 random models", runs, models);
}

/* The same tokens as a file of ranks, or NULL where they do not go by ranks. */
static struct ll_bpe *ranked_model(const struct ll_bpe *b)
{
	struct ll_buf file = { 0 };
	struct ll_err err;
	struct ll_bpe *ranked = NULL;
	if (ll_bpe_export_ranks(b, &file, &err) == 0)
		ranked = ll_bpe_parse_tiktoken(ll_buf_str(&file), "gpt2", &err);
	ll_buf_free(&file);
	return ranked;
}

static bool merges_to(struct ll_merger *m, uint32_t left, uint32_t right)
{
	struct ll_buf both = { 0 };
	struct ll_ids ids = { 0 };
	ll_buf_add_str(&both, ll_bpe_token_bytes(m->bpe, left));
	ll_buf_add_str(&both, ll_bpe_token_bytes(m->bpe, right));
	ll_merge(m, both.data, both.len, &ids);
	bool apart = ids.len == 2 && ids.id[0] == left && ids.id[1] == right;
	ll_buf_free(&both);
	ll_ids_free(&ids);
	return apart;
}

/* Whether two tokens stay apart, from the list of merges and from what is made of it, is what merging them says. */
static void tokens_apart(void)
{
	static struct reference r;
	size_t bad = 0, pairs = 0, models = 0;
	uint64_t steps = 0;
	for (int model = 0; model < 40; model++) {
		struct ll_bpe *b = random_model(&r, 5 + below(15), 1 + (unsigned)below(4), true), *ranked = ranked_model(b);
		if (ranked && ll_bpe_lists_live(ranked)) {
			struct ll_merger m;
			ll_merger_init(&m, ranked);
			models++;
			const struct ll_bpe_live *live = ll_bpe_live(ranked);
			for (uint32_t left = 0; left < ranked->tokens; left++)
				for (uint32_t right = 0; right < ranked->tokens; right++) {
					if (!live[left].len || !live[right].len || (left | right) < 256)
						continue;
					bool apart = merges_to(&m, left, right);
					bad += ll_walk_apart(ranked, NULL, left, right, &steps) != apart;
					bad += ll_walk_apart(ranked, live, left, right, &steps) != apart;
					pairs++;
				}
			ll_merger_free(&m);
		}
		ll_bpe_free(ranked);
		ll_bpe_free(b);
	}
	ok(bad == 0 && models >= 10, "%zu pairs of tokens of %zu files of ranks stay apart or not as merging says", pairs, models);
}

static const char *const kind[] = { "one letter", "periodic", "Fibonacci", "random" };

static void fill(char *text, size_t length, int k)
{
	for (size_t i = 0, a = 1, c = 1; i < length; i++) {
		if (k == 2 && i == a + c) {
			size_t next = a + c;
			a = c;
			c = next;
		}
		text[i] = k == 0	     ? 'a'
			  : k == 1	     ? "aabab"[i % 5]
			  : k == 2 && i >= 2 ? text[i - c]
					     : (char)('a' + below(2));
	}
}

static size_t put_chars(char *text, size_t most, unsigned kinds)
{
	static const char *const chars[] = { "\u4e00", "\u4e01", "\u4e40", "\u3042", "\u3044", "\u5e01", "\u00e9", "\u7e00", "a" };
	size_t n = 0;
	for (;;) {
		const char *c = chars[below(kinds)];
		if (n + strlen(c) > most)
			return n;
		memcpy(text + n, c, strlen(c));
		n += strlen(c);
	}
}

/* Merges of what stands side by side in texts of few characters with many bytes in common: also across characters. */
static struct ll_bpe *model_of_chars(struct reference *r, size_t merges, unsigned kinds, bool *crossing)
{
	struct ll_err err;
	char text[60];
	struct ll_ids ids = { 0 };
	r->merges = 0;
	*crossing = false;
	for (unsigned i = 0; i < 256; i++)
		r->byte_id[ll_bpe_base_byte(i)] = i;
	struct ll_bpe *b = ll_bpe_build(&(struct ll_bpe_spec){ "gpt2", NULL, 0, NULL, 0 }, &err);
	struct ll_buf joined = { 0 };
	for (int tries = 0; r->merges < merges && tries < 1000; tries++) {
		ids.len = 0;
		encode_run(r, (const unsigned char *)text, put_chars(text, sizeof text, kinds), &ids);
		if (ids.len < 2)
			continue;
		size_t at = below(ids.len - 1);
		struct ll_str left = ll_bpe_token_bytes(b, ids.id[at]), right = ll_bpe_token_bytes(b, ids.id[at + 1]);
		ll_buf_clear(&joined);
		ll_buf_add_str(&joined, left);
		ll_buf_add_str(&joined, right);
		if (joined.len > 12 || token_of(b, ll_buf_str(&joined)) != UINT32_MAX)
			continue;
		*crossing |= joined.len > 4 && ((unsigned char)*joined.data & 0xc0) == 0x80;
		memcpy(r->merge[r->merges++], ids.id + at, 2 * sizeof *ids.id);
		ll_bpe_free(b);
		b = ll_bpe_build(&(struct ll_bpe_spec){ "gpt2", NULL, 0, (const uint32_t(*)[2])r->merge, r->merges }, &err);
		r->result[r->merges - 1] = token_of(b, ll_buf_str(&joined));
	}
	ll_buf_free(&joined);
	ll_ids_free(&ids);
	return b;
}

static void runs_of_characters(void)
{
	static struct reference r;
	size_t bad = 0, runs = 0, crossings = 0;
	for (int model = 0; model < 60; model++) {
		unsigned kinds = 2 + (unsigned)below(8);
		bool crossing;
		struct ll_bpe *b = model_of_chars(&r, 3 + below(40), kinds, &crossing);
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		crossings += crossing;
		for (int i = 0; i < 300; i++, runs++) {
			char text[120];
			struct ll_ids got = { 0 }, want = { 0 };
			size_t n = put_chars(text, 3 + below(i < 200 ? 40 : sizeof text - 3), kinds);
			encode_run(&r, (const unsigned char *)text, n, &want);
			for (int again = 0; again < 2; again++) {
				got.len = 0;
				ll_bpe_encode(e, ll_str(text, n), false, &got);
				bad += !same(&got, &want);
			}
			ll_ids_free(&got);
			ll_ids_free(&want);
		}
		ll_bpe_encoder_free(e);
		ll_bpe_free(b);
	}
	ok(bad == 0 && crossings > 20, "%zu runs of characters under 60 models, %zu of them with tokens that begin inside of a character",
	   runs, crossings);
}

/* Work, not time: the number of steps grows as the length does. */
static void work_is_linear(void)
{
	static struct reference r;
	size_t n = 100000;
	char *text = ll_malloc(2 * n);
	for (int k = 0; k < 4; k++) {
		double worst = 0, most = 0;
		fill(text, 2 * n, k);
		for (int model = 0; model < 3; model++) {
			struct ll_bpe *b = random_model(&r, 80, 2, true);
			struct ll_walker walker = { 0 };
			struct ll_ids ids = { 0 };
			ll_walk(&walker, b, ll_bpe_walk(b), text, n, &ids);
			uint64_t once = walker.steps;
			ids.len = walker.steps = 0;
			ll_walk(&walker, b, ll_bpe_walk(b), text, 2 * n, &ids);
			worst = LL_MAX(worst, (double)walker.steps / (double)once);
			most = LL_MAX(most, (double)once / (double)n);
			ll_ids_free(&ids);
			ll_walker_free(&walker);
			ll_bpe_free(b);
		}
		ok(worst < 2.01 && most < 60, "%s: twice the length takes at most %.4f times the steps, which are %.1f a byte", kind[k],
		   worst, most);
	}
	ll_free(text);
}

/* Runs of several windows. */
static void long_runs(void)
{
	static struct reference r;
	size_t n = 300000;
	char *text = ll_malloc(n);
	for (int model = 0; model < 8; model++) {
		struct ll_bpe *b = random_model(&r, 80, 2, true);
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		int k = model % 4;
		size_t length = n - (size_t)below(1000);
		fill(text, length, k);
		struct ll_ids got = { 0 }, want = { 0 };
		ll_bpe_encode(e, ll_str(text, length), false, &got);
		encode_passes(&r, (const unsigned char *)text, length, &want);
		ok(same(&got, &want) && decodes(b, &got, ll_str(text, length)),
		   "%zu letters in one run, %s: %zu tokens", length, kind[k], got.len);
		b->steady = false;
		got.len = 0;
		ll_bpe_encode(e, ll_str(text, length), false, &got);
		ok(same(&got, &want), "the same window by window");
		ll_ids_free(&got);
		ll_ids_free(&want);
		ll_bpe_encoder_free(e);
		ll_bpe_free(b);
	}
	ll_free(text);
}

static void any_bytes_come_back(void)
{
	static struct reference r;
	size_t bad = 0;
	struct ll_bpe *b = random_model(&r, 40, 4, false);
	struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
	for (int i = 0; i < 3000; i++) {
		char text[300];
		struct ll_ids ids = { 0 };
		size_t n = below(sizeof text);
		for (size_t k = 0; k < n; k++)
			text[k] = i % 2 ? (char)below(256) : "ab \n'\xc3\xa9\xe6\x97\xa5\xf0\x9f\xff"[below(13)];
		ll_bpe_encode(e, ll_str(text, n), i % 3 == 0, &ids);
		bad += !decodes(b, &ids, ll_str(text, n));
		ll_ids_free(&ids);
	}
	ok(bad == 0, "decode(encode(x)) = x for 3000 strings of any bytes");
	size_t big = (size_t)8 << 20;
	char *a = ll_malloc(big);
	struct ll_ids ids = { 0 };
	memset(a, 'a', big);
	ll_bpe_encode(e, ll_str(a, big), false, &ids);
	ok(decodes(b, &ids, ll_str(a, big)), "8 MiB of one letter come back (%zu tokens)", ids.len);
	ll_ids_free(&ids);
	ll_free(a);
	ll_bpe_encoder_free(e);
	ll_bpe_free(b);
}

static void specials(void)
{
	static const char *const special[] = { "<|endoftext|>", "<|end|>", "<|end" };
	static const uint32_t merge[][2] = { { 3 + '<' - 33, 3 + '|' - 33 } };
	struct ll_err err;
	struct ll_bpe *b = ll_bpe_build(&(struct ll_bpe_spec){ "cl100k", special, 3, merge, 1 }, &err);
	struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
	struct ll_ids ids = { 0 };
	struct ll_str text = ll_cstr("a<|endoftext|><|end|><|endx");
	ll_bpe_encode(e, text, true, &ids);
	ok(ids.len == 5 && ids.id[1] == 0 && ids.id[2] == 1 && ids.id[3] == 2, "specials: the longest, where allowed");
	ids.len = 0;
	ll_bpe_encode(e, text, false, &ids);
	ok(ids.len == text.len - 3 && ids.id[1] == 3 + 256, "specials are text by default");
	ok(decodes(b, &ids, text), "and come back");
	ok(ll_bpe_eot(b) == 0 && ll_bpe_special(b, "<|end|>") == 1 && ll_bpe_special(b, "<|") == -1, "ids of specials");
	ok(ll_bpe_is_special(b, 2) && !ll_bpe_is_special(b, 3) && ll_bpe_vocabulary(b) == 260 && ll_bpe_width(b) == 2,
	   "vocabulary");
	ll_ids_free(&ids);
	ll_bpe_encoder_free(e);
	ll_bpe_free(b);
}

int main(void)
{
	specials();
	short_and_middling_runs();
	walks();
	tokens_apart();
	runs_of_characters();
	work_is_linear();
	long_runs();
	any_bytes_come_back();
	return test_done();
}
