/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "bpe/bpe.h"
#include "bpe/bpe_model.h"
#include "text/utf8.h"

static void alphabet(void)
{
	unsigned bad = 0, place = 0;
	bool seen[256] = { false };
	for (unsigned c = 0; c < 256; c++) {
		bad += ll_char_byte(ll_byte_char((unsigned char)c)) != (int)c;
		seen[ll_bpe_base_byte(c)] = true;
	}
	for (unsigned c = 0; c < 256; c++)
		bad += !seen[c];
	for (uint32_t point = 0; point < 0x200; point++) /* base ids are in the order of the characters */
		if (ll_char_byte(point) >= 0)
			bad += ll_bpe_base_byte(place++) != ll_char_byte(point);
	ok(bad == 0 && place == 256, "the byte alphabet is a bijection in the order of its characters");
	ok(ll_byte_char(' ') == 0x120 && ll_byte_char('\n') == 0x10a && ll_byte_char('\t') == 0x109 &&
		   ll_byte_char('!') == '!' && ll_byte_char(0x7f) == 0x121 && ll_byte_char(0xad) == 0x143 &&
		   ll_byte_char(0xff) == 0xff,
	   "known places");
	ok(ll_char_byte(0x144) == -1 && ll_char_byte(' ') == -1 && ll_char_byte(0xad) == -1,
	   "characters outside of it");
}

static const char *const special[] = { "<|endoftext|>", "\xef\xbd\x9c \"x\\\n" };

static struct ll_bpe *sample(const char *pretokenizer)
{
	/* ids: 2 specials, then bytes: 'a' is 2 + 64 */
	static const uint32_t merge[][2] = { { 66, 67 }, { 258, 68 }, { 67, 68 }, { 66, 260 }, { 2 + 188 + 32, 66 } };
	struct ll_err err;
	return ll_bpe_build(&(struct ll_bpe_spec){ pretokenizer, special, 2, merge, LL_COUNT(merge) }, &err);
}

static void round_trip(void)
{
	static const char *const names[] = { "gpt2",
					     "cl100k",
					     "cl100k-tiktoken",
					     "o200k",
					     "qwen2",
					     "qwen3.5",
					     "deepseek-v3",
					     "regex:\\p{L}+\\\\",
					     "regex:\\p{N}\ngpt2",
					     "regex:\\w{1,2}+",
					     "none",
					     "prefix-space\ngpt2",
					     "prefix-space\nnone" };
	for (size_t i = 0; i < LL_COUNT(names); i++) {
		const char *name = strrchr(names[i], '\n') ? "a sequence" : names[i];
		struct ll_bpe *b = sample(names[i]);
		struct ll_buf json = { 0 }, again = { 0 };
		struct ll_err err = { "" };
		ll_bpe_json(b, &json);
		struct ll_bpe *back = ll_bpe_parse_json(ll_buf_str(&json), &err);
		if (ok(back != NULL, "%s: what was written is read: %s", name, err.text)) {
			ll_bpe_json(back, &again);
			ok(strcmp(ll_bpe_id(b), ll_bpe_id(back)) == 0, "%s: the same id", name);
			ok(ll_str_eq(ll_buf_str(&json), ll_buf_str(&again)), "%s: written again, the same bytes",
			   names[i]);
		}
		/* (a, bc) makes bytes that (ab, c) has made: no new id. */
		ok(ll_bpe_vocabulary(b) == 258 + 4 && ll_bpe_merges(b) == 5, "%s: five merges, four tokens", name);
		ll_bpe_free(b);
		ll_bpe_free(back);
		ll_buf_free(&json);
		ll_buf_free(&again);
	}
	struct ll_bpe *a = sample("gpt2"), *b = sample("cl100k");
	ok(strcmp(ll_bpe_id(a), ll_bpe_id(b)) != 0, "the pattern is part of the id");
	ll_bpe_free(a);
	ll_bpe_free(b);
}

/* Replaces the first `from` by `to` in the sample's JSON and wants a refusal that says `why`. */
static void refuse(const char *from, const char *to, const char *why)
{
	struct ll_bpe *b = sample("cl100k");
	struct ll_buf json = { 0 }, changed = { 0 };
	struct ll_err err = { "" };
	ll_bpe_json(b, &json);
	char *at = strstr(ll_buf_cstr(&json), from);
	if (!ok(at != NULL, "the sample has %s", from))
		return;
	ll_buf_add(&changed, json.data, (size_t)(at - json.data));
	ll_buf_puts(&changed, to);
	ll_buf_puts(&changed, at + strlen(from));
	struct ll_bpe *c = ll_bpe_parse_json(ll_buf_str(&changed), &err);
	ok(c == NULL && strstr(err.text, why), "%s -> %s: %s", from, to, c ? "was read" : err.text);
	ll_bpe_free(b);
	ll_bpe_free(c);
	ll_buf_free(&json);
	ll_buf_free(&changed);
}

static void refusals(void)
{
	refuse("\"version\":\"1.0\"", "\"version\":\"2.0\"", "version '2.0'");
	refuse("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "Unigram");
	refuse("\"normalizer\":null", "\"normalizer\":{\"type\":\"Lowercase\"}", "Lowercase");
	refuse("\"Regex\":\"", "\"Regex\":\"(", "missing closing parenthesis");
	refuse("\"pattern\":{\"Regex\"", "\"pattern\":{\"Glob\"", "without a pattern");
	refuse("\"Isolated\"", "\"Removed\"", "drops text");
	refuse("\"Isolated\"", "\"Sideways\"", "Sideways");
	refuse("\"type\":\"Split\"", "\"type\":\"Metaspace\"", "Metaspace");
	refuse("\"add_prefix_space\":false", "\"add_prefix_space\":true", "add_prefix_space behind another");
	refuse("\"!\":2,", "\"!\":2,\"<|endoftext|>\":77,", "and 77 in the vocabulary");
	refuse("\"dropout\":null", "\"dropout\":0.1", "dropout");
	refuse("\"continuing_subword_prefix\":null", "\"continuing_subword_prefix\":\"##\"", "subword prefixes");
	refuse("\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"</w>\"", "word suffixes");
	refuse("\"!\":2,", "", "1 of the 256 bytes");
	refuse("\"!\":2,", "\"!\":3,", "two tokens have the id 3");
	refuse("\"!\":2,", "\"!\":-1,", "not a number from 0 on");
	refuse("\"!\":2,", "\"!\":2000000000000,", "out of range");
	refuse("\"!\":2,", "\"!\":2,\"\xe2\x82\xac\":900,", "byte-level alphabet");
	refuse("\"merges\":[[\"a\",\"b\"]", "\"merges\":[[\"a\",\"z\"]", "merge 0");
	refuse("\"merges\":[[\"a\",\"b\"]", "\"merges\":[[\"a\"]", "merge 0");
	refuse("\"merges\":[[\"a\",\"b\"]", "\"merges\":[7", "merge 0");
	refuse("{\"version\"", "[\"version\"", "byte");
	refuse("]}}", "]}}x", "byte");
	refuse("]}}", "]}", "byte");
	/* Every cut is an error. */
	struct ll_bpe *b = sample("cl100k");
	struct ll_buf json = { 0 };
	size_t read = 0;
	ll_bpe_json(b, &json);
	for (size_t n = 0; n + 2 <= json.len; n += 7) {
		struct ll_bpe *c = ll_bpe_parse_json(ll_str(json.data, n), NULL);
		read += c != NULL;
		ll_bpe_free(c);
	}
	ok(read == 0, "no cut file is read");
	ll_bpe_free(b);
	ll_buf_free(&json);
}

static void legacy_merges(void)
{
	struct ll_bpe *b = sample("gpt2");
	struct ll_buf json = { 0 }, old = { 0 };
	ll_bpe_json(b, &json);
	char *merges = strstr(ll_buf_cstr(&json), "\"merges\":");
	ll_buf_add(&old, json.data, (size_t)(merges - json.data));
	ll_buf_puts(&old, "\"merges\":[\"a b\",\"ab c\",\"b c\",\"a bc\",\"\xc4\xa0 a\"]}}");
	struct ll_err err = { "" };
	struct ll_bpe *c = ll_bpe_parse_json(ll_buf_str(&old), &err);
	ok(c && strcmp(ll_bpe_id(c), ll_bpe_id(b)) == 0, "merges of the old form: %s", err.text);
	ll_bpe_free(b);
	ll_bpe_free(c);
	ll_buf_free(&json);
	ll_buf_free(&old);
}

static void put_base64(struct ll_buf *out, const char *s, size_t n, unsigned rank)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)s[i] << 16 |
			     (i + 1 < n ? (uint32_t)(unsigned char)s[i + 1] << 8 : 0) |
			     (i + 2 < n ? (unsigned char)s[i + 2] : 0);
		for (unsigned k = 0; k < 4; k++)
			ll_buf_putc(out, k <= n - i ? digit[v >> (18 - 6 * k) & 63] : '=');
	}
	ll_buf_printf(out, " %u\n", rank);
}

/* The example of the bpe crate's README: ranks a b c ab cb ac bb cbb acbb. */
static void rank_files(void)
{
	static const char *const words[] = { "ab", "cb", "ac", "bb", "cbb", "acbb" };
	struct ll_buf text = { 0 };
	struct ll_err err = { "" };
	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)i;
		put_base64(&text, &byte, 1, i);
	}
	for (unsigned i = 0; i < LL_COUNT(words); i++)
		put_base64(&text, words[i], strlen(words[i]), 256 + i);
	struct ll_bpe *b = ll_bpe_parse_tiktoken(ll_buf_str(&text), "gpt2", &err);
	if (!ok(b != NULL, "a rank file is read: %s", err.text))
		return;
	struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
	struct ll_ids ids = { 0 };
	ll_bpe_encode(e, ll_cstr("abacb"), false, &ids);
	ok(ids.len == 3 && ids.id[0] == 256 && ids.id[1] == 'a' && ids.id[2] == 257, "abacb is ab a cb");
	ids.len = 0;
	ll_bpe_encode(e, ll_cstr("abacbb"), false, &ids);
	ok(ids.len == 2 && ids.id[0] == 256 && ids.id[1] == 261, "abacbb is ab acbb");
	ll_ids_free(&ids);
	ll_bpe_encoder_free(e);
	ll_bpe_free(b);
	ok(!ll_bpe_parse_tiktoken(ll_buf_str(&text), NULL, &err) && strstr(err.text, "--pretokenizer"),
	   "without a scheme: %s", err.text);
	static const char *const bad[] = {
		"", "IQ== x\n", "IQ=\n", "I!== 0\n", "IQ== 0\nIQ== 1\n", "IQ== 0\nIg== 0\n", "IQ== 0\n", "\n"
	};
	for (size_t i = 0; i < LL_COUNT(bad); i++)
		ok(!ll_bpe_parse_tiktoken(ll_cstr(bad[i]), "gpt2", &err), "refused: %s", err.text);
	ll_buf_free(&text);
}

/* Whatever is read must be whole: it encodes and decodes any bytes. */
static size_t damaged(struct ll_buf *file, bool json, uint64_t seed)
{
	size_t bad = 0, n = file->len;
	char any[512];
	for (size_t i = 0; i < sizeof any; i++)
		any[i] = (char)i;
	for (uint64_t round = 0; round < 1500; round++) {
		char *copy = ll_strndup(file->data, n);
		for (uint64_t k = 0; k <= round % 3; k++)
			copy[ll_random_below(seed, 1, 4 * round + k, n)] =
				"0123456789abc\"\\[]{},: \n\xc4\xa0=Ag"[ll_random_below(seed, 2, 4 * round + k, 28)];
		struct ll_err err = { "" };
		struct ll_bpe *b = json ? ll_bpe_parse_json(ll_str(copy, n), &err)
					: ll_bpe_parse_tiktoken(ll_str(copy, n), "o200k", &err);
		if (b) {
			struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
			struct ll_ids ids = { 0 };
			struct ll_buf back = { 0 };
			ll_bpe_encode(e, ll_str(any, sizeof any), false, &ids);
			bad += ll_bpe_decode(b, ids.id, ids.len, &back, &err) ||
			       !ll_str_eq(ll_buf_str(&back), ll_str(any, sizeof any));
			ll_buf_free(&back);
			ll_ids_free(&ids);
			ll_bpe_encoder_free(e);
		} else {
			bad += err.text[0] == 0;
		}
		ll_bpe_free(b);
		ll_free(copy);
	}
	return bad;
}

static void any_damage(void)
{
	struct ll_bpe *b = sample("o200k");
	struct ll_buf json = { 0 }, ranks = { 0 };
	ll_bpe_json(b, &json);
	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)i;
		put_base64(&ranks, &byte, 1, i);
	}
	put_base64(&ranks, "ab", 2, 256);
	put_base64(&ranks, "abc", 3, 257);
	ok(damaged(&json, true, 1) == 0, "1500 damaged tokenizer.json files: refused with a reason, or whole");
	ok(damaged(&ranks, false, 2) == 0, "1500 damaged rank files too");
	ll_bpe_free(b);
	ll_buf_free(&json);
	ll_buf_free(&ranks);
}

/* A text of characters that are their own NFC, none of which has a combining class (then it is a mark) or is a later part
 * of what any character decomposes to (then it might compose with one before it), is in NFC. */
static void plain_nfc(void)
{
	static bool later[0x110000];
	size_t bad = 0, plain = 0;
	struct ll_buf form = { 0 };
	char bytes[4];
	for (uint32_t c = 1; c < 0x110000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		ll_buf_clear(&form);
		ll_normalize(&form, ll_str(bytes, ll_utf8_put(bytes, c)), LL_NFD);
		const char *p = form.data, *end = p + form.len;
		ll_utf8_next(&p);
		while (p < end)
			later[ll_utf8_next(&p)] = true;
	}
	for (uint32_t c = 0; c < 0x110000; c++) {
		if (!ll_bpe_is_plain_nfc(c))
			continue;
		ll_buf_clear(&form);
		ll_normalize(&form, ll_str(bytes, ll_utf8_put(bytes, c)), LL_NFC);
		bad += !ll_str_eq(ll_buf_str(&form), ll_str(bytes, ll_utf8_put(bytes, c))) || later[c] ||
		       (ll_char_class(c) & LL_CHAR_MARK);
		plain++;
	}
	ll_buf_free(&form);
	ok(bad == 0 && plain > 40000, "%zu characters that are plainly NFC are so", plain);
}

int main(void)
{
	struct ll_err err;
	alphabet();
	plain_nfc();
	round_trip();
	refusals();
	legacy_merges();
	rank_files();
	any_damage();
	static const uint32_t forward[][2] = { { 300, 1 } };
	ok(!ll_bpe_build(&(struct ll_bpe_spec){ "gpt2", NULL, 0, forward, 1 }, &err),
	   "a merge of what is no token yet: %s", err.text);
	ok(!ll_bpe_build(&(struct ll_bpe_spec){ "gpt3", NULL, 0, NULL, 0 }, &err), "an unknown scheme: %s", err.text);
	return test_done();
}
