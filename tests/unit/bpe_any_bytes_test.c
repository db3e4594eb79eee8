/* SPDX-License-Identifier: MIT */
/* Any bytes at all: encode and decode give them back, but for white space that added tokens take along; offsets add up, dropout
 * of nothing is the merges, dropout is a function of seed, key and place. */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "bpe/bpe.h"
#include "bpe/bpe_dropout.h"

#define SEED 20261125
#define ROUNDS 2500

static uint64_t drawn;
static uint64_t below(uint64_t n)
{
	return ll_random_below(SEED, 1, drawn++, n);
}

static const char *const bits[] = { "a",    "the",	" ",	    "\n",   "  ",      "1",  "é",
				    "日本", "'s",	"<|eot|>",  "-",    "ab",      "\r", "\xff",
				    "\0",   "\xe6\x97", "\xf0\x9f", "\x80", "e\u0301", "\t", "\xed\xa0\x80" };

/* Raw noise, or text with broken characters in it. */
static void random_bytes(struct ll_buf *out, uint64_t round)
{
	ll_buf_clear(out);
	uint64_t n = round % 50 == 0 ? below(5000) : below(60);
	for (uint64_t i = 0; i < n; i++) {
		if (round % 3 == 0) {
			ll_buf_putc(out, (char)below(256));
			continue;
		}
		const char *bit = bits[below(LL_COUNT(bits))];
		for (uint64_t k = below(8) ? 1 : 3; k > 0; k--)
			ll_buf_add(out, bit, *bit ? strlen(bit) : 1);
	}
}

/* Every token made before may be a part of the next: deep merges, of any bytes. */
static struct ll_bpe *random_model(const char *pretokenizer)
{
	static const char *const special[] = { "<|eot|>" };
	enum { MERGES = 600 };
	uint32_t(*merge)[2] = ll_calloc(MERGES, sizeof(*merge));
	struct ll_err err;
	uint32_t byte_id[256];
	for (unsigned place = 0; place < 256; place++)
		byte_id[ll_bpe_base_byte(place)] = 1 + place;
	for (uint32_t i = 0; i < MERGES; i++)
		for (int side = 0; side < 2; side++) {
			const char *bit = bits[below(LL_COUNT(bits))];
			unsigned char of_bit = (unsigned char)bit[below(strlen(bit) + !*bit)];
			merge[i][side] = byte_id[below(4) ? of_bit : below(256)];
		}
	for (uint32_t i = MERGES / 2; i < MERGES; i++)
		merge[i][below(2)] = 257 + (uint32_t)below(i / 2);
	struct ll_bpe *b = ll_bpe_build(
		&(struct ll_bpe_spec){ pretokenizer, special, 1, (const uint32_t(*)[2])merge, MERGES }, &err);
	if (!b)
		diag("", "%s", err.text);
	ll_free(merge);
	return b;
}

static size_t offsets_wrong(const struct ll_bpe *b, struct ll_str text, bool special, const struct ll_ids *ids)
{
	uint32_t *offset = ll_malloc((ids->len + 1) * sizeof(*offset));
	size_t wrong = 0;
	ll_bpe_offsets(b, text, special, ids->id, ids->len, offset);
	for (size_t i = 0; i < ids->len; i++) {
		struct ll_str token = ll_bpe_token_bytes(b, ids->id[i]);
		wrong += offset[i] + token.len > text.len || memcmp(text.data + offset[i], token.data, token.len) != 0;
	}
	ll_free(offset);
	return wrong;
}

static void any_bytes(const char *pretokenizer)
{
	struct ll_bpe *b = random_model(pretokenizer);
	struct ll_bpe_encoder *plain = ll_bpe_encoder_new(b), *dropping = ll_bpe_encoder_new(b);
	struct ll_ids ids = { 0 }, other = { 0 };
	struct ll_buf text = { 0 }, back = { 0 };
	struct ll_err err;
	size_t lost = 0, offsets = 0, nothing = 0, lost_dropping = 0, again = 0, more = 0;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		double p = round % 2 ? 0 : (double)below(101) / 100;
		struct ll_bpe_dropout *d = ll_bpe_dropout_new(b, p, round);
		ll_bpe_encoder_pieces(dropping, ll_bpe_dropout_piece, d);
		random_bytes(&text, round);
		bool special = below(2);
		ids.len = other.len = 0;
		ll_buf_clear(&back);
		ll_bpe_encode(plain, ll_buf_str(&text), special, &ids);
		lost += ll_bpe_decode(b, ids.id, ids.len, &back, &err) < 0 ||
			!ll_str_eq(ll_buf_str(&back), ll_buf_str(&text));
		offsets += offsets_wrong(b, ll_buf_str(&text), special, &ids);
		for (int time = 0; time < 2; time++) {
			struct ll_id key = ll_hash128(&round, sizeof(round));
			size_t before = other.len;
			ll_bpe_dropout_begin(d, key);
			ll_bpe_encode(dropping, ll_buf_str(&text), special, &other);
			again += time &&
				 (other.len != 2 * before ||
				  (before && memcmp(other.id, other.id + before, before * sizeof(*other.id)) != 0));
		}
		other.len /= 2;
		ll_buf_clear(&back);
		lost_dropping += ll_bpe_decode(b, other.id, other.len, &back, &err) < 0 ||
				 !ll_str_eq(ll_buf_str(&back), ll_buf_str(&text));
		offsets += offsets_wrong(b, ll_buf_str(&text), special, &other);
		if (p == 0)
			nothing += ids.len != other.len ||
				   (ids.len && memcmp(ids.id, other.id, ids.len * sizeof(*ids.id)) != 0);
		else
			more += other.len > ids.len;
		ll_bpe_dropout_free(d);
	}
	ok(lost == 0, "%s: %d texts come back", pretokenizer, ROUNDS);
	ok(lost_dropping == 0, "%s: with dropout, too", pretokenizer);
	ok(offsets == 0, "%s: every token stands at its offset", pretokenizer);
	ok(nothing == 0, "%s: dropout of nothing gives the same ids", pretokenizer);
	ok(again == 0, "%s: a document with its key gives the same ids again", pretokenizer);
	ok(more > ROUNDS / 8, "%s: dropout makes more tokens (%zu times)", pretokenizer, more);
	ll_bpe_encoder_free(plain);
	ll_bpe_encoder_free(dropping);
	ll_bpe_free(b);
	ll_ids_free(&ids);
	ll_ids_free(&other);
	ll_buf_free(&text);
	ll_buf_free(&back);
}

/* ---- added tokens that take white space along, whole words, a space put before ---- */

static struct ll_bpe *flagged_model(const char *pretokenizer, const char *flags)
{
	static const char bare[] = "\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false";
	struct ll_bpe *b = random_model(pretokenizer);
	struct ll_buf json = { 0 }, changed = { 0 };
	struct ll_err err = { "" };
	ll_bpe_json(b, &json);
	const char *at = strstr(ll_buf_cstr(&json), bare);
	ll_buf_add(&changed, json.data, (size_t)(at - json.data));
	ll_buf_puts(&changed, flags);
	ll_buf_puts(&changed, at + sizeof bare - 1);
	ll_bpe_free(b);
	b = ll_bpe_parse_json(ll_buf_str(&changed), &err);
	if (!b)
		diag("", "%s", err.text);
	ll_buf_free(&json);
	ll_buf_free(&changed);
	return b;
}

/* What is ASCII and no white space, which is never lost. */
static void keep_visible(struct ll_str text, struct ll_buf *out)
{
	ll_buf_clear(out);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] > ' ' && text.data[i] < 0x7f)
			ll_buf_putc(out, text.data[i]);
}

static void flagged(const char *pretokenizer, const char *flags)
{
	struct ll_bpe *b = flagged_model(pretokenizer, flags);
	struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
	struct ll_ids ids = { 0 };
	struct ll_buf text = { 0 }, normal = { 0 }, back = { 0 }, before = { 0 }, after = { 0 };
	struct ll_err err;
	size_t lost = 0, misplaced = 0, unlike = 0, found = 0;
	for (uint64_t round = 0; round < ROUNDS; round++) {
		random_bytes(&text, round);
		struct ll_str exact = ll_str(ll_malloc(LL_MAX(text.len, 1)), text.len); /* a read beyond it is seen by a sanitizer */
		memcpy((char *)exact.data, ll_buf_cstr(&text), text.len);
		ids.len = 0;
		ll_buf_clear(&back);
		ll_bpe_encode(e, exact, true, &ids);
		lost += ll_bpe_decode(b, ids.id, ids.len, &back, &err) < 0;
		keep_visible(ll_bpe_normalize(b, exact, &normal), &before);
		keep_visible(ll_buf_str(&back), &after);
		lost += !ll_str_eq(ll_buf_str(&before), ll_buf_str(&after));
		uint32_t *offset = ll_malloc((ids.len + 1) * sizeof(*offset));
		ll_bpe_offsets(b, exact, true, ids.id, ids.len, offset);
		for (size_t i = 0; i < ids.len; i++) {
			misplaced += offset[i] >= exact.len || (i && offset[i] < offset[i - 1]);
			found += ids.id[i] == 0;
		}
		ll_free(offset);
		struct ll_str form = ll_bpe_decoded_form(b, exact, &before), other = ll_bpe_decoded_form(b, ll_buf_str(&back), &after);
		unlike += !ll_str_eq(form, other);
		ll_free((char *)exact.data);
	}
	const char *name = strncmp(pretokenizer, "prefix-space", 12) == 0 ? "prefix-space" : pretokenizer;
	ok(lost == 0 && found > 1000, "%s %s: nothing but white space is lost", name, flags);
	ok(misplaced == 0, "%s: offsets go up", name);
	ok(unlike == 0, "%s: text and what comes back have one form", name);
	ll_bpe_encoder_free(e);
	ll_bpe_free(b);
	ll_ids_free(&ids);
	ll_buf_free(&normal);
	ll_buf_free(&text);
	ll_buf_free(&back);
	ll_buf_free(&before);
	ll_buf_free(&after);
}

int main(void)
{
	any_bytes("gpt2");
	any_bytes("cl100k");
	any_bytes("o200k");
	any_bytes("deepseek-v3");
	any_bytes("regex:[a-z]+|\\s");
	any_bytes("none");
	flagged("gpt2", "\"single_word\":false,\"lstrip\":true,\"rstrip\":true,\"normalized\":false");
	flagged("prefix-space\ngpt2", "\"single_word\":false,\"lstrip\":false,\"rstrip\":true,\"normalized\":false");
	flagged("prefix-space\nnone", "\"single_word\":false,\"lstrip\":true,\"rstrip\":false,\"normalized\":true");
	flagged("qwen2", "\"single_word\":true,\"lstrip\":true,\"rstrip\":false,\"normalized\":true");
	return test_done();
}
