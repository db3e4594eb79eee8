/* SPDX-License-Identifier: MIT */
/* Tokenizer files: ranks against tiktoken's rule, every format there and back, and damage to all of them. */
#include "test.h"

#include "base/memory.h"
#include "base/random.h"
#include "bpe/bpe_merges.h"
#include "bpe/bpe_read.h"
#include "text/utf8.h"

static uint64_t draws;

static uint32_t below(uint32_t n)
{
	return (uint32_t)ll_random_below(11, 3, draws++, n);
}

/* ---- ranks ---- */

/* The 256 bytes and then random words of few letters, in an order that no trainer would give: tokens that their own
 * parts never make, parts of higher rank than the whole. */
static void random_ranks(struct ll_buf *file)
{
	struct ll_bpe *seen = ll_bpe_new(NULL);
	struct ll_err err;
	uint64_t rank = 0;
	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)i;
		ll_base64_encode(ll_str(&byte, 1), file);
		ll_buf_printf(file, " %llu\n", (unsigned long long)rank++);
	}
	for (unsigned i = 0; i < 40; i++) {
		char word[8];
		size_t len = 2 + below(6);
		for (size_t k = 0; k < len; k++)
			word[k] = "abc"[below(i % 3 + 1)];
		if (ll_bpe_add_token(seen, i, ll_str(word, len), 0, &err))
			continue;
		ll_base64_encode(ll_str(word, len), file);
		rank += below(3);
		ll_buf_printf(file, " %llu\n", (unsigned long long)rank++);
	}
	ll_bpe_free(seen);
}

/* tiktoken's own way (src/lib.rs, byte_pair_merge): the pair whose joined bytes have the lowest rank, the leftmost
 * first. */
static void tiktoken_rule(const struct ll_bpe *b, struct ll_str piece, struct ll_ids *out)
{
	size_t start[80], n = piece.len;
	uint32_t whole = ll_bpe_find_word(b, piece.data, piece.len);
	out->len = 0;
	LL_GROW(out->id, out->cap, piece.len + 1);
	if (whole != LL_BPE_NONE) {
		out->id[out->len++] = whole;
		return;
	}
	for (size_t i = 0; i <= n; i++)
		start[i] = i;
	for (;;) {
		uint32_t best = LL_BPE_NONE;
		size_t at = 0;
		for (size_t i = 0; i + 2 <= n; i++) {
			uint32_t id = ll_bpe_find_word(b, piece.data + start[i], start[i + 2] - start[i]);
			if (id < best) {
				best = id;
				at = i;
			}
		}
		if (best == LL_BPE_NONE)
			break;
		memmove(start + at + 1, start + at + 2, (n - at - 1) * sizeof *start);
		n--;
	}
	for (size_t i = 0; i < n; i++)
		out->id[out->len++] = ll_bpe_find_word(b, piece.data + start[i], start[i + 1] - start[i]);
}

static void ranks(void)
{
	size_t bad = 0, exported = 0, models = 60;
	for (size_t m = 0; m < models; m++) {
		struct ll_buf file = { 0 }, again = { 0 };
		struct ll_ids want = { 0 }, got = { 0 };
		struct ll_err err = { "" };
		random_ranks(&file);
		struct ll_bpe *b = ll_bpe_parse_tiktoken(ll_buf_str(&file), "gpt2", &err);
		if (!b) {
			bad++;
			continue;
		}
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		for (unsigned i = 0; i < 300; i++) {
			char text[64];
			size_t len = 1 + below(i % 40 + 1);
			for (size_t k = 0; k < len; k++)
				text[k] = "abc"[below((unsigned)m % 3 + 1)];
			tiktoken_rule(b, ll_str(text, len), &want);
			got.len = 0;
			ll_bpe_encode(e, ll_str(text, len), false, &got);
			bad += got.len != want.len || memcmp(got.id, want.id, got.len * sizeof *got.id) != 0;
		}
		bad += ll_bpe_prove(b, &err) != 0;
		/* Written again it is the same file; as a tokenizer.json the same tokenizer. */
		if (ll_bpe_export_ranks(b, &again, &err) == 0)
			exported += ll_str_eq(ll_buf_str(&file), ll_buf_str(&again));
		ll_buf_clear(&again);
		ll_bpe_json(b, &again);
		struct ll_bpe *back = ll_bpe_parse_json(ll_buf_str(&again), &err);
		bad += !back || strcmp(ll_bpe_id(back), ll_bpe_id(b)) != 0;
		ll_bpe_free(back);
		ll_bpe_encoder_free(e);
		ll_bpe_free(b);
		ll_ids_free(&want);
		ll_ids_free(&got);
		ll_buf_free(&file);
		ll_buf_free(&again);
	}
	ok(bad == 0, "%zu files of random ranks encode by tiktoken's rule (%zu wrong)", models, bad);
	ok(exported == models, "and are written as they were: %zu", exported);
}

/* ---- there and back ---- */

static const char *const special[] = { "<|endoftext|>" };

static struct ll_bpe *sample(const char *pretokenizer)
{
	static const uint32_t merge[][2] = { { 65, 66 }, { 257, 67 }, { 66, 67 }, { 65, 259 }, { 1 + 188 + 32, 65 } };
	struct ll_err err;
	return ll_bpe_build(&(struct ll_bpe_spec){ pretokenizer, special, 1, merge, LL_COUNT(merge) }, &err);
}

static void there_and_back(void)
{
	static const char *const names[] = { "gpt2", "cl100k", "o200k", "qwen2", "qwen3.5", "deepseek-v3" };
	for (size_t i = 0; i < LL_COUNT(names); i++) {
		struct ll_bpe *b = sample(names[i]);
		struct ll_buf gguf = { 0 }, vocab = { 0 }, merges = { 0 };
		struct ll_err err = { "" };
		struct ll_bpe_file f = { .pretokenizer = names[i] };
		int rc = ll_bpe_export_gguf(b, &gguf, &err);
		struct ll_bpe *c = rc ? NULL : ll_bpe_read_gguf(ll_buf_str(&gguf), &(struct ll_bpe_file){ 0 }, &err);
		ok(c && strcmp(ll_bpe_id(c), ll_bpe_id(b)) == 0, "%s: GGUF %s", names[i], err.text);
		rc = ll_bpe_export_vocab(b, &vocab, &merges, &err);
		struct ll_bpe *d = rc ? NULL : ll_bpe_read_vocab(ll_buf_str(&vocab), ll_buf_str(&merges), &f, &err);
		ok(d && strcmp(ll_bpe_id(d), ll_bpe_id(b)) == 0, "%s: vocab.json and merges.txt %s", names[i],
		   err.text);
		ll_bpe_free(b);
		ll_bpe_free(c);
		ll_bpe_free(d);
		ll_buf_free(&gguf);
		ll_buf_free(&vocab);
		ll_buf_free(&merges);
	}
}

/* ---- files of the other kinds, by hand ---- */

#define PARTS(pre, decoder)                                                                                            \
	"{\"version\":\"1.0\",\"added_tokens\":[{\"id\":0,\"content\":\"<unk>\",\"normalized\":false,\"special\":"     \
	"true}],"                                                                                                      \
	"\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKC\"},{\"type\":\"Replace\","            \
	"\"pattern\":{"                                                                                                \
	"\"Regex\":\" {2,}\"},\"content\":\" \"}]},\"pre_tokenizer\":" pre                                             \
	",\"post_processor\":null,\"decoder\":" decoder ","
#define METASPACE                                                                                                      \
	"{\"type\":\"Metaspace\",\"replacement\":\"\xe2\x96\x81\",\"prepend_scheme\":\"always\",\"split\":true}"

static const char wordpiece[] = PARTS(
	"{\"type\":\"BertPreTokenizer\"}",
	"{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}") "\"model\":{\"type\":\"WordPiece\",\"unk_"
								       "token\":\"<unk>\",\"continuing_subword_"
								       "prefix\":\"##\","
								       "\"max_input_chars_per_word\":20,\"vocab\":{\"<"
								       "unk>\":0,\"a\":1,\"ab\":2,\"##b\":3,\"##c\":4,"
								       "\"!\":5,\"\xc3\xa9\":6}}}";
static const char unigram[] = PARTS(
	METASPACE,
	METASPACE) "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0],[\"\xe2\x96\x81\",-2.5],"
		   "[\"a\",-1.5],[\"ab\",-2],[\"b\",-1.75],[\"\xe2\x96\x81\x61\",-3],[\"\xc3\xa9\x62\",-4]]}}";
static const char chars[] =
	PARTS(METASPACE, METASPACE) "\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"fuse_unk\":true,\"vocab\":{"
				    "\"<unk>\":0,\"\xe2\x96\x81\":1,\"a\":2,"
				    "\"b\":3,\"ab\":4,\"\xe2\x96\x81\x61\":5,\"\xe2\x96\x81\x61\x62\":6,\"\xc3\xa9\":7}"
				    ",\"merges\":[\"a b\",[\"\xe2\x96\x81\",\"a\"],"
				    "[\"\xe2\x96\x81\",\"ab\"]]}}";

static void expect(const char *json, const char *text, const char *ids, const char *decoded)
{
	struct ll_err err = { "" };
	struct ll_bpe *b = ll_bpe_parse_json(ll_cstr(json), &err);
	if (!ok(b != NULL, "read: %s", err.text))
		return;
	struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
	struct ll_ids got = { 0 };
	struct ll_buf shown = { 0 }, back = { 0 }, again = { 0 };
	ll_bpe_encode(e, ll_cstr(text), false, &got);
	for (size_t i = 0; i < got.len; i++)
		ll_buf_printf(&shown, i ? " %u" : "%u", got.id[i]);
	ll_buf_cstr(&shown);
	ok(strcmp(shown.data, ids) == 0, "%s: '%s' is %s", ll_bpe_kind(b), text, shown.data);
	int rc = ll_bpe_decode(b, got.id, got.len, &back, &err);
	ll_buf_cstr(&back);
	ok(rc == 0 && strcmp(back.data, decoded) == 0, "and back '%s'", back.data);
	ok(ll_bpe_prove(b, &err) == 0, "proved %s", err.text);
	ll_bpe_json(b, &again);
	struct ll_bpe *c = ll_bpe_parse_json(ll_buf_str(&again), &err);
	ok(c && strcmp(ll_bpe_id(b), ll_bpe_id(c)) == 0, "written and read again %s", err.text);
	ll_bpe_free(b);
	ll_bpe_free(c);
	ll_bpe_encoder_free(e);
	ll_ids_free(&got);
	ll_buf_free(&shown);
	ll_buf_free(&back);
	ll_buf_free(&again);
}

static void other_kinds(void)
{
	expect(wordpiece, "ab abbc! ac xy \xc3\xa9", "2 2 3 4 5 1 4 0 6", "ab abbc! ac <unk> \xc3\xa9");
	expect(wordpiece, "aaaaaaaaaaaaaaaaaaaaa", "0", "<unk>");
	expect(unigram, "ab a  xyb", "1 3 5 1 0 4", "ab a <unk>b"); /* ▁ ab -4.5 against ▁a b -4.75 */
	expect(unigram, "", "", "");
	expect(chars, "ab a b xy", "6 5 1 3 1 0", "ab a b <unk>");
	expect(chars, "\xff", "1 0", "<unk>");
}

/* ---- a SentencePiece model and a tekken.json, small ---- */

static void put_varint(struct ll_buf *out, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		ll_buf_putc(out, (char)(v | 128));
	ll_buf_putc(out, (char)v);
}

static void put_piece(struct ll_buf *out, const char *text, float score, int type)
{
	struct ll_buf piece = { 0 };
	uint32_t bits;
	memcpy(&bits, &score, 4);
	ll_buf_putc(&piece, 0x0a);
	put_varint(&piece, strlen(text));
	ll_buf_puts(&piece, text);
	ll_buf_putc(&piece, 0x15);
	ll_buf_put32(&piece, bits);
	ll_buf_putc(&piece, 0x18);
	put_varint(&piece, (uint64_t)type);
	ll_buf_putc(out, 0x0a);
	put_varint(out, piece.len);
	ll_buf_add_str(out, ll_buf_str(&piece));
	ll_buf_free(&piece);
}

static void sentencepiece_file(struct ll_buf *out, bool remove_spaces)
{
	put_piece(out, "<unk>", 0, 2);
	put_piece(out, "<s>", 0, 3);
	put_piece(out, "\xe2\x96\x81\x61", -1, 1);
	put_piece(out, "ab", 0, 1);
	put_piece(out, "\xe2\x96\x81", -2, 1);
	put_piece(out, "a", -3, 1);
	put_piece(out, "b", -4, 1);
	ll_buf_add(out, "\x12\x02\x18\x02", 4);		/* trainer_spec: BPE */
	ll_buf_add(out, "\x1a\x04\x18\x01\x20", 5); /* normalizer_spec: dummy prefix; do extra spaces go? */
	ll_buf_putc(out, remove_spaces);
}

static struct ll_bpe *read_sentencepiece(struct ll_str data, struct ll_err *err)
{
	return ll_bpe_read_sentencepiece(data, &(struct ll_bpe_file){ 0 }, err);
}

static void tekken_file(struct ll_buf *out)
{
	ll_buf_puts(out, "{\"config\":{\"pattern\":\" ?\\\\p{L}+|\\\\s+|\\\\p{N}\",\"default_vocab_size\":259,"
			 "\"default_num_special_tokens\":2},\"special_tokens\":[{\"rank\":0,\"token_str\":\"<unk>\"}],"
			 "\"vocab\":[");
	for (unsigned i = 0; i < 256; i++) {
		char byte = (char)i;
		ll_buf_printf(out, "{\"rank\":%u,\"token_bytes\":\"", i);
		ll_base64_encode(ll_str(&byte, 1), out);
		ll_buf_puts(out, "\"},");
	}
	ll_buf_puts(out, "{\"rank\":256,\"token_bytes\":\"YWI=\"}]}");
}

static struct ll_bpe *read_gguf(struct ll_str data, struct ll_err *err)
{
	return ll_bpe_read_gguf(data, &(struct ll_bpe_file){ 0 }, err);
}

/* A literal U+2581 at the beginning comes back as a space, but where extra spaces are removed: there SentencePiece takes one off
 * each piece until there is text. */
static void sentencepiece_spaces(bool remove)
{
	struct ll_buf file = { 0 }, json = { 0 }, out = { 0 };
	struct ll_err err = { "" };
	struct ll_ids ids = { 0 };
	sentencepiece_file(&file, remove);
	struct ll_bpe *b = read_sentencepiece(ll_buf_str(&file), &err);
	struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
	ll_bpe_encode(e, ll_cstr("\xe2\x96\x81 ab  a"), false, &ids); /* ▁▁▁ab▁▁a, or ▁▁▁ab▁a */
	ll_bpe_json(b, &json);
	struct ll_bpe *again = ll_bpe_parse_json(ll_buf_str(&json), &err);
	ok(again && strcmp(ll_bpe_id(b), ll_bpe_id(again)) == 0, "a SentencePiece model as a tokenizer.json: %s", err.text);
	for (int i = 0; i < 2; i++) {
		ll_buf_clear(&out);
		int rc = ll_bpe_decode(i ? again : b, ids.id, ids.len, &out, &err);
		ok(rc == 0 && strcmp(ll_buf_cstr(&out), remove ? "ab a" : "  ab  a") == 0, "and its spaces, removed %d: '%s'", remove,
		   ll_buf_cstr(&out));
		struct ll_bpe_stream s = { .inside = false };
		ll_buf_clear(&out);
		for (size_t k = 0; k < ids.len; k++)
			rc |= ll_bpe_stream_put(&s, i ? again : b, ids.id[k], &out, &err);
		ll_bpe_stream_end(&s, &out);
		ok(rc == 0 && strcmp(ll_buf_cstr(&out), remove ? "ab a" : "  ab  a") == 0, "as a stream");
	}
	ll_bpe_encoder_free(e);
	ll_bpe_free(again);
	ll_bpe_free(b);
	ll_ids_free(&ids);
	ll_buf_free(&file);
	ll_buf_free(&json);
	ll_buf_free(&out);
}

static void small_files(void)
{
	struct ll_buf file = { 0 };
	struct ll_err err = { "" };
	sentencepiece_file(&file, false);
	struct ll_bpe *b = read_sentencepiece(ll_buf_str(&file), &err);
	ok(b && ll_bpe_merges(b) == 2 && ll_bpe_vocabulary(b) == 7, "a SentencePiece model: %s", err.text);
	if (b) {
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		struct ll_ids ids = { 0 };
		ll_bpe_encode(e, ll_cstr("ab  axxa"), false, &ids); /* ▁ab▁▁axxa: ab first, then ▁a */
		static const uint32_t want[] = { 4, 3, 4, 2, 0, 5 };
		ok(ids.len == LL_COUNT(want) && memcmp(ids.id, want, sizeof want) == 0,
		   "merges by score, fuses what is unknown");
		ll_ids_free(&ids);
		ll_bpe_encoder_free(e);
	}
	ll_bpe_free(b);
	ll_buf_clear(&file);
	tekken_file(&file);
	b = ll_bpe_parse_json(ll_buf_str(&file), &err);
	ok(b && ll_bpe_merges(b) == 1 && ll_bpe_special(b, "<SPECIAL_1>") == 1 && ll_bpe_token_bytes(b, 258).len == 2,
	   "a tekken.json: %s", err.text);
	ll_bpe_free(b);
	ll_buf_free(&file);
}

/* ---- decoding as a stream ---- */

/* Ids of any tokens: what has gone out is at every cut the decoded text up to the last whole character. */
static size_t stream_of(const struct ll_bpe *b, const uint32_t *ids, size_t n, bool valid)
{
	struct ll_bpe_stream s = { .inside = false };
	struct ll_buf all = { 0 }, out = { 0 };
	struct ll_err err;
	size_t bad = ll_bpe_decode(b, ids, n, &all, &err) != 0, fed = 0;
	for (size_t i = 0; i < n; i++) {
		bad += ll_bpe_stream_put(&s, b, ids[i], &out, &err) != 0;
		struct ll_buf so_far = { 0 };
		bad += ll_bpe_decode(b, ids, i + 1, &so_far, &err) != 0;
		fed = so_far.len;
		bad += out.len + s.helds != fed || s.helds > 3 || out.len > all.len ||
		       (out.len && memcmp(out.data, all.data, out.len) != 0);
		if (valid) /* whole characters, and all of them */
			bad += ll_utf8_valid_prefix(out.data, out.len) != out.len ||
			       ll_utf8_valid_prefix(so_far.data, so_far.len) != out.len;
		ll_buf_free(&so_far);
	}
	ll_bpe_stream_end(&s, &out);
	bad += !ll_str_eq(ll_buf_str(&out), ll_buf_str(&all));
	ll_buf_free(&all);
	ll_buf_free(&out);
	return bad;
}

static void streams(void)
{
	static const char text[] = "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xcc\x81z\xe2\x82\xac";
	struct ll_bpe *b = sample("gpt2");
	struct ll_err err;
	uint32_t ids[64];
	size_t n = 0, bad = 0;
	for (const char *p = text; *p; p++) /* a token a byte: every cut there is */
		ids[n++] = ll_bpe_find_word(b, p, 1);
	ok(stream_of(b, ids, n, true) == 0, "a stream never splits a character and keeps none back");
	for (unsigned round = 0; round < 3000; round++) {
		for (n = 0; n < 1 + round % 20; n++)
			ids[n] = round % 2 ? 1 + below(256) : below(ll_bpe_vocabulary(b));
		bad += stream_of(b, ids, n, false);
	}
	ll_bpe_free(b);
	b = ll_bpe_parse_json(ll_cstr(unigram), &err);
	for (unsigned round = 0; b && round < 500; round++) {
		for (n = 0; n < 1 + round % 9; n++)
			ids[n] = below(ll_bpe_vocabulary(b));
		bad += stream_of(b, ids, n, true);
	}
	ll_bpe_free(b);
	ok(bad == 0, "any bytes come out of a stream as they went in");
}

/* ---- damage ---- */

typedef struct ll_bpe *reader(struct ll_str data, struct ll_err *err);

/* Refused with a reason, or whole: then it encodes any text and decodes it. */
static bool survives(reader *read, const char *data, size_t n)
{
	static const char text[] = "ab abc \xc3\xa9\xff\xe2\x96\x81 x!  9<unk>";
	struct ll_err err = { "" };
	char *exact = ll_malloc(n + 1); /* not a byte more, for the address sanitizer */
	exact = ll_realloc(exact, LL_MAX(n, 1));
	memcpy(exact, data, n);
	struct ll_bpe *b = read(ll_str(exact, n), &err);
	bool fine = b || err.text[0];
	if (b) {
		struct ll_bpe_encoder *e = ll_bpe_encoder_new(b);
		struct ll_ids ids = { 0 };
		struct ll_buf back = { 0 };
		if (ll_bpe_try_encode(e, ll_str(text, sizeof text - 1), true, &ids, &err) == 0)
			fine = ll_bpe_decode(b, ids.id, ids.len, &back, &err) == 0;
		ll_ids_free(&ids);
		ll_buf_free(&back);
		ll_bpe_encoder_free(e);
	}
	ll_bpe_free(b);
	ll_free(exact);
	return fine;
}

static void damage(const char *name, reader *read, struct ll_str file, size_t step)
{
	size_t bad = 0;
	char *copy = ll_strndup(file.data, file.len);
	for (size_t n = 0; n < file.len; n += step)
		bad += !survives(read, copy, n);
	for (size_t bit = 0; bit < 8 * file.len; bit += step * 3 + 1) {
		copy[bit / 8] ^= (char)(1 << bit % 8);
		bad += !survives(read, copy, file.len);
		copy[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (unsigned i = 0; i < 300; i++) { /* sizes that are absurd, and other bytes */
		size_t at = below((uint32_t)file.len - 8);
		char saved[8];
		memcpy(saved, copy + at, 8);
		for (unsigned k = 0; k < 1 + i % 8; k++)
			copy[at + k] = i % 2 ? (char)0xff : (char)below(256);
		bad += !survives(read, copy, file.len);
		memcpy(copy + at, saved, 8);
	}
	ll_free(copy);
	ok(bad == 0, "%s: cut, flipped, overwritten: refused with a reason, or whole", name);
}

static void all_damage(void)
{
	struct ll_buf file = { 0 };
	struct ll_err err;
	struct ll_bpe *b = sample("gpt2");
	if (ll_bpe_export_gguf(b, &file, &err))
		ok(false, "%s", err.text);
	ll_bpe_free(b);
	damage("GGUF", read_gguf, ll_buf_str(&file), 31);
	ll_buf_clear(&file);
	sentencepiece_file(&file, false);
	damage("SentencePiece", read_sentencepiece, ll_buf_str(&file), 1);
	ll_buf_clear(&file);
	tekken_file(&file);
	damage("tekken.json", ll_bpe_parse_json, ll_buf_str(&file), 101);
	damage("WordPiece", ll_bpe_parse_json, ll_cstr(wordpiece), 4);
	damage("Unigram", ll_bpe_parse_json, ll_cstr(unigram), 4);
	damage("BPE over characters", ll_bpe_parse_json, ll_cstr(chars), 4);
	ll_buf_free(&file);
}

int main(void)
{
	ranks();
	there_and_back();
	other_kinds();
	small_files();
	sentencepiece_spaces(false);
	sentencepiece_spaces(true);
	streams();
	all_damage();
	return test_done();
}
