/* SPDX-License-Identifier: MIT */
/*
 * bpe.h - the tokenizer model: load, build, save, encode, decode. Byte-level BPE; character classes of Unicode
 * LL_UNICODE_VERSION. Counting and training are ll-bpe's own.
 *
 * Encoding of a pre-token: start from its bytes, and as long as an adjacent pair of tokens is in the list of merges,
 * replace the pair of the lowest rank, the leftmost of several (Sennrich et al., "Neural machine translation of rare
 * words with subword units", ACL 2016, section 3.2, as Hugging Face tokenizers and tiktoken do it).
 */
#ifndef LL_BPE_H
#define LL_BPE_H

#include "base/error.h"
#include "base/hash.h"
#include "text/unicode.h"

#define LL_BPE_ID_BITS 21
#define LL_BPE_MAX_IDS ((1u << LL_BPE_ID_BITS) - 1) /* ids that a model can have, and merges */

struct ll_bpe;	       /* immutable once loaded; shared by threads */
struct ll_bpe_encoder; /* scratch and cache of one thread */

/* A file with a tokenizer, and what it does not say itself. */
struct ll_bpe_file {
	const char *path;	  /* "-" is standard input */
	const char *other;	  /* of vocab.json and merges.txt the second; NULL: it lies beside the first */
	const char *pretokenizer; /* as --pretokenizer takes it; NULL: the file says it */
	const char *const *special; /* "TOKEN" or "TOKEN:ID": special tokens beside those of the file; by default the */
	size_t specials;	    /* next id that is free */
	bool optional;		    /* a file that says its pre-tokenizer may say another one than `pretokenizer` */
};

/* Reads any of: tokenizer.json (Hugging Face), vocab.json with merges.txt (GPT-2), .tiktoken (ranks), tekken.json
 * (Mistral), GGUF (llama.cpp), SentencePiece's .model of the BPE type. What it is, its content says. Ends the program
 * with status 3 when it cannot be used exactly as written, with what it holds. */
struct ll_bpe *ll_bpe_open(const struct ll_bpe_file *f);
/* The same, of a file that says all. `pretokenizer` may be NULL. */
struct ll_bpe *ll_bpe_load(const char *path, const char *pretokenizer);
/* True when the file it was opened from is a tokenizer.json as it stands; else ll_bpe_json makes one. */
bool ll_bpe_is_json_file(const struct ll_bpe *b);
/* True when the file does not say its pre-tokenizer and was opened with one. */
bool ll_bpe_was_told_pretokenizer(const struct ll_bpe *b);
/* Compares what encodes fast with what is plain, on generated texts and on every token: the pre-tokenizer with PCRE2,
 * the encoder with the rule in the head of this file. -1 and the text in err at the first difference. Takes about a
 * second. */
int ll_bpe_prove(const struct ll_bpe *b, struct ll_err *err) LL_MUST_CHECK;
/* The same from memory: pure. NULL on error. */
struct ll_bpe *ll_bpe_parse_json(struct ll_str json, struct ll_err *err) LL_MUST_CHECK;
struct ll_bpe *ll_bpe_parse_tiktoken(struct ll_str text, const char *pretokenizer, struct ll_err *err) LL_MUST_CHECK;

/* A new model. Ids: the special tokens in the order given, the 256 bytes in the order of HF's ByteLevel alphabet
 * (ll_bpe_base_byte), then one a merge; a merge whose bytes some token already has gives that token and no new id. */
struct ll_bpe_spec {
	const char *pretokenizer; /* as --pretokenizer takes it (ll_pretokenizer_parse); the same wherever one is named here */
	const char *const *special;
	size_t specials;
	const uint32_t (*merge)[2]; /* left and right id, in order of rank */
	size_t merges;
};
struct ll_bpe *ll_bpe_build(const struct ll_bpe_spec *spec, struct ll_err *err) LL_MUST_CHECK;
/* Another model: one that goes on from `base`, with further special tokens and then further merges, whose tokens get the ids after
 * its last. All that base has keeps its id. */
struct ll_bpe *ll_bpe_extend(const struct ll_bpe *base, const char *const *special, size_t specials,
			     const uint32_t (*merge)[2], size_t merges, struct ll_err *err) LL_MUST_CHECK;
/* Another model: that of the tokens with keep[id], and of the merges whose tokens are all kept. Ids close up in their old order;
 * new_id[id] becomes that of each kept token, UINT32_MAX elsewhere. */
struct ll_bpe *ll_bpe_prune(const struct ll_bpe *base, const bool *keep, uint32_t *new_id, struct ll_err *err) LL_MUST_CHECK;
/* The byte that stands at place 0..255 of the ByteLevel alphabet: printable Latin-1 first ('!' is 0), then the rest. */
unsigned char ll_bpe_base_byte(unsigned place);
/* Appends the bytes of which an ordinary token has this name in files, in the ByteLevel alphabet; false when none has. */
bool ll_bytes_of_name(struct ll_str name, struct ll_buf *out);
/* Appends the model as tokenizer.json, byte for byte what HF tokenizers reads and, spaces apart, writes. */
void ll_bpe_json(const struct ll_bpe *b, struct ll_buf *out);
/* Append the model as others read it; -1 and the reason where that would give other ids. hf: as ll_bpe_json. ranks:
 * .tiktoken, which says neither pre-tokenizer nor special tokens. vocab: vocab.json and merges.txt, which say neither
 * pre-tokenizer nor normaliser. gguf: metadata only, no tensors. */
int ll_bpe_export_hf(const struct ll_bpe *b, struct ll_buf *out, struct ll_err *err) LL_MUST_CHECK;
int ll_bpe_export_ranks(const struct ll_bpe *b, struct ll_buf *out, struct ll_err *err) LL_MUST_CHECK;
int ll_bpe_export_vocab(const struct ll_bpe *b, struct ll_buf *vocab, struct ll_buf *merges,
			struct ll_err *err) LL_MUST_CHECK;
int ll_bpe_export_gguf(const struct ll_bpe *b, struct ll_buf *out, struct ll_err *err) LL_MUST_CHECK;
/* The pairs "tokenizer.*" alone, appended, and how many; for a model whose embedding has `rows`: ids that are no tokens become
 * unused "[PADn]". Fails as ll_bpe_export_gguf does, and where `rows` are fewer than the ids. */
int ll_bpe_gguf_pairs(const struct ll_bpe *b, uint64_t rows, struct ll_buf *out, uint64_t *pairs, struct ll_err *err) LL_MUST_CHECK;
/* Warns of what the formats beside hf leave away and their readers have to be told. `specials`: they say the special tokens. */
void ll_bpe_warn_of_losses(const struct ll_bpe *b, bool specials);
void ll_bpe_free(struct ll_bpe *b);

uint32_t ll_bpe_vocabulary(const struct ll_bpe *b);		   /* ids are below it */
int64_t ll_bpe_special(const struct ll_bpe *b, const char *token); /* id of a special token or -1 */
int64_t ll_bpe_eot(const struct ll_bpe *b); /* <|endoftext|>, </s>, <|end_of_text|>, first found; -1 none */
/* XXH3-128 of the canonical vocabulary, merges, specials, pattern and Unicode version; 32 digits. */
const char *ll_bpe_id(const struct ll_bpe *b);
/* "byte-level BPE", "BPE over characters", "WordPiece", "Unigram". */
const char *ll_bpe_kind(const struct ll_bpe *b);
const char *ll_bpe_pretokenizer(const struct ll_bpe *b); /* its name; of tokenizers over characters, its JSON */
struct ll_pretokenizer;
const struct ll_pretokenizer *ll_bpe_splitting(const struct ll_bpe *b); /* what it is; borrowed; NULL over characters */
size_t ll_bpe_merges(const struct ll_bpe *b);
/* Merge i in the order of ranks: left and right id, and that of the token they make. */
struct ll_merge {
	uint32_t left, right, id;
};
struct ll_merge ll_bpe_merge(const struct ll_bpe *b, size_t i);
bool ll_bpe_ignores_merges(const struct ll_bpe *b);
/* The bytes a token stands for, which for tokenizers over characters is what decoding makes of it inside a text;
 * borrowed. Specials give their text, normalised where they are looked for so; an id that no token has gives data NULL. */
struct ll_str ll_bpe_token_bytes(const struct ll_bpe *b, uint32_t id);
bool ll_bpe_is_special(const struct ll_bpe *b, uint32_t id);
/* What an added token is said to be beside its text: "single_word, lstrip, rstrip", or fewer; "". */
const char *ll_bpe_added_flags(const struct ll_bpe *b, uint32_t id);
/* The text after the tokenizer's normaliser, which is what the bytes of its tokens add up to: `text` itself, or its normal
 * form in `scratch`. Invalid UTF-8 stays as it is. */
struct ll_str ll_bpe_normalize(const struct ll_bpe *b, struct ll_str text, struct ll_buf *scratch);
/* What has to be equal of a text and of what decoding gives of its ids, whether special tokens were looked for or not: its normal
 * form, without the white space that added tokens take along, and a space where one would have been put. */
struct ll_str ll_bpe_decoded_form(const struct ll_bpe *b, struct ll_str text, struct ll_buf *scratch);
const char *ll_bpe_normalizer(const struct ll_bpe *b); /* "NFC", ...; NULL: none */
bool ll_bpe_normalizes(const struct ll_bpe *b); /* false: texts never change */
/* As ll_pretokenizer_cut, for texts that are normalized and split afterwards. */
size_t ll_bpe_cut(const struct ll_bpe *b, struct ll_str text);
/* True when that may be the place of any other tokenizer of which this is true. */
bool ll_bpe_cuts_at_blanks(const struct ll_bpe *b);
/* Appends the normal form of valid UTF-8 as tokenizers make it: by the data of Unicode 9.0, to which later characters are
 * inert. */
void ll_bpe_normal_form(struct ll_str text, enum ll_normal_form form, struct ll_buf *out);
/* True of characters that are in NFC wherever they stand beside others that are so; not of all such. */
bool ll_bpe_is_plain_nfc(uint32_t c);
/* Width in bytes that ids need in files: 2 up to 65536 ids, else 4. */
unsigned ll_bpe_width(const struct ll_bpe *b);

struct ll_bpe_encoder *ll_bpe_encoder_new(const struct ll_bpe *b);
void ll_bpe_encoder_free(struct ll_bpe_encoder *e);
/* For measuring: from now on a pre-token that the encoder does not remember is a single id of no meaning, and nothing
 * more is remembered: all that encoding does besides merging. */
void ll_bpe_encoder_skeleton(struct ll_bpe_encoder *e);

/* From now on texts are taken for the middle of one: no pre-tokenizer puts a space before them. */
void ll_bpe_encoder_inside(struct ll_bpe_encoder *e);

struct ll_ids {
	uint32_t *id;
	size_t len, cap;
};
/* Appends the ids of text (any bytes). Specials in the text are plain text unless allow_special. Linear time
 * where merges are steady (bpe_walk.h), as all that were learned are; else O(n log n) at worst. Fails where a custom pattern of the
 * pre-tokenizer gives up (ll_splitter_error); the fixed schemes never do. */
int ll_bpe_try_encode(struct ll_bpe_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out,
		      struct ll_err *err) LL_MUST_CHECK;
/* A special token in the text, which encoding it with allow_special would find; -1: none. */
int64_t ll_bpe_find_special(const struct ll_bpe *b, struct ll_str text);
/* As ll_bpe_try_encode; a pattern that gives up ends the program with status 3. */
void ll_bpe_encode(struct ll_bpe_encoder *e, struct ll_str text, bool allow_special, struct ll_ids *out);
/* The same for one pre-token. */
void ll_bpe_encode_piece(struct ll_bpe_encoder *e, struct ll_str piece, struct ll_ids *out);
/* From now on `piece` makes the ids of every pre-token, in the order of the text, instead of the merges (bpe_dropout.h). */
void ll_bpe_encoder_pieces(struct ll_bpe_encoder *e, void (*piece)(void *context, struct ll_str piece, struct ll_ids *out),
			   void *context);
/* Where in `text` each of its ids begins, bytes, into offset[n]: in the text as it came, before any normaliser. Where the
 * normaliser changed characters, a token that begins inside them has the place where they begin; an added token begins with
 * the white space that it takes along. `ids` must be those of `text` and `allow_special` (LL_BUG otherwise). */
void ll_bpe_offsets(const struct ll_bpe *b, struct ll_str text, bool allow_special, const uint32_t *ids, size_t n,
		    uint32_t *offset);
/* Appends the bytes of ids; an id outside the vocabulary is an error. */
int ll_bpe_decode(const struct ll_bpe *b, const uint32_t *ids, size_t n, struct ll_buf *out,
		  struct ll_err *err) LL_MUST_CHECK;
/* The same token by token, for text that is shown as it comes: what goes out ends with a whole character, and the
 * beginning of one, up to 3 bytes, waits for the rest. All that goes out is byte for byte what ll_bpe_decode gives.
 * Begins zeroed; `inside` when text went before. */
struct ll_bpe_stream {
	char held[3];
	unsigned helds;
	bool inside;
};
int ll_bpe_stream_put(struct ll_bpe_stream *s, const struct ll_bpe *b, uint32_t id, struct ll_buf *out,
		      struct ll_err *err) LL_MUST_CHECK;
/* What waits goes out as it is. */
void ll_bpe_stream_end(struct ll_bpe_stream *s, struct ll_buf *out);
void ll_ids_free(struct ll_ids *ids);

#endif
